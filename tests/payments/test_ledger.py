"""The ledger: what a posting does, what it refuses, what the database refuses even from raw SQL."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict
from marketplace.payments import ledger
from marketplace.payments.ledger import Transfer, balance, check, post, reverse, statement


def _fund(amount_fen: int = 10_000, key: str = "fund:1") -> ledger.Posting:
    return post(key=key, kind="fund", transfers=[Transfer("outgoing", "firm:7:payable", amount_fen)])


def test_a_posting_moves_the_amount_from_one_account_to_the_other(app):
    with transaction():
        assert _fund(10_000).is_new
    assert (balance("firm:7:payable"), balance("outgoing")) == (10_000, -10_000)
    assert check() == []


def test_an_account_nothing_was_posted_to_has_no_balance(app):
    assert balance("firm:99:payable") == 0


def test_the_same_key_with_the_same_content_posts_once(app):
    with transaction():
        first, again = _fund(), _fund()
    assert (again.id, again.is_new) == (first.id, False)
    assert balance("firm:7:payable") == 10_000


def test_the_same_key_with_other_content_is_refused(app):
    with transaction():
        _fund()
    with pytest.raises(Conflict, match=r"ledger\.key_reused"), transaction():
        _fund(10_001)
    assert balance("firm:7:payable") == 10_000


@pytest.mark.parametrize("code", ["firm:7:payable", "buyer:1:credit", "suspense", "escrow:3", "commission"])
def test_other_peoples_money_is_never_overdrawn(app, code):
    with transaction():
        post(key="a", kind="fund", transfers=[Transfer("outgoing", code, 100)])
    with pytest.raises(Conflict, match=r"ledger\.overdraft"), transaction():
        post(key="b", kind="spend", transfers=[Transfer(code, "outgoing", 101)])
    assert balance(code) == 100


@pytest.mark.parametrize("amount", [1.0, 0.5, True, "5", None])
def test_an_amount_that_is_not_a_whole_number_is_refused(app, amount):
    with pytest.raises(TypeError), transaction():
        post(key="a", kind="fund", transfers=[Transfer("outgoing", "suspense", amount)])
    assert balance("suspense") == 0


@pytest.mark.parametrize("amount", [0, -1])
def test_an_amount_that_is_not_above_zero_is_refused(app, amount):
    with pytest.raises(ValueError), transaction():
        post(key="a", kind="fund", transfers=[Transfer("outgoing", "suspense", amount)])


def test_a_posting_needs_transfers_between_two_accounts_of_the_chart(app):
    for transfers in (
        [],
        [Transfer("bank", "bank", 1)],
        [Transfer("bank", "pocket", 1)],
        [Transfer("escrow:x", "bank", 1)],
    ):
        with pytest.raises(ValueError), transaction():
            post(key="a", kind="fund", transfers=transfers)
    assert check() == []


def test_a_posting_of_several_transfers_happens_whole_or_not_at_all(app):
    with pytest.raises(Conflict), transaction():
        post(
            key="a",
            kind="fund",
            transfers=[Transfer("outgoing", "escrow:1", 50), Transfer("escrow:1", "firm:7:payable", 60)],
        )
    assert (balance("escrow:1"), balance("outgoing"), balance("firm:7:payable")) == (0, 0, 0)


def test_a_reversal_is_the_exact_mirror_and_happens_once(app):
    with transaction():
        funded = _fund()
        reverse(key="undo:1", of=funded.id)
        assert not reverse(key="undo:1", of=funded.id).is_new
    assert balance("firm:7:payable") == 0 and check() == []
    with pytest.raises(Conflict), transaction():
        reverse(key="undo:2", of=funded.id)
    with pytest.raises(ValueError), transaction():
        post(key="c", kind="reversal", transfers=[Transfer("firm:7:payable", "outgoing", 1)], reverses=funded.id)


def test_a_statement_shows_each_transfer_with_the_balance_after_it(app):
    with transaction():
        for n, amount in enumerate((100, 250, 30), 1):
            _fund(amount, key=f"fund:{n}")
        post(key="out", kind="pay", transfers=[Transfer("firm:7:payable", "outgoing", 80)], ref="order:9")
    page = statement("firm:7:payable", 1, 2)
    assert page.total == 4 and [(i.debit_fen, i.credit_fen, i.balance_fen) for i in page.items] == [
        (80, 0, 300),
        (0, 30, 380),
    ]
    assert (page.items[0].ref, page.items[0].counterpart) == ("order:9", "outgoing")
    assert [i.balance_fen for i in statement("firm:7:payable", 2, 2).items] == [350, 100]


RAW = [
    "UPDATE ledger_transfer SET amount_fen = amount_fen + 1",
    "DELETE FROM ledger_transfer",
    "UPDATE ledger_txn SET kind = 'x'",
    "DELETE FROM ledger_txn",
    "DELETE FROM ledger_account",
    "UPDATE ledger_account SET credit_floor = NOT credit_floor",
    "UPDATE ledger_account SET debits_fen = debits_fen - 1",
    "INSERT INTO ledger_account (id, code, kind, debits_fen, credits_fen, credit_floor, created_at)"
    " VALUES (99, 'escrow:99', 'liability', 0, 5, true, '2026-01-01')",
    "INSERT INTO ledger_transfer (id, txn_id, seq, debit_id, credit_id, amount_fen) VALUES (99, 1, 9, {a}, {a}, 5)",
    "INSERT INTO ledger_transfer (id, txn_id, seq, debit_id, credit_id, amount_fen) VALUES (99, 1, 9, {a}, {b}, 0)",
    "INSERT INTO ledger_transfer (id, txn_id, seq, debit_id, credit_id, amount_fen) VALUES (99, 1, 9, {b}, {a}, 999999)",
]


@pytest.mark.parametrize("sql", RAW)
def test_the_database_refuses_what_breaks_the_books(app, sql):
    with transaction():
        posted = _fund()
    accounts = dict(db.session.execute(text("SELECT code, id FROM ledger_account")).all())
    sql = sql.format(a=accounts["outgoing"], b=accounts["firm:7:payable"]).replace("(99, 1,", f"(99, {posted.id},")
    with pytest.raises((DBAPIError, Conflict)), transaction():
        db.session.execute(text(sql))
    db.session.rollback()
    assert check() == [] and balance("firm:7:payable") == 10_000


def test_a_turnover_raised_by_hand_is_refused_or_found(app, engine):
    with transaction():
        _fund()
    raised = "UPDATE ledger_account SET debits_fen = debits_fen + 5, credits_fen = credits_fen + 5 WHERE code = 'firm:7:payable'"
    if engine == "postgresql":
        with pytest.raises((DBAPIError, Conflict)), transaction():
            db.session.execute(text(raised))
    else:
        with transaction():
            db.session.execute(text(raised))
        assert any("firm:7:payable" in line for line in check())


def test_a_fraction_from_raw_sql_is_never_stored(app, engine):
    with transaction():
        posted = _fund()
    accounts = dict(db.session.execute(text("SELECT code, id FROM ledger_account")).all())
    values = f"(98, {posted.id}, 9, {accounts['outgoing']}, {accounts['firm:7:payable']}, 0.4)"
    with pytest.raises((DBAPIError, Conflict)), transaction():
        db.session.execute(
            text(f"INSERT INTO ledger_transfer (id, txn_id, seq, debit_id, credit_id, amount_fen) VALUES {values}")
        )
    db.session.rollback()
    assert check() == []
