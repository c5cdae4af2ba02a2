"""The desk shows addresses and account numbers masked; the whole address is shown on request, which is written down."""

from typing import Any

from sqlalchemy import select

from marketplace.core import outbox
from marketplace.core.audit import AuditEvent
from marketplace.core.db import db, transaction
from marketplace.payments.models import BankEntry
from tests.factories import make_staff, make_user
from tests.factories.payments import Bank, import_rows

ADDRESS = "zhang@test.example"


def message_to(address: str = ADDRESS) -> outbox.OutboxMessage:
    with transaction():
        outbox.send("mail", address, "account.closed", {"day": "2026-11-23"}, user_id=make_user().id)
    return db.session.scalars(select(outbox.OutboxMessage).order_by(outbox.OutboxMessage.id.desc())).first()  # type: ignore[return-value]


def test_the_outbox_masks_addresses_until_somebody_asks_and_writes_that_down(app: Any, sign_in: Any) -> None:
    message, page = message_to(), sign_in(make_staff("operator"))
    for path in ("/operator/outbox", f"/operator/outbox/{message.id}"):
        text = page.get(path).text
        assert "z***@test.example" in text and ADDRESS not in text
    assert ADDRESS in page.post(f"/operator/outbox/{message.id}/reveal-address").text
    assert ADDRESS not in page.get(f"/operator/outbox/{message.id}").text
    event = db.session.scalars(select(AuditEvent).where(AuditEvent.event == "outbox.revealed")).one()
    assert event.ref_id == message.id and ADDRESS not in str(event.codes)


def test_others_do_not_reveal_an_address(app: Any, sign_in: Any) -> None:
    message = message_to()
    for role in ("auditor", "bureau", "security", "finance", "service", "reviewer"):
        assert sign_in(make_staff(role)).post(f"/operator/outbox/{message.id}/reveal-address").status_code == 403


def test_account_numbers_of_payers_are_masked_on_page_and_in_the_file(app: Any, sign_in: Any) -> None:
    with transaction():
        bank = Bank()
        bank.credit(12_300, name="某付款单位", memo="货款")
        import_rows(bank)
    entry = db.session.scalars(select(BankEntry)).first()
    page = sign_in(make_staff("finance"))
    shown = page.get(f"/operator/finance/credits/{entry.number}").text
    assert "**** 1111" in shown and entry.counterparty_account not in shown
    exported = page.get("/operator/finance/credits/export?state=all").data.decode("utf-8-sig")
    assert "**** 1111" in exported and entry.counterparty_account not in exported
