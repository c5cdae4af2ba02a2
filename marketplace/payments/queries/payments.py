"""Reads of payments: one for whoever may see it, those that have arrived, and how to pay one."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select

from marketplace.core import settings
from marketplace.core.actor import Actor
from marketplace.core.config import settlement_mode
from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.core.i18n import lazy
from marketplace.core.money import format_yuan
from marketplace.organisations.rules import Blocker
from marketplace.payments.access import can_view_payment
from marketplace.payments.models import Payment
from marketplace.payments.queries.ledger import balance
from marketplace.payments.rules.references import find_references
from marketplace.payments.states import PaymentState


@dataclass(frozen=True, slots=True)
class PayInstructions:
    """What a payer types into the bank's form: account, the exact amount (分), and the reference for the 附言.

    `label` says what kind of account it is; only the supervised mode may call it 园区监管账户.
    """

    label: Any
    account_name: str
    account_number: str
    bank: str
    amount_fen: int
    reference: str
    state: str
    settled_at: datetime | None


def get_payment(number: str, actor: Actor) -> Payment:
    """The payment by its public number; NotFound unless the actor belongs to one of its sides or to the staff."""
    payment = db.session.scalar(select(Payment).where(Payment.number == number))
    if payment is None or not can_view_payment(actor, payment):
        raise NotFound("payment.missing", lazy("没有这笔付款"))
    return payment


def find_payment(text: str) -> Payment | None:
    """The payment meant by a public number or a reference, however the reference is typed."""
    typed = text.strip().upper()
    references = find_references(typed)
    return db.session.scalar(
        select(Payment).where(or_(Payment.number == typed, Payment.reference.in_(references or [typed]))).limit(1)
    )


def list_payments(ids: Collection[int]) -> dict[int, Payment]:
    """Several payments by id, in one statement."""
    return {p.id: p for p in db.session.scalars(select(Payment).where(Payment.id.in_(ids)))} if ids else {}


def list_settled_since(moment: datetime, limit: int = 1000) -> list[Payment]:
    """The payments whose money has arrived since a moment, oldest first: what a domain above pulls."""
    query = select(Payment).where(Payment.state == PaymentState.SETTLED, Payment.settled_at >= moment)
    return list(db.session.scalars(query.order_by(Payment.settled_at, Payment.id).limit(limit)))


def find_awaiting(amount_fen: int, limit: int = 20) -> list[Payment]:
    """The payments of exactly this amount (分) that are still expected, newest first."""
    query = select(Payment).where(Payment.state == PaymentState.AWAITING, Payment.amount_fen == amount_fen)
    return list(db.session.scalars(query.order_by(Payment.id.desc()).limit(limit)))


def account_is_configured() -> bool:
    """Has an administrator said where money is to be paid?"""
    return bool(settings.get("payments.account_name") and settings.get("payments.account_number"))


def pay_instructions(payment: Payment | int) -> PayInstructions:
    """How to pay this payment (or the payment of this id): account, exact amount, reference."""
    found = db.session.get_one(Payment, payment) if isinstance(payment, int) else payment
    supervised = settlement_mode() == "supervised"
    return PayInstructions(
        label=lazy("园区监管账户") if supervised else lazy("收款账户"),
        account_name=settings.get("payments.account_name"),
        account_number=settings.get("payments.account_number"),
        bank=settings.get("payments.account_bank"),
        amount_fen=found.amount_fen,
        reference=found.reference,
        state=found.state,
        settled_at=found.settled_at,
    )


def list_money_blockers(organisation_id: int) -> list[Blocker]:
    """What of its money the platform still holds: earnings not paid out, credit not used or returned (分)."""
    found = []
    if earned := balance(f"firm:{organisation_id}:payable"):
        found.append(Blocker("payments.payable", lazy("还有待结算款项 ¥%(yuan)s", yuan=format_yuan(earned))))
    if credit := balance(f"buyer:{organisation_id}:credit"):
        found.append(Blocker("payments.credit", lazy("还有未使用的余额 ¥%(yuan)s", yuan=format_yuan(credit))))
    return found
