"""The search page in a real browser: desktop and phone, with and without script, accessible all the way."""

import os
import re
from typing import Any

import pytest

from marketplace.catalog.models import Listing
from marketplace.core.db import db
from marketplace.search import indexer
from tests.factories import make_firm, make_staff, make_user
from tests.factories.market import insert_listings, make_promotion, make_saved_search
from tests.organisations.test_browser import sign_in
from tests.support.browsers import DESKTOP, PHONE

pytestmark = pytest.mark.browser


@pytest.fixture
def market(live_app: Any) -> dict[str, int]:
    """Twenty-four services of two firms in three categories, one advertised; a person with a saved search."""
    firms = [make_firm(short_name=name).id for name in ("青禾", "安邦")]
    insert_listings([
        {
            "firm_id": firms[number % 2], "category_code": ("C0301", "C0101", "C0201")[number % 3], "title": f"社保与招聘服务{number}",
            "summary": "为企业按月办理", "pricing_model": "pct_annual_salary" if number % 3 == 2 else "per_head_month",
            "price_min_fen": 20_00, "cities": ["310000"] if number % 4 else ["320500"],
        }
        for number in range(24)
    ])  # fmt: skip
    indexer.catch_up()
    make_promotion(db.session.get(Listing, 1))
    user, staff = make_user(name="王经理"), make_staff()
    indexer.catch_up()
    make_saved_search(user)
    ids = {"user": user.id, "staff": staff.id}
    db.session.remove()
    return ids


def shot(visitor: Any, name: str) -> None:
    if os.environ.get("SHOTS"):
        visitor.screenshot(path=f"{os.environ['SHOTS']}/{name}.png", full_page=True)


def await_total(visitor: Any, number: int) -> None:
    """Wait until the page says that it has found this many."""
    visitor.locator(".market-total strong", has_text=re.compile(f"^{number}$")).wait_for()


def test_a_visitor_filters_sorts_pages_and_types_on_a_desktop(
    market: dict[str, int], visitors: Any, axe: Any, no_sideways_scroll: Any
) -> None:
    visitor = visitors.open(DESKTOP)
    visitor.goto("/services/")
    await_total(visitor, 24)
    assert visitor.locator(".promoted .ad-mark").is_visible()
    axe(visitor)
    visitor.locator("#filters").get_by_label("人事代理与社保公积金").first.check()
    visitor.wait_for_url("**category=C03**")
    await_total(visitor, 8)
    assert visitor.evaluate("document.activeElement.value") == "C03", "the focus stays on the choice"
    visitor.locator("a.chip").click()
    await_total(visitor, 24)
    visitor.locator("label.facet-title", has_text="服务城市").click()
    assert "fold=city" in visitor.url and not visitor.locator("input[name=city]").first.is_visible()
    visitor.get_by_role("link", name="下一页").click()
    visitor.wait_for_url("**page=2**")
    assert "fold=city" in visitor.url
    visitor.go_back()
    visitor.locator(".page-item.active", has_text="1").wait_for()
    box = visitor.locator("#q")
    box.click()
    visitor.get_by_role("option", name="猎头").first.wait_for()
    box.fill("renshi")
    option = visitor.locator("#suggestions-3 [role=option], .search-band [role=option]").first
    option.wait_for()
    axe(visitor)
    shot(visitor, "suggest")
    box.press("ArrowDown")
    assert box.get_attribute("aria-activedescendant") and box.input_value() != "renshi"
    box.press("Escape")
    assert box.input_value() == "renshi" and box.get_attribute("aria-expanded") == "false"
    visitor.goto("/services/?city=340100&category=C03&view=list")
    assert visitor.locator(".widenings a").count() == 1
    axe(visitor)
    for path in ("/services/?view=list&per_page=10", "/services/ranking"):
        visitor.goto(path)
        axe(visitor)
        no_sideways_scroll(visitor)
    visitor.goto("/")
    visitor.locator("#home-q").click()
    visitor.locator(".hero [role=option]").first.wait_for()
    axe(visitor)


def test_a_phone_filters_on_a_page_of_its_own(
    market: dict[str, int], visitors: Any, axe: Any, no_sideways_scroll: Any
) -> None:
    phone = visitors.open(PHONE, has_touch=True)
    phone.goto("/services/?per_page=10")
    axe(phone)
    no_sideways_scroll(phone)
    phone.locator(".filter-pill").tap()
    assert not phone.locator("#results").is_visible()
    axe(phone)
    no_sideways_scroll(phone)
    shot(phone, "phone-filters")
    phone.locator("#filters").get_by_label("招聘服务").first.check()
    phone.locator("#filters").get_by_label("苏州市").check()
    phone.get_by_role("button", name="应用筛选").tap()
    await_total(phone, 2)
    assert phone.locator(".filter-pill .count").inner_text() == "2"
    shot(phone, "phone-results")


def test_everything_works_without_script(market: dict[str, int], visitors: Any) -> None:
    visitor = visitors.open(DESKTOP, java_script_enabled=False)
    visitor.goto("/services/?per_page=10")
    visitor.locator("input[name=category][value=C03]").check()
    visitor.locator("input[name=category][value=C01]").check()
    visitor.locator("input[name=open][value=C02]").check()
    visitor.get_by_role("button", name="应用筛选").click()
    assert visitor.locator(".market-total strong").inner_text() == "16"
    assert visitor.locator("input[name=category][value=C0201]").is_visible()
    visitor.get_by_role("link", name="下一页").click()
    assert "page=2" in visitor.url and visitor.locator(".listing-cards article").count() == 6
    visitor.locator("a.chip", has_text="招聘服务").click()
    assert "&page=" not in visitor.url and visitor.locator(".market-total strong").inner_text() == "8"
    visitor.locator("#q").fill("猎头")
    visitor.locator("#q").press("Enter")
    assert "q=%E7%8C%8E%E5%A4%B4" in visitor.url and "category=C03" in visitor.url


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_saved_searches_and_advertisements_are_accessible(
    market: dict[str, int], live_app: Any, live_server: Any, visitors: Any, axe: Any, no_sideways_scroll: Any, size: Any
) -> None:
    for who, paths in (
        ("user", ("/account/saved-searches/", "/account/saved-searches/new?q=猎头&city=310000", "/account/saved-searches/1", "/account/saved-searches/1/edit")),
        ("staff", ("/operator/promotions/", "/operator/promotions/new", "/operator/promotions/1/end")),
    ):  # fmt: skip
        visitor = visitors.open(size)
        sign_in(live_app, visitor, live_server.url, market[who])
        for place, path in enumerate(paths):
            visitor.goto(path)
            shot(visitor, f"{who}-{size['width']}-{place}")
            axe(visitor)
            no_sideways_scroll(visitor)
