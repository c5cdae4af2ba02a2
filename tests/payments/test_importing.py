"""Importing a bank's file: what settles, what waits and why, what is refused whole, what adds nothing."""

import pytest
from sqlalchemy import func, select

from marketplace.core.audit import AuditEvent
from marketplace.core.db import db, transaction
from marketplace.core.errors import AccessDenied
from marketplace.core.tabular import BadTable
from marketplace.notifications.models import Notification
from marketplace.payments.ledger import balance, check
from marketplace.payments.models import BankEntry, LedgerTxn, StatementImport
from marketplace.payments.services import import_statement
from tests.factories.accounts import make_staff, make_user
from tests.factories.organisations import make_client
from tests.factories.payments import Bank, finance_actor, import_rows, make_payment, make_settled_payment


def _entry(bank: Bank) -> BankEntry:
    return db.session.scalars(select(BankEntry).where(BankEntry.serial == bank.rows[-1]["serial"])).one()


def test_an_exact_transfer_settles_its_payment(app):
    payment = make_settled_payment(amount_fen=1_234_567)
    assert (payment.state, payment.settled_fen) == ("settled", 1_234_567)
    assert payment.settled_at is not None
    assert (balance(f"escrow:{payment.id}"), balance("suspense"), balance("bank")) == (1_234_567, 0, 1_234_567)
    assert check() == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"fen": 999_999}, "underpaid"),
        ({"fen": 1_000_001}, "overpaid"),
        ({"memo": "货款"}, "no_reference"),
        ({"memo": ""}, "no_reference"),
        ({"memo": "HRKKKKKKKKY"}, "unknown_reference"),
        ({"name": "别家贸易有限公司"}, "third_party"),
        ({"name": ""}, "third_party"),
    ],
)
def test_a_transfer_that_is_not_exact_waits_in_the_queue_with_its_reason(app, change, reason):
    bank, payment = Bank(), make_payment()
    if reason == "unknown_reference":
        from marketplace.payments.rules.references import new_reference

        change = {"memo": new_reference()}
    row = bank.pay(payment, **change)
    imported = import_rows(bank)
    entry = _entry(bank)
    assert (entry.state, entry.reason, imported.queued_count, imported.settled_count) == ("queued", reason, 1, 0)
    assert payment.state == "awaiting" and balance("suspense") == row["credit_yuan"] and check() == []


def test_a_payers_name_is_compared_without_regard_to_width_and_spaces(app):
    payment = make_payment(payer=make_client(name="青浦（测试）制造有限公司"))
    bank = Bank()
    bank.pay(payment, name="青浦(测试)制造 有限公司")
    import_rows(bank)
    db.session.refresh(payment)
    assert payment.state == "settled"


def test_a_second_transfer_for_a_settled_payment_waits_as_a_duplicate(app):
    bank, payment = Bank(), make_payment()
    bank.pay(payment)
    bank.pay(payment)
    imported = import_rows(bank)
    assert (imported.settled_count, imported.queued_count, _entry(bank).reason) == (1, 1, "duplicate")
    bank.pay(payment)
    import_rows(bank)
    assert _entry(bank).reason == "duplicate"
    assert balance(f"escrow:{payment.id}") == payment.amount_fen and check() == []


def test_a_transfer_for_a_cancelled_payment_is_never_kept_silently(app):
    from marketplace.core.actor import CLI
    from marketplace.payments.services import cancel_payment

    bank, payment = Bank(), make_payment()
    with transaction():
        cancel_payment(actor=CLI, payment=payment)
    bank.pay(payment)
    import_rows(bank)
    assert (_entry(bank).reason, payment.state) == ("closed", "cancelled")


def test_a_memo_with_two_known_references_waits(app):
    bank, first, second = Bank(), make_payment(), make_payment()
    bank.pay(first, memo=f"{first.reference} {second.reference}")
    import_rows(bank)
    assert _entry(bank).reason == "ambiguous"


@pytest.mark.parametrize(
    ("memo", "reason"), [("手续费", "outgoing"), ("冲正 11-19 入账", "reversal"), ("退汇", "reversal")]
)
def test_money_that_leaves_is_written_down_and_reversals_are_named(app, memo, reason):
    bank = Bank()
    bank.debit(300, memo=memo)
    imported = import_rows(bank)
    entry = _entry(bank)
    assert (entry.state, entry.reason, imported.outgoing_count) == ("recorded", reason, 1)
    assert (balance("bank"), balance("outgoing")) == (-300, -300) and check() == []


def test_the_same_file_again_is_the_first_import(app):
    bank, payment = Bank(), make_payment()
    bank.pay(payment)
    first, again = import_rows(bank), import_rows(bank, filename="副本.csv")
    assert again.id == first.id
    assert db.session.scalar(select(func.count()).select_from(BankEntry)) == 1 and balance("bank") == payment.amount_fen


def test_overlapping_exports_add_only_what_is_new(app):
    bank = Bank()
    bank.pay(make_payment())
    import_rows(bank)
    bank.pay(make_payment())
    imported = import_rows(bank)
    assert (imported.row_count, imported.known_count, imported.settled_count) == (2, 1, 1)
    assert check() == []


def test_rows_without_serials_count_once_even_when_two_are_alike(app):
    bank = Bank()
    bank.credit(100, serial="", memo="x")
    bank.debit(100, serial="", memo="y")
    bank.credit(100, serial="", memo="x")  # the same words, amount and balance as the first
    first = import_rows(bank)
    bank.credit(7, serial="")
    second = import_rows(bank)
    assert (first.row_count - first.known_count, second.row_count - second.known_count) == (3, 1)
    assert balance("bank") == 107 and check() == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_csv_is_read_in_each_of_the_three_encodings(app, encoding):
    bank, payment = Bank(), make_payment()
    bank.pay(payment)
    content = bank.file().decode("utf-8-sig").encode(encoding)
    with transaction():
        import_statement(actor=finance_actor(), content=content, filename="a.csv")
    assert payment.state == "settled"


def test_a_spreadsheet_is_read_too(app):
    bank, payment = Bank(), make_payment()
    bank.pay(payment)
    with transaction():
        import_statement(actor=finance_actor(), content=bank.file(kind="xlsx"), filename="a.xlsx")
    assert payment.state == "settled"


def snapshot() -> tuple[object, ...]:
    """What an import may change."""
    counted = [
        db.session.scalar(select(func.count()).select_from(m))
        for m in (BankEntry, StatementImport, LedgerTxn, AuditEvent)
    ]
    return (*counted, balance("bank"), balance("suspense"))


def _spoilt(bank: Bank, **changes: object) -> list[dict[str, object]]:
    rows = [dict(row) for row in bank.rows]
    rows[1].update(changes)
    return rows


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"balance_yuan": 1}, "余额"),
        ({"credit_yuan": 5}, "余额"),
        ({"credit_yuan": None}, "收入"),
        ({"debit_yuan": 5}, "收入"),
        ({"booked_on": None}, "交易日期"),
        ({"balance_yuan": None}, "余额"),
        ({"credit_yuan": -100}, "收入"),
    ],
)
def test_a_bad_file_is_refused_whole_with_row_and_column(app, changes, column):
    bank = Bank()
    for _ in range(3):
        bank.pay(make_payment())
    actor = finance_actor()
    before = snapshot()
    with pytest.raises(BadTable) as refused, transaction():
        import_statement(actor=actor, content=bank.file(_spoilt(bank, **changes)), filename="a.csv")
    assert any((e.row, e.column) == (3, column) for e in refused.value.errors), refused.value.errors
    assert snapshot() == before and check() == []


def test_every_error_of_a_bad_file_is_told_at_once(app):
    bank = Bank()
    for _ in range(4):
        bank.credit(100)
    bank.rows[1]["balance_yuan"] += 1
    bank.rows[3]["serial"] = bank.rows[0]["serial"]
    with pytest.raises(BadTable) as refused, transaction():
        import_statement(actor=finance_actor(), content=bank.file(), filename="a.csv")
    assert {(e.row, e.column) for e in refused.value.errors} == {(3, "余额"), (4, "余额"), (5, "流水号")}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\x00\xfe garbage",
        "流水号,交易日期\n1,2026-01-01\n".encode(),
        b"PK\x03\x04 broken",
        "a,b\n1,2\n".encode("utf-16"),
    ],
)
def test_what_is_no_statement_is_refused(app, content):
    with pytest.raises(BadTable), transaction():
        import_statement(actor=finance_actor(), content=content, filename="a.csv")
    assert db.session.scalar(select(func.count()).select_from(StatementImport)) == 0


def test_a_file_cut_off_within_its_figures_is_refused(app):
    bank = Bank()
    for _ in range(3):
        bank.credit(123_456)
    whole = bank.file()
    last = whole.rindex(b"1234.56")
    for cut in (last + 3, last + 8, last + 12):
        with pytest.raises(BadTable), transaction():
            import_statement(actor=finance_actor(), content=whole[:cut], filename="a.csv")


def test_a_file_cut_off_within_its_texts_settles_nothing_by_mistake(app):
    bank, payment = Bank(), make_payment()
    bank.pay(payment)
    with transaction():
        import_statement(actor=finance_actor(), content=bank.file()[:-6], filename="a.csv")
    db.session.refresh(payment)
    assert payment.state == "awaiting" and check() == []


def test_a_reversed_file_is_refused(app):
    bank = Bank()
    for amount in (100, 200, 300):
        bank.credit(amount)
    with pytest.raises(BadTable), transaction():
        import_statement(actor=finance_actor(), content=bank.file(bank.rows[::-1]), filename="a.csv")


def test_a_known_serial_with_another_amount_is_refused(app):
    bank = Bank()
    bank.credit(100)
    import_rows(bank)
    forged = Bank()
    forged.credit(999, serial=bank.rows[0]["serial"])
    with pytest.raises(BadTable) as refused, transaction():
        import_statement(actor=finance_actor(), content=forged.file(), filename="b.csv")
    assert refused.value.errors[0].column == "流水号" and balance("bank") == 100


def test_only_finance_imports(app):
    from marketplace.accounts.queries import actor_of

    for user in (make_user(), make_staff("operator"), make_staff("admin"), make_staff("bureau")):
        with pytest.raises(AccessDenied), transaction():
            import_statement(actor=actor_of(user), content=Bank().file(), filename="a.csv")


def test_finance_hears_of_credits_that_wait(app):
    person = make_staff("finance")
    bank = Bank()
    bank.credit(100)
    import_rows(bank)
    events = db.session.scalars(select(Notification.event).where(Notification.user_id == person.id)).all()
    assert events == ["credits.queued"]


def test_orders_are_asked_to_look_after_a_settlement(app):
    make_settled_payment()
    assert ("orders.fund_settled_orders", {}) in app.extensions["pending_jobs"]


def test_a_statement_too_long_for_one_transaction_is_refused_with_a_way_out(app, monkeypatch):
    from marketplace.payments.services import importing

    monkeypatch.setattr(importing, "MAX_ROWS", 2)
    bank = Bank()
    for _ in range(3):
        bank.credit(100)
    with pytest.raises(BadTable) as refused, transaction():
        import_statement(actor=finance_actor(), content=bank.file(), filename="a.csv")
    assert "分成几个文件" in refused.value.errors[0].message
