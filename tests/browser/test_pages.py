"""The pages people live on, in a real browser on desktop and phone: accessible, never wider than the window, quiet consoles."""

import os
from typing import Any

import pytest
from flask import Flask

from tests.browser.park import Park, give_session, make_park
from tests.support.browsers import DESKTOP, PHONE

pytestmark = [pytest.mark.browser, pytest.mark.live, pytest.mark.xdist_group("browser")]
SIZES = pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])

PUBLIC = {
    "home": "/", "search": "/services/?q=社保代缴", "narrowed": "/services/?q=社保代缴&category=C0301&city=310000&price_max=50",
    "empty": "/services/?q=潜水艇驾驶员&city=340100", "listing": "/services/{listing}", "firms": "/firms/", "firm": "/firms/{firm}",
    "dashboard": "/dashboard/", "indicator": "/dashboard/clients", "sign-in": "/account/sign-in", "sign-up": "/account/sign-up",
    "sign-up-form": "/account/sign-up/organisation?kind=firm", "legal": "/legal/", "fees": "/legal/fees", "missing": "/nowhere",
    "english": "/services/?q=社保代缴&lang=en",
}  # fmt: skip
PERSONAL = {
    "client": {
        "desk": "/desk/", "waiting": "/orders/{waiting}", "delivered": "/orders/{delivered}", "completed": "/orders/{completed}",
        "orders": "/client/orders", "order-form": "/services/{listing}/order", "inbox": "/account/messages/",
        "document": "/orders/{delivered}/document",
    },
    "firm": {
        "desk": "/desk/", "delivered": "/orders/{delivered}", "deliver": "/orders/{delivered}/milestones/2/deliver", "orders": "/firm/orders",
        "services": "/firm/services/", "categories": "/firm/services/new", "service-form": "/firm/services/new/C0301",
        "preview": "/firm/services/{draft}", "reports": "/firm/reports/", "reviews": "/firm/reviews",
    },
    "operator": {
        "desk": "/desk/", "verifications": "/operator/verifications", "verification": "/operator/verifications/{verification}",
        "listings": "/operator/listings/", "listing": "/operator/listings/{draft}", "orders": "/operator/orders",
        "settings": "/operator/settings", "reports": "/operator/reports/",
    },
}  # fmt: skip


@pytest.fixture
def park(live_app: Flask, clock: Any) -> Park:
    return make_park()


class Inspector:
    """Opens pages one after another and collects what is wrong with any of them, so that one run tells everything."""

    def __init__(self, page: Any, who: str, park: Park, axe: Any, no_sideways_scroll: Any) -> None:
        self.page, self.who, self.park = page, who, park
        self.checks = (axe, no_sideways_scroll)
        self.wrong: list[str] = []

    def look(self, pages: dict[str, str]) -> None:
        for name, path in pages.items():
            answer = self.page.goto(path.format(**vars(self.park)))
            if answer.status != (404 if name == "missing" else 200):
                self.wrong.append(f"{name}: {answer.status} {answer.url}")
            keep(self.page, f"{self.who}-{name}")
            for check in self.checks:
                try:
                    check(self.page)
                except AssertionError as problem:
                    self.wrong.append(f"{name}: {problem}")
        assert not self.wrong, "\n".join(self.wrong)


def keep(page: Any, name: str) -> None:
    """A picture to look at, where a folder is given for them."""
    folder = os.environ.get("SHOTS")
    if folder:
        page.screenshot(path=f"{folder}/{name}-{page.viewport_size['width']}.png", full_page=True)


@pytest.mark.engine("sqlite")
@SIZES
def test_public_pages_are_accessible_and_fit_the_window(
    park: Park, visitors: Any, axe: Any, no_sideways_scroll: Any, size: Any
) -> None:
    Inspector(visitors.open(size), "public", park, axe, no_sideways_scroll).look(PUBLIC)


@pytest.mark.engine("sqlite")
@SIZES
def test_desks_are_accessible_and_fit_the_window(
    park: Park, live_app: Flask, live_server: Any, visitors: Any, axe: Any, no_sideways_scroll: Any, size: Any
) -> None:
    wrong: list[str] = []
    for who, pages in PERSONAL.items():
        page = visitors.open(size)
        give_session(live_app, page, live_server.url, park.people[who])
        inspector = Inspector(page, who, park, axe, no_sideways_scroll)
        try:
            inspector.look(pages)
        except AssertionError as problem:
            wrong.append(f"{who}: {problem}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.engine("sqlite")
def test_refused_forms_and_opened_menus_are_accessible(
    park: Park, visitors: Any, axe: Any, no_sideways_scroll: Any
) -> None:
    page = visitors.open(PHONE, has_touch=True)
    page.goto("/account/sign-up/organisation?kind=client")
    page.fill("#uscc", "91310118MA1")
    page.get_by_role("button", name="注册").click()
    page.wait_for_selector("#error-summary")
    keep(page, "public-refused")
    axe(page)
    no_sideways_scroll(page)
    assert page.input_value("#uscc") == "91310118MA1"
    page.goto("/")
    page.locator(".site-menu summary").click()
    keep(page, "public-menu")
    axe(page)
    no_sideways_scroll(page)


@pytest.mark.engine("sqlite")
def test_a_filter_applies_at_once_and_the_address_holds_it(park: Park, visitors: Any) -> None:
    page = visitors.open(DESKTOP)
    page.goto("/services/?q=社保代缴")
    count = page.locator("label:has(input[name=city][value='320100']) .facet-count").inner_text()
    page.check("input[name=city][value='320100']")
    page.wait_for_url("**city=320100**")
    assert page.locator(".listing-cards article").count() == int(count)
    page.go_back()
    page.wait_for_url(lambda url: "320100" not in url)


@pytest.mark.engine("sqlite")
def test_searching_and_narrowing_need_no_script(park: Park, visitors: Any) -> None:
    page = visitors.open(PHONE, java_script_enabled=False)
    page.goto("/services/?q=社保代缴")
    everything = page.locator(".listing-cards article").count()
    page.locator(".filter-pill").click()
    page.check("input[name=city][value='320100']")
    page.get_by_role("button", name="应用筛选").click()
    page.wait_for_url("**city=320100**")
    assert 0 < page.locator(".listing-cards article").count() < everything


def walk_an_order(page: Any, park: Park) -> str:
    """From the search to the order's page, as a purchaser does; returns what the order's page says."""
    page.goto("/services/?q=薪税社保")
    page.get_by_role("link", name="薪税与社保综合服务").click()
    page.get_by_role("link", name="立即下单").click()
    for field, value in {
        "quantity": "10",
        "unit_price": "50",
        "starts_on": "2026-12-01",
        "ends_on": "2026-12-31",
    }.items():
        page.fill(f"#{field}", value)
    page.fill("#milestones-0-title", "十二月代缴")
    page.get_by_role("button", name="下一步：核对订单").click()
    page.get_by_role("button", name="返回修改").click()
    page.fill("#quantity", "12")
    page.get_by_role("button", name="下一步：核对订单").click()
    page.check("#agree")
    page.get_by_role("button", name="提交订单").click()
    page.wait_for_url("**/orders/*")
    return str(page.locator("main").inner_text())


@pytest.mark.engine("sqlite")
def test_ordering_needs_no_script(park: Park, live_app: Flask, live_server: Any, visitors: Any) -> None:
    page = visitors.open(PHONE, java_script_enabled=False)
    give_session(live_app, page, live_server.url, park.people["client"])
    assert "600.00" in walk_an_order(page, park)
    keep(page, "client-ordered")


@pytest.mark.engine("postgresql")
def test_an_order_is_placed_confirmed_and_shown_with_its_payment(
    park: Park, live_app: Flask, live_server: Any, visitors: Any
) -> None:
    client, firm = visitors.open(DESKTOP), visitors.open(DESKTOP)
    give_session(live_app, client, live_server.url, park.people["client"])
    give_session(live_app, firm, live_server.url, park.people["firm"])
    assert "付款参考号" not in walk_an_order(client, park)
    firm.goto(client.url)
    firm.locator("summary", has_text="确认订单").click()
    firm.locator(".confirm-panel").get_by_role("button", name="确认订单").click()
    firm.get_by_text("客户将收到付款信息").wait_for()
    client.reload()
    assert "付款参考号" in client.locator("main").inner_text()
