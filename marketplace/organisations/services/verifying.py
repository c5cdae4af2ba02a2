"""The way into the market: submit, approve, return, suspend, restore. Every decision leaves an append-only check."""

from collections.abc import Sequence

from marketplace.core import clock
from marketplace.core.access import require
from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.core.errors import Invalid
from marketplace.core.i18n import lazy
from marketplace.core.lifecycle import advance
from marketplace.files.services import Prepared
from marketplace.notifications.services import notify
from marketplace.organisations.access import can_submit_verification, can_suspend_organisation, can_verify_organisation
from marketplace.organisations.models import Licence, Organisation
from marketplace.organisations.queries import is_reachable, list_licences, valid_licence_kinds
from marketplace.organisations.rules import LICENCE_KINDS, MEASURE_RULES, missing_licences
from marketplace.organisations.rules.onboarding import CONTACTS, IDENTITY, UNREACHABLE, licence_text, missing_fields
from marketplace.organisations.services.claiming import drop_claim
from marketplace.organisations.services.deciding import (
    needed_evidence,
    needed_reason,
    profile_path,
    record_check,
)
from marketplace.organisations.services.due import recompute_due
from marketplace.organisations.services.licensing import approve_pending
from marketplace.organisations.services.snapshots import keep_snapshot
from marketplace.organisations.states import LicenceState
from marketplace.search.changes import touch


def submit_verification(*, actor: Actor, organisation: Organisation) -> Organisation:
    """Send the file to the operator. Refused: contact or address missing; the licences that the law asks for not uploaded (firm: business
    licence and one of permit, filing, dispatch permit; client: business licence)."""
    require(can_submit_verification(actor, organisation))
    for field, text in missing_fields(organisation.kind, {n: getattr(organisation, n) for n in (*IDENTITY, *CONTACTS)}):
        raise Invalid(f"organisation.{field}", text, field=field)
    if actor.user_id is not None and not is_reachable(organisation.id):
        raise Invalid("organisation.unreachable", UNREACHABLE)
    present = {x.kind for x in list_licences(organisation.id, LicenceState.PENDING, LicenceState.VALID)}
    missing = missing_licences(organisation.kind, present)
    if missing:
        raise Invalid("organisation.licences", licence_text(missing[0]), field="licences")
    advance(organisation, "submit", actor=actor, organisation_id=organisation.id)
    keep_snapshot(actor=actor, organisation=organisation, occasion="submitted")
    notify(
        staff_role="operator", event="organisation.submitted", url=f"/operator/verifications/{organisation.id}",
        params={"name": organisation.name, "kind": organisation.kind},
    )  # fmt: skip
    return organisation


def approve_organisation(
    *, actor: Actor, organisation: Organisation, licences: Sequence[Licence] | None = None, method: str = "manual",
    in_park: bool | None = None, evidence: Prepared | None = None,
) -> Organisation:  # fmt: skip
    """The operator has checked the file and lets the organisation in; approves the given pending licences with it (None: all).

    Refused: one that is not waiting (somebody else was first); one that would stand without the licences the law asks for.
    """
    require(can_verify_organisation(actor))
    needed_evidence(method, evidence)
    advance(organisation, "approve", actor=actor, organisation_id=organisation.id)
    chosen = list_licences(organisation.id, LicenceState.PENDING) if licences is None else licences
    for licence in chosen:
        approve_pending(actor=actor, licence=licence, method=method)
    db.session.flush()
    missing = missing_licences(organisation.kind, valid_licence_kinds(organisation.id))
    if missing:
        raise Invalid(
            "organisation.licences",
            lazy("缺少有效的%(kind)s，请先核验对应证照"),
            field="licences",
            kind=LICENCE_KINDS[missing[0]],
        )
    if in_park is not None:
        organisation.in_park = in_park
    organisation.last_verified_at = clock.now()
    recompute_due(organisation=organisation)
    record_check(actor=actor, organisation_id=organisation.id, result="approved", method=method, evidence=evidence)
    keep_snapshot(actor=actor, organisation=organisation, occasion="approved")
    drop_claim("organisation", organisation.id)
    _tell(organisation, "organisation.approved")
    return organisation


def return_organisation(*, actor: Actor, organisation: Organisation, reason: str) -> Organisation:
    """Send the file back with a reason that the organisation reads. Refused: no reason; one that is not waiting."""
    require(can_verify_organisation(actor))
    text = needed_reason(reason)
    advance(organisation, "return", actor=actor, organisation_id=organisation.id)
    record_check(actor=actor, organisation_id=organisation.id, result="returned", reason=text)
    drop_claim("organisation", organisation.id)
    _tell(organisation, "organisation.returned", reason=text)
    return organisation


def suspend_organisation(
    *, actor: Actor, organisation: Organisation, reason: str, rule: str = "", is_public: bool = False
) -> Organisation:
    """Stop an organisation with a reason: a firm's listings hide at once, a client places no more orders; what runs goes on.

    `rule` names the clause (a key of `MEASURE_RULES`) on which it rests; `is_public` puts it on the public list of measures (电子商务法
    36), which shows the clause and not the reason. Refused: no reason; a publication without a clause.
    """
    require(can_suspend_organisation(actor))
    text = needed_reason(reason)
    if rule and rule not in MEASURE_RULES:
        raise Invalid("check.rule", lazy("请选择处置依据"), field="rule")
    if is_public and not rule:
        raise Invalid("check.rule_missing", lazy("公示处置须注明依据的条款"), field="rule")
    advance(organisation, "suspend", actor=actor, organisation_id=organisation.id, rule=rule or None)
    record_check(
        actor=actor, organisation_id=organisation.id, result="suspended", reason=text, rule=rule, is_public=is_public
    )
    _tell(organisation, "organisation.suspended", reason=text)
    return organisation


def restore_organisation(*, actor: Actor, organisation: Organisation, reason: str) -> Organisation:
    """Let a suspended organisation act again."""
    require(can_suspend_organisation(actor))
    text = needed_reason(reason)
    advance(organisation, "restore", actor=actor, organisation_id=organisation.id)
    record_check(actor=actor, organisation_id=organisation.id, result="restored", reason=text)
    _tell(organisation, "organisation.restored", reason=text)
    return organisation


def _tell(organisation: Organisation, event: str, **params: str) -> None:
    notify(
        organisation_id=organisation.id,
        event=event,
        url=profile_path(organisation),
        params={"name": organisation.name, **params},
    )
    if organisation.is_firm:
        touch("firm", [organisation.id])
