"""Standards and grades of firms: handed in, renewed and withdrawn by the firm, decided by the operator, ended by the calendar."""

from datetime import date
from typing import Any, TypedDict, Unpack

from sqlalchemy import update

from marketplace.core import audit, clock, settings
from marketplace.core.access import require
from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid
from marketplace.core.i18n import lazy
from marketplace.core.lifecycle import advance
from marketplace.files.services import Prepared, attach
from marketplace.notifications.services import notify
from marketplace.organisations.access import can_expire_standard, can_keep_standards, can_review_standard
from marketplace.organisations.models import FirmStandard, Organisation
from marketplace.organisations.queries import member_ids_in
from marketplace.organisations.queries.standards import (
    count_standards,
    find_approved_standard,
    find_open_standard,
    list_ending_standards,
    list_lapsed_standards,
)
from marketplace.organisations.rules.standards import EVIDENCE_TYPES, KNOWN, MAX_STANDARDS, check_standard, plain_number
from marketplace.organisations.services.deciding import needed_reason, tell_reviewers
from marketplace.organisations.states import OrganisationState, StandardState

TOLD = ("admin", "business")


class StandardFacts(TypedDict, total=False):
    """What the evidence says beside the number; an empty title of a known number is that standard's own."""

    title: str
    level: str
    issuer: str
    issued_on: date | None
    valid_to: date | None


def add_standard(
    *, actor: Actor, organisation: Organisation, standard_no: str, file: Prepared | None, renews: FirmStandard | None = None,
    **facts: Unpack[StandardFacts],
) -> FirmStandard:  # fmt: skip
    """Hand in a standard or grade with its evidence; public once the operator has approved it. `renews` is the one it is to replace, which
    stands until then.

    Refused: a firm that has left; what `rules.standards.check_standard` refuses; no evidence, or of a kind that cannot be looked at; the same
    number while one waits; one that stands already and is not being renewed; a renewal of another firm's or of another number; more than 40.
    """
    require(can_keep_standards(actor, organisation))
    if organisation.state == OrganisationState.CLOSED:
        raise Conflict("organisation.closed", lazy("单位已退出，不能再修改展示资料"))
    values = _checked(standard_no, facts)
    if renews is not None and (
        renews.organisation_id != organisation.id or renews.standard_no != values["standard_no"]
    ):
        raise Invalid("standard.renews", lazy("换证须与原证书的标准编号一致"), field="standard_no")
    if find_open_standard(organisation.id, values["standard_no"]) is not None:
        raise Conflict("standard.open", lazy("该标准已有一份在审核或待更正，请先完成或撤回"), field="standard_no")
    if renews is None and find_approved_standard(organisation.id, values["standard_no"]) is not None:
        raise Conflict("standard.held", lazy("该标准已公示，如需更新请使用“换证”"), field="standard_no")
    if count_standards(organisation.id) >= MAX_STANDARDS:
        raise Invalid("standard.many", lazy("每家机构最多保存 %(n)s 份"), field="standard_no", n=MAX_STANDARDS)
    standard = FirmStandard(
        organisation_id=organisation.id, renews_id=renews.id if renews else None,
        file_id=_evidence(actor, file, organisation.id, needed=True), **values,
    )  # fmt: skip
    db.session.add(standard)
    db.session.flush()
    audit.record("firm_standard.added", "firm_standard", standard.id, actor=actor, organisation_id=organisation.id)
    _tell_desk(standard, organisation)
    return standard


def correct_standard(
    *, actor: Actor, standard: FirmStandard, standard_no: str, file: Prepared | None = None, **facts: Unpack[StandardFacts]
) -> FirmStandard:  # fmt: skip
    """Put a returned one right and hand it in again; without a new file the evidence stays. Refused: one that was not returned; what
    `add_standard` refuses."""
    organisation = standard.organisation
    require(can_keep_standards(actor, organisation))
    values = _checked(standard_no, facts)
    other = find_open_standard(organisation.id, values["standard_no"])
    if other is not None and other.id != standard.id:
        raise Conflict("standard.open", lazy("该标准已有一份在审核或待更正，请先完成或撤回"), field="standard_no")
    advance(standard, "resubmit", actor=actor, organisation_id=organisation.id)
    for name, value in values.items():
        setattr(standard, name, value)
    stored = _evidence(actor, file, organisation.id, needed=standard.file_id is None)
    standard.file_id = stored or standard.file_id
    _tell_desk(standard, organisation)
    return standard


def withdraw_standard(*, actor: Actor, standard: FirmStandard) -> FirmStandard:
    """Take one back, whatever its state: from the next page view on it is not shown. Refused: one that ended otherwise."""
    require(can_keep_standards(actor, standard.organisation))
    advance(standard, "withdraw", actor=actor, organisation_id=standard.organisation_id)
    return standard


def approve_standard(*, actor: Actor, standard: FirmStandard, seen: int | None = None) -> FirmStandard:
    """The operator has compared it with its evidence: public from now on; the one of the same number that stood is replaced.

    Refused: one that is not waiting; one that was returned and handed in anew since (`seen`: its `version` on the page, None does not
    ask); one whose last day has passed meanwhile.
    """
    require(can_review_standard(actor))
    if seen is not None and seen != standard.version:
        raise Conflict("state.changed", lazy("该记录刚刚被他人处理，请刷新页面查看最新状态"))
    if standard.valid_to is not None and standard.valid_to < clock.today():
        raise Invalid("standard.past", lazy("该证书已过有效期，请上传有效的证书"))
    older = find_approved_standard(standard.organisation_id, standard.standard_no)
    if older is not None and older.id != standard.id:
        advance(older, "replace", actor=actor, organisation_id=older.organisation_id, replaced_by=standard.id)
    elif standard.renews_id is not None:
        renewed = db.session.get_one(FirmStandard, standard.renews_id)
        if renewed.state == StandardState.EXPIRED:
            advance(renewed, "replace", actor=actor, organisation_id=renewed.organisation_id, replaced_by=standard.id)
    advance(standard, "approve", actor=actor, organisation_id=standard.organisation_id)
    standard.reason = ""
    _tell(standard, "firm_standard.approved")
    return standard


def return_standard(*, actor: Actor, standard: FirmStandard, reason: str) -> FirmStandard:
    """Send one back with a reason that the firm reads. Refused: no reason; one that is not waiting."""
    require(can_review_standard(actor))
    text = needed_reason(reason)
    advance(standard, "return", actor=actor, organisation_id=standard.organisation_id)
    standard.reason = text
    _tell(standard, "firm_standard.returned", reason=text)
    return standard


def revoke_standard(*, actor: Actor, standard: FirmStandard, reason: str) -> FirmStandard:
    """Take an approved one down with a reason, e.g. after its issuer withdrew it. Refused: no reason; one that does not stand."""
    require(can_review_standard(actor))
    text = needed_reason(reason)
    advance(standard, "revoke", actor=actor, organisation_id=standard.organisation_id)
    standard.reason = text
    _tell(standard, "firm_standard.revoked", reason=text)
    return standard


def expire_standards(*, actor: Actor) -> int:
    """Mark those whose last day has passed and tell their firms; returns how many. They are off the shop from midnight on in any case."""
    require(can_expire_standard(actor))
    done = 0
    for standard in list_lapsed_standards(clock.today()):
        try:
            advance(standard, "expire", actor=actor, organisation_id=standard.organisation_id)
        except Conflict:  # renewed or withdrawn at this very moment
            continue
        _tell(standard, "firm_standard.expired")
        done += 1
    return done


def remind_of_standards(*, actor: Actor) -> int:
    """Tell firms of standards that end within the days of the setting, each once, however often and on however many machines this runs;
    returns how many. One whose renewal waits for the operator is left alone."""
    require(can_expire_standard(actor))
    today, told = clock.today(), 0
    for standard in list_ending_standards(today, settings.get("organisations.standard_remind_days")):
        claimed: Any = db.session.execute(
            update(FirmStandard)
            .where(FirmStandard.id == standard.id, FirmStandard.reminded_on.is_(None))
            .values(reminded_on=today)
            .execution_options(synchronize_session=False)
        )
        if claimed.rowcount == 1 and standard.valid_to is not None:
            _tell(standard, "firm_standard.expiring", days=(standard.valid_to - today).days)
            told += 1
    return told


def _checked(standard_no: str, facts: StandardFacts) -> dict[str, Any]:
    """The facts as they are stored, or a refusal."""
    number = plain_number(standard_no)
    title = facts.get("title", "").strip() or KNOWN.get(number, "")
    level, issuer = facts.get("level", "").strip(), facts.get("issuer", "").strip()
    issued_on, valid_to = facts.get("issued_on"), facts.get("valid_to")
    check_standard(number, title, level, issuer, issued_on, valid_to, clock.today())
    return {
        "standard_no": number, "title": title, "level": level, "issuer": issuer, "issued_on": issued_on, "valid_to": valid_to,
    }  # fmt: skip


def _evidence(actor: Actor, file: Prepared | None, organisation_id: int, *, needed: bool) -> int | None:
    if file is None:
        if needed:
            raise Invalid("standard.file", lazy("请上传证书或评定公告的扫描件"), field="file")
        return None
    if file.media_type not in EVIDENCE_TYPES:
        raise Invalid("standard.file_kind", lazy("证明文件只支持 PDF、JPG、PNG、OFD"), field="file")
    return attach(actor=actor, prepared=file, organisation_id=organisation_id).id


def _tell_desk(standard: FirmStandard, organisation: Organisation) -> None:
    params = {"name": organisation.name, "number": standard.standard_no}
    tell_reviewers(event="firm_standard.submitted", url=f"/operator/standards/{standard.id}", params=params)


def _tell(standard: FirmStandard, event: str, **more: object) -> None:
    params = {
        "number": standard.standard_no, "title": standard.title,
        "valid_to": standard.valid_to.isoformat() if standard.valid_to else "", **more,
    }  # fmt: skip
    for user_id in member_ids_in(standard.organisation_id, *TOLD):
        notify(user_id=user_id, event=event, url="/firm/standards", params=params)
