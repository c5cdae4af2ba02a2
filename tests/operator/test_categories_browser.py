"""The category editor in a real browser: accessible, narrow enough for a phone, usable without script."""

from dataclasses import replace
from typing import Any

import pytest

from marketplace.catalog.queries.categories import find_draft
from marketplace.catalog.rules.definition import Category
from marketplace.catalog.rules.editing import put_attribute, retire_attribute
from marketplace.core.db import db
from tests.factories import admin_of, make_firm, make_staff
from tests.factories.catalog import make_listing
from tests.factories.categories import make_attribute, make_category_draft, make_category_version
from tests.organisations.test_browser import look, sign_in
from tests.support.browsers import DESKTOP, PHONE

pytestmark = pytest.mark.browser
BASE = "/operator/categories"


def without(of: Category, key: str, value: str) -> Category:
    """The category without offering one choice."""
    asked = next(a for a in of.asked if a.key == key)
    gone = tuple(c for c in asked.choices if c.value == value)
    kept = tuple(c for c in asked.choices if c.value != value)
    return put_attribute(of, replace(asked, choices=kept, retired_choices=gone))


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_editor_is_accessible_and_fits_the_window(
    live_app: Any, visitors: Any, live_server: Any, axe: Any, no_sideways_scroll: Any, size: Any
) -> None:
    firm = make_firm(name="青禾人力资源服务有限公司")
    answers = {"own_or_partner": "partner", "system_access": True, "insurance_types": ["pension", "injury"]}
    for code in ("C0301", "C0302"):
        make_listing(firm=firm, category_code=code, attributes=answers)
    draft = make_listing(firm=firm, state="draft", attributes=answers).id
    owner = admin_of(firm).id
    make_category_version(
        "C03", lambda of: retire_attribute(without(of, "own_or_partner", "partner"), "system_access", of)
    )
    audit = make_attribute(
        "audit_trail", type="bool", choices=(), label_zh="留痕可查", label_en="Audit trail", required=True
    )
    make_category_draft("C03", lambda of: put_attribute(without(of, "insurance_types", "injury"), audit))
    operator = make_staff().id
    desk = visitors.open(size)
    sign_in(live_app, desk, live_server.url, operator)
    paths = [
        f"{BASE}/?q=C03",
        *(f"{BASE}/C03{path}" for path in ("?from=1&to=2", "/edit", "/attributes/own_or_partner", "/preview")),
    ]
    look(desk, paths, f"categories-{size['width']}", axe, no_sideways_scroll)
    own = visitors.open(size)
    sign_in(live_app, own, live_server.url, owner)
    look(own, [f"/firm/services/{draft}/edit"], f"old-answers-{size['width']}", axe, no_sideways_scroll)


def test_an_attribute_is_added_and_published_by_hand_without_script(
    live_app: Any, visitors: Any, live_server: Any
) -> None:
    operator = make_staff().id
    desk = visitors.open(DESKTOP, java_script_enabled=False)
    sign_in(live_app, desk, live_server.url, operator)
    desk.goto(f"{BASE}/C09")
    desk.get_by_role("button", name="编辑类目").click()
    desk.get_by_role("link", name="新增属性").click()
    desk.fill("#key", "sample_report")
    desk.select_option("#type", "bool")
    desk.fill("#label_zh", "提供样例报告")
    desk.fill("#label_en", "Sample report")
    desk.check("#filterable")
    desk.get_by_role("button", name="保存草稿").click()
    desk.get_by_role("link", name="预览与发布").click()
    desk.fill("#reason", "采购方常问")
    desk.get_by_role("button", name="发布为第 2 版").click()
    assert "采购方常问" in desk.inner_text("#history")
    db.session.remove()
    assert find_draft("C09") is None
