"""The wizard, the members page and the bank account in a real browser: accessible, narrow enough for a phone, usable without script."""

from typing import Any

import pytest

from marketplace.accounts.queries import actor_of, get_user
from marketplace.core.db import transaction
from marketplace.organisations import services
from marketplace.organisations.models import Organisation
from marketplace.organisations.queries import member_user_ids
from tests.factories import actor_for, admin_of, make_client, make_firm, make_member, make_user
from tests.factories.orders import make_order
from tests.organisations.test_browser import look, sign_in
from tests.support.browsers import DESKTOP, PHONE

pytestmark = [pytest.mark.browser, pytest.mark.live, pytest.mark.xdist_group("browser")]
SIZES = pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
STEPS = [
    f"/organisation/onboarding/{s}" for s in ("identity", "licences", "contacts", "bank-account", "invoice", "review")
]


def bank(organisation: Organisation, account: str, seen: int) -> None:
    with transaction():
        services.change_bank_account(
            actor=actor_for(organisation), organisation=organisation, holder=organisation.name, bank_name="中国工商银行",
            branch="上海市青浦支行", account=account, seen_position=seen,
        )  # fmt: skip


@SIZES
@pytest.mark.engine("sqlite")
def test_the_wizard_is_accessible_and_fits_the_window(
    live_app: Any, visitors: Any, live_server: Any, axe: Any, no_sideways_scroll: Any, size: Any
) -> None:
    firm = make_firm(state="draft", licences=("business",), name="青浦晨星人力资源服务有限公司", address="")
    client = make_client(state="draft", name="苏州河畔精密制造有限公司", business_scope="精密零部件的研发、制造与销售")
    bank(client, "6222021001234567890", 0)
    people, width = {"firm": admin_of(firm).id, "client": admin_of(client).id}, size["width"]
    for name, user_id in people.items():
        visitor = visitors.open(size)
        sign_in(live_app, visitor, live_server.url, user_id)
        look(visitor, ["/organisation/onboarding", *STEPS], f"wizard-{name}-{width}", axe, no_sideways_scroll)
    visitor.goto("/organisation/onboarding/identity")
    visitor.fill("#established_on", "2199-01-01")
    visitor.get_by_role("button", name="保存并继续").click()
    visitor.wait_for_selector("#error-summary")
    axe(visitor)
    no_sideways_scroll(visitor)


@SIZES
@pytest.mark.engine("sqlite")
def test_people_and_money_pages_are_accessible_and_fit_the_window(
    live_app: Any, visitors: Any, live_server: Any, axe: Any, no_sideways_scroll: Any, size: Any
) -> None:
    client = make_client(name="苏州河畔精密制造有限公司")
    for role, name in (("purchasing", "周采购"), ("finance", "吴财务"), ("viewer", "郑只读"), ("admin", "王副总")):
        make_member(client, role, name=name)
    bank(client, "6222021001234567890", 0)
    bank(client, "1234567890123", 1)
    asker = make_user(name="林同事")
    with transaction():
        request = services.ask_to_join(
            actor=actor_of(asker), uscc=client.uscc, message="招聘二部，负责华东区的批量招聘与驻场管理"
        )
        _invitation, token = services.invite_member(
            actor=actor_for(client), organisation=client, role="finance", address="a-very-long-mail-address@subsidiary.hepan.example"
        )  # fmt: skip
        services.change_invoice_data(
            actor=actor_for(client), organisation=client, invoice_kind="special", email="fp@hepan.example", bank_name="建设银行",
            account="43674200",
        )  # fmt: skip
        services.change_approval_limit(actor=actor_for(client), organisation=client, limit_fen=500_00)
    order = make_order("awaiting_approval", client=client)
    [member] = member_user_ids(client.id, "viewer")
    number, request_id, owner, asker_id, width = order.number, request.id, admin_of(client).id, asker.id, size["width"]
    own = visitors.open(size)
    sign_in(live_app, own, live_server.url, owner)
    paths = [
        "/organisation/members", "/organisation/members/invite", f"/organisation/members/requests/{request_id}",
        f"/organisation/members/{member}", "/organisation/bank-account", "/organisation/bank-account/change", "/organisation/invoice-data",
        "/client/purchase-approval", "/client/profile", "/organisation/profile-page", f"/orders/{number}", "/desk/",
    ]  # fmt: skip
    look(own, paths, f"people-{width}", axe, no_sideways_scroll)
    waiting = visitors.open(size)
    sign_in(live_app, waiting, live_server.url, asker_id)
    look(
        waiting,
        ["/organisation/joining", "/organisation/register", "/desk/"],
        f"joining-{width}",
        axe,
        no_sideways_scroll,
    )
    stranger = visitors.open(size)
    look(stranger, [f"/join/{token}"], f"invited-{width}", axe, no_sideways_scroll)


@pytest.mark.engine("sqlite")
@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_a_step_is_saved_and_a_member_invited_by_hand(
    live_app: Any, visitors: Any, live_server: Any, script: bool
) -> None:
    firm = make_firm(state="draft")
    owner = get_user(admin_of(firm).id).id
    visitor = visitors.open(PHONE, java_script_enabled=script)
    sign_in(live_app, visitor, live_server.url, owner)
    visitor.goto("/organisation/onboarding/contacts")
    visitor.fill("#contact_name", "周经办")
    visitor.click("button[name=go][value=next]")
    assert visitor.url.endswith("/organisation/onboarding/bank-account")
    visitor.goto("/organisation/members/invite")
    visitor.select_option("#role", "business")
    visitor.click("main form.form button[type=submit]")
    assert "/join/" in visitor.inner_text(".copyable code")
