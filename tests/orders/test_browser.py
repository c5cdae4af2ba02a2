"""The pages of an order in a real browser: accessible, narrow enough for a phone, and placing works without script."""

import os

import pytest
from sqlalchemy import select

from marketplace.accounts.services import open_session
from marketplace.core.db import db, transaction
from marketplace.orders.models import Order
from marketplace.organisations.models import Organisation
from tests.factories.catalog import make_listing
from tests.factories.orders import make_order, reread
from tests.factories.organisations import admin_of, make_client
from tests.support.browsers import DESKTOP, PHONE

pytestmark = pytest.mark.browser


def sign_in(app, visitor, url, organisation_id):
    """Give the visitor the cookie of a member's new session."""
    with transaction():
        token = open_session(user=admin_of(db.session.get_one(Organisation, organisation_id)))
    db.session.remove()
    value = app.session_interface.get_signing_serializer(app).dumps({"_user_id": token, "_fresh": True})
    visitor.context.add_cookies([{"name": app.config["SESSION_COOKIE_NAME"], "value": value, "url": url}])


def keep(visitor, name):
    """A picture to look at, where a folder is given for them."""
    folder = os.environ.get("SHOTS")
    if folder:
        visitor.screenshot(path=f"{folder}/{name}.png", full_page=True)


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_order_pages_are_accessible_and_fit_the_window(live_app, visitors, live_server, axe, no_sideways_scroll, size):
    waiting = make_order("awaiting_payment")
    delivered = make_order("funded", delivered=1, client=db.session.get_one(Organisation, waiting.client_id))
    client_id, numbers = waiting.client_id, (waiting.number, delivered.number)
    address = f"/services/{waiting.listing_id}/order"
    visitor = visitors.open(size)
    sign_in(live_app, visitor, live_server.url, client_id)
    pages = [f"/orders/{n}" for n in numbers]
    pages += [
        f"/orders/{numbers[1]}/document",
        f"/orders/{numbers[1]}/milestones/1/request-changes",
        "/client/orders",
        address,
    ]
    for place, path in enumerate(pages):
        visitor.goto(path)
        keep(visitor, f"order-{place}-{size['width']}")
        axe(visitor)
        no_sideways_scroll(visitor)


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_a_client_places_an_order_on_a_phone(live_app, visitors, live_server, axe, no_sideways_scroll, script):
    client = make_client()
    listing_id = make_listing(price_min_fen=20_00, price_max_fen=80_00).id
    visitor = visitors.open(PHONE, java_script_enabled=script)
    sign_in(live_app, visitor, live_server.url, client.id)
    visitor.goto(f"/services/{listing_id}/order")
    visitor.fill("#quantity", "10")
    visitor.fill("#unit_price", "50")
    visitor.fill("#starts_on", "2099-01-01")
    visitor.fill("#ends_on", "2099-01-31")
    visitor.get_by_role("button", name="增加一行").click()
    visitor.fill("#milestones-0-title", "首月服务")
    visitor.fill("#milestones-3-title", "末月服务")
    visitor.get_by_role("button", name="下一步：核对订单").click()
    visitor.wait_for_load_state()
    assert "250.00" in visitor.content()
    keep(visitor, f"check-{script}")
    if script:
        axe(visitor)
        no_sideways_scroll(visitor)
    visitor.check("#agree")
    visitor.get_by_role("button", name="提交订单").click()
    visitor.wait_for_url("**/orders/*")
    order = db.session.scalars(select(Order)).one()
    assert [m.amount_fen for m in order.milestones] == [250_00, 250_00]
    assert reread(order).state == "placed"
