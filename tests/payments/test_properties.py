"""Properties, with examples made by hypothesis: whatever is posted or imported in whatever order, the books hold."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketplace.core.actor import CLI
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict
from marketplace.core.tabular import BadTable
from marketplace.payments.ledger import Transfer, balance, check, post
from marketplace.payments.models import BankEntry
from marketplace.payments.services import import_statement
from tests.factories.payments import Bank, make_payment

quick = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
CODES = ("outgoing", "firm:1:payable", "firm:2:payable", "buyer:1:credit", "commission")
moves = st.tuples(st.sampled_from(CODES), st.sampled_from(CODES), st.integers(1, 1000)).filter(lambda m: m[0] != m[1])
inward = st.tuples(st.just("outgoing"), st.sampled_from(CODES[1:]), st.integers(1, 1000))
# several transfers at once only inward: an overdraft in passing is the database's business, the model below knows only sums
transfers_of_one = moves.map(lambda move: [move]) | st.lists(inward, min_size=2, max_size=3)
postings = st.lists(st.tuples(st.integers(0, 6), transfers_of_one), max_size=12)


class _Undo(Exception):
    """Ends an example without leaving anything behind for the next."""


def _undone(work):
    try:
        with transaction():
            work()
            raise _Undo
    except _Undo:
        pass


@quick
@given(postings)
def test_whatever_is_posted_the_books_agree_with_a_plain_model(app, batch):
    def work():
        model, seen = dict.fromkeys(CODES, 0), {}
        for key, transfers in batch:
            net = dict(model)
            for debit, credit, amount in transfers:
                net[debit], net[credit] = net[debit] - amount, net[credit] + amount
            allowed = all(net[code] >= 0 for code in CODES if code != "outgoing")
            savepoint = db.session.begin_nested()
            try:
                done = post(key=f"k{key}", kind="move", transfers=[Transfer(*t) for t in transfers])
            except Conflict:
                savepoint.rollback()
                assert (key in seen and seen[key] != transfers) or not allowed
                continue
            savepoint.commit()
            assert done.is_new == (key not in seen)
            if done.is_new:
                seen[key], model = transfers, net
        assert {code: balance(code) for code in CODES} == model
        assert check() == []

    _undone(work)


kinds = st.sampled_from(["exact", "short", "long", "stranger", "plain", "fee", "twin"])
rows = st.lists(st.tuples(kinds, st.booleans()), min_size=1, max_size=10)


def _bank(plan) -> Bank:
    """A statement with all that happens: exact and inexact payments, strangers, fees, rows that are alike, with and without serials."""
    bank = Bank()
    for kind, has_serial in plan:
        extra = {} if has_serial else {"serial": ""}
        if kind == "fee":
            bank.debit(100, memo="手续费", **extra)
        elif kind in ("plain", "twin"):
            bank.credit(500, memo="货款", **extra)
            if kind == "twin":
                bank.debit(500, memo="冲正", **extra)
        else:
            payment = make_payment(amount_fen=10_000)
            change = {"short": {"fen": 9_999}, "long": {"fen": 10_001}, "stranger": {"name": "别家公司"}}.get(kind, {})
            bank.pay(payment, **change, **extra)
    return bank


def _state():
    entries = db.session.query(BankEntry).order_by(BankEntry.row_key)
    return (
        [(e.row_key, e.state, e.reason, e.credit_fen, e.debit_fen, e.payment_id) for e in entries],
        balance("bank"),
        balance("suspense"),
    )


def _bring(content: bytes) -> None:
    import_statement(actor=CLI, content=content, filename="a.csv")


@quick
@given(rows, st.data())
def test_a_part_and_then_the_whole_is_the_same_as_the_whole(app, plan, data):
    results = []

    def work():
        bank = _bank(plan)
        cut = data.draw(st.integers(1, len(bank.rows)), label="rows of the first file")
        for files in ([bank.rows[:cut], bank.rows], [bank.rows], [bank.rows, bank.rows[:cut]]):
            nested = db.session.begin_nested()
            for part in files:
                _bring(bank.file(part))
            results.append(_state())
            assert check() == []
            nested.rollback()
            db.session.expire_all()

    _undone(work)
    assert results[0] == results[1] == results[2]


@quick
@given(rows, st.data())
def test_a_statement_with_any_one_figure_changed_is_refused_or_changes_only_texts(app, plan, data):
    def work():
        bank = _bank(plan)
        if len(bank.rows) < 2:
            return
        place = data.draw(st.integers(1, len(bank.rows) - 1), label="row")
        column = data.draw(st.sampled_from(["credit_yuan", "debit_yuan", "balance_yuan"]), label="column")
        by = data.draw(st.integers(1, 10_000), label="by")
        forged = [dict(row) for row in bank.rows]
        forged[place][column] = (forged[place][column] or 0) + by
        before = _state()
        with pytest.raises(BadTable):
            _bring(bank.file(forged))
        assert _state() == before

    _undone(work)
