"""The operator's page on search in a real browser, and the line that says what a query was understood as."""

from typing import Any

import pytest

from marketplace.core.db import db
from marketplace.search import indexer
from tests.factories import make_staff
from tests.factories.catalog import make_listing
from tests.factories.organisations import make_firm
from tests.factories.search import count_searches, save_words
from tests.organisations.test_browser import look, sign_in
from tests.support.browsers import DESKTOP, PHONE

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_search_desk_is_accessible_and_fits_the_window(
    live_app: Any, visitors: Any, live_server: Any, axe: Any, no_sideways_scroll: Any, size: Any
) -> None:
    firm = make_firm()
    make_listing(firm=firm, category_code="C0401", title="薪酬核算与代发", summary="薪酬外包", description="薪酬外包")
    make_listing(firm=firm, category_code="C0301", title="社保公积金代缴", price_min_fen=20_00, price_max_fen=40_00)
    count_searches(薪管家=7, 元宇宙招聘=3, 量子社保=1)
    save_words("topic", ("薪管家",), target="C0401", note="本地服务商的叫法")
    indexer.catch_up()
    operator = make_staff("operator").id
    db.session.remove()
    desk = visitors.open(size)
    sign_in(live_app, desk, live_server.url, operator)
    paths = [
        "/operator/search/", "/operator/search/words", "/operator/search/words?kind=forbidden", "/operator/search/words/new?kind=topic&words=薪管家",
        "/operator/search/try?q=上海薪管家100元以内&kind=topic&words=薪管家&target=C0401", "/services/?q=上海社保代缴50元以内", "/services/?q=shebaodaijiao",
    ]  # fmt: skip
    look(desk, paths, f"search-{size['width']}", axe, no_sideways_scroll)
