"""The pages of accounts in a real browser: accessible, narrow enough for a phone, usable without script."""

from typing import Any

import pytest

from marketplace.accounts import queries, services
from marketplace.accounts.queries import get_user
from marketplace.core import outbox, queue
from marketplace.core.actor import ANONYMOUS, CLI
from marketplace.core.db import db, transaction
from tests.accounts.test_passwords import link, messages
from tests.factories import PASSWORD, confirm_contacts, enrol, make_staff, make_user
from tests.organisations.test_browser import look, sign_in
from tests.support.authenticator import Authenticator
from tests.support.browsers import DESKTOP, PHONE

pytestmark = pytest.mark.browser


def reset_link(user: Any) -> str:
    with transaction():
        services.request_reset(actor=ANONYMOUS, login=user.login)
    queue.drain()
    return f"/account/reset/{link()}"


def some_history(user: Any) -> None:
    agents = (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/131.0 Safari/537.36",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) Version/18.1 Safari/604.1",
    )
    for n in range(14):
        found = services.verify_credentials(login=user.login, password=PASSWORD if n % 3 else "wrong password")
        with transaction():
            services.sign_in(actor=ANONYMOUS, credentials=found, address=f"203.0.113.{n}", agent=agents[n % 2])


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_account_pages_are_accessible_and_fit_the_window(
    live_app: Any, visitors: Any, live_server: Any, axe: Any, no_sideways_scroll: Any, size: Any
) -> None:
    width = size["width"]
    person, enrolled = confirm_contacts(make_user(mobile="19900001234", name="王经理")), make_user(name="李会计")
    with transaction():
        get_user(person.id).mobile_confirmed_at = None
    some_history(person)
    enrol(enrolled)
    with transaction():
        services.request_mobile_code(actor=queries.actor_of(person), user=get_user(person.id))
    paths = ["/account/sign-in", "/account/forgot", reset_link(person), "/account/reset/dead"]
    person_id, enrolled_id, enrolled_email = person.id, enrolled.id, enrolled.email
    look(visitors.open(size), paths, f"stranger-{width}", axe, no_sideways_scroll)
    own = visitors.open(size)
    sign_in(live_app, own, live_server.url, person_id)
    paths = [
        "/account/security", "/account/security/history", "/account/security/history?result=failures", "/account/profile",
        "/account/profile/contacts", "/account/profile/mobile", "/account/security/second-factor",
    ]  # fmt: skip
    look(own, paths, f"member-{width}", axe, no_sideways_scroll)
    other = visitors.open(size)
    sign_in(live_app, other, live_server.url, enrolled_id)
    look(other, ["/account/security", "/account/confirm"], f"enrolled-{width}", axe, no_sideways_scroll)
    third = visitors.open(size)
    third.goto("/account/sign-in")
    third.fill("input[name=email]", enrolled_email)
    third.fill("main input[name=password]", PASSWORD)
    third.click("main button[type=submit]")
    look(third, ["/account/sign-in/code"], f"code-{width}", axe, no_sideways_scroll)


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_staff_pages_are_accessible_and_fit_the_window(
    live_app: Any, visitors: Any, live_server: Any, axe: Any, no_sideways_scroll: Any, size: Any
) -> None:
    width = size["width"]
    officer, admin = make_staff("security", name="安全管理员小周"), make_staff("admin", name="系统管理员小吴")
    colleague = make_staff("reviewer", name="审核员小唐", mobile="19900001234")
    with transaction():
        services.grant_staff_role(actor=queries.actor_of(officer), user=get_user(colleague.id), role="finance")
        services.create_staff_account(
            actor=CLI, name="新同事", email="new.colleague@park.example", mobile=None,
            password_hash=services.prepare_no_password(),
        )  # fmt: skip
        services.disable_account(actor=CLI, user=get_user(make_staff("service", name="已离职").id))
    enrol(colleague)
    outbox.deliver_outbox()
    message_id = messages("account.invited")[0].id
    officer_id, admin_id, colleague_id = officer.id, admin.id, colleague.id
    desk = visitors.open(size)
    sign_in(live_app, desk, live_server.url, officer_id)
    paths = [
        "/operator/staff", f"/operator/staff/{colleague_id}", f"/operator/staff/{officer_id}", "/operator/staff?state=locked",
        "/operator/outbox", f"/operator/outbox/{message_id}",
    ]  # fmt: skip
    look(desk, paths, f"security-{width}", axe, no_sideways_scroll)
    second = visitors.open(size)
    sign_in(live_app, second, live_server.url, admin_id)
    look(second, ["/operator/staff/new", f"/operator/staff/{colleague_id}"], f"admin-{width}", axe, no_sideways_scroll)


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_a_new_operator_sets_the_authenticator_up_and_signs_in_again_with_it(
    live_app: Any, visitors: Any, live_server: Any, axe: Any, no_sideways_scroll: Any, script: bool
) -> None:
    make_staff("operator", email="op@test.example", name="沈运营")
    db.session.remove()
    page = visitors.open(PHONE, java_script_enabled=script)

    def sign_in_by_hand(page: Any) -> None:
        page.goto("/account/sign-in?next=/operator/outbox")
        page.fill("input[name=email]", "op@test.example")
        page.fill("main input[name=password]", PASSWORD)
        page.click("main button[type=submit]")

    sign_in_by_hand(page)
    assert "/account/security/second-factor" in page.url
    page.goto("/desk/")
    assert "/account/security/second-factor" in page.url and "必须启用两步验证" in page.inner_text("main")
    page.goto("/operator/outbox")
    page.click("text=手动输入密钥")
    phone = Authenticator(page.inner_text("main .copyable code").strip())
    if script:
        look(page, [page.url], "enrolment-390", axe, no_sideways_scroll)
        page.click("text=手动输入密钥")
        phone = Authenticator(page.inner_text("main .copyable code").strip())
    page.fill("main input[name=code]", phone.code())
    page.click("main button:has-text('启用两步验证')")
    codes = page.locator(".recovery-codes code").all_inner_texts()
    assert len(codes) == 10
    if script:
        axe(page)
        no_sideways_scroll(page)
    page.click("text=我已保存，继续")
    assert page.url.endswith("/operator/outbox")
    page = visitors.open(PHONE, java_script_enabled=script)
    sign_in_by_hand(page)
    assert "/account/sign-in/code" in page.url
    page.fill("main input[name=code]", codes[0])
    page.click("main button:has-text('验证')")
    assert page.url.endswith("/operator/outbox")
