"""The finance desk in a real browser: accessible, narrow enough for a phone, and an upload works without script."""

import os

import pytest

from marketplace.accounts.services import open_session
from marketplace.core.db import db, transaction
from marketplace.payments.models import StatementImport
from tests.factories.accounts import make_staff
from tests.factories.payments import Bank, import_rows, make_credit, make_payment
from tests.support.browsers import DESKTOP, PHONE

pytestmark = pytest.mark.browser
BASE = "/operator/finance"


def _sign_in(app, visitor, url):
    with transaction():
        token = open_session(user=make_staff("finance"), second_factor=True)
    db.session.remove()
    value = app.session_interface.get_signing_serializer(app).dumps({"_user_id": token, "_fresh": True})
    visitor.context.add_cookies([{"name": app.config["SESSION_COOKIE_NAME"], "value": value, "url": url}])


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_finance_pages_are_accessible_and_fit_the_window(
    live_app, visitors, live_server, axe, no_sideways_scroll, size
):
    bank = Bank()
    bank.pay(make_payment())
    bank.debit(300, memo="冲正")
    make_payment(amount_fen=500_000)
    number = make_credit(500_000, bank=bank).number
    statement = import_rows(bank).number
    visitor = visitors.open(size)
    _sign_in(live_app, visitor, live_server.url)
    pages = [
        "statements",
        f"statements/{statement}",
        "credits",
        f"credits/{number}",
        "ledger",
        "ledger/check",
        "ledger/bank",
    ]
    for place, path in enumerate(pages):
        visitor.goto(f"{BASE}/{path}")
        if os.environ.get("SHOTS"):
            visitor.screenshot(path=f"{os.environ['SHOTS']}/finance-{place}-{size['width']}.png", full_page=True)
        axe(visitor)
        no_sideways_scroll(visitor)


def test_a_statement_is_uploaded_without_script(live_app, visitors, live_server):
    bank = Bank()
    bank.credit(12_300, name="某公司")
    content = bank.file()
    visitor = visitors.open(PHONE, java_script_enabled=False)
    _sign_in(live_app, visitor, live_server.url)
    visitor.goto(f"{BASE}/statements")
    visitor.set_input_files("input[type=file]", {"name": "流水.csv", "mimeType": "text/csv", "buffer": content})
    visitor.click("main form button[type=submit]")
    assert "某公司" in visitor.content()
    db.session.remove()
    assert db.session.query(StatementImport).one().queued_count == 1
