"""The indicators in a real browser: charts drawn under the policy, accessible, narrow enough for a phone, readable without script."""

from typing import Any

import pytest

from tests.factories import make_client, make_firm
from tests.factories.orders import make_order
from tests.factories.reports import make_report
from tests.support.browsers import DESKTOP, PHONE

pytestmark = pytest.mark.browser


@pytest.fixture
def park(live_app: Any) -> None:
    client = make_client(city_code="320500")
    make_report(make_firm(), period="2026-01", client_uscc=client.uscc, people_served=30, category_code="C0101")
    make_order("completed", client=client)


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_indicators_are_accessible_and_fit_the_window(
    park: None, visitors: Any, axe: Any, no_sideways_scroll: Any, size: Any
) -> None:
    page = visitors.open(size)
    for path in (
        "/dashboard/",
        "/dashboard/clients?period=2026-01",
        "/dashboard/revenue?period=2026-01",
        "/dashboard/?lang=en",
    ):
        page.goto(path)
        page.wait_for_selector("figure[data-chart] canvas")
        axe(page)
        no_sideways_scroll(page)


def test_every_chart_says_the_same_as_a_table_without_script(park: None, visitors: Any) -> None:
    page = visitors.open(DESKTOP, java_script_enabled=False)
    page.goto("/dashboard/")
    assert page.locator("figure[data-chart] table").first.is_visible()
    assert not page.locator(".chart-canvas").first.is_visible()
