"""The pages of duties in a real browser: accessible, narrow enough for a phone, usable without script."""

import os
from datetime import timedelta
from typing import Any

import pytest

from marketplace.accounts.queries import actor_of, get_user
from marketplace.core import clock
from marketplace.core.actor import CLI
from marketplace.core.db import db, transaction
from marketplace.duties import jobs, services
from marketplace.duties.models import DataExport
from marketplace.organisations.halves import half_of
from marketplace.organisations.services import reporting
from tests.factories import admin_of, make_firm, make_member, make_staff, make_user
from tests.factories.catalog import make_listing
from tests.organisations.test_browser import look, sign_in
from tests.support.browsers import DESKTOP, PHONE

pytestmark = pytest.mark.browser
SIZES = pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])


@SIZES
def test_the_rules_are_accessible_in_every_form(
    live_app: Any, visitors: Any, axe: Any, no_sideways_scroll: Any, size: Any
) -> None:
    paths = [
        "/legal/",
        "/legal/privacy",
        "/legal/privacy/history",
        "/legal/privacy/compare?from=1&to=2",
        "/legal/fees",
        "/legal/data-processing",
    ]
    look(visitors.open(size), paths, f"legal-{size['width']}", axe, no_sideways_scroll)


@SIZES
def test_a_persons_own_pages_are_accessible(
    live_app: Any, visitors: Any, live_server: Any, axe: Any, no_sideways_scroll: Any, size: Any
) -> None:
    with transaction():
        firm = make_firm(name="青禾人力资源服务有限公司")
        owner = admin_of(firm)
        make_listing(firm=firm)
        services.record_consents(actor=actor_of(owner), user=owner, address="203.0.113.7")
        owner.agreed = dict.fromkeys(owner.agreed, 2)
        services.set_optional_consent(
            actor=actor_of(owner), user=owner, code="park-news", given=True, address="203.0.113.7"
        )
        for kind, text in (("correct", "姓名中的错字请更正为“张三”"), ("delete", "请删除不再使用的联系电话")):
            asked = services.make_data_request(actor=actor_of(owner), kind=kind, text=text)
        services.answer_data_request(
            actor=actor_of(make_staff("service")), request=asked, answer="已删除该联系电话，订单记录依法保留。"
        )
        db.session.add(
            DataExport(
                user_id=owner.id,
                created_at=clock.now() - timedelta(days=9),
                ready_at=clock.now(),
                fetched_at=clock.now(),
                ended_at=clock.now(),
            )
        )
    owner_id, new_id = owner.id, make_user(agreed=False).id
    own = visitors.open(size)
    sign_in(live_app, own, live_server.url, owner_id)
    paths = ["/account/consents", "/account/data", "/account/requests", "/account/close", "/account/profile"]
    look(own, paths, f"own-{size['width']}", axe, no_sideways_scroll)
    own.goto("/account/data")
    own.click("text=生成数据副本")
    look(own, ["/account/data"], f"own-ready-{size['width']}", axe, no_sideways_scroll)
    with own.expect_download() as download:
        own.click("text=下载副本（ZIP）")
    assert download.value.suggested_filename.endswith(".zip")
    asked_person = visitors.open(size)
    sign_in(live_app, asked_person, live_server.url, new_id)
    look(asked_person, ["/desk/", "/account/close"], f"asked-{size['width']}", axe, no_sideways_scroll)


@SIZES
def test_the_desks_pages_are_accessible(
    live_app: Any, visitors: Any, live_server: Any, axe: Any, no_sideways_scroll: Any, size: Any
) -> None:
    with transaction():
        firm = make_firm(name="青禾人力资源服务有限公司")
        person, officer, operator = make_member(firm, name="张三"), make_staff("security"), make_staff("operator")
        late = services.make_data_request(
            actor=actor_of(person), kind="complain", text="收到与业务无关的短信，请核查并停止发送"
        )
        late.due_on = clock.today() - timedelta(days=4)
        number = services.make_data_request(actor=actor_of(person), kind="correct", text="请更正姓名").number
        hold = services.place_hold(
            actor=actor_of(officer), reason="（2026）沪 0118 民初 1234 号", organisation_id=firm.id
        )
        services.place_hold(actor=actor_of(officer), reason="网信部门来函 2026-17", user_id=person.id)
    prepared = reporting.prepare_identity_report(actor=CLI, half=half_of(clock.today()))
    with transaction():
        reporting.record_identity_report(
            actor=CLI, prepared=prepared, recipient="青浦区市场监督管理局", reason="半年报送"
        )
    jobs.run_retention(actor=CLI)
    operator_id, hold_id = operator.id, hold.id
    desk = visitors.open(size)
    sign_in(live_app, desk, live_server.url, operator_id)
    paths = [
        "/operator/data-requests", f"/operator/data-requests/{number}", "/operator/retention", f"/operator/retention/holds/{hold_id}/lift",
        "/operator/identity-reports", "/operator/outbox",
    ]  # fmt: skip
    look(desk, paths, f"desk-{size['width']}", axe, no_sideways_scroll)
    desk.goto("/operator/identity-reports")
    desk.click("text=生成加密文件")
    desk.wait_for_selector("text=解压口令只在本页显示一次")
    if os.environ.get("SHOTS"):
        desk.screenshot(path=f"{os.environ['SHOTS']}/report-{size['width']}.png", full_page=True)
    axe(desk)
    no_sideways_scroll(desk)
    with desk.expect_download() as download:
        desk.click("text=下载加密文件")
    assert download.value.suggested_filename.endswith(".zip")


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_a_person_agrees_and_closes_their_account_by_hand(
    live_app: Any, visitors: Any, live_server: Any, script: bool
) -> None:
    user_id = make_user(agreed=False).id
    visitor = visitors.open(DESKTOP, java_script_enabled=script)
    sign_in(live_app, visitor, live_server.url, user_id)
    visitor.goto("/desk/")
    assert "/account/consents" in visitor.url
    visitor.check("input[name=agree]")
    visitor.click("text=同意并继续")
    assert visitor.url.endswith("/desk/")
    visitor.goto("/account/close")
    visitor.check("input[name=understood]")
    visitor.click("text=注销我的账号")
    visitor.goto("/desk/")
    assert "/account/sign-in" in visitor.url
    db.session.remove()
    assert get_user(user_id).closed_at is not None
