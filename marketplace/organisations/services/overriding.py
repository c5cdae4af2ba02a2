"""Letting a real code pass whose check character is wrong (dossier 2.1): one person proposes with evidence, another decides."""

from sqlalchemy import select

from marketplace.core import audit
from marketplace.core.access import require, require_confirmed
from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid
from marketplace.core.i18n import lazy
from marketplace.core.lifecycle import advance
from marketplace.core.uscc import check_uscc
from marketplace.files.services import Prepared, attach
from marketplace.notifications.services import notify
from marketplace.organisations.access import (
    can_decide_uscc_override,
    can_propose_uscc_override,
    can_withdraw_uscc_override,
)
from marketplace.organisations.models import UsccOverride
from marketplace.organisations.services.deciding import check_evidence_kind, tell_reviewers
from marketplace.organisations.states import OverrideState

STANDING = (OverrideState.PROPOSED, OverrideState.APPROVED)


def propose_uscc_override(
    *, actor: Actor, uscc: str, name: str, reason: str, evidence: Prepared | None
) -> UsccOverride:
    """Propose to accept a code as the register gave it out, with the reason and a screenshot or scan that shows it.

    Refused: a person not lately confirmed; a code without fault, or with any other fault than its check character; one that is proposed
    or approved already; no name, reason or evidence.
    """
    require(can_propose_uscc_override(actor))
    require_confirmed(actor)
    assert actor.user_id is not None
    result = check_uscc(uscc)
    if result.is_valid:
        raise Invalid("override.needless", lazy("该代码校验通过，无需豁免"), field="uscc")
    if result.errors != ("checksum",):
        raise Invalid(
            "override.fault", lazy("只能豁免校验位不符的代码；长度、字符或登记部门有误的代码不予豁免"), field="uscc"
        )
    if not 2 <= len(name.strip()) <= 100:
        raise Invalid("override.name", lazy("请填写营业执照上的单位全称（2 至 100 字）"), field="name")
    text = _text(reason, "reason")
    if evidence is None:
        raise Invalid("override.evidence", lazy("请上传营业执照扫描件或公示系统查询截图"), field="evidence")
    check_evidence_kind(evidence)
    if db.session.scalar(
        select(UsccOverride.id).where(UsccOverride.uscc == result.value, UsccOverride.state.in_(STANDING))
    ):
        raise Conflict("override.known", lazy("该代码已有待复核或已批准的豁免"), field="uscc")
    stored = attach(actor=actor, prepared=evidence, organisation_id=None)
    override = UsccOverride(
        uscc=result.value, name=name.strip(), reason=text, evidence_file_id=stored.id, evidence_sha256=stored.sha256,
        proposed_by_id=actor.user_id,
    )  # fmt: skip
    db.session.add(override)
    db.session.flush()
    audit.record("uscc_override.proposed", "uscc_override", override.id, actor=actor)
    params = {"uscc": override.uscc, "name": override.name}
    tell_reviewers(event="uscc_override.proposed", url=f"/operator/uscc-overrides/{override.id}", params=params)
    return override


def approve_uscc_override(*, actor: Actor, override: UsccOverride, note: str = "") -> UsccOverride:
    """A second person agrees: from now on the code is accepted at sign-up, editing and import. Refused: whoever proposed it."""
    require(can_decide_uscc_override(actor, override))
    return _decide(actor, override, "approve", note.strip()[:500])


def reject_uscc_override(*, actor: Actor, override: UsccOverride, note: str) -> UsccOverride:
    """A second person disagrees, saying why."""
    require(can_decide_uscc_override(actor, override))
    return _decide(actor, override, "reject", _text(note, "note"))


def withdraw_uscc_override(*, actor: Actor, override: UsccOverride) -> UsccOverride:
    """Whoever proposed it takes it back before it is decided."""
    require(can_withdraw_uscc_override(actor, override))
    advance(override, "withdraw", actor=actor)
    return override


def _decide(actor: Actor, override: UsccOverride, action: str, note: str) -> UsccOverride:
    require_confirmed(actor)
    if override.is_open:
        override.decided_by_id, override.decision_note = actor.user_id, note
        db.session.flush()
    advance(override, action, actor=actor)
    notify(
        user_id=override.proposed_by_id, event="uscc_override.decided", url=f"/operator/uscc-overrides/{override.id}",
        params={"uscc": override.uscc, "name": override.name, "state": override.state},
    )  # fmt: skip
    return override


def _text(text: str, field: str) -> str:
    text = text.strip()
    if not text:
        raise Invalid("override.reason", lazy("请填写理由"), field=field)
    if len(text) > 500:
        raise Invalid("override.reason_long", lazy("理由最多 500 字"), field=field)
    return text
