"""Deciding in a real browser: comparison, shortlist, favourites and the tray, at a desk, on a phone and without script."""

import os
from typing import Any

import pytest

from marketplace.accounts.queries import get_user
from marketplace.accounts.services import open_session
from marketplace.core.db import db, transaction
from marketplace.search import indexer
from tests.factories import admin_of, make_client, make_firm
from tests.factories.catalog import make_listing
from tests.factories.organisations import actor_for
from tests.factories.shortlists import approve_change, keep, make_shortlist, take_down
from tests.support.browsers import DESKTOP, PHONE

pytestmark = [pytest.mark.browser, pytest.mark.engine("sqlite")]
TITLES = ("五险一金代缴（全上海）", "社保公积金代缴与申领一站式服务", "薪税社保一体化代缴", "小微企业社保代缴")


@pytest.fixture
def offers(live_app: Any) -> Any:
    """Four services of four firms, one of them from another category, a buyer who kept them, and what moved since."""
    firms = [
        make_firm(name=f"{name}人力资源服务有限公司", short_name=name) for name in ("青禾", "安邦", "远帆", "晨星")
    ]
    listings = [
        make_listing(firm=firm, title=title, price_min_fen=(20 + 6 * n) * 100, price_max_fen=None if n else 60_00, city_codes=cities,
                     category_code="C0301" if n < 3 else "C0401", billing_note="含增减员，不含社保本金" if n % 2 else "按实际人数结算")
        for n, (firm, title, cities) in enumerate(zip(firms, TITLES, (("310000",), ("310000", "320500"), ("330100",), ("310000",)), strict=True))
    ]  # fmt: skip
    client = make_client(name="青浦精密制造有限公司")
    buyer = actor_for(client)
    keep(buyer, *listings[:3])
    shortlist = make_shortlist(
        buyer,
        *listings,
        name="2027 年社保代缴选型",
        purpose="总部 320 人，明年一月起",
        note="需上海与苏州两地；优先自有账户。",
    )
    approve_change(listings[0], price_min_fen=26_00, attributes={**listings[0].attributes, "cutoff_day": 18})
    found = {"ids": [one.id for one in listings], "shortlist": shortlist.id, "buyer": admin_of(client).id}
    take_down(listings[2], "业务调整，不再提供")
    db.session.remove()
    indexer.catch_up()
    db.session.remove()
    return found


def enter(app: Any, visitor: Any, url: str, user: Any) -> Any:
    """Give the visitor the cookie of a new session of this person."""
    with transaction():
        token = open_session(user=get_user(user), agent="Mozilla/5.0 (X11; Linux x86_64)", second_factor=True)
    db.session.remove()
    value = app.session_interface.get_signing_serializer(app).dumps({"_user_id": token, "_fresh": True})
    visitor.context.add_cookies([{"name": app.config["SESSION_COOKIE_NAME"], "value": value, "url": url}])
    return visitor


def shot(visitor: Any, name: str) -> None:
    if os.environ.get("SHOTS"):
        visitor.screenshot(path=f"{os.environ['SHOTS']}/{name}.png", full_page=True)


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_pages_of_deciding_are_accessible_and_fit_the_window(
    live_app: Any, offers: Any, visitors: Any, live_server: Any, axe: Any, no_sideways_scroll: Any, size: Any
) -> None:
    buyer = enter(live_app, visitors.open(size), live_server.url, offers["buyer"])
    chosen = "&".join(f"id={one}" for one in offers["ids"])
    pages = {
        "compare": f"/services/compare?{chosen}", "favourites": "/account/favourites/", "shortlist": f"/shortlists/{offers['shortlist']}",
        "listing": f"/services/{offers['ids'][1]}", "search": "/services/",
    }  # fmt: skip
    for name, path in pages.items():
        buyer.goto(path)
        shot(buyer, f"{name}-{size['width']}")
        axe(buyer)
        no_sideways_scroll(buyer)
    region = buyer.goto(pages["compare"]) and buyer.locator(".compare-region")
    region.focus()
    if size is PHONE:
        region.evaluate("e => { e.scrollLeft = 200; }")
        label = buyer.locator("tbody .compare-label").first.bounding_box()
        assert label and label["x"] >= region.bounding_box()["x"] - 1, "the first column stays while the table scrolls"
        shot(buyer, "compare-scrolled")


def test_the_tray_keeps_what_was_ticked_from_page_to_page(live_app: Any, offers: Any, visitors: Any, axe: Any) -> None:
    one, two, _gone, other = offers["ids"]
    page = visitors.open(DESKTOP)
    page.goto("/services/?category=C0301")
    page.check(f"input[form=compare][value='{one}']")
    page.goto(f"/services/{other}")
    page.click("[data-tray-add]")
    assert page.locator("[data-tray-list] li").count() == 2
    shot(page, "tray")
    axe(page)
    page.click("#compare button[type=submit]")
    assert page.locator("thead th[data-id]").count() == 2
    page.goto(f"/services/compare?id={one}&id={two}")
    page.goto("/services/")
    assert page.is_checked(f"input[form=compare][value='{two}']")
    assert not page.is_checked(f"input[form=compare][value='{other}']")


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_a_star_and_a_comparison_need_no_script(
    live_app: Any, offers: Any, visitors: Any, live_server: Any, script: bool
) -> None:
    other = offers["ids"][3]
    page = enter(live_app, visitors.open(DESKTOP, java_script_enabled=script), live_server.url, offers["buyer"])
    page.goto("/services/")
    star = f"button.mark[value='{other}']"
    assert page.get_attribute(star, "aria-pressed") == "false"
    page.click(star)
    page.wait_for_selector(f"{star}[aria-pressed=true]")
    page.goto("/services/")
    assert page.get_attribute(star, "aria-pressed") == "true"
    page.check(f"input[form=compare][value='{other}']")
    page.check(f"input[form=compare][value='{offers['ids'][0]}']")
    page.click("#compare button[type=submit]")
    assert page.locator("thead th[data-id]").count() == 2
    page.click("text=只看差异")
    assert "diff=1" in page.url and page.locator("tr:not(.is-different):not(.compare-block) > td").count() == 0
