"""What is done with a case beside deciding it: taking it, showing a number on record, letting an organisation leave."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for

from marketplace.core import settings
from marketplace.core.access import require, require_confirmed
from marketplace.core.errors import NotFound, ServiceError
from marketplace.core.forms import BaseForm
from marketplace.core.i18n import _, lazy
from marketplace.core.web import current_actor, roles, submit_once
from marketplace.operator.routes import bp
from marketplace.operator.routes.desk import case_path
from marketplace.organisations import queries, services
from marketplace.organisations.access import can_announce_closing, can_reveal_contact
from marketplace.organisations.forms import ClosingForm, RevealForm
from marketplace.organisations.queries import get_organisation


def _claim(noun: str, ref_id: int, action: str) -> Any:
    here = case_path(noun, ref_id)

    def work() -> str:
        if action == "claim":
            services.claim_case(actor=current_actor(), noun=noun, ref_id=ref_id)
            flash(_("已认领，两小时内其他人会看到由您处理"), "success")
        else:
            services.release_case(actor=current_actor(), noun=noun, ref_id=ref_id)
            flash(_("已放回队列"), "success")
        return here

    try:
        return redirect(submit_once(BaseForm(), work))
    except ServiceError as error:
        if error.status != 409:
            raise
        flash(error.text, "warning")
        return redirect(here)


@bp.post("/operator/verifications/<int:organisation_id>/<any(claim, release):action>")
@roles("operator", "reviewer")
def claim_verification(organisation_id: int, action: str) -> Any:
    get_organisation(organisation_id, current_actor())
    return _claim("organisation", organisation_id, action)


@bp.post("/operator/changes/<int:change_id>/<any(claim, release):action>")
@roles("operator", "reviewer")
def claim_change(change_id: int, action: str) -> Any:
    queries.get_change(change_id, actor=current_actor())
    return _claim("change_request", change_id, action)


@bp.route("/operator/verifications/<int:organisation_id>/reveal", methods=["GET", "POST"])
@roles("operator", "reviewer", "service")
def reveal_contact(organisation_id: int) -> Any:
    """Why one has to see a number, then the number: on this answer only, in no address and no log."""
    actor = current_actor()
    require(can_reveal_contact(actor))
    organisation, form = get_organisation(organisation_id, actor), RevealForm()
    member_id = request.values.get("member", None, int)
    member = next((m for m in queries.list_members(organisation_id) if m.user_id == member_id), None)
    if member_id is not None and member is None:
        raise NotFound("member.missing", lazy("该单位没有这名成员"))
    value = None
    if form.validate_on_submit():
        shown: list[str] = []

        def work() -> str:
            shown.append(_reveal(organisation_id, member_id, form))
            return url_for("operator.show_verification", organisation_id=organisation_id)

        try:
            submit_once(form, work)
            value = shown[0] if shown else None
        except ServiceError as error:
            form.add_service_error(error)
        if value is None and not form.errors and not form.form_errors:
            flash(_("该次查看已记录；如需再次查看，请重新提交"), "info")
            return redirect(request.full_path.rstrip("?"))
        organisation = get_organisation(organisation_id, actor)
    page = render_template(
        "operator/reveal_contact.html", organisation=organisation, form=form, member=member, value=value
    )
    return page, 422 if form.is_submitted() and value is None else 200


def _reveal(organisation_id: int, member_id: int | None, form: RevealForm) -> str:
    actor = current_actor()
    return services.reveal_contact(
        actor=actor, organisation=get_organisation(organisation_id, actor), field="login" if member_id else "contact_mobile",
        reason=form.reason.data or "", member_id=member_id, case_number=form.case_number.data or "",
    )  # fmt: skip


@bp.route("/operator/verifications/<int:organisation_id>/closing", methods=["GET", "POST"])
@roles("operator")
def announce_closing(organisation_id: int) -> Any:
    """The park lets an organisation leave, with the same notice as if it left by itself."""
    actor, form = current_actor(), ClosingForm()
    organisation = get_organisation(organisation_id, actor)
    require(can_announce_closing(actor, organisation))
    if organisation.closes_on and request.method == "GET":
        flash(_("退出公告已经发布，无需重复提交"), "info")
        return redirect(url_for("operator.show_verification", organisation_id=organisation_id))
    require_confirmed(actor)
    del form.agree
    if form.validate_on_submit():
        try:
            return redirect(_announce(organisation_id, form))
        except ServiceError as error:
            form.add_service_error(error)
            organisation = get_organisation(organisation_id, actor)
    page = render_template(
        "operator/announce_closing.html", form=form, organisation=organisation, days=settings.get("organisations.closing_days"),
        blockers=services.list_closing_blockers(organisation_id), earliest=services.earliest_closing(organisation),
        history=queries.list_closings(organisation_id),
    )  # fmt: skip
    return page, 422 if form.is_submitted() else 200


def _announce(organisation_id: int, form: ClosingForm) -> str:
    def work() -> str:
        actor = current_actor()
        services.announce_closing(
            actor=actor, organisation=get_organisation(organisation_id, actor), reason=form.reason.data or ""
        )
        flash(_("退出公告已发布，已通知该单位"), "success")
        return url_for("operator.show_verification", organisation_id=organisation_id)

    return submit_once(form, work)


@bp.post("/operator/verifications/<int:organisation_id>/closing/withdraw")
@roles("operator")
def withdraw_closing(organisation_id: int) -> Any:
    get_organisation(organisation_id, current_actor())

    def work() -> str:
        notice = queries.find_closing(organisation_id)
        if notice is None:
            raise NotFound("closing.missing", lazy("没有正在公告的退出申请"))
        services.withdraw_closing(actor=current_actor(), notice=notice)
        flash(_("已撤回退出公告，已通知该单位"), "success")
        return url_for("operator.show_verification", organisation_id=organisation_id)

    return redirect(submit_once(BaseForm(), work))
