"""The way into the market: submit, approve, return, suspend, restore. Every decision leaves an append-only check."""

from collections.abc import Sequence

from marketplace.core import clock, settings
from marketplace.core.access import require
from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.core.errors import Invalid
from marketplace.core.i18n import lazy
from marketplace.core.lifecycle import advance
from marketplace.notifications.services import notify
from marketplace.organisations.access import can_submit_verification, can_suspend_organisation, can_verify_organisation
from marketplace.organisations.models import Licence, Organisation
from marketplace.organisations.queries import list_licences, valid_licence_kinds
from marketplace.organisations.rules import CHECK_METHODS, LICENCE_KINDS, missing_licences, next_due
from marketplace.organisations.rules.onboarding import CONTACTS, IDENTITY, licence_text, missing_fields
from marketplace.organisations.services.deciding import needed_reason, profile_path, record_check
from marketplace.organisations.services.licensing import approve_pending
from marketplace.organisations.states import LicenceState
from marketplace.search.changes import touch


def submit_verification(*, actor: Actor, organisation: Organisation) -> Organisation:
    """Send the file to the operator. Refused: contact or address missing; the licences that the law asks for not uploaded (firm: business
    licence and one of permit, filing, dispatch permit; client: business licence)."""
    require(can_submit_verification(actor, organisation))
    for field, text in missing_fields(organisation.kind, {n: getattr(organisation, n) for n in (*IDENTITY, *CONTACTS)}):
        raise Invalid(f"organisation.{field}", text, field=field)
    present = {x.kind for x in list_licences(organisation.id, LicenceState.PENDING, LicenceState.VALID)}
    missing = missing_licences(organisation.kind, present)
    if missing:
        raise Invalid("organisation.licences", licence_text(missing[0]), field="licences")
    advance(organisation, "submit", actor=actor, organisation_id=organisation.id)
    notify(
        staff_role="operator", event="organisation.submitted", url=f"/operator/verifications/{organisation.id}",
        params={"name": organisation.name, "kind": organisation.kind},
    )  # fmt: skip
    return organisation


def approve_organisation(
    *, actor: Actor, organisation: Organisation, licences: Sequence[Licence] | None = None, method: str = "manual",
    in_park: bool | None = None,
) -> Organisation:  # fmt: skip
    """The operator has checked the file and lets the organisation in; approves the given pending licences with it (None: all).

    Refused: one that is not waiting (somebody else was first); one that would stand without the licences the law asks for.
    """
    require(can_verify_organisation(actor))
    if method not in CHECK_METHODS:
        raise Invalid("check.method", lazy("请选择核验方式"), field="method")
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
    _mark_verified(organisation)
    record_check(actor=actor, organisation_id=organisation.id, result="approved", method=method)
    _tell(organisation, "organisation.approved")
    return organisation


def _mark_verified(organisation: Organisation) -> None:
    today = clock.today()
    ends = [
        x.valid_to for x in list_licences(organisation.id, LicenceState.VALID) if x.valid_to and x.valid_to >= today
    ]
    months = settings.get(f"organisations.{organisation.kind}_verify_months")
    organisation.last_verified_at = clock.now()
    organisation.next_due_on = next_due(today, months, min(ends) if ends else None)


def return_organisation(*, actor: Actor, organisation: Organisation, reason: str) -> Organisation:
    """Send the file back with a reason that the organisation reads. Refused: no reason; one that is not waiting."""
    require(can_verify_organisation(actor))
    text = needed_reason(reason)
    advance(organisation, "return", actor=actor, organisation_id=organisation.id)
    record_check(actor=actor, organisation_id=organisation.id, result="returned", reason=text)
    _tell(organisation, "organisation.returned", reason=text)
    return organisation


def suspend_organisation(*, actor: Actor, organisation: Organisation, reason: str) -> Organisation:
    """Stop an organisation with a reason: a firm's listings hide at once, a client places no more orders; what runs goes on."""
    require(can_suspend_organisation(actor))
    text = needed_reason(reason)
    advance(organisation, "suspend", actor=actor, organisation_id=organisation.id)
    record_check(actor=actor, organisation_id=organisation.id, result="suspended", reason=text)
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
