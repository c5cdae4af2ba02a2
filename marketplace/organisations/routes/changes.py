"""An organisation's requests to change its verified identity, as its own people file and follow them."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for

from marketplace.core.access import require, require_confirmed
from marketplace.core.errors import NotFound, ServiceError
from marketplace.core.forms import BaseForm
from marketplace.core.i18n import _, lazy
from marketplace.core.web import current_actor, roles, signed_in, submit_once
from marketplace.files import services as files
from marketplace.files.rules import ACCEPT
from marketplace.files.web import send
from marketplace.organisations import queries, services
from marketplace.organisations.access import can_read_change_file, can_request_change
from marketplace.organisations.forms import ChangeForm
from marketplace.organisations.identity import FACTS, LOCKED, compare_facts, typed_value
from marketplace.organisations.models import ChangeRequest, Organisation
from marketplace.organisations.routes import bp
from marketplace.organisations.routes.own import own_organisation


@bp.get("/organisation/changes")
@roles("firm", "client")
def list_changes() -> Any:
    """One's own organisation's requests, newest first."""
    organisation = own_organisation()
    page = queries.list_own_changes(
        organisation.id, page=request.args.get("page", 1, int), per_page=request.args.get("per_page", 20, int)
    )
    return render_template(
        "organisations/list_changes.html", organisation=organisation, page=page, facts=FACTS,
        under_way=queries.find_open_change(organisation.id),
    )  # fmt: skip


def _own_change(change_id: int) -> ChangeRequest:
    """A request of the organisation one acts for; the desk has its own page."""
    change = queries.get_change(change_id, actor=current_actor())
    if not current_actor().is_member(change.organisation_id):
        raise NotFound("change.missing", lazy("没有这份变更申请，或您无权查看"))
    return change


@bp.get("/organisation/changes/<int:change_id>")
@roles("firm", "client")
def show_change(change_id: int) -> Any:
    change = _own_change(change_id)
    return render_template(
        "organisations/show_change.html", change=change, rows=compare_facts(change.old, change.new, tuple(change.new))
    )


@bp.route("/organisation/changes/new", methods=["GET", "POST"])
@roles("firm", "client")
def request_change() -> Any:
    actor, organisation = current_actor(), own_organisation()
    require(can_request_change(actor, organisation))
    require_confirmed(actor)
    under_way = queries.find_open_change(organisation.id)
    if under_way is not None and request.method == "GET":
        flash(_("已有一份变更申请正在办理，请先完成或撤回"), "info")
        return redirect(url_for("organisations.show_change", change_id=under_way.id))
    form = ChangeForm(obj=organisation)
    if form.validate_on_submit():
        try:
            return redirect(_file(form, None))
        except ServiceError as error:
            form.add_service_error(error)
    return _form_page(form, own_organisation(), None)


@bp.route("/organisation/changes/<int:change_id>/edit", methods=["GET", "POST"])
@roles("firm", "client")
def resubmit_change(change_id: int) -> Any:
    """Correct a request that was returned, and send it in again."""
    actor, change = current_actor(), _own_change(change_id)
    require(can_request_change(actor, change.organisation))
    require_confirmed(actor)
    form = ChangeForm(obj=change.organisation)
    if form.validate_on_submit():
        try:
            return redirect(_file(form, change_id))
        except ServiceError as error:
            form.add_service_error(error)
    elif request.method == "GET":
        for field, value in change.new.items():
            form[field].data = typed_value(field, value)
        form.reason.data = change.reason
    return _form_page(form, own_organisation(), _own_change(change_id))


def _form_page(form: ChangeForm, organisation: Organisation, change: ChangeRequest | None) -> Any:
    page = render_template(
        "organisations/request_change.html", form=form, organisation=organisation, change=change, accept=ACCEPT,
        fields=LOCKED,
    )  # fmt: skip
    return page, 422 if form.is_submitted() else 200


def _file(form: ChangeForm, change_id: int | None) -> str:
    """Send a request in, for the first time or again; the upload is read before the transaction."""
    upload = form.file.data
    prepared = files.prepare(upload.stream, upload.filename, "change") if upload and upload.filename else None
    values = {field: form[field].data for field in LOCKED}

    def work() -> str:
        actor = current_actor()
        given: Any = {"values": values, "reason": form.reason.data or "", "file": prepared}
        if change_id is None:
            change = services.request_change(actor=actor, organisation=own_organisation(), **given)
        else:
            change = services.resubmit_change(actor=actor, change=_own_change(change_id), **given)
        flash(_("变更申请已提交，园区审核通过前，原登记信息继续有效"), "success")
        return url_for("organisations.show_change", change_id=change.id)

    return submit_once(form, work)


@bp.post("/organisation/changes/<int:change_id>/withdraw")
@roles("firm", "client")
def withdraw_change(change_id: int) -> Any:
    _own_change(change_id)

    def work() -> str:
        services.withdraw_change(actor=current_actor(), change=_own_change(change_id))
        flash(_("变更申请已撤回，登记信息没有变化"), "success")
        return url_for("organisations.list_changes")

    return redirect(submit_once(BaseForm(), work))


@bp.get("/organisation/changes/<int:change_id>/file")
@signed_in
def download_change_file(change_id: int) -> Any:
    """The evidence of a request, for its organisation and the desk."""
    change = queries.get_change(change_id, actor=current_actor())
    if change.file is None or not can_read_change_file(current_actor(), change.organisation):
        raise NotFound("change.no_file", lazy("没有这份证明文件，或您无权查看"))
    return send(change.file)
