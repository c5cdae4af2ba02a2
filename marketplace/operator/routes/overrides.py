"""Codes that are let pass although their check character is wrong: proposed by one person, decided by another (dossier 2.1)."""

import io
from typing import Any

from flask import Response, flash, redirect, render_template, request, send_file, url_for

from marketplace.accounts.queries import list_users
from marketplace.core import clock
from marketplace.core.access import require, require_confirmed
from marketplace.core.errors import ConfirmationNeeded, NotFound, ServiceError
from marketplace.core.i18n import _, lazy
from marketplace.core.tabular import MEDIA_TYPES, Column, table_bytes
from marketplace.core.uscc import check_character, check_uscc
from marketplace.core.web import current_actor, roles, submit_once
from marketplace.files.web import send
from marketplace.operator.routes import bp
from marketplace.operator.routes.licences import EVIDENCE_ACCEPT, READERS, prepared_evidence
from marketplace.organisations import queries, services
from marketplace.organisations.access import can_propose_uscc_override, can_read_verifications
from marketplace.organisations.forms import DecideOverrideForm, ProposeOverrideForm
from marketplace.organisations.models import UsccOverride
from marketplace.organisations.states import OverrideState

COLUMNS = [
    Column("uscc", "统一社会信用代码"), Column("name", "单位名称"), Column("reason", "理由"), Column("state", "状态"),
    Column("sha256", "证据 SHA-256"), Column("proposed_by", "提出人"), Column("created_at", "提出时间"),
    Column("decided_by", "复核人", required=False), Column("decided_at", "复核时间", required=False),
    Column("note", "复核意见", required=False),
]  # fmt: skip


def _filters() -> dict[str, Any]:
    state = request.args.get("state", "")
    return {"state": state if state in set(OverrideState) else "", "q": request.args.get("q", "").strip()[:60]}


def _names(overrides: Any) -> dict[int, str]:
    ids = {one.proposed_by_id for one in overrides} | {one.decided_by_id for one in overrides if one.decided_by_id}
    return {person.id: person.name for person in list_users(sorted(ids))}


@bp.get("/operator/uscc-overrides")
@roles(*READERS)
def list_uscc_overrides() -> str:
    """Proposals and decisions, newest first."""
    require(can_read_verifications(current_actor()))
    filters = _filters()
    page = queries.list_overrides(
        **filters, page=request.args.get("page", 1, int), per_page=request.args.get("per_page", 20, int)
    )
    return render_template(
        "operator/overrides_list.html", page=page, filters=filters, states=list(OverrideState), names=_names(page.items)
    )


@bp.get("/operator/uscc-overrides/export")
@roles(*READERS)
def export_uscc_overrides() -> Response:
    """The list under the present filters, as a file."""
    require(can_read_verifications(current_actor()))
    kind = "xlsx" if request.args.get("format") == "xlsx" else "csv"
    found = queries.rows_of_overrides(**_filters())
    names = _names(found)
    rows = [
        {
            "uscc": one.uscc, "name": one.name, "reason": one.reason, "state": str(one.state_label), "sha256": one.evidence_sha256,
            "proposed_by": names.get(one.proposed_by_id), "created_at": clock.local(one.created_at).strftime("%Y-%m-%d %H:%M"),
            "decided_by": names.get(one.decided_by_id or 0), "note": one.decision_note or None,
            "decided_at": clock.local(one.decided_at).strftime("%Y-%m-%d %H:%M") if one.decided_at else None,
        }
        for one in found
    ]  # fmt: skip
    stream = io.BytesIO(table_bytes(kind, COLUMNS, rows))
    return send_file(
        stream, mimetype=MEDIA_TYPES[kind], as_attachment=True, download_name=f"uscc-overrides-{clock.today()}.{kind}"
    )


@bp.route("/operator/uscc-overrides/new", methods=["GET", "POST"])
@roles("operator", "reviewer")
def propose_uscc_override() -> Any:
    """Propose to let one code pass, with reason and evidence."""
    actor, form = current_actor(), ProposeOverrideForm()
    require(can_propose_uscc_override(actor))
    require_confirmed(actor)
    if form.validate_on_submit():
        try:
            return redirect(_propose(form))
        except ConfirmationNeeded:
            raise
        except ServiceError as error:
            form.add_service_error(error)
    elif request.method == "GET":
        form.uscc.data, form.name.data = request.args.get("uscc", "")[:30], request.args.get("name", "")[:100]
    page = render_template("operator/overrides_propose.html", form=form, accept=EVIDENCE_ACCEPT)
    return page, 422 if form.is_submitted() else 200


def _propose(form: ProposeOverrideForm) -> str:
    evidence = prepared_evidence(form.evidence)

    def work() -> str:
        override = services.propose_uscc_override(
            actor=current_actor(), uscc=form.uscc.data or "", name=form.name.data or "", reason=form.reason.data or "",
            evidence=evidence,
        )  # fmt: skip
        flash(_("已提出，须由另一位审核人员复核"), "success")
        return url_for("operator.show_uscc_override", override_id=override.id)

    return submit_once(form, work)


def _page(override: UsccOverride, form: DecideOverrideForm, error: str = "", status: int = 200) -> Any:
    organisation = queries.find_by_uscc(override.uscc)
    page = render_template(
        "operator/overrides_show.html", override=override, form=form, error=error, names=_names([override]),
        organisation=organisation, expected=check_character(override.uscc[:17]), result=check_uscc(override.uscc),
    )  # fmt: skip
    return page, status


@bp.get("/operator/uscc-overrides/<int:override_id>")
@roles(*READERS)
def show_uscc_override(override_id: int) -> Any:
    require(can_read_verifications(current_actor()))
    return _page(queries.get_override(override_id), DecideOverrideForm(formdata=None))


@bp.post("/operator/uscc-overrides/<int:override_id>/<any(approve, reject, withdraw):decision>")
@roles("operator", "reviewer")
def decide_uscc_override(override_id: int, decision: str) -> Any:
    """The second person decides, or whoever proposed it takes it back."""
    form, actor = DecideOverrideForm(), current_actor()
    require(can_propose_uscc_override(actor))
    if decision != "withdraw":
        require_confirmed(actor)
    done = {"approve": lazy("已批准，该代码可以注册"), "reject": lazy("已驳回"), "withdraw": lazy("已撤回")}[decision]

    def work() -> str:
        override, note = queries.get_override(override_id), form.note.data or ""
        if decision == "approve":
            services.approve_uscc_override(actor=actor, override=override, note=note)
        elif decision == "reject":
            services.reject_uscc_override(actor=actor, override=override, note=note)
        else:
            services.withdraw_uscc_override(actor=actor, override=override)
        return url_for("operator.show_uscc_override", override_id=override_id)

    error, status = "", 422
    if form.validate_on_submit():
        try:
            address = submit_once(form, work)
            flash(str(done), "success")
            return redirect(address)
        except (NotFound, ConfirmationNeeded):
            raise
        except ServiceError as refused:
            status = refused.status
            if refused.field == "note":
                form.add_service_error(refused)
            else:
                error = refused.text
    return _page(queries.get_override(override_id), form, error, status)


@bp.get("/operator/uscc-overrides/<int:override_id>/evidence")
@roles(*READERS)
def download_override_evidence(override_id: int) -> Response:
    require(can_read_verifications(current_actor()))
    return send(queries.get_override(override_id).evidence)
