"""What a new user sees after the first start: the demo park's full pages, accessible and never wider than the window."""

import os
from typing import Any

import pytest
from flask import Flask

from marketplace.accounts.models import User
from marketplace.core.db import db
from marketplace.demo import load
from marketplace.search import indexer
from tests.browser.park import give_session
from tests.support.browsers import DESKTOP, PHONE

pytestmark = [pytest.mark.browser, pytest.mark.live, pytest.mark.engine("sqlite"), pytest.mark.xdist_group("browser")]

PUBLIC = (
    "/",
    "/services/?q=社保代缴",
    "/services/?category=C01",
    "/services/1",
    "/firms/",
    "/firms/1",
    "/dashboard/",
    "/account/sign-in",
)
SIGNED_IN = {
    "operator": ("/desk/", "/operator/verifications?state=all", "/operator/listings/", "/operator/orders", "/operator/reports/"),
    "finance1": ("/operator/finance/credits", "/operator/finance/ledger/bank"),
    "firm": ("/desk/", "/firm/services/", "/firm/reports/", "/firm/orders"),
    "client": ("/client/orders",),
}  # fmt: skip


@pytest.fixture
def site(live_app: Flask, live_server: Any) -> Any:
    """The demo park behind an address: what a new user sees after the first start."""
    load.load()
    indexer.rebuild()
    db.session.remove()
    return live_server


def sign_in(app: Flask, visitor: Any, url: str, name: str) -> None:
    user_id = db.session.query(User.id).filter_by(email=f"{name}@demo.example").scalar()
    give_session(app, visitor, url, user_id)


def look(visitor: Any, path: str, axe: Any, no_sideways_scroll: Any, tag: str) -> None:
    visitor.goto(path)
    folder = os.environ.get("SHOTS")
    if folder:
        name = path.strip("/").replace("/", "-").replace("?", "_")[:40] or "home"
        visitor.screenshot(path=f"{folder}/{tag}-{name}.png", full_page=True)
    axe(visitor)
    no_sideways_scroll(visitor)


@pytest.mark.timeout(600)
def test_the_full_pages_of_the_demo_park_are_accessible_and_fit_the_window(
    live_app: Flask, site: Any, visitors: Any, axe: Any, no_sideways_scroll: Any
) -> None:
    """One demo park for all pages and both sizes, since loading it takes longer than looking at them."""
    for size, tag in ((DESKTOP, "desktop"), (PHONE, "phone")):
        stranger = visitors.open(size)
        for path in PUBLIC:
            look(stranger, path, axe, no_sideways_scroll, tag)
        for name, paths in SIGNED_IN.items():
            visitor = visitors.open(size)
            sign_in(live_app, visitor, site.url, name)
            for path in paths:
                look(visitor, path, axe, no_sideways_scroll, f"{tag}-{name}")
