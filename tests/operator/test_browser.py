"""The desk in a real browser: accessible, narrow enough for a phone, and worked through by hand with and without script."""

from typing import Any

import pytest

from marketplace.core.actor import CLI
from marketplace.core.db import db, transaction
from marketplace.organisations import queries, services
from tests.factories import actor_for, admin_of, make_client, make_firm, make_staff
from tests.factories.catalog import make_listing
from tests.factories.desk import make_change, make_closing
from tests.organisations.test_browser import look, sign_in
from tests.support.browsers import DESKTOP, PHONE

pytestmark = pytest.mark.browser


def furnish() -> dict[str, int]:
    """A desk on an ordinary morning."""
    for name in ("博远劳务服务有限公司", "新禾企业管理咨询有限公司"):
        make_firm(state="submitted", name=name)
    waiting = make_firm(state="submitted", name="上海晨曦人力资源服务有限公司")
    with transaction():
        services.return_organisation(
            actor=CLI, organisation=waiting, reason="营业执照扫描件不清晰，请重新上传彩色原件扫描件。"
        )
    with transaction():
        again = queries.get_organisation(waiting.id, CLI)
        services.edit_identity(
            actor=actor_for(waiting), organisation=again, name=again.name, city_code="320500", address="苏州市工业园区星湖街 328 号",
            legal_representative="陈某",
        )  # fmt: skip
        services.edit_contacts(
            actor=actor_for(waiting), organisation=again, contact_name="李主管", contact_mobile="19900007777"
        )
        services.add_licence(actor=CLI, organisation=again, kind="ICP", number="沪B2-20260001", is_long_term=True)
        services.submit_verification(actor=actor_for(waiting), organisation=again)
    for number in range(4):
        make_client(state="submitted", name=f"苏州第{number + 1}精工机械有限公司")
    firm = make_firm(name="青禾人力资源服务有限公司", short_name="青禾人力")
    listing = make_listing(firm=firm)
    change = make_change(
        firm, name="青禾（上海）人力资源集团有限公司", address="青浦区华新镇示范路 88 号 3 幢", registered_capital_fen=50_000_000_00,
        reason="公司更名并迁址，已完成市场监管变更登记。",
    )  # fmt: skip
    leaving = make_firm(name="海纳劳务服务有限公司")
    make_closing(leaving)
    stopped = make_firm(name="领程人力资源科技有限公司")
    with transaction():
        services.suspend_organisation(actor=CLI, organisation=stopped, reason="无证经营", rule="ecl29", is_public=True)
    reviewer, colleague = make_staff("operator", name="王审核"), make_staff("reviewer", name="李审核")
    with transaction():
        services.claim_case(actor=_actor(reviewer), noun="change_request", ref_id=change.id)
        services.claim_case(actor=_actor(colleague), noun="organisation", ref_id=waiting.id)
    return {
        "waiting": waiting.id, "firm": firm.id, "listing": listing.id, "change": change.id, "leaving": leaving.id, "stopped": stopped.id,
        "reviewer": reviewer.id, "owner": admin_of(firm).id, "leaver": admin_of(leaving).id,
    }  # fmt: skip


def _actor(user: Any) -> Any:
    from marketplace.accounts.queries import actor_of

    return actor_of(user)


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_desk_is_accessible_and_fits_the_window(
    live_app: Any, visitors: Any, live_server: Any, axe: Any, no_sideways_scroll: Any, size: Any
) -> None:
    ids, width = furnish(), size["width"]
    db.session.remove()
    desk = visitors.open(size)
    sign_in(live_app, desk, live_server.url, ids["reviewer"])
    paths = [
        "/operator/", "/operator/verifications", f"/operator/verifications/{ids['waiting']}", "/operator/changes",
        f"/operator/changes/{ids['change']}", f"/operator/verifications/{ids['firm']}", f"/operator/verifications/{ids['firm']}/reveal",
        f"/operator/verifications/{ids['firm']}/closing", "/desk/",
    ]  # fmt: skip
    look(desk, paths, f"operator-{width}", axe, no_sideways_scroll)
    own = visitors.open(size)
    sign_in(live_app, own, live_server.url, ids["owner"])
    paths = [
        "/organisation/changes",
        f"/organisation/changes/{ids['change']}",
        "/organisation/closing",
        "/firm/profile",
    ]
    look(own, paths, f"change-{width}", axe, no_sideways_scroll)
    leaver = visitors.open(size)
    sign_in(live_app, leaver, live_server.url, ids["leaver"])
    paths = ["/organisation/closing", "/organisation/changes/new", f"/firms/{ids['leaving']}", "/legal/sanctions"]
    look(leaver, paths, f"leaving-{width}", axe, no_sideways_scroll)


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_a_reviewer_takes_a_case_picks_a_reason_and_returns_it(
    live_app: Any, visitors: Any, live_server: Any, script: bool
) -> None:
    firm = make_firm(state="submitted", name="博远劳务服务有限公司")
    reviewer, firm_id = make_staff("reviewer").id, firm.id
    db.session.remove()
    desk = visitors.open(DESKTOP, java_script_enabled=script)
    sign_in(live_app, desk, live_server.url, reviewer)
    desk.goto("/operator/")
    desk.click(".queue-action button")
    assert desk.url.endswith(f"/operator/verifications/{firm_id}")
    assert "由您处理" in desk.text_content(".claim-bar")
    desk.click(".picks a >> nth=0")
    desk.click(".picks a >> nth=2")
    typed = desk.input_value("textarea#reason")
    assert "扫描件不清晰" in typed and "已过有效期" in typed
    desk.click("text=退回并通知")
    assert "已处理，已通知该单位" in desk.text_content("main")
    assert queries.get_organisation(firm_id, CLI).state == "returned"


def test_a_suspension_asks_once_more_without_script(live_app: Any, visitors: Any, live_server: Any) -> None:
    firm_id, operator = make_firm().id, make_staff("operator").id
    db.session.remove()
    desk = visitors.open(DESKTOP, java_script_enabled=False)
    sign_in(live_app, desk, live_server.url, operator)
    desk.goto(f"/operator/verifications/{firm_id}")
    desk.fill("textarea#reason", "核查")
    assert not desk.is_visible("text=暂停并通知")
    desk.click("text=暂停…")
    desk.click("text=暂停并通知")
    assert queries.get_organisation(firm_id, CLI).state == "suspended"
