"""The pages of a listing's life in a real browser: accessible, narrow enough for a phone, usable without script."""

from typing import Any

import pytest

from marketplace.core.db import db
from tests.factories.accounts import make_staff
from tests.factories.catalog import make_listing
from tests.factories.listing_changes import make_listing_change
from tests.factories.organisations import admin_of
from tests.organisations.test_browser import look, sign_in
from tests.support.browsers import DESKTOP, PHONE

pytestmark = pytest.mark.browser
TEXT = "专人对接，按月核对账单，准时缴纳。\n覆盖长三角主要城市，增减员当日响应。"


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_form_differences_history_and_the_page_of_what_is_gone(
    live_app: Any, visitors: Any, live_server: Any, axe: Any, no_sideways_scroll: Any, size: Any
) -> None:
    live = make_listing(title="社保公积金代缴标准版", description=TEXT)
    firm = live.firm
    gone = make_listing(firm=firm, state="withdrawn", title="停办的服务").id
    hidden = make_listing(firm=firm, state="suspended", title="暂停的服务").id
    draft = make_listing(
        firm=firm, state="draft", title="行业第一的代缴", description="本服务仅 限 男 性，详情加微信。\n" + TEXT
    ).id
    make_listing_change(listing=live, state="approved", price_min_fen=25_00, price_max_fen=60_00, tax_note="included")
    change = make_listing_change(
        listing=live, title="社保公积金代缴专业版", summary="行业第一的代缴服务", description=TEXT.replace("当日", "两小时内"),
        city_codes=("310000", "320500", "330100"), price_max_fen=80_00,
    )  # fmt: skip
    live_id, change_id, owner, operator, width = (
        live.id,
        change.id,
        admin_of(firm).id,
        make_staff("operator").id,
        size["width"],
    )
    db.session.remove()
    stranger, own, desk = (visitors.open(size) for _ in range(3))
    sign_in(live_app, own, live_server.url, owner)
    sign_in(live_app, desk, live_server.url, operator)
    paths = [f"/services/{live_id}", f"/services/{gone}", f"/services/{hidden}"]
    look(stranger, paths, f"public-{width}", axe, no_sideways_scroll)
    paths = [
        f"/firm/services/{draft}/edit", f"/firm/services/{draft}", f"/firm/services/{live_id}/change", f"/firm/services/{live_id}/history",
        f"/firm/services/{live_id}/versions/2", "/firm/services/",
    ]  # fmt: skip
    look(own, paths, f"own-{width}", axe, no_sideways_scroll)
    paths = [f"/operator/listing-changes/{change_id}", "/operator/listing-changes/", f"/operator/listings/{draft}"]
    look(desk, paths, f"desk-{width}", axe, no_sideways_scroll)


def test_counters_and_price_help_follow_what_is_typed(live_app: Any, visitors: Any, live_server: Any) -> None:
    listing = make_listing(state="draft")
    listing_id, owner = listing.id, admin_of(listing.firm).id
    db.session.remove()
    person = visitors.open(DESKTOP)
    sign_in(live_app, person, live_server.url, owner)
    person.goto(f"/firm/services/{listing_id}/edit")
    person.fill("#title", "四个汉字")
    assert person.inner_text("#title + .char-count") == "4 / 80"
    person.select_option("#pricing_model", "pct_annual_salary")
    assert "年薪" in person.inner_text("[data-model-help] span")
