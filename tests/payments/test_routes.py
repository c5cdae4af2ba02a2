"""The finance desk's pages: who reaches them, what they show, and a whole round from upload to second signature."""

import io
import re

import pytest
from sqlalchemy import select

from marketplace.core.db import db
from marketplace.payments.ledger import balance, check
from marketplace.payments.models import StatementImport
from tests.factories.accounts import make_staff, make_user
from tests.factories.organisations import admin_of, make_firm
from tests.factories.payments import Bank, make_credit, make_payment, make_settled_payment

BASE = "/operator/finance"
PAGES = ("statements", "credits", "credits/export", "ledger", "ledger/check")


def _upload(client, content: bytes, filename: str = "流水.csv"):
    data = {"file": (io.BytesIO(content), filename), "form_key": f"key{len(content)}"}
    return client.post(f"{BASE}/statements", data=data, content_type="multipart/form-data")


def _text(answer) -> str:
    return answer.get_data(as_text=True)


def _state(entity) -> str:
    """The state as the database has it now."""
    return db.session.scalar(select(type(entity).state).where(type(entity).id == entity.id))


@pytest.mark.parametrize("page", PAGES)
def test_all_staff_read_the_finance_pages_and_nobody_else(app, sign_in, client, page):
    make_settled_payment()
    assert client.get(f"{BASE}/{page}").status_code == 302
    for role in ("finance", "operator", "bureau", "auditor"):
        assert sign_in(make_staff(role)).get(f"{BASE}/{page}").status_code == 200, role
    for user in (make_user(), admin_of(make_firm())):
        assert sign_in(user).get(f"{BASE}/{page}").status_code == 403


def test_readers_who_are_not_finance_change_nothing(app, sign_in):
    credit, bank = make_credit(), Bank()
    bank.credit(100)
    visitor = sign_in(make_staff("operator"))
    assert _upload(visitor, bank.file()).status_code in (403, 422)
    assert visitor.post(f"{BASE}/credits/{credit.number}/propose", data={}).status_code == 403
    assert visitor.post(f"{BASE}/credits/{credit.number}/confirm", data={}).status_code == 403
    assert len(db.session.scalars(select(StatementImport)).all()) == 1
    assert 'name="file"' not in _text(visitor.get(f"{BASE}/statements"))


def test_a_statement_is_uploaded_and_its_result_shown(app, sign_in):
    bank, payment = Bank(), make_payment(amount_fen=123_456)
    bank.pay(payment)
    bank.credit(777, name="<b>某公司</b>", memo="货款")
    visitor = sign_in(make_staff("finance"))
    answer = _upload(visitor, bank.file())
    assert answer.status_code == 302
    page = _text(visitor.get(answer.location))
    assert "自动入账" in page and payment.reference in page and "附言中没有付款编号" in page
    assert "<b>某公司" not in page
    assert _state(payment) == "settled"
    assert "流水.csv" in _text(visitor.get(f"{BASE}/statements"))


def test_a_bad_statement_shows_each_error_with_row_and_column_and_changes_nothing(app, sign_in):
    bank = Bank()
    for _ in range(3):
        bank.credit(100)
    bank.rows[2]["balance_yuan"] += 5
    visitor = sign_in(make_staff("finance"))
    answer = _upload(visitor, bank.file())
    assert answer.status_code == 422
    page = _text(answer)
    assert re.search(r"<td>4</td><td>余额</td><td>余额不连续", page)
    assert db.session.scalars(select(StatementImport)).all() == []


def test_an_upload_without_a_file_says_so(app, sign_in):
    answer = sign_in(make_staff("finance")).post(f"{BASE}/statements", data={"form_key": "k"})
    assert answer.status_code == 422 and "请选择银行流水文件" in _text(answer)


def test_the_same_upload_clicked_twice_is_one_import(app, sign_in):
    bank = Bank()
    bank.credit(100)
    visitor = sign_in(make_staff("finance"))
    first, second = _upload(visitor, bank.file()), _upload(visitor, bank.file())
    assert first.location == second.location and balance("bank") == 100


def test_two_finance_people_settle_a_payment_through_the_pages(app, sign_in):
    payment, credit = make_payment(amount_fen=500_000), make_credit(500_000)
    maker, checker = sign_in(make_staff("finance", name="财务甲")), sign_in(make_staff("finance", name="财务乙"))
    url = f"{BASE}/credits/{credit.number}"
    page = _text(maker.get(url))
    assert payment.reference in page and "选用" in page
    assert payment.reference in _text(maker.get(f"{url}?payment={payment.reference}")).split('id="payment"')[1][:200]
    data = {"decision": "match", "payment": payment.reference.lower(), "reason": "电话核实", "form_key": "a"}
    assert maker.post(f"{url}/propose", data=data).status_code == 302
    assert "须由另一位财务人员复核" in _text(maker.get(url))
    assert maker.post(f"{url}/confirm", data={"form_key": "b"}).status_code == 403
    page = _text(checker.get(url))
    assert "财务甲" in page and "电话核实" in page and "确认入账" in page
    answer = checker.post(f"{url}/confirm", data={"form_key": "c"})
    assert answer.status_code == 302
    assert _state(payment) == "settled" and check() == []
    assert "财务乙" in _text(checker.get(url))


def test_the_second_person_sees_what_becomes_of_the_difference(app, sign_in):
    payment, credit = make_payment(amount_fen=500_000), make_credit(512_345)
    maker, checker = sign_in(make_staff("finance")), sign_in(make_staff("finance"))
    url = f"{BASE}/credits/{credit.number}"
    maker.post(
        f"{url}/propose",
        data={"decision": "match", "payment": payment.number, "reason": "多付", "form_key": "a"},
    )
    page = _text(checker.get(url))
    assert "多付转入客户余额" in page and "123.45" in page and "由客户余额补足" not in page


def test_a_rejection_needs_a_note_and_returns_the_credit(app, sign_in):
    credit = make_credit()
    maker, checker = sign_in(make_staff("finance")), sign_in(make_staff("finance"))
    url = f"{BASE}/credits/{credit.number}"
    assert (
        maker.post(f"{url}/propose", data={"decision": "return", "reason": "误付", "form_key": "a"}).status_code == 302
    )
    answer = checker.post(f"{url}/reject", data={"form_key": "b"})
    assert answer.status_code == 422 and "请填写理由" in _text(answer)
    assert checker.post(f"{url}/reject", data={"form_key": "c", "note": "可匹配"}).status_code == 302
    assert _state(credit) == "queued"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"decision": "match", "payment": "HR999", "reason": "核实"}, "没有这张付款单"),
        ({"decision": "match", "payment": "", "reason": "核实"}, "没有这张付款单"),
        ({"decision": "credit", "reason": "核实"}, "请填写要转入余额的企业"),
        ({"decision": "return", "reason": ""}, "请填写理由"),
        ({"decision": "burn", "reason": "核实"}, "提交未成功"),
    ],
)
def test_a_wrong_proposal_is_explained_and_keeps_what_was_typed(app, sign_in, data, message):
    credit = make_credit()
    answer = sign_in(make_staff("finance")).post(
        f"{BASE}/credits/{credit.number}/propose", data={**data, "form_key": "k"}
    )
    page = _text(answer)
    assert answer.status_code == 422 and message in page and data["reason"] in page
    assert _state(credit) == "queued"


def test_the_queue_is_filtered_and_says_when_it_is_empty(app, sign_in):
    visitor = sign_in(make_staff("finance"))
    assert "没有待认领的款项" in _text(visitor.get(f"{BASE}/credits"))
    bank = Bank()
    make_credit(bank=bank, name="甲公司", memo="无编号")
    bank.debit(5, memo="冲正错账")
    make_credit(bank=bank, name="乙公司")
    for query, shown, hidden in [
        ("", "甲公司", "冲正错账"), ("?q=甲", "甲公司", "乙公司"), ("?state=recorded", "冲正错账", "甲公司"),
        ("?state=matched", "没有待认领的款项", "甲公司"), ("?reason=underpaid", "没有待认领的款项", "甲公司"),
        ("?state=nonsense&reason=x&page=abc", "甲公司", "冲正错账"),
    ]:  # fmt: skip
        page = _text(visitor.get(f"{BASE}/credits{query}")).split("</form>", 2)[-1]
        assert shown in page and hidden not in page, query


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_queue_and_accounts_are_exported(app, sign_in, kind):
    make_credit(name="=cmd()")
    make_settled_payment()
    visitor = sign_in(make_staff("auditor"))
    for path in ("credits/export", "ledger/bank/export"):
        answer = visitor.get(f"{BASE}/{path}?format={kind}")
        assert answer.status_code == 200 and answer.headers["Content-Disposition"].startswith("attachment")
        content = answer.get_data()
        if kind == "csv":
            assert "'=cmd()" in content.decode("utf-8-sig") or path != "credits/export"
        else:
            assert content[:2] == b"PK"


def test_the_ledger_shows_accounts_and_their_transfers(app, sign_in):
    payment = make_settled_payment(amount_fen=123_456)
    visitor = sign_in(make_staff("bureau"))
    page = _text(visitor.get(f"{BASE}/ledger"))
    assert "escrow:" in page and "1,234.56" in page
    lines = _text(visitor.get(f"{BASE}/ledger/escrow:{payment.id}"))
    assert "suspense" in lines and "1,234.56" in lines
    assert "台账核对无误" in _text(visitor.get(f"{BASE}/ledger/check"))
    assert visitor.get(f"{BASE}/ledger/escrow:999999").status_code == 404


def test_unknown_numbers_are_not_found(app, sign_in):
    visitor = sign_in(make_staff("finance"))
    for path in ("statements/NOPE", "credits/NOPE"):
        assert visitor.get(f"{BASE}/{path}").status_code == 404


def test_no_page_costs_more_than_twelve_statements_however_long_it_is(app, sign_in, queries):
    bank = Bank()
    for n in range(12):
        bank.pay(make_payment(), **({} if n % 2 else {"memo": "无"}))
    credit = make_credit(1_000_000, bank=bank)
    visitor = sign_in(make_staff("finance"))
    number = db.session.scalars(select(StatementImport.number)).first()
    for path in (
        "statements",
        f"statements/{number}",
        "credits?state=all",
        f"credits/{credit.number}",
        "ledger",
        "ledger/bank",
    ):
        with queries(at_most=12):
            assert visitor.get(f"{BASE}/{path}").status_code == 200


def test_no_page_speaks_of_escrow_or_guarantee(app, sign_in):
    make_settled_payment()
    credit = make_credit()
    visitor = sign_in(make_staff("finance"))
    for path in ("statements", "credits", f"credits/{credit.number}", "ledger/check"):
        page = _text(visitor.get(f"{BASE}/{path}"))
        assert not any(word in page for word in ("托管", "担保", "escrow")), path


def test_what_finance_is_told_can_be_read_in_the_inbox(app, sign_in):
    person = make_staff("finance")
    make_credit(123_400)
    assert "1 笔到账款项待认领" in _text(sign_in(person).get("/account/messages/"))
