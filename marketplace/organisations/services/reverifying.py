"""Verifying again every six months (clients twelve): the organisation says that nothing has changed, the operator looks and records it."""

from sqlalchemy import or_, update

from marketplace.core import audit, clock, settings
from marketplace.core.access import require
from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid
from marketplace.core.i18n import lazy
from marketplace.core.lifecycle import advance
from marketplace.files.services import Prepared
from marketplace.notifications.services import notify
from marketplace.organisations.access import can_confirm_facts, can_remind_overdue, can_verify_organisation
from marketplace.organisations.models import Organisation
from marketplace.organisations.queries import rows_of_overdue, standing_of, valid_licence_kinds
from marketplace.organisations.rules import LICENCE_KINDS, missing_licences
from marketplace.organisations.services.deciding import needed_evidence, profile_path, record_check, tell_reviewers
from marketplace.organisations.services.due import recompute_due
from marketplace.organisations.services.lapsing import tell_standing
from marketplace.search.changes import touch


def reverify_organisation(
    *, actor: Actor, organisation: Organisation, method: str, evidence: Prepared | None = None, note: str = ""
) -> Organisation:
    """A reviewer has looked again at who the organisation is (网络交易监督管理办法 24): the clock starts anew, what was hidden shows at once.

    Refused: one that is not approved, or that somebody else has just verified; one without the licences the law asks for in force; a
    look into the public register without its screenshot.
    """
    require(can_verify_organisation(actor))
    needed_evidence(method, evidence)
    if len(note.strip()) > 500:
        raise Invalid("check.reason_long", lazy("说明最多 500 字"), field="note")
    if not organisation.is_approved:
        raise Conflict("state.not_allowed", lazy("当前状态下不能执行此操作，请刷新页面查看最新状态"))
    missing = missing_licences(organisation.kind, valid_licence_kinds(organisation.id))
    if missing:
        text = lazy("缺少有效的%(kind)s，请先核验对应证照")
        raise Invalid("organisation.licences", text, field="method", kind=LICENCE_KINDS[missing[0]])
    advance(organisation, "reverify", actor=actor, organisation_id=organisation.id, method=method)
    organisation.facts_confirmed_at = None
    recompute_due(organisation=organisation)
    record_check(
        actor=actor,
        organisation_id=organisation.id,
        result="reverified",
        method=method,
        reason=note.strip(),
        evidence=evidence,
    )
    assert organisation.next_due_on is not None
    notify(
        organisation_id=organisation.id, event="verification.done", url=profile_path(organisation),
        params={"name": organisation.name, "due_on": organisation.next_due_on.isoformat()},
    )  # fmt: skip
    if organisation.is_firm:
        touch("firm", [organisation.id])
    return organisation


def confirm_facts(*, actor: Actor, organisation: Organisation) -> Organisation:
    """An administrator declares that the organisation's facts have not changed (资料无变化) and asks to be verified again.

    Saying it again changes nothing. Refused: an organisation that is not approved or was never verified; more than 30 days (setting)
    before the due day.
    """
    require(can_confirm_facts(actor, organisation))
    standing, window = standing_of(organisation), settings.get("organisations.confirm_window_days")
    if not organisation.is_approved or standing.due_on is None:
        raise Conflict("organisation.not_verified", lazy("单位通过审核后，才需要定期复核"))
    if standing.days_left > window:
        raise Conflict(
            "organisation.early",
            lazy("距复核到期还有 %(n)s 天，到期前 %(m)s 天内可声明"),
            n=standing.days_left,
            m=window,
        )
    if organisation.facts_confirmed_at is None:
        organisation.facts_confirmed_at = clock.now()
        audit.record(
            "organisation.facts_confirmed",
            "organisation",
            organisation.id,
            actor=actor,
            organisation_id=organisation.id,
        )
        url = f"/operator/overdue/{organisation.id}"
        tell_reviewers(event="verification.confirmed", url=url, params={"name": organisation.name})
    return organisation


def remind_overdue(*, actor: Actor, kind: str = "", stage: str = "due", q: str = "") -> int:
    """The operator reminds all organisations that are due under the present filters, each at most once a day; returns how many were told."""
    require(can_remind_overdue(actor))
    today, told = clock.today(), 0
    for organisation in rows_of_overdue(kind=kind, stage=stage, q=q):
        standing = standing_of(organisation)
        if not standing.is_due:
            continue
        reminded = Organisation.due_reminded_on
        result = db.session.execute(
            update(Organisation)
            .where(Organisation.id == organisation.id, or_(reminded.is_(None), reminded < today))
            .values(due_reminded_on=today)
            .execution_options(synchronize_session="evaluate")
        )
        if result.rowcount == 1:  # type: ignore[attr-defined]
            stage_now = "over" if standing.is_over else "due"
            tell_standing(organisation=organisation, standing=standing, stage=stage_now)
            told += 1
    audit.record("verification.reminded", "organisation", None, actor=actor, told=told)
    return told
