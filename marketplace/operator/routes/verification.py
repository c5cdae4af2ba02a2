"""The operator's review of organisations and licences: queue, file, decisions."""

import io
from datetime import datetime, timedelta
from typing import Any

from flask import Response, flash, redirect, render_template, request, send_file, url_for

from marketplace.accounts.services import prepare_password
from marketplace.core import clock, regions
from marketplace.core.access import require
from marketplace.core.errors import Invalid, NotFound, ServiceError
from marketplace.core.forms import BaseForm
from marketplace.core.i18n import _, lazy
from marketplace.core.tabular import MEDIA_TYPES, Column, table_bytes
from marketplace.core.web import current_actor, roles, submit_once
from marketplace.core.worklist import late_before
from marketplace.files import services as files
from marketplace.files.services import Prepared
from marketplace.operator.routes import bp
from marketplace.operator.rules import ROLE_NAMES
from marketplace.organisations import queries, services
from marketplace.organisations.access import can_read_verifications
from marketplace.organisations.forms import ApproveForm, OpenAccountForm, ReasonForm, RevealForm, SuspendForm
from marketplace.organisations.identity import compare_facts, compare_licences, facts_of, licence_facts
from marketplace.organisations.models import Licence, Organisation
from marketplace.organisations.queries import find_verification_problem
from marketplace.organisations.queries import list_verifications as list_queue
from marketplace.organisations.rules import (
    CHECK_METHODS,
    CHECK_RESULTS,
    KINDS,
    LICENCE_KINDS,
    MEASURE_RULES,
    OCCASIONS,
    RETURN_REASONS,
    ROLES,
    SOURCES,
)
from marketplace.organisations.states import LicenceState, OrganisationState

READERS = ("operator", "reviewer", "service", "bureau", "auditor")
COLUMNS = [
    Column("kind", "类型"), Column("name", "单位名称"), Column("uscc", "统一社会信用代码"), Column("city", "城市"), Column("state", "状态"),
    Column("submitted_at", "提交时间", required=False), Column("source", "来源"), Column("next_due_on", "下次核验", required=False),
]  # fmt: skip


QUEUES = {"submitted": "firms", "licences": "licences", "overdue": "overdue"}
AGES = {"late": lazy("已超承诺时限"), "day": lazy("超过 24 小时")}


def _chosen() -> dict[str, str]:
    """The filters as the address has them; what is unknown counts as not given."""
    args = request.args
    state, kind, age, city = (
        args.get("state", "submitted"),
        args.get("kind", ""),
        args.get("age", ""),
        args.get("city", ""),
    )
    return {
        "state": state if state in {*OrganisationState, "all", "licences", "overdue"} else "submitted",
        "kind": kind if kind in KINDS else "", "q": args.get("q", "").strip()[:60], "age": age if age in AGES else "",
        "city": city if regions.get(city) else "",
    }  # fmt: skip


def before_of(age: str, queue: str) -> datetime | None:
    """The moment before which a case has waited as long as the filter asks for."""
    if age == "late":
        return late_before(queue)
    return clock.now() - timedelta(days=1) if age == "day" else None


def _filters(chosen: dict[str, str]) -> dict[str, Any]:
    kept: dict[str, Any] = {key: chosen[key] for key in ("state", "kind", "q", "city")}
    return kept | {"before": before_of(chosen["age"], QUEUES.get(chosen["state"], "firms"))}


@bp.get("/operator/verifications")
@roles(*READERS)
def list_verifications() -> str:
    """Organisations that wait, oldest first; by filter also those with a licence to review, those overdue, or any state."""
    require(can_read_verifications(current_actor()))
    chosen = _chosen()
    page = list_queue(
        **_filters(chosen), page=request.args.get("page", 1, int), per_page=request.args.get("per_page", 20, int)
    )
    queue = QUEUES.get(chosen["state"])
    return render_template(
        "operator/verification_list.html", page=page, filters=chosen, states=list(OrganisationState), kinds=KINDS, region=regions.label,
        since=queries.waiting_since(page.items, chosen["state"]), late_before=late_before(queue) if queue else None, ages=AGES,
        claims=queries.claims_of("organisation", [o.id for o in page.items]), cities=regions.cities(), queue=queue,
        params={key: value for key, value in chosen.items() if value},
    )  # fmt: skip


@bp.get("/operator/verifications/export")
@roles(*READERS)
def export_verifications() -> Response:
    """The whole queue under the present filters, however long, as a file. Numbers of people are not in it."""
    require(can_read_verifications(current_actor()))
    kind = "xlsx" if request.args.get("format") == "xlsx" else "csv"
    rows = (
        {
            "kind": str(KINDS[o.kind]), "name": o.name, "uscc": o.uscc, "city": regions.label(o.city_code), "state": str(o.state_label),
            "submitted_at": clock.local(o.submitted_at).strftime("%Y-%m-%d %H:%M") if o.submitted_at else None,
            "source": str(SOURCES.get(o.source, o.source)), "next_due_on": o.next_due_on.isoformat() if o.next_due_on else None,
        }
        for o in queries.each_verification(**_filters(_chosen()))
    )  # fmt: skip
    stream = io.BytesIO(table_bytes(kind, COLUMNS, rows))
    return send_file(
        stream, mimetype=MEDIA_TYPES[kind], as_attachment=True, download_name=f"verifications-{clock.today()}.{kind}"
    )


def _suspend_or_reason(organisation: Organisation) -> ReasonForm:
    return SuspendForm(formdata=None) if organisation.is_approved else ReasonForm(formdata=None)


def _page(organisation: Organisation, forms: dict[str, Any] | None = None, error: str = "", status: int = 200) -> Any:
    pending = [x for x in organisation.licences if x.state == LicenceState.PENDING]
    fresh = ApproveForm(formdata=None, licences=[x.id for x in pending], in_park=organisation.in_park)
    reason = _suspend_or_reason(organisation)
    if picked := [str(RETURN_REASONS[one]) for one in request.args.getlist("reason") if one in RETURN_REASONS]:
        reason.reason.data = "\n".join(picked)
    shown: dict[str, Any] = {
        "approve": fresh, "reason": reason, "account": OpenAccountForm(formdata=None), **(forms or {}),
    }  # fmt: skip
    shown["approve"].licences.choices = [(x.id, f"{LICENCE_KINDS[x.kind]} {x.number}") for x in pending]
    checks = queries.list_checks(organisation.id)
    return render_template(
        "operator/verification_show.html", organisation=organisation, forms=shown, error=error, pending=pending, region=regions.label,
        members=queries.list_members(organisation.id), checks=checks, results=CHECK_RESULTS, methods=CHECK_METHODS,
        sources=SOURCES, problem=find_verification_problem(organisation), member_roles=ROLES, reveal=RevealForm(formdata=None),
        people=queries.people_of([check.user_id for check in checks]), role_names=ROLE_NAMES, reasons=RETURN_REASONS,
        claim=queries.claims_of("organisation", [organisation.id]).get(organisation.id), measure_rules=MEASURE_RULES,
        closing=queries.find_closing(organisation.id) if organisation.closes_on else None,
        change=queries.find_open_change(organisation.id) if organisation.approved_at else None, **_beside(organisation),
    ), status  # fmt: skip


def _beside(organisation: Organisation) -> dict[str, Any]:
    """The file as it is now beside an earlier state: the one the address names, else what was approved or sent in last."""
    snapshots = queries.list_snapshots(organisation.id)
    asked = request.args.get("against", 0, int)
    earlier = next((s for s in snapshots if s.id == asked), None) or queries.baseline_of(snapshots, organisation.state)
    now = [licence_facts(x) for x in organisation.licences if x.state in (LicenceState.PENDING, LicenceState.VALID)]
    hashes = {str(x.id): x.file.sha256 for x in organisation.licences if x.file}
    return {
        "snapshots": snapshots, "earlier": earlier, "occasions": OCCASIONS,
        "facts": compare_facts(earlier.facts if earlier else None, facts_of(organisation)),
        "licence_rows": compare_licences((earlier.licences, earlier.files) if earlier else None, (now, hashes)),
    }  # fmt: skip


@bp.get("/operator/verifications/<int:organisation_id>")
@roles(*READERS)
def show_verification(organisation_id: int) -> Any:
    return _page(queries.get_organisation(organisation_id, current_actor()))


def _decide(organisation_id: int, form: Any, name: str, work: Any, done: str) -> Any:
    """Run one decision under its form, which the page knows by `name`; without one, a refusal stands at the top of the page."""
    here = url_for("operator.show_verification", organisation_id=organisation_id)
    queries.get_organisation(organisation_id, current_actor())
    refusal, status = "", 422
    if form.validate_on_submit():
        try:
            submit_once(form, lambda: (work(), here)[1])
            flash(done, "success")
            return redirect(here)
        except NotFound:
            raise
        except ServiceError as error:
            status = error.status
            if name and isinstance(error, Invalid):
                form.add_service_error(error)
            else:
                refusal = error.text
    elif not name:
        refusal = next((str(text) for field in form for text in field.errors), "")
    shown = {name: form} if name else {}
    return _page(queries.get_organisation(organisation_id, current_actor()), shown, refusal, status)


@bp.post("/operator/verifications/<int:organisation_id>/approve")
@roles("operator", "reviewer")
def approve_organisation(organisation_id: int) -> Any:
    actor, form = current_actor(), ApproveForm()
    organisation = queries.get_organisation(organisation_id, actor)
    form.licences.choices = [(x.id, x.kind) for x in organisation.licences]
    evidence: list[Prepared] = []
    if form.evidence.data and form.validate():
        try:
            evidence.append(files.prepare(form.evidence.data.stream, form.evidence.data.filename, "evidence"))
        except ServiceError as error:
            form.evidence.errors = [*form.evidence.errors, error.text]
            return _page(organisation, {"approve": form}, status=422)

    def work() -> None:
        again = queries.get_organisation(organisation_id, actor)
        chosen = [x for x in again.licences if x.id in (form.licences.data or [])]
        services.approve_organisation(
            actor=actor,
            organisation=again,
            licences=chosen,
            method=form.method.data,
            in_park=form.in_park.data if again.is_firm else None,
            evidence=evidence[0] if evidence else None,
        )

    return _decide(organisation_id, form, "approve", work, _("已通过，已通知该单位"))


@bp.post("/operator/verifications/<int:organisation_id>/<any(return_back, suspend, restore):action>")
@roles("operator", "reviewer")
def decide_organisation(organisation_id: int, action: str) -> Any:
    actor, form = current_actor(), SuspendForm() if action == "suspend" else ReasonForm()
    service: Any = {
        "return_back": services.return_organisation, "suspend": services.suspend_organisation, "restore": services.restore_organisation,
    }[action]  # fmt: skip

    def work() -> None:
        more = {"rule": form.rule.data or "", "is_public": form.is_public.data} if action == "suspend" else {}
        service(
            actor=actor,
            organisation=queries.get_organisation(organisation_id, actor),
            reason=form.reason.data or "",
            **more,
        )

    return _decide(organisation_id, form, "reason", work, _("已处理，已通知该单位"))


def _licence(organisation_id: int, licence_id: int) -> Licence:
    licence = queries.get_licence(licence_id, actor=current_actor())
    if licence.organisation_id != organisation_id:
        raise NotFound("licence.missing", lazy("没有这份证照"))
    return licence


@bp.post("/operator/verifications/<int:organisation_id>/licences/<int:licence_id>/approve")
@roles("operator", "reviewer")
def approve_licence(organisation_id: int, licence_id: int) -> Any:
    def work() -> None:
        services.approve_licence(actor=current_actor(), licence=_licence(organisation_id, licence_id))

    return _decide(organisation_id, BaseForm(), "", work, _("证照已核验"))


@bp.post("/operator/verifications/<int:organisation_id>/licences/<int:licence_id>/<any(return_back, revoke):action>")
@roles("operator", "reviewer")
def decide_licence(organisation_id: int, licence_id: int, action: str) -> Any:
    form = ReasonForm()
    service = services.return_licence if action == "return_back" else services.revoke_licence

    def work() -> None:
        service(actor=current_actor(), licence=_licence(organisation_id, licence_id), reason=form.reason.data or "")

    return _decide(organisation_id, form, "", work, _("证照已处理，已通知该单位"))


@bp.post("/operator/verifications/<int:organisation_id>/account")
@roles("operator", "reviewer")
def open_organisation_account(organisation_id: int) -> Any:
    """Open the first account of an organisation that came by a file."""
    form = OpenAccountForm()

    def work() -> None:
        services.open_organisation_account(
            actor=current_actor(), organisation=queries.get_organisation(organisation_id, current_actor()), name=form.person_name.data or "",
            email=form.email.data or None, mobile=form.mobile.data or None, password_hash=hashed,
        )  # fmt: skip

    hashed = ""
    if form.validate():
        try:
            hashed = prepare_password(form.password.data or "", form.email.data, form.mobile.data)
        except ServiceError as error:
            form.add_service_error(error)
            return _page(queries.get_organisation(organisation_id, current_actor()), {"account": form}, status=422)
    return _decide(organisation_id, form, "account", work, _("账号已开通"))
