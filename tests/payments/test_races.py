"""Several finance people at the same moment, with real threads and real commits, on both databases: money moves once."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import func, select

from marketplace.core.actor import CLI
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict
from marketplace.payments import ledger
from marketplace.payments.ledger import Transfer, balance, check
from marketplace.payments.models import BankEntry, LedgerTxn, MatchProposal, Payment, StatementImport
from marketplace.payments.services import (
    cancel_payment,
    confirm_match,
    import_statement,
    propose_match,
    reject_match,
    release_milestone_money,
)
from tests.factories.payments import Bank, finance_actor, make_credit, make_payment, make_settled_payment
from tests.support.racing import write_at_once


def refused(results: list[Any]) -> list[Any]:
    """The refusals among the results; anything but a Conflict fails the test."""
    errors = [r for r in results if isinstance(r, Exception)]
    assert all(isinstance(e, Conflict) for e in errors), errors
    return errors


def count(model: Any) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def proposed(payment: Payment, bank: Bank) -> int:
    """A credit of the payment's amount that one finance person proposes for it."""
    with transaction():
        credit = make_credit(payment.amount_fen, bank=bank)
        return propose_match(actor=finance_actor(), credit=credit, payment=payment, reason="核实").id


def confirming(proposal_id: int) -> Callable[[], Any]:
    actor = finance_actor()
    return lambda: confirm_match(actor=actor, proposal=db.session.get_one(MatchProposal, proposal_id)).id


def test_eight_confirmations_at_once_move_the_money_once(live_app):
    payment = make_payment(amount_fen=500_000)
    proposal = proposed(payment, Bank())
    payment_id = payment.id
    results = write_at_once(live_app, [confirming(proposal) for _ in range(8)])
    assert len(refused(results)) == 7
    assert balance(f"escrow:{payment_id}") == 500_000 and balance("suspense") == 0 and check() == []


def test_a_confirmation_and_a_rejection_at_once_leave_one_outcome(live_app):
    proposal = proposed(make_payment(amount_fen=500_000), Bank())
    actor = finance_actor()

    def reject() -> Any:
        return reject_match(actor=actor, proposal=db.session.get_one(MatchProposal, proposal), note="不是").id

    results = write_at_once(live_app, [confirming(proposal), reject] * 2)
    assert len(refused(results)) == 3 and check() == []
    state = db.session.get_one(MatchProposal, proposal).state
    assert (state == "confirmed") == (balance("suspense") == 0)


def test_two_credits_confirmed_at_once_for_one_payment_settle_it_once(live_app):
    payment, bank = make_payment(amount_fen=500_000), Bank()
    payment_id = payment.id
    works = [confirming(proposed(payment, bank)) for _ in range(4)]
    assert len(refused(write_at_once(live_app, works))) == 3
    assert (balance(f"escrow:{payment_id}"), balance("suspense")) == (500_000, 1_500_000) and check() == []


def test_two_imports_of_the_same_file_at_once_count_it_once(live_app):
    bank = Bank()
    payments = [make_payment() for _ in range(3)]
    for payment in payments:
        bank.pay(payment)
    content, ids = bank.file(), [p.id for p in payments]

    def bring() -> int:
        return import_statement(actor=CLI, content=content, filename="a.csv").id

    results = write_at_once(live_app, [bring] * 4)
    assert refused(results) == [] and len(set(results)) == 1
    assert (count(StatementImport), count(BankEntry)) == (1, 3)
    assert [balance(f"escrow:{i}") for i in ids] == [1_000_000] * 3 and check() == []


def test_overlapping_files_imported_at_once_count_each_row_once(live_app):
    bank = Bank()
    for _ in range(6):
        bank.pay(make_payment())
    files = [bank.file(bank.rows[a:b]) for a, b in ((0, 4), (2, 6), (0, 6), (1, 5))]
    works = [lambda c=c: import_statement(actor=CLI, content=c, filename="a.csv").id for c in files]
    assert refused(write_at_once(live_app, works)) == []
    assert count(BankEntry) == 6 and balance("bank") == 6_000_000 and check() == []


def test_an_import_and_a_confirmation_for_the_same_payment_settle_it_once(live_app):
    for _ in range(3):
        payment, bank = make_payment(amount_fen=500_000), Bank()
        payment_id = payment.id
        confirm = confirming(proposed(payment, bank))
        bank.pay(payment)
        content = bank.file()
        results = write_at_once(
            live_app, [confirm, lambda c=content: import_statement(actor=CLI, content=c, filename="a.csv").id]
        )
        refused(results)
        assert not isinstance(results[1], Exception), "an import never fails because somebody else was faster"
        assert balance(f"escrow:{payment_id}") == 500_000 and check() == []


def test_an_import_and_a_cancellation_at_once_leave_one_outcome(live_app):
    for _ in range(4):
        payment, bank = make_payment(), Bank()
        payment_id = payment.id
        bank.pay(payment)
        content = bank.file()

        def cancel(payment_id: int = payment_id) -> None:
            cancel_payment(actor=CLI, payment=db.session.get_one(Payment, payment_id))

        results = write_at_once(
            live_app, [cancel, lambda c=content: import_statement(actor=CLI, content=c, filename="a.csv").id]
        )
        refused(results)
        state = db.session.get_one(Payment, payment_id).state
        assert (state == "settled") == (balance(f"escrow:{payment_id}") == 1_000_000)
        assert state in ("settled", "cancelled") and check() == []


def test_the_same_release_from_eight_threads_moves_the_money_once(live_app):
    payment = make_settled_payment(amount_fen=1_000_000)
    payment_id, firm_id = payment.id, payment.payee_organisation_id

    def release() -> bool:
        return release_milestone_money(
            actor=CLI, key="milestone:1:release", payment_id=payment_id, firm_id=firm_id, amount_fen=400_000,
            commission_fen=12_000, ref="order:X",
        ).is_new  # fmt: skip

    results = write_at_once(live_app, [release] * 8)
    assert refused(results) == [] and results.count(True) == 1
    assert balance(f"escrow:{payment_id}") == 600_000 and check() == []


def test_competing_releases_never_overdraw_a_payment(live_app):
    payment = make_settled_payment(amount_fen=1_000_000)
    payment_id, firm_id = payment.id, payment.payee_organisation_id

    def release(key: str) -> Any:
        return release_milestone_money(
            actor=CLI,
            key=key,
            payment_id=payment_id,
            firm_id=firm_id,
            amount_fen=300_000,
            commission_fen=9_000,
            ref="order:X",
        ).id

    results = write_at_once(live_app, [lambda k=f"milestone:{n}:release": release(k) for n in range(8)])
    assert len(refused(results)) == 5
    assert balance(f"escrow:{payment_id}") == 100_000 and check() == []


def test_postings_that_cross_over_shared_accounts_do_not_deadlock(live_app):
    """Eight threads move money between the same accounts in opposite directions, making some of them on the way."""
    with transaction():
        ledger.post(
            key="seed", kind="seed", transfers=[Transfer("outgoing", f"firm:{n}:payable", 10_000) for n in (1, 2)]
        )

    def cross(n: int) -> None:
        there, back = ("firm:1:payable", "firm:2:payable") if n % 2 else ("firm:2:payable", "firm:1:payable")
        for turn in range(5):
            transfers = [Transfer(there, back, 10), Transfer("outgoing", f"buyer:{turn}:credit", 1)]
            ledger.post(key=f"cross:{n}:{turn}", kind="cross", transfers=transfers)

    before = count(LedgerTxn)
    assert [r for r in write_at_once(live_app, [lambda n=n: cross(n) for n in range(8)]) if r] == []
    assert count(LedgerTxn) == before + 40 and check() == []
