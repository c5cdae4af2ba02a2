"""The directory, the shop and the standards' pages in a real browser: accessible, narrow enough for a phone."""

from datetime import date
from typing import Any

import pytest

from marketplace.core.actor import CLI
from marketplace.core.db import db, transaction
from marketplace.organisations import services
from marketplace.organisations.models import Organisation
from marketplace.reviews.jobs import refresh_figures
from marketplace.reviews.services import write_review
from tests.factories import admin_of, make_firm, make_staff
from tests.factories.catalog import make_listing
from tests.factories.orders import make_order, side
from tests.factories.standards import make_standard
from tests.organisations.test_browser import look, sign_in
from tests.support.browsers import DESKTOP, PHONE

pytestmark = pytest.mark.browser


def test_the_directory_and_the_shop_are_accessible_and_fit_the_window(
    live_app: Any, visitors: Any, live_server: Any, axe: Any, no_sideways_scroll: Any
) -> None:
    firm = make_firm(name="上海青浦启航人力资源服务有限公司", short_name="启航", intro="十二年专注制造业用工。")
    listing = make_listing(firm=firm, price_min_fen=100, price_max_fen=10_000_000)
    make_listing(firm=firm, category_code="C0801")
    order = make_order("completed", listing=listing, amounts=(30_000,))
    with transaction():
        write_review(actor=side(order.client_id), order=order, score=4, text="服务周到，按期交付")
    make_standard(firm, valid_to=date(2099, 1, 1), level="AAA 级")
    waiting = make_standard(firm, state="submitted", standard_no="GB/T 33860-2017")
    returned = make_standard(firm, state="returned", standard_no="ISO 9001-2015", title="质量管理体系")
    stopped = make_firm(name="已停人力公司")
    with transaction():
        stopped = db.session.get_one(Organisation, stopped.id)
        services.suspend_organisation(actor=CLI, organisation=stopped, reason="核查", rule="ecl29", is_public=True)
    refresh_figures()
    ids, shop = (
        {"owner": admin_of(firm).id, "desk": make_staff().id, "waiting": waiting.id, "returned": returned.id},
        f"/firms/{firm.id}",
    )
    gone = f"/firms/{stopped.id}"
    db.session.remove()
    for size in (DESKTOP, PHONE):
        width, public = size["width"], visitors.open(size)
        asked = "/firms/?q=qingpu&category=C03&standard=GB/T+33530-2017&sort=rating&verified=1"
        paths = ["/firms/", asked, "/firms/?q=nothing", shop, f"{shop}?tab=fees", f"{shop}?tab=reviews&score=4", gone]
        look(public, paths, f"firms-{width}", axe, no_sideways_scroll)
        own = visitors.open(size)
        sign_in(live_app, own, live_server.url, ids["owner"])
        paths = ["/firm/standards", "/firm/standards/new", f"/firm/standards/{ids['returned']}/correct"]
        look(own, paths, f"firm-standards-{width}", axe, no_sideways_scroll)
        desk = visitors.open(size)
        sign_in(live_app, desk, live_server.url, ids["desk"])
        look(
            desk,
            ["/operator/standards", f"/operator/standards/{ids['waiting']}"],
            f"desk-standards-{width}",
            axe,
            no_sideways_scroll,
        )
