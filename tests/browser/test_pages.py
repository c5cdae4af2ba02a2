"""Every kind of page in a real browser, desktop and phone: no accessibility violation, no sideways scroll, no console error."""

import os
from typing import Any

import pytest
from flask import Flask

from marketplace.accounts.models import User
from marketplace.accounts.services import open_session
from marketplace.core.db import db, transaction
from marketplace.demo import load
from marketplace.search import indexer
from tests.support.browsers import DESKTOP, PHONE

pytestmark = pytest.mark.browser

PUBLIC = (
    "/", "/services/", "/services/?q=社保代缴", "/services/?q=没有这样的服务xyz", "/services/1", "/firms/", "/firms/1", "/dashboard/",
    "/account/sign-in", "/account/sign-up", "/account/sign-up/organisation?kind=firm", "/legal/fees", "/nowhere", "/?lang=en",
    "/services/?q=猎头&lang=en",
)  # fmt: skip
SIGNED_IN = {
    "operator": (
        "/desk/", "/operator/verifications", "/operator/verifications?state=all", "/operator/verifications/3045", "/operator/listings/",
        "/operator/orders", "/operator/reports/", "/operator/outbox", "/operator/settings",
    ),
    "finance1": ("/operator/finance/statements", "/operator/finance/credits", "/operator/finance/ledger", "/operator/finance/ledger/bank"),
    "auditor": ("/operator/audit",),
    "firm": ("/desk/", "/firm/services/", "/firm/services/new", "/firm/services/new/C0301", "/firm/reports/", "/firm/profile",
             "/organisation/licences/new", "/firm/orders"),
    "client": ("/desk/", "/client/orders", "/client/profile", "/account/security"),
}  # fmt: skip


@pytest.fixture
def site(live_app: Flask, live_server: Any) -> Any:
    """The demo park behind an address: what a new user sees after the first start."""
    load.load()
    indexer.rebuild()
    db.session.remove()
    return live_server


def sign_in(app: Flask, visitor: Any, url: str, name: str) -> None:
    with transaction():
        user = db.session.query(User).filter_by(email=f"{name}@demo.example").one()
        token = open_session(user=user)
    db.session.remove()
    signer: Any = app.session_interface
    value = signer.get_signing_serializer(app).dumps({"_user_id": token, "_fresh": True})
    visitor.context.add_cookies([{"name": app.config["SESSION_COOKIE_NAME"], "value": value, "url": url}])


def look(visitor: Any, path: str, axe: Any, no_sideways_scroll: Any, tag: str) -> None:
    visitor.goto(path)
    folder = os.environ.get("SHOTS")
    if folder:
        name = path.strip("/").replace("/", "-").replace("?", "_")[:40] or "home"
        visitor.screenshot(path=f"{folder}/{tag}-{name}.png", full_page=True)
    axe(visitor)
    no_sideways_scroll(visitor)


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("size", "tag"), [(DESKTOP, "desktop"), (PHONE, "phone")], ids=["desktop", "phone"])
def test_the_pages_of_the_market_are_accessible_and_fit_the_window(
    live_app: Flask, site: Any, visitors: Any, axe: Any, no_sideways_scroll: Any, size: Any, tag: str
) -> None:
    """One demo park for all pages, since loading it takes longer than looking at them."""
    stranger = visitors.open(size)
    for path in PUBLIC:
        look(stranger, path, axe, no_sideways_scroll, tag)
    for name, paths in SIGNED_IN.items():
        visitor = visitors.open(size)
        sign_in(live_app, visitor, site.url, name)
        for path in paths:
            look(visitor, path, axe, no_sideways_scroll, f"{tag}-{name}")


def test_searching_and_narrowing_work_without_script(site: Any, visitors: Any) -> None:
    visitor = visitors.open(PHONE, java_script_enabled=False)
    visitor.goto("/services/?q=社保代缴")
    everything = visitor.locator("article").count()
    visitor.goto("/services/?q=社保代缴&category=C0301&city=310000&price_max=60")
    assert 0 < visitor.locator("article").count() <= everything
