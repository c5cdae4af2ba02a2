"""Bank accounts, invoice data and the approval limit: whose they are, how they are kept, what is told and what is on record."""

from typing import Any

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text

from marketplace.accounts.queries import actor_of
from marketplace.core import vault
from marketplace.core.actor import Actor
from marketplace.core.audit import AuditEvent
from marketplace.core.db import db, transaction
from marketplace.core.errors import AccessDenied, ConfirmationNeeded, Conflict, Invalid, NotFound
from marketplace.notifications.models import Notification
from marketplace.organisations import queries, services
from marketplace.organisations.models import BankAccount, InvoiceData, Organisation
from marketplace.organisations.rules.money import account_digits, same_holder
from tests.factories import actor_for, admin_of, make_client, make_firm, make_member, make_staff

NUMBER = "6222021001234567890"


def register(organisation: Organisation, actor: Actor | None = None, **changes: Any) -> BankAccount:
    values = {
        "holder": organisation.name, "bank_name": "中国工商银行", "branch": "青浦支行", "account": "6222 0210 0123 4567 890", "seen_position": 0,
        **changes,
    }  # fmt: skip
    with transaction():
        again = db.session.get_one(Organisation, organisation.id, populate_existing=True)
        return services.change_bank_account(actor=actor or actor_for(organisation), organisation=again, **values)


def events(name: str) -> list[AuditEvent]:
    db.session.rollback()
    return list(db.session.scalars(select(AuditEvent).where(AuditEvent.event == name)))


@given(st.text(alphabet="0123456789 -", max_size=50))
def test_an_account_number_is_its_8_to_32_digits_or_refused(typed: str) -> None:
    digits = "".join(c for c in typed if c.isdigit())
    if 8 <= len(digits) <= 32:
        assert account_digits(typed) == digits
    else:
        with pytest.raises(Invalid):
            account_digits(typed)


@pytest.mark.parametrize("typed", ["1234567", "1" * 33, "62220210O1234567", "", "12345678\x00", "1234 5678x"])
def test_what_is_no_account_number_is_refused(typed: str) -> None:
    with pytest.raises(Invalid):
        account_digits(typed)
    assert account_digits("６２２２　０２１０　０１２３") == "622202100123"


def test_brackets_and_blanks_do_not_make_another_holder() -> None:
    assert same_holder("上海某某(集团) 有限公司", "上海某某（集团）有限公司")
    assert not same_holder("上海某某有限公司青浦分公司", "上海某某有限公司")


def test_the_number_lies_sealed_and_only_its_end_is_open(app: Any) -> None:
    account = register(make_firm())
    assert vault.unseal(account.account_sealed) == NUMBER and account.account_last4 == "7890"
    db.session.rollback()
    row = db.session.execute(text("SELECT * FROM organisation_bank_account")).mappings().one()
    assert not any(NUMBER in str(value) or NUMBER[:8] in str(value) for value in row.values())
    assert not any(NUMBER in str(n.params) for n in db.session.scalars(select(Notification)))
    assert not any(NUMBER[-4:] in str(e.codes) for e in events("organisation.bank_account_changed"))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"holder": "沈法人"}, "holder"), ({"bank_name": " "}, "bank_name"), ({"branch": "长" * 81}, "branch"), ({"account": "123"}, "account"),
    ],
)  # fmt: skip
def test_an_account_that_is_not_the_organisations_own_or_no_account_is_refused(
    app: Any, changes: dict[str, str], field: str
) -> None:
    firm = make_firm()
    with pytest.raises(Invalid) as refused:
        register(firm, **changes)
    assert refused.value.field == field
    assert queries.find_bank_account(firm.id) is None


def test_a_change_adds_a_row_closes_the_one_before_and_tells_every_administrator(app: Any, clock: Any) -> None:
    firm = make_firm()
    second, finance = make_member(firm, "admin"), make_member(firm, "finance", name="吴财务")
    register(firm)
    clock.advance(days=1)
    register(firm, actor_of(finance), account="1234 5678 9012", seen_position=1)
    rows = queries.list_bank_accounts(firm.id)
    assert [(a.position, a.account_last4) for a in rows] == [(2, "9012"), (1, "7890")]
    assert rows[0].created_at == clock.now
    told = db.session.scalars(select(Notification).where(Notification.event == "bank_account.changed")).all()
    assert {n.user_id for n in told} == {admin_of(firm).id, second.id}
    assert told[-1].params == {"name": firm.name, "last4": "9012", "bank": "中国工商银行", "by": "吴财务"}
    assert [e.codes for e in events("organisation.bank_account_changed")] == [{}, {"before": rows[1].id}]


def test_an_account_changed_meanwhile_is_not_overwritten(app: Any) -> None:
    firm = make_firm()
    register(firm)
    with pytest.raises(Conflict, match="changed"):
        register(firm, account="1234567890")


def test_rows_of_accounts_can_be_neither_changed_nor_deleted(app: Any) -> None:
    register(make_firm())
    for statement in ("UPDATE organisation_bank_account SET bank_name = 'x'", "DELETE FROM organisation_bank_account"):
        with pytest.raises(Exception, match=r"append-only|冲突|conflict"), transaction():
            db.session.execute(text(statement))


def test_a_session_that_has_not_just_been_confirmed_changes_no_account(app: Any) -> None:
    firm = make_firm()
    stolen = Actor(user_id=admin_of(firm).id, memberships=actor_for(firm).memberships)
    with pytest.raises(ConfirmationNeeded):
        register(firm, stolen)
    client = make_client()
    stolen = Actor(user_id=admin_of(client).id, memberships=actor_for(client).memberships)
    with pytest.raises(ConfirmationNeeded), transaction():
        services.change_approval_limit(actor=stolen, organisation=client, limit_fen=1)


@pytest.mark.parametrize("role", ["business", "purchasing", "viewer"])
def test_other_roles_neither_change_nor_see_it(app: Any, sign_in: Any, role: str) -> None:
    firm = make_firm()
    register(firm)
    person = make_member(firm, role)
    with pytest.raises(AccessDenied):
        register(firm, actor_of(person), seen_position=1)
    browser = sign_in(person)
    for path in ("", "/change"):
        assert browser.get(f"/organisation/bank-account{path}").status_code == 403
    assert browser.post("/organisation/bank-account/reveal").status_code == 403
    assert "7890" not in browser.get("/firm/profile").text


def test_the_park_does_not_change_it_for_them(app: Any) -> None:
    firm = make_firm()
    for role in ("operator", "finance", "admin", "security"):
        with pytest.raises(AccessDenied):
            register(firm, actor_of(make_staff(role)))


def test_the_pages_mask_it_and_a_look_at_the_whole_number_is_on_record(app: Any, sign_in: Any, queries: Any) -> None:
    firm = make_firm()
    browser = sign_in(make_member(firm, "finance"))
    form = {"bank_name": "中国工商银行", "account": NUMBER, "seen": "0"}
    assert browser.post("/organisation/bank-account/change", data=form).location == "/organisation/bank-account"
    with queries(at_most=12):
        page = browser.get("/organisation/bank-account").text
    assert "**** **** 7890" in page and NUMBER not in page
    assert events("organisation.bank_account_revealed") == []
    shown = browser.post("/organisation/bank-account/reveal")
    assert shown.status_code == 200 and NUMBER in shown.text and shown.headers["Cache-Control"] == "no-store"
    [event] = events("organisation.bank_account_revealed")
    assert (event.noun, event.organisation_id, event.codes) == ("bank_account", firm.id, {})
    assert browser.get("/organisation/bank-account/reveal").status_code == 405
    refused = browser.post("/organisation/bank-account/change", data={**form, "account": "12", "seen": "1"})
    assert refused.status_code == 422 and BeautifulSoup(refused.text, "html.parser").select_one("#account-error")
    stale = browser.post("/organisation/bank-account/change", data={**form, "seen": "0"})
    assert stale.status_code == 409 and "刚刚被他人变更" in stale.text


def test_a_session_unconfirmed_is_sent_to_confirm_and_back(app: Any, sign_in: Any, clock: Any) -> None:
    firm = make_firm()
    browser = sign_in(admin_of(firm))
    clock.advance(minutes=11)
    answer = browser.get("/organisation/bank-account/change")
    assert answer.status_code == 302 and answer.location == "/account/confirm?next=/organisation/bank-account/change"
    page = browser.get("/organisation/onboarding/bank-account").text
    assert "验证身份后填写" in page and 'name="account"' not in page


def test_after_a_new_name_the_old_holder_is_pointed_out(app: Any, sign_in: Any) -> None:
    firm = make_firm(state="draft")
    register(firm)
    with transaction():
        db.session.get_one(Organisation, firm.id).name = "改了名字有限公司"
    browser = sign_in(admin_of(firm))
    for path in ("/organisation/bank-account", "/organisation/onboarding", "/firm/profile"):
        assert "户名与单位名称不一致" in browser.get(path).text


INVOICE = {
    "invoice_kind": "special", "email": "FP@Test.example", "address": "某路 1 号", "phone": "021-1", "bank_name": "建设银行",
    "account": "4367 4200 1111",
}  # fmt: skip


def test_invoice_data_has_the_verified_title_and_a_sealed_account(app: Any, sign_in: Any) -> None:
    client = make_client()
    browser = sign_in(make_member(client, "finance"))
    assert (
        browser.post(
            "/organisation/invoice-data", data={**INVOICE, "title": "别的公司", "taxpayer_no": "9"}
        ).status_code
        == 302
    )
    db.session.rollback()
    data = db.session.scalars(select(InvoiceData)).one()
    assert (data.invoice_kind, data.email, data.account_last4) == ("special", "fp@test.example", "1111")
    assert vault.unseal(data.account_sealed) == "436742001111"
    page = browser.get("/organisation/bank-account").text
    assert client.name in page and client.uscc in page and "**** **** 1111" in page and "4367" not in page
    form = BeautifulSoup(browser.get("/organisation/invoice-data").text, "html.parser")
    assert form.select_one("#account")["value"] == "" and "**** **** 1111" in form.get_text()
    assert not form.select("[name=title], [name=taxpayer_no]")
    assert "436742001111" in browser.post("/organisation/invoice-data/reveal").text
    assert len(events("organisation.invoice_account_revealed")) == 1


def test_an_empty_number_keeps_the_one_that_stands_and_an_empty_bank_clears_both(app: Any, sign_in: Any) -> None:
    client = make_client()
    browser = sign_in(admin_of(client))
    browser.post("/organisation/invoice-data", data=INVOICE)
    browser.post("/organisation/invoice-data", data={**INVOICE, "account": "", "phone": "021-2"})
    db.session.rollback()
    data = queries.find_invoice_data(client.id)
    assert data is not None and (data.phone, data.account_last4) == ("021-2", "1111")
    browser.post("/organisation/invoice-data", data={**INVOICE, "account": "", "bank_name": ""})
    db.session.rollback()
    data = queries.find_invoice_data(client.id)
    assert data is not None and (data.account_last4, data.account_sealed, data.bank_name) == ("", "", "")
    assert browser.post("/organisation/invoice-data/reveal").status_code == 404


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"account": ""}, "account"), ({"bank_name": ""}, "bank_name"), ({"email": ""}, "email"), ({"email": "x"}, "email"),
        ({"invoice_kind": "paper"}, "invoice_kind"), ({"account": "12"}, "account"),
    ],
)  # fmt: skip
def test_invoice_data_that_no_invoice_could_show_is_refused_beside_its_field(
    app: Any, sign_in: Any, changed: dict[str, str], field: str
) -> None:
    answer = sign_in(admin_of(make_client())).post("/organisation/invoice-data", data={**INVOICE, **changed})
    assert answer.status_code == 422
    page = BeautifulSoup(answer.text, "html.parser")
    assert page.select_one(f"#{field}-error"), page.select_one("#error-summary")
    assert page.select_one("#phone")["value"] == "021-1"


def test_there_is_nothing_to_reveal_where_nothing_is(app: Any) -> None:
    firm = make_firm()
    with pytest.raises(NotFound), transaction():
        services.reveal_bank_account(actor=actor_for(firm), organisation=firm)


def test_a_client_sets_its_approval_limit_and_everybody_is_told(app: Any, sign_in: Any) -> None:
    client = make_client()
    buyer = make_member(client, "purchasing")
    browser = sign_in(admin_of(client))
    path = "/client/purchase-approval"
    assert browser.post(path, data={"mode": "on", "limit": ""}).status_code == 422
    assert browser.post(path, data={"mode": "on", "limit": "-1"}).status_code == 422
    assert browser.post(path, data={"mode": "on", "limit": "5000.50"}).location == "/client/profile"
    assert "5,000.50" in browser.get("/client/profile").text
    assert [n.user_id for n in db.session.scalars(select(Notification).where(Notification.user_id == buyer.id))] == [
        buyer.id
    ]
    assert browser.post(path, data={"mode": "off", "limit": "5000"}).status_code == 302
    db.session.rollback()
    assert db.session.get_one(Organisation, client.id).approval_above_fen is None
    assert [e.codes for e in events("organisation.approval_limit_changed")] == [{"after": 500050}, {"before": 500050}]
    assert sign_in(buyer).get(path).status_code == 403
    assert sign_in(admin_of(make_firm())).get(path).status_code == 403


def test_the_database_refuses_a_negative_limit(app: Any) -> None:
    client = make_client()
    with pytest.raises(Invalid), transaction():
        services.change_approval_limit(actor=actor_for(client), organisation=client, limit_fen=-1)
    with pytest.raises(Conflict), transaction():
        db.session.execute(text("UPDATE organisation SET approval_above_fen = -1"))
