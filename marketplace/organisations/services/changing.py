"""Changing the identity under which an organisation was verified: asked for by its administrators, decided by the operator."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, update
from sqlalchemy.orm.attributes import set_committed_value

from marketplace.core import audit, clock
from marketplace.core.access import require, require_confirmed
from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid
from marketplace.core.i18n import lazy
from marketplace.core.lifecycle import advance
from marketplace.files.services import Prepared, attach
from marketplace.notifications.services import notify
from marketplace.organisations.access import can_decide_change, can_request_change, can_withdraw_change
from marketplace.organisations.identity import LOCKED, locked_facts, plain_value, typed_value
from marketplace.organisations.models import ChangeRequest, Organisation
from marketplace.organisations.queries import accept_uscc, find_by_uscc
from marketplace.organisations.queries.changes import find_open_change
from marketplace.organisations.rules import spell
from marketplace.organisations.services.claiming import drop_claim
from marketplace.organisations.services.deciding import needed_reason, record_check
from marketplace.organisations.services.registering import check_facts, refuse_code
from marketplace.organisations.services.snapshots import keep_snapshot
from marketplace.organisations.states import OrganisationState
from marketplace.search.changes import touch

_CHANGEABLE = (OrganisationState.APPROVED, OrganisationState.SUSPENDED)


def request_change(
    *, actor: Actor, organisation: Organisation, values: Mapping[str, Any], reason: str, file: Prepared | None
) -> ChangeRequest:
    """Ask the park to change the verified identity (`values`: the locked facts that shall differ; capital in 分), with the registrar's
    evidence. Until it is approved the old facts stay on line.

    Refused: an organisation not yet verified, which simply edits; a second request while one is open; nothing changed; a code that is
    wrong or another's; what `check_facts` refuses; no reason; no evidence. Needs a fresh confirmation of identity.
    """
    require(can_request_change(actor, organisation))
    require_confirmed(actor)
    if organisation.state not in _CHANGEABLE:
        raise Conflict("change.not_verified", lazy("单位尚未通过核验，可直接修改单位资料"))
    if find_open_change(organisation.id) is not None:
        raise Conflict("change.open", lazy("已有一份变更申请正在办理，请先完成或撤回"))
    old, new = _difference(organisation, values)
    text = needed_reason(reason)
    if file is None:
        raise Invalid("change.file", lazy("请上传变更证明，例如变更后的营业执照或准予变更登记通知书"), field="file")
    stored = attach(actor=actor, prepared=file, organisation_id=organisation.id)
    change = ChangeRequest(
        organisation_id=organisation.id, old=old, new=new, reason=text, file_id=stored.id, requested_by_id=actor.user_id,
        submitted_at=clock.now(),
    )  # fmt: skip
    db.session.add(change)
    db.session.flush()
    audit.record(
        "change.submitted",
        "change_request",
        change.id,
        actor=actor,
        organisation_id=organisation.id,
        fields=sorted(new),
    )
    _tell_desk(change, organisation)
    return change


def resubmit_change(
    *, actor: Actor, change: ChangeRequest, values: Mapping[str, Any], reason: str, file: Prepared | None
) -> ChangeRequest:
    """Send a returned request in again, corrected; without a new file the old evidence stands. Refused as for `request_change`."""
    organisation = change.organisation
    require(can_request_change(actor, organisation))
    require_confirmed(actor)
    old, new = _difference(organisation, values)
    text = needed_reason(reason)
    advance(change, "resubmit", actor=actor, organisation_id=organisation.id, fields=sorted(new))
    change.old, change.new, change.reason = old, new, text
    if file is not None:
        change.file_id = attach(actor=actor, prepared=file, organisation_id=organisation.id).id
    _tell_desk(change, organisation)
    return change


def withdraw_change(*, actor: Actor, change: ChangeRequest) -> ChangeRequest:
    """Take a request back; nothing has changed. Refused: one that is decided."""
    require(can_withdraw_change(actor, change.organisation))
    advance(change, "withdraw", actor=actor, organisation_id=change.organisation_id)
    drop_claim("change_request", change.id)
    return change


def approve_change(*, actor: Actor, change: ChangeRequest, method: str = "manual") -> ChangeRequest:
    """The operator has checked the evidence: the new facts stand from now on, in shop and search too.

    Refused: one that is not waiting; where the facts are no longer those that the request was made against (somebody changed them
    meanwhile: the organisation asks anew); a code that another organisation has taken.
    """
    require(can_decide_change(actor))
    organisation = change.organisation
    advance(change, "approve", actor=actor, organisation_id=organisation.id, fields=sorted(change.new))
    change.decided_by_id, change.decision_reason = actor.user_id, ""
    _refuse_taken_code(organisation, change.new)
    _apply(organisation, change)
    record_check(actor=actor, organisation_id=organisation.id, result="changed", method=method)
    keep_snapshot(actor=actor, organisation=organisation, occasion="changed")
    audit.record(
        "organisation.identity_changed", "organisation", organisation.id, actor=actor, organisation_id=organisation.id,
        change=change.id, fields=sorted(change.new),
    )  # fmt: skip
    drop_claim("change_request", change.id)
    if organisation.is_firm:
        touch("firm", [organisation.id])
    _tell(change, "change.approved", name=organisation.name)
    return change


def return_change(*, actor: Actor, change: ChangeRequest, reason: str) -> ChangeRequest:
    """Send a request back with a reason that the organisation reads. Refused: no reason; one that is not waiting."""
    require(can_decide_change(actor))
    text = needed_reason(reason)
    advance(change, "return", actor=actor, organisation_id=change.organisation_id)
    change.decided_by_id, change.decision_reason = actor.user_id, text
    record_check(actor=actor, organisation_id=change.organisation_id, result="change_returned", reason=text)
    drop_claim("change_request", change.id)
    _tell(change, "change.returned", name=change.organisation.name, reason=text)
    return change


def _difference(organisation: Organisation, values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Old and new values of what differs, checked as if it stood already."""
    present = locked_facts(organisation)
    wanted = {field: plain_value(field, values[field]) for field in LOCKED if field in values}
    if wanted.get("uscc"):
        code = accept_uscc(wanted["uscc"])
        refuse_code(code)
        wanted["uscc"] = code.value
    new = {field: value for field, value in wanted.items() if value != present[field]}
    if not new:
        raise Invalid("change.nothing", lazy("没有任何变化，请修改需要变更的项目"))
    needed = (
        ("name", lazy("请填写营业执照上的单位全称")),
        ("uscc", lazy("请填写统一社会信用代码")),
        ("address", lazy("请填写单位地址")),
    )
    for field, text in needed:
        if field in new and not new[field]:
            raise Invalid(f"organisation.{field}", text, field=field)
    later = present | new
    check_facts(
        later["name"], later["city_code"],
        {
            "established_on": typed_value("established_on", later["established_on"]),
            "registered_capital_fen": later["registered_capital_fen"],
        },
    )  # fmt: skip
    _refuse_taken_code(organisation, new)
    return {field: present[field] for field in new}, new


def _refuse_taken_code(organisation: Organisation, new: Mapping[str, Any]) -> None:
    if "uscc" in new:
        known = find_by_uscc(new["uscc"])
        if known is not None and known.id != organisation.id:
            raise Conflict("organisation.registered", lazy("该统一社会信用代码已由另一单位注册"), field="uscc")


def _apply(organisation: Organisation, change: ChangeRequest) -> None:
    """One compare-and-set UPDATE on all the old values, so that a change meanwhile is never overwritten unseen."""

    def stands(field: str, value: Any) -> ColumnElement[bool]:
        column: Any = getattr(Organisation, field)
        typed = typed_value(field, value)
        return column.is_(None) if typed is None else column == typed

    new = {field: typed_value(field, value) for field, value in change.new.items()}
    new |= spell(new.get("name", organisation.name), organisation.short_name)._asdict()
    result = db.session.execute(
        update(Organisation)
        .where(Organisation.id == organisation.id, *(stands(field, value) for field, value in change.old.items()))
        .values(**new)
        .execution_options(synchronize_session=False)
    )
    if result.rowcount != 1:  # type: ignore[attr-defined]
        raise Conflict("change.outdated", lazy("单位资料在申请提交后已有变化，请退回该申请，由单位重新提交"))
    for field, value in new.items():
        set_committed_value(organisation, field, value)


def _tell_desk(change: ChangeRequest, organisation: Organisation) -> None:
    for role in ("operator", "reviewer"):
        notify(
            staff_role=role,
            event="change.submitted",
            url=f"/operator/changes/{change.id}",
            params={"name": organisation.name},
        )


def _tell(change: ChangeRequest, event: str, **params: str) -> None:
    notify(organisation_id=change.organisation_id, event=event, url=f"/organisation/changes/{change.id}", params=params)
