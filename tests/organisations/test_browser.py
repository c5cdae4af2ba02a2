"""The pages of people and organisations in a real browser: accessible, narrow enough for a phone, usable without script."""

import os
from typing import Any

import pytest

from marketplace.accounts.queries import get_user
from marketplace.accounts.services import open_session
from marketplace.core.actor import CLI
from marketplace.core.db import db, transaction
from marketplace.organisations.services import return_organisation
from tests.factories import PASSWORD, admin_of, make_firm, make_staff, make_user
from tests.factories.catalog import make_listing
from tests.support.browsers import DESKTOP, PHONE

pytestmark = pytest.mark.browser


def sign_in(app: Any, visitor: Any, url: str, user_id: int) -> None:
    """Give the visitor the cookie of a new session of this person."""
    with transaction():
        token = open_session(user=get_user(user_id), agent="Mozilla/5.0 (X11; Linux x86_64)", second_factor=True)
    db.session.remove()
    value = app.session_interface.get_signing_serializer(app).dumps({"_user_id": token, "_fresh": True})
    visitor.context.add_cookies([{"name": app.config["SESSION_COOKIE_NAME"], "value": value, "url": url}])


def look(visitor: Any, paths: list[str], name: str, axe: Any, no_sideways_scroll: Any) -> None:
    for place, path in enumerate(paths):
        visitor.goto(path)
        if os.environ.get("SHOTS"):
            visitor.screenshot(path=f"{os.environ['SHOTS']}/{name}-{place}.png", full_page=True)
        axe(visitor)
        no_sideways_scroll(visitor)


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_pages_are_accessible_and_fit_the_window(
    live_app: Any, visitors: Any, live_server: Any, axe: Any, no_sideways_scroll: Any, size: Any
) -> None:
    firm = make_firm(name="青禾人力资源服务有限公司")
    make_listing(firm=firm)
    waiting = make_firm(state="submitted", name="安邦人力资源科技有限公司")
    with transaction():
        return_organisation(actor=CLI, organisation=make_firm(state="submitted"), reason="执照扫描件不清晰，请重新上传")
    make_user(email="firm@demo.example", name="演示机构", is_demo=True)
    owner, operator, firm_id, waiting_id, width = admin_of(firm).id, make_staff().id, firm.id, waiting.id, size["width"]
    public = visitors.open(size)
    paths = [
        "/account/sign-in",
        "/account/sign-up",
        "/account/sign-up/organisation?kind=firm",
        "/firms/",
        f"/firms/{firm_id}",
    ]
    look(public, paths, f"public-{width}", axe, no_sideways_scroll)
    own = visitors.open(size)
    sign_in(live_app, own, live_server.url, owner)
    paths = [
        "/firm/profile",
        "/organisation/profile-page",
        "/organisation/licences/new",
        "/account/security",
        "/account/profile",
        "/account/messages/",
    ]
    look(own, paths, f"own-{width}", axe, no_sideways_scroll)
    desk = visitors.open(size)
    sign_in(live_app, desk, live_server.url, operator)
    paths = ["/operator/verifications", f"/operator/verifications/{waiting_id}", f"/operator/verifications/{firm_id}"]
    look(desk, paths, f"desk-{width}", axe, no_sideways_scroll)


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_a_person_signs_in_and_out_by_hand(live_app: Any, visitors: Any, live_server: Any, script: bool) -> None:
    make_user(email="person@test.example", name="王经理")
    db.session.remove()
    visitor = visitors.open(DESKTOP, java_script_enabled=script)
    visitor.goto("/account/security")
    visitor.fill("input[name=email]", "person@test.example")
    visitor.fill("main input[name=password]", PASSWORD)
    visitor.click("main button[type=submit]")
    assert visitor.url.endswith("/account/security")
    visitor.click("details.menu > summary")
    visitor.click("text=退出登录")
    visitor.goto("/account/security")
    assert "/account/sign-in" in visitor.url
