"""Licences: handed in and corrected by the organisation, decided by the operator."""

from collections.abc import Sequence
from datetime import date
from typing import Any, TypedDict, Unpack

from marketplace.core import audit, clock
from marketplace.core.access import require, step
from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid, NotFound
from marketplace.core.i18n import lazy
from marketplace.core.lifecycle import advance
from marketplace.files.models import StoredFile
from marketplace.files.services import Prepared, attach
from marketplace.notifications.services import notify
from marketplace.organisations.access import can_add_licence, can_verify_organisation
from marketplace.organisations.models import Licence, LicencePage, Organisation
from marketplace.organisations.queries import count_licences, list_licences, list_organisations
from marketplace.organisations.rules import MAX_LICENCES, MAX_PAGES, check_licence, check_licence_details
from marketplace.organisations.services.deciding import (
    needed_evidence,
    needed_reason,
    profile_path,
    record_check,
    tell_reviewers,
)
from marketplace.organisations.services.due import recompute_due_of
from marketplace.organisations.states import LicenceState, OrganisationState
from marketplace.search.changes import touch


class LicenceFacts(TypedDict, total=False):
    """What a licence says beside its kind and number."""

    valid_to: date | None
    is_long_term: bool
    scope: Sequence[str]
    issued_on: date | None
    issuing_region: str
    issuing_code: str
    recognised_in: Sequence[str]


def add_licence(
    *, actor: Actor, organisation: Organisation, kind: str, number: str, file: StoredFile | Prepared | None = None,
    pages: Sequence[Prepared] = (), renews: Licence | None = None, **facts: Unpack[LicenceFacts],
) -> Licence:  # fmt: skip
    """Hand in a licence with its scans for the operator's review; `renews` is the one it is to replace (换证、续期).

    Refused: what `rules.check_licence` and `check_licence_details` refuse; no scan from an organisation's own people; a scan that is
    another's; more than 5 scans; a renewal of another organisation's licence or of another kind; more than 30 licences.
    """
    require(can_add_licence(actor, organisation))
    values = _checked(kind, number, facts)
    if isinstance(file, Prepared):
        file = attach(actor=actor, prepared=file, organisation_id=organisation.id)
    if file is None and actor.is_member(organisation.id):
        raise Invalid("licence.file", lazy("请上传证照扫描件"), field="file")
    if file is not None and file.owner_organisation_id != organisation.id:
        raise Invalid("licence.foreign_file", lazy("该文件不属于本单位"), field="file")
    if renews is not None and (renews.organisation_id != organisation.id or renews.kind != kind):
        raise Invalid("licence.renews", lazy("换证须与原证照类型一致"), field="kind")
    if count_licences(organisation.id) >= MAX_LICENCES:
        raise Invalid("licence.many", lazy("每个单位最多保存 %(n)s 份证照"), field="kind", n=MAX_LICENCES)
    licence = Licence(
        organisation_id=organisation.id, kind=kind, number=number.strip(), file_id=file.id if file else None,
        renews_id=renews.id if renews else None, **values,
    )  # fmt: skip
    db.session.add(licence)
    db.session.flush()
    _add_pages(actor, licence, pages)
    audit.record("licence.added", "licence", licence.id, actor=actor, organisation_id=organisation.id, kind=kind)
    _tell_operator(licence, organisation)
    return licence


def correct_licence(
    *, actor: Actor, licence: Licence, number: str, file: Prepared | None = None, pages: Sequence[Prepared] = (),
    **facts: Unpack[LicenceFacts],
) -> Licence:  # fmt: skip
    """Put a returned licence right and hand it in again; without a new `file` the scans stay.

    Refused: one that was not returned; what `add_licence` refuses.
    """
    organisation = list_organisations([licence.organisation_id])[licence.organisation_id]
    require(can_add_licence(actor, organisation))
    values = _checked(licence.kind, number, facts)
    if file is None and licence.file_id is None and actor.is_member(organisation.id):
        raise Invalid("licence.file", lazy("请上传证照扫描件"), field="file")
    advance(licence, "resubmit", actor=actor, organisation_id=organisation.id, kind=licence.kind)
    licence.number = number.strip()
    for name, value in values.items():
        setattr(licence, name, value)
    if file is not None:
        licence.file_id = attach(actor=actor, prepared=file, organisation_id=organisation.id).id
        for page in list(licence.pages):
            db.session.delete(page)
        db.session.flush()
        _add_pages(actor, licence, pages)
    _tell_operator(licence, organisation)
    return licence


def _checked(kind: str, number: str, facts: LicenceFacts) -> dict[str, Any]:
    """The facts as they are stored, or a refusal."""
    valid_to, is_long_term = facts.get("valid_to"), facts.get("is_long_term", False)
    scope, recognised = list(dict.fromkeys(facts.get("scope", ()))), list(dict.fromkeys(facts.get("recognised_in", ())))
    issued_on, code, today = facts.get("issued_on"), facts.get("issuing_code", ""), clock.today()
    check_licence(kind, number, valid_to, is_long_term, today)
    check_licence_details(kind, issued_on, valid_to, scope, code, recognised, today)
    return {
        "valid_to": valid_to, "is_long_term": is_long_term, "scope": scope, "issued_on": issued_on,
        "issuing_region": facts.get("issuing_region", "").strip()[:60], "issuing_code": code, "recognised_in": recognised,
    }  # fmt: skip


def _add_pages(actor: Actor, licence: Licence, pages: Sequence[Prepared]) -> None:
    if len(pages) + 1 > MAX_PAGES:
        raise Invalid("licence.pages", lazy("每份证照最多上传 %(n)s 个文件"), field="file", n=MAX_PAGES)
    for place, prepared in enumerate(pages, 2):
        stored = attach(actor=actor, prepared=prepared, organisation_id=licence.organisation_id)
        db.session.add(LicencePage(licence_id=licence.id, file_id=stored.id, place=place))


def _tell_operator(licence: Licence, organisation: Organisation) -> None:
    if organisation.state == OrganisationState.APPROVED:
        params = {"name": organisation.name, "kind": licence.kind}
        tell_reviewers(event="licence.submitted", url=f"/operator/licences/{licence.id}", params=params)


def approve_licence(
    *, actor: Actor, licence: Licence, method: str = "manual", evidence: Prepared | None = None, note: str = ""
) -> Licence:
    """The operator has checked one licence. An older valid one of the same kind is replaced by it. Refused: one that is not waiting,
    one whose day has passed meanwhile, a look into the public register without its screenshot."""
    require(can_verify_organisation(actor))
    needed_evidence(method, evidence)
    approve_pending(actor=actor, licence=licence, method=method, evidence=evidence, note=note)
    tell(licence=licence, event="licence.approved")
    return licence


@step
def approve_pending(
    *, actor: Actor, licence: Licence, method: str, evidence: Prepared | None = None, note: str = ""
) -> None:
    """Approve one licence as a part of a larger decision. The older one goes first, since only one of a kind may be valid at a time."""
    if licence.valid_to is not None and licence.valid_to < clock.today():
        raise Invalid("licence.past", lazy("该证照已过有效期，请上传有效的证照"), field="licences")
    if licence.state != LicenceState.PENDING:
        raise Conflict("state.not_allowed", lazy("当前状态下不能执行此操作，请刷新页面查看最新状态"))
    for older in list_licences(licence.organisation_id, LicenceState.VALID):
        if older.id == licence.renews_id or (older.kind == licence.kind != "OTHER"):
            older.replaced_by_id = licence.id
            advance(older, "revoke", actor=actor, organisation_id=licence.organisation_id, replaced_by=licence.id)
    advance(licence, "approve", actor=actor, organisation_id=licence.organisation_id, kind=licence.kind)
    licence.evidence = "verified"
    record_check(
        actor=actor, organisation_id=licence.organisation_id, licence=licence, result="approved", method=method,
        evidence=evidence, reason=note.strip()[:500],
    )  # fmt: skip
    recompute_due_of(organisation_id=licence.organisation_id)
    touch("firm", [licence.organisation_id])


def return_licence(
    *, actor: Actor, licence: Licence, reason: str, method: str = "manual", evidence: Prepared | None = None
) -> Licence:
    """Send one licence back with a reason. Refused: no reason; one that is not waiting."""
    require(can_verify_organisation(actor))
    text = needed_reason(reason)
    needed_evidence(method, evidence)
    advance(licence, "return", actor=actor, organisation_id=licence.organisation_id, kind=licence.kind)
    record_check(
        actor=actor, organisation_id=licence.organisation_id, licence=licence, result="returned", reason=text,
        method=method, evidence=evidence,
    )  # fmt: skip
    tell(licence=licence, event="licence.returned", reason=text)
    return licence


def revoke_licence(
    *, actor: Actor, licence: Licence, reason: str, method: str = "manual", evidence: Prepared | None = None
) -> Licence:
    """Take a licence out of force with a reason, e.g. after the authority withdrew it; what it allowed hides at once."""
    require(can_verify_organisation(actor))
    text = needed_reason(reason)
    needed_evidence(method, evidence)
    advance(licence, "revoke", actor=actor, organisation_id=licence.organisation_id, kind=licence.kind)
    record_check(
        actor=actor, organisation_id=licence.organisation_id, licence=licence, result="revoked", reason=text,
        method=method, evidence=evidence,
    )  # fmt: skip
    recompute_due_of(organisation_id=licence.organisation_id)
    touch("firm", [licence.organisation_id])
    tell(licence=licence, event="licence.revoked", reason=text)
    return licence


@step
def tell(*, licence: Licence, event: str, user_ids: Sequence[int] | None = None, **params: object) -> None:
    """Tell an organisation, or these of its people, about one of its licences."""
    organisation = list_organisations([licence.organisation_id]).get(licence.organisation_id)
    if organisation is None:
        raise NotFound("organisation.missing", lazy("没有这个单位，或您无权查看"))
    values = {
        "name": organisation.name, "kind": licence.kind, "number": licence.number,
        "valid_to": licence.valid_to.isoformat() if licence.valid_to else "", **params,
    }  # fmt: skip
    url = profile_path(organisation)
    if user_ids is None:
        notify(organisation_id=organisation.id, event=event, url=url, params=values)
        return
    for user_id in user_ids:
        notify(user_id=user_id, event=event, url=url, params=values)
