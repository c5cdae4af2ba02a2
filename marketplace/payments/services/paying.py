"""A payment's life: opened when both sides have confirmed, settled by a rail, released part by part or returned."""

from sqlalchemy import select

from marketplace.core import audit
from marketplace.core.access import step
from marketplace.core.actor import Actor
from marketplace.core.config import settlement_mode
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid
from marketplace.core.i18n import lazy
from marketplace.core.lifecycle import advance
from marketplace.payments import ledger
from marketplace.payments.ledger import Posting, Transfer
from marketplace.payments.models import Payment
from marketplace.payments.queries.payments import account_is_configured
from marketplace.payments.rules.references import new_reference
from marketplace.payments.states import PaymentState


@step
def open_payment(*, actor: Actor, payer_id: int, payee_id: int, amount_fen: int, purpose: str = "") -> Payment:
    """Ask one organisation to pay an amount (分) for another's services, under a fresh reference number.

    Refused: an amount that is not above zero; a settlement mode in which the park receives no money; an account that no
    administrator has set yet.
    """
    if type(amount_fen) is not int or amount_fen <= 0:
        raise Invalid("payment.amount", lazy("付款金额必须大于 0"))
    if settlement_mode() != "supervised":
        raise Conflict("payment.mode", lazy("平台当前的结算模式尚未开通线上付款，请联系园区运营方"))
    if not account_is_configured():
        raise Conflict("payment.account", lazy("平台收款账户尚未配置，请联系园区运营方"))
    payment = Payment(
        payer_organisation_id=payer_id, payee_organisation_id=payee_id, amount_fen=amount_fen, purpose=purpose[:120],
        reference=_free_reference(),
    )  # fmt: skip
    db.session.add(payment)
    db.session.flush()
    audit.record(
        "payment.opened",
        "payment",
        payment.id,
        actor=actor,
        organisation_id=payer_id,
        after=payment.state,
        fen=amount_fen,
    )
    return payment


def _free_reference() -> str:
    while True:
        reference = new_reference()
        if db.session.scalar(select(Payment.id).where(Payment.reference == reference)) is None:
            return reference


@step
def cancel_payment(*, actor: Actor, payment: Payment) -> Payment:
    """Stop expecting a payment. One that is already closed stays so; one whose money has arrived is refused."""
    db.session.refresh(payment, with_for_update=True)
    if payment.state == PaymentState.SETTLED:
        raise Conflict("payment.settled", lazy("款项已到账，不能直接关闭，请刷新页面查看最新状态"))
    if payment.state == PaymentState.AWAITING:
        advance(payment, "cancel", actor=actor, organisation_id=payment.payer_organisation_id)
    return payment


@step
def settle_payment(*, actor: Actor, payment: Payment, key: str, credit_fen: int, ref: str | None = None) -> Payment:
    """Move an arrived credit (分) from suspense onto the payment's account and settle it, exactly once.

    What is missing is taken from the payer's credit with the park, what is too much is added to it. Refused (Conflict): a
    payment that is settled or closed already; an amount that the payer's credit does not make up.
    """
    advance(payment, "settle", actor=actor, organisation_id=payment.payer_organisation_id, fen=credit_fen)
    credit_account = f"buyer:{payment.payer_organisation_id}:credit"
    transfers = [Transfer("suspense", payment.account_code, min(credit_fen, payment.amount_fen))]
    if credit_fen < payment.amount_fen:
        transfers.append(Transfer(credit_account, payment.account_code, payment.amount_fen - credit_fen))
    elif credit_fen > payment.amount_fen:
        transfers.append(Transfer("suspense", credit_account, credit_fen - payment.amount_fen))
    ledger.post(key=key, kind="settle", transfers=transfers, ref=ref or f"payment:{payment.number}")
    payment.settled_fen = payment.amount_fen
    db.session.flush()
    return payment


@step
def release_milestone_money(
    *, actor: Actor, key: str, payment_id: int, firm_id: int, amount_fen: int, commission_fen: int, ref: str
) -> Posting:
    """Release a part (分) of a settled payment, once per key: the commission to the park, the rest to what the firm is owed.

    `amount_fen` includes `commission_fen`. Refused: a commission outside the amount, a firm that is not the payment's, more than
    the payment still holds.
    """
    payment = db.session.get_one(Payment, payment_id)
    if payment.payee_organisation_id != firm_id:
        raise Conflict("payment.other_firm", lazy("该笔款项不属于此机构"))
    if not 0 <= commission_fen <= amount_fen:
        raise Invalid("payment.commission", lazy("服务费必须在 0 与结算金额之间"))
    transfers = [
        Transfer(payment.account_code, f"firm:{firm_id}:payable", amount_fen - commission_fen),
        Transfer(payment.account_code, "commission", commission_fen),
    ]
    posting = ledger.post(key=key, kind="release", transfers=[t for t in transfers if t.amount_fen], ref=ref)
    if posting.is_new:
        audit.record(
            "payment.released", "payment", payment.id, actor=actor, organisation_id=firm_id, fen=amount_fen,
            commission_fen=commission_fen, txn=posting.id,
        )  # fmt: skip
    return posting


@step
def return_to_buyer(*, actor: Actor, key: str, payment: Payment, amount_fen: int, ref: str) -> Posting:
    """Give a part (分) of a settled payment back to the payer's credit with the park, once per key.

    Refused: more than the payment still holds.
    """
    target = f"buyer:{payment.payer_organisation_id}:credit"
    posting = ledger.post(
        key=key, kind="give_back", transfers=[Transfer(payment.account_code, target, amount_fen)], ref=ref
    )
    if posting.is_new:
        audit.record(
            "payment.given_back", "payment", payment.id, actor=actor, organisation_id=payment.payer_organisation_id,
            fen=amount_fen, txn=posting.id,
        )  # fmt: skip
    return posting
