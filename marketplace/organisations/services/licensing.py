"""Licences: added by the organisation, decided by the operator, lapsed by the calendar."""

from datetime import date

from marketplace.core import audit, clock
from marketplace.core.access import require, step
from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.core.errors import Invalid
from marketplace.core.i18n import lazy
from marketplace.core.lifecycle import advance
from marketplace.files.models import StoredFile
from marketplace.files.services import Prepared, attach
from marketplace.notifications.services import notify
from marketplace.organisations.access import can_add_licence, can_expire_licence, can_verify_organisation
from marketplace.organisations.models import Licence, Organisation
from marketplace.organisations.queries import (
    count_licences,
    list_ending_licences,
    list_lapsed_licences,
    list_licences,
    list_organisations,
)
from marketplace.organisations.rules import CHECK_METHODS, MAX_LICENCES, REMIND_DAYS, check_licence
from marketplace.organisations.services.deciding import needed_reason, profile_path, record_check
from marketplace.organisations.states import LicenceState, OrganisationState
from marketplace.search.changes import touch


def add_licence(
    *, actor: Actor, organisation: Organisation, kind: str, number: str, valid_to: date | None = None, is_long_term: bool = False,
    file: StoredFile | Prepared | None = None, issuing_region: str = "",
) -> Licence:  # fmt: skip
    """Hand in a licence with its scan for the operator's review.

    Refused: what `rules.check_licence` refuses; no scan from an organisation's own people; a scan that is another's; more than 30.
    """
    require(can_add_licence(actor, organisation))
    check_licence(kind, number, valid_to, is_long_term, clock.today())
    if isinstance(file, Prepared):
        file = attach(actor=actor, prepared=file, organisation_id=organisation.id)
    if file is None and actor.is_member(organisation.id):
        raise Invalid("licence.file", lazy("请上传证照扫描件"), field="file")
    if file is not None and file.owner_organisation_id != organisation.id:
        raise Invalid("licence.foreign_file", lazy("该文件不属于本单位"), field="file")
    if count_licences(organisation.id) >= MAX_LICENCES:
        raise Invalid("licence.many", lazy("每个单位最多保存 %(n)s 份证照"), field="kind", n=MAX_LICENCES)
    licence = Licence(
        organisation_id=organisation.id, kind=kind, number=number.strip(), valid_to=valid_to, is_long_term=is_long_term,
        file_id=file.id if file else None, issuing_region=issuing_region.strip()[:60],
    )  # fmt: skip
    db.session.add(licence)
    db.session.flush()
    audit.record("licence.added", "licence", licence.id, actor=actor, organisation_id=organisation.id, kind=kind)
    if organisation.state == OrganisationState.APPROVED:
        notify(
            staff_role="operator", event="licence.submitted", url=f"/operator/verifications/{organisation.id}",
            params={"name": organisation.name, "kind": kind},
        )  # fmt: skip
    return licence


def approve_licence(*, actor: Actor, licence: Licence, method: str = "manual") -> Licence:
    """The operator has checked one licence. An older valid one of the same kind is replaced by it. Refused: one that is not waiting,
    one whose day has passed meanwhile."""
    require(can_verify_organisation(actor))
    if method not in CHECK_METHODS:
        raise Invalid("check.method", lazy("请选择核验方式"), field="method")
    approve_pending(actor=actor, licence=licence, method=method)
    _tell(licence, "licence.approved")
    return licence


@step
def approve_pending(*, actor: Actor, licence: Licence, method: str) -> None:
    """Approve one licence as a part of a larger decision."""
    if licence.valid_to is not None and licence.valid_to < clock.today():
        raise Invalid("licence.past", lazy("该证照已过有效期，请上传有效的证照"), field="licences")
    advance(licence, "approve", actor=actor, organisation_id=licence.organisation_id, kind=licence.kind)
    licence.evidence = "verified"
    if licence.kind != "OTHER":
        for older in list_licences(licence.organisation_id, LicenceState.VALID):
            if older.kind == licence.kind and older.id != licence.id:
                advance(older, "revoke", actor=actor, organisation_id=licence.organisation_id, replaced_by=licence.id)
    record_check(
        actor=actor, organisation_id=licence.organisation_id, licence=licence, result="approved", method=method
    )
    touch("firm", [licence.organisation_id])


def return_licence(*, actor: Actor, licence: Licence, reason: str) -> Licence:
    """Send one licence back with a reason. Refused: no reason; one that is not waiting."""
    require(can_verify_organisation(actor))
    text = needed_reason(reason)
    advance(licence, "return", actor=actor, organisation_id=licence.organisation_id, kind=licence.kind)
    record_check(actor=actor, organisation_id=licence.organisation_id, licence=licence, result="returned", reason=text)
    _tell(licence, "licence.returned", reason=text)
    return licence


def revoke_licence(*, actor: Actor, licence: Licence, reason: str) -> Licence:
    """Take a licence out of force with a reason, e.g. after the authority withdrew it; what it allowed hides at once."""
    require(can_verify_organisation(actor))
    text = needed_reason(reason)
    advance(licence, "revoke", actor=actor, organisation_id=licence.organisation_id, kind=licence.kind)
    record_check(actor=actor, organisation_id=licence.organisation_id, licence=licence, result="revoked", reason=text)
    touch("firm", [licence.organisation_id])
    _tell(licence, "licence.revoked", reason=text)
    return licence


def expire_licences(*, actor: Actor) -> int:
    """Mark the licences whose last day has passed and have their firms' listings looked at again; returns how many."""
    require(can_expire_licence(actor))
    lapsed = list_lapsed_licences(clock.today())
    for licence in lapsed:
        advance(licence, "expire", actor=actor, organisation_id=licence.organisation_id, kind=licence.kind)
        _tell(licence, "licence.expired")
    touch("firm", sorted({licence.organisation_id for licence in lapsed}))
    return len(lapsed)


def remind_of_expiry(*, actor: Actor) -> int:
    """Tell organisations 90, 60, 30 and 7 days before a licence ends, each once; returns how many were told."""
    require(can_expire_licence(actor))
    told = 0
    for licence in list_ending_licences(clock.today(), max(REMIND_DAYS)):
        left = (licence.valid_to - clock.today()).days if licence.valid_to else 0
        step_days = min(days for days in REMIND_DAYS if left <= days)
        if licence.reminded_days is None or step_days < licence.reminded_days:
            licence.reminded_days = step_days
            _tell(licence, "licence.expiring", days=left)
            told += 1
    return told


def _tell(licence: Licence, event: str, **params: object) -> None:
    organisation = list_organisations([licence.organisation_id])[licence.organisation_id]
    notify(
        organisation_id=organisation.id, event=event, url=profile_path(organisation),
        params={
            "name": organisation.name, "kind": licence.kind, "number": licence.number,
            "valid_to": licence.valid_to.isoformat() if licence.valid_to else "", **params,
        },
    )  # fmt: skip
