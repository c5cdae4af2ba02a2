"""What did not match by itself: one finance person proposes, another one decides; only then does the money move."""

from typing import Any

from sqlalchemy import select

from marketplace.core import audit
from marketplace.core.access import require
from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid
from marketplace.core.i18n import lazy
from marketplace.core.lifecycle import advance
from marketplace.core.queue import enqueue
from marketplace.notifications.services import notify
from marketplace.organisations.models import Organisation
from marketplace.payments import ledger
from marketplace.payments.access import can_decide_match, can_propose_match
from marketplace.payments.ledger import Transfer
from marketplace.payments.models import BankEntry, MatchProposal, Payment
from marketplace.payments.queries.ledger import balance
from marketplace.payments.services.importing import hold_bank_rail
from marketplace.payments.services.paying import settle_payment
from marketplace.payments.states import Decision, PaymentState

MAX_TEXT = 300


def propose_match(
    *,
    actor: Actor,
    credit: BankEntry,
    reason: str,
    payment: Payment | None = None,
    organisation: Organisation | None = None,
    decision: Decision | str = Decision.MATCH,
) -> MatchProposal:
    """A finance person says what an unmatched credit is: a payment's money, an organisation's credit, or to be sent back.

    Nothing moves until another finance person confirms. Refused: a credit somebody is already dealing with; a payment that is
    not awaited, or that this credit and the payer's credit with the park do not make up; a proposal without a reason.
    """
    require(can_propose_match(actor))
    hold_bank_rail()
    _refresh(credit)
    decision = Decision(decision)
    text = _checked(reason, "reason", required=True)
    if decision == Decision.MATCH:
        _check_payment(credit, payment)
    elif decision == Decision.CREDIT and organisation is None:
        raise Invalid("match.organisation", lazy("请填写要转入余额的企业"), field="organisation_uscc")
    advance(credit, "propose", actor=actor, decision=decision.value)
    proposal = MatchProposal(
        entry_id=credit.id, decision=decision.value, reason=text, proposed_by_id=actor.user_id,
        payment_id=payment.id if payment and decision == Decision.MATCH else None,
        organisation_id=organisation.id if organisation and decision == Decision.CREDIT else None,
    )  # fmt: skip
    db.session.add(proposal)
    db.session.flush()
    audit.record(
        "match.proposed", "match_proposal", proposal.id, actor=actor, organisation_id=proposal.organisation_id,
        entry_id=credit.id, decision=decision.value, payment_id=proposal.payment_id, fen=credit.credit_fen,
    )  # fmt: skip
    notify(
        event="match.proposed",
        params=_facts(credit, proposal),
        url=f"/operator/finance/credits/{credit.number}",
        staff_role="finance",
    )
    return proposal


def confirm_match(*, actor: Actor, proposal: MatchProposal, note: str = "") -> MatchProposal:
    """A second finance person agrees, and the money moves once.

    Refused: the person who proposed (also a constraint of the table); a proposal that is decided already; a payment that has been
    settled or closed in the meantime.
    """
    require(can_decide_match(actor, proposal))
    credit = _decide(proposal, "confirm", note, actor=actor)
    moves: dict[str, Any] = {Decision.MATCH: _match, Decision.CREDIT: _credit, Decision.RETURN: _return}
    moves[proposal.decision](credit, proposal, actor=actor)
    return proposal


def reject_match(*, actor: Actor, proposal: MatchProposal, note: str) -> MatchProposal:
    """A second finance person disagrees and says why; the credit is back in the queue. Refused: the person who proposed."""
    require(can_decide_match(actor, proposal))
    _checked(note, "note", required=True)
    credit = _decide(proposal, "reject", note, actor=actor)
    advance(credit, "reopen", actor=actor, proposal_id=proposal.id)
    notify(
        event="match.rejected", params=_facts(credit, proposal), url=f"/operator/finance/credits/{credit.number}",
        user_id=proposal.proposed_by_id,
    )  # fmt: skip
    return proposal


def _decide(proposal: MatchProposal, action: str, note: str, *, actor: Actor) -> BankEntry:
    hold_bank_rail()
    _refresh(proposal)
    if not proposal.is_open:
        raise Conflict("match.decided", lazy("该处理意见已被复核，请刷新页面查看最新状态"))
    credit = db.session.get_one(BankEntry, proposal.entry_id)
    _refresh(credit)
    proposal.decided_by_id, proposal.decision_note = actor.user_id, _checked(note, "note")
    db.session.flush()
    advance(proposal, action, actor=actor, entry_id=credit.id, decision=proposal.decision, fen=credit.credit_fen)
    return credit


def _match(credit: BankEntry, proposal: MatchProposal, *, actor: Actor) -> None:
    payment = db.session.get_one(Payment, proposal.payment_id)
    _refresh(payment)
    settle_payment(
        actor=actor,
        payment=payment,
        key=f"settle:{payment.id}",
        credit_fen=credit.credit_fen,
        ref=f"entry:{credit.number}",
    )
    credit.payment_id = payment.id
    advance(credit, "match", actor=actor, payment_id=payment.id, proposal_id=proposal.id)
    enqueue("orders.fund_settled_orders")


def _credit(credit: BankEntry, proposal: MatchProposal, *, actor: Actor) -> None:
    transfers = [Transfer("suspense", f"buyer:{proposal.organisation_id}:credit", credit.credit_fen)]
    ledger.post(key=f"credit:{credit.id}", kind="credit", transfers=transfers, ref=f"entry:{credit.number}")
    advance(credit, "credit", actor=actor, organisation_id=proposal.organisation_id, proposal_id=proposal.id)


def _return(credit: BankEntry, proposal: MatchProposal, *, actor: Actor) -> None:
    """The money is promised to its sender; the bank's own debit row, once imported, takes it out of `outgoing`."""
    transfers = [Transfer("suspense", "outgoing", credit.credit_fen)]
    ledger.post(key=f"return:{credit.id}", kind="return", transfers=transfers, ref=f"entry:{credit.number}")
    advance(credit, "return", actor=actor, proposal_id=proposal.id)


def _check_payment(credit: BankEntry, payment: Payment | None) -> None:
    if payment is None:
        raise Invalid("match.payment", lazy("没有找到这笔付款，请填写付款编号或单号"), field="payment")
    if payment.state != PaymentState.AWAITING:
        raise Invalid("match.not_awaited", lazy("该付款单已到账或已关闭，不能再匹配"), field="payment")
    available = credit.credit_fen + balance(f"buyer:{payment.payer_organisation_id}:credit")
    if available < payment.amount_fen:
        raise Invalid(
            "match.too_little",
            lazy("本笔款项加客户余额不足以付清该付款单；可先转入客户余额，待补足后再匹配"),
            field="payment",
        )


def _checked(text: str, field: str, *, required: bool = False) -> str:
    text = text.strip()
    if required and not text:
        raise Invalid("match.reason", lazy("请填写理由"), field=field)
    if len(text) > MAX_TEXT:
        raise Invalid("match.reason_long", lazy("文字过长，最多 %(n)s 字"), field=field, n=MAX_TEXT)
    return text


def _refresh(entity: Any) -> None:
    """See what others have committed meanwhile, and keep them waiting until we have.

    Not `session.refresh`: it would repeat the joins with which a page loaded the entity, and PostgreSQL locks no outer join.
    """
    model = type(entity)
    query = select(model).where(model.id == entity.id).with_for_update(of=model)
    db.session.execute(query.execution_options(populate_existing=True))


def _facts(credit: BankEntry, proposal: MatchProposal) -> dict[str, Any]:
    """For the message: the entry's number and amount (分); no names."""
    return {
        "number": credit.number,
        "fen": credit.credit_fen,
        "decision": proposal.decision,
        "note": proposal.decision_note,
    }
