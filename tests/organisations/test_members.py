"""People of an organisation: asking to join, being invited, roles, leaving; what each page says and refuses."""

from typing import Any

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from marketplace.accounts.models import User
from marketplace.accounts.queries import actor_of
from marketplace.core.actor import SCHEDULER, Actor
from marketplace.core.audit import AuditEvent
from marketplace.core.db import db, transaction
from marketplace.core.errors import AccessDenied, ConfirmationNeeded, Conflict, Invalid, NotFound
from marketplace.core.outbox import OutboxMessage, render
from marketplace.notifications.models import Notification
from marketplace.organisations import queries, services
from marketplace.organisations.jobs import lapse_old_join_requests
from marketplace.organisations.models import Invitation, JoinRequest, Organisation
from tests.factories import actor_for, admin_of, make_client, make_firm, make_member, make_staff, make_uscc, make_user

PERSON = {
    "person_name": "新同事", "email": "new@test.example", "mobile": "", "password": "a good long password", "repeat": "a good long password",
    "agree": "y",
}  # fmt: skip


def soup(answer: Any) -> BeautifulSoup:
    return BeautifulSoup(answer.text, "html.parser")


def told(user_id: int) -> list[str]:
    db.session.rollback()
    return list(
        db.session.scalars(
            select(Notification.event)
            .where(Notification.user_id == user_id, Notification.event.not_like("organisation.%"))
            .order_by(Notification.id)
        )
    )


def codes(event: str) -> list[dict[str, Any]]:
    db.session.rollback()
    return [
        e.codes for e in db.session.scalars(select(AuditEvent).where(AuditEvent.event == event).order_by(AuditEvent.id))
    ]


def role_of(organisation: Organisation, user: User) -> str | None:
    db.session.rollback()
    return queries.find_role(organisation.id, user.id)


def fresh(organisation: Organisation) -> Organisation:
    return db.session.get_one(Organisation, organisation.id, populate_existing=True)


def state_of(request: JoinRequest) -> str:
    return db.session.get_one(JoinRequest, request.id, populate_existing=True).state


def ask(organisation: Organisation, user: User | None = None, message: str = "采购部") -> JoinRequest:
    with transaction():
        return services.ask_to_join(actor=actor_of(user or make_user()), uscc=organisation.uscc, message=message)


def invite(organisation: Organisation, role: str = "business", address: str = "") -> tuple[Invitation, str]:
    with transaction():
        return services.invite_member(
            actor=actor_for(organisation), organisation=fresh(organisation), role=role, address=address
        )


# --- asking to join --------------------------------------------------------------------------------------------------------


def test_the_second_person_of_a_code_makes_an_account_and_asks(app: Any, client: Any, sign_in: Any) -> None:
    firm = make_firm(uscc="91310118MA0000015P", name="不可泄露的名称有限公司")
    values = {
        **PERSON,
        "kind": "firm",
        "uscc": firm.uscc,
        "name": "随便写的名称",
        "city_code": "310000",
        "message": "招聘部",
    }
    offered = client.post("/account/sign-up/organisation", data=values)
    assert offered.status_code == 422 and "申请加入该单位" in offered.text
    answer = client.post("/account/sign-up/organisation", data={**values, "join": "1"})
    assert answer.location == "/organisation/joining"
    page = client.get("/organisation/joining").text
    assert "待管理员处理" in page and firm.uscc in page and firm.name not in page
    for path in ("/organisation/members", "/firm/profile", "/organisation/onboarding"):
        assert client.get(path).status_code == 403
    assert "尚未加入任何单位" in client.get("/desk/").text
    assert told(admin_of(firm).id) == ["join_request.requested"]
    desk = sign_in(admin_of(firm)).get("/desk/").text
    assert "待处理的加入申请" in desk


@pytest.mark.parametrize("who", ["member", "staff", "visitor"])
def test_only_people_without_an_organisation_ask(app: Any, who: str) -> None:
    firm = make_firm()
    actor = {"member": lambda: actor_for(make_client()), "staff": lambda: actor_of(make_staff()), "visitor": Actor}[
        who
    ]()
    with pytest.raises(AccessDenied), transaction():
        services.ask_to_join(actor=actor, uscc=firm.uscc)


def test_one_person_has_one_open_request(app: Any) -> None:
    first, second, user = make_firm(), make_firm(), make_user()
    request = ask(first, user)
    with pytest.raises(Conflict, match="open"):
        ask(second, user)
    with transaction():
        services.withdraw_join_request(actor=actor_of(user), request=db.session.get_one(JoinRequest, request.id))
    assert ask(second, user).organisation_id == second.id


def test_the_database_holds_one_open_request_too(app: Any) -> None:
    firm, user = make_firm(), make_user()
    request = ask(firm, user)
    with pytest.raises(Conflict), transaction():
        db.session.add(JoinRequest(organisation_id=firm.id, user_id=user.id, due_at=request.due_at))
        db.session.flush()


def test_a_code_that_nobody_registered_and_one_that_came_by_a_file_have_nobody_to_ask(app: Any) -> None:
    from marketplace.core.actor import CLI
    from marketplace.core.tabular import Row

    with pytest.raises(Invalid, match="unknown"), transaction():
        services.ask_to_join(actor=actor_of(make_user()), uscc=make_uscc())
    row = {"uscc": make_uscc(), "name": "导入机构", "city_code": "310000"}
    with transaction():
        services.import_firms(actor=CLI, rows=[Row(2, row)])
    with pytest.raises(Conflict, match="imported"), transaction():
        services.ask_to_join(actor=actor_of(make_user()), uscc=row["uscc"])


def test_an_administrator_lets_the_person_in_with_a_role(app: Any, sign_in: Any) -> None:
    firm, user = make_firm(), make_user(name="新同事")
    request = ask(firm, user)
    browser, page = sign_in(admin_of(firm)), f"/organisation/members/requests/{request.id}"
    assert "采购部" in browser.get("/organisation/members").text and "新同事" in browser.get(page).text
    assert browser.post(page, data={"approve-form_key": "k", "approve-role": "chief"}).status_code == 422
    assert (
        browser.post(page, data={"approve-form_key": "k2", "approve-role": "business"}).location
        == "/organisation/members"
    )
    assert role_of(firm, user) == "business"
    assert told(user.id) == ["join_request.approved"]
    assert codes("organisation.member_added") == [{"member": user.id, "role": "business"}]
    assert "已处理" in browser.get(page).text
    assert sign_in(user).get("/organisation/joining").location == "/desk/"


def test_an_administrator_refuses_with_a_reason_the_person_reads(app: Any, sign_in: Any) -> None:
    firm, user = make_firm(), make_user()
    request = ask(firm, user)
    browser, page = sign_in(admin_of(firm)), f"/organisation/members/requests/{request.id}"
    refused = browser.post(page, data={"decline-form_key": "k", "decline-reason": " "})
    assert refused.status_code == 422 and soup(refused).select_one("#decline-reason-error")
    assert browser.post(page, data={"decline-form_key": "k2", "decline-reason": "查无此人"}).status_code == 302
    waiting = sign_in(user).get("/organisation/joining").text
    assert "已婉拒" in waiting and "查无此人" in waiting and "发送申请" in waiting
    assert role_of(firm, user) is None and told(user.id) == ["join_request.declined"]


def test_a_decided_request_is_decided(app: Any) -> None:
    firm = make_firm()
    request = ask(firm)
    with transaction():
        services.approve_join_request(actor=actor_for(firm), organisation=fresh(firm), request=request, role="viewer")
    with pytest.raises(Conflict), transaction():
        services.decline_join_request(actor=actor_for(firm), organisation=fresh(firm), request=request, reason="晚了")
    with pytest.raises(Conflict), transaction():
        services.withdraw_join_request(actor=actor_of(db.session.get_one(User, request.user_id)), request=request)


def test_who_has_come_in_elsewhere_is_not_let_in_twice(app: Any) -> None:
    firm, other, user = make_firm(), make_firm(), make_user()
    request = ask(firm, user)
    _invitation, token = invite(other)
    with transaction():
        services.accept_invitation(actor=actor_of(user), token=token)
    db.session.rollback()
    assert state_of(request) == "withdrawn"
    with pytest.raises(Conflict), transaction():
        services.approve_join_request(
            actor=actor_for(firm),
            organisation=fresh(firm),
            request=db.session.get_one(JoinRequest, request.id),
            role="viewer",
        )
    assert role_of(firm, user) is None


def test_a_new_administrator_is_let_in_only_by_who_has_confirmed(app: Any) -> None:
    firm = make_firm()
    request, actor = ask(firm), actor_for(firm)
    unconfirmed = Actor(user_id=actor.user_id, memberships=actor.memberships)
    with pytest.raises(ConfirmationNeeded), transaction():
        services.approve_join_request(actor=unconfirmed, organisation=fresh(firm), request=request, role="admin")
    with transaction():
        services.approve_join_request(actor=unconfirmed, organisation=fresh(firm), request=request, role="viewer")


def test_what_another_organisation_decides_does_not_exist(app: Any, sign_in: Any) -> None:
    firm, other = make_firm(), make_firm()
    request = ask(other)
    invitation, _token = invite(other)
    stranger = make_member(other)
    browser = sign_in(admin_of(firm))
    for path in (f"requests/{request.id}", str(stranger.id), "999999", "requests/999999"):
        assert browser.get(f"/organisation/members/{path}").status_code == 404
    for path in (f"invitations/{invitation.id}/revoke", f"{stranger.id}/remove", "invitations/999999/revoke"):
        assert browser.post(f"/organisation/members/{path}").status_code == 404
    with pytest.raises(AccessDenied), transaction():
        services.approve_join_request(actor=actor_for(firm), organisation=fresh(firm), request=request, role="admin")
    with pytest.raises(NotFound):
        queries.get_join_request(request.id, actor=actor_of(make_user()))


def test_a_request_nobody_decides_lapses_and_the_person_is_told(app: Any, clock: Any) -> None:
    user = make_user()
    request = ask(make_firm(), user)
    clock.advance(days=30, seconds=-1)
    assert lapse_old_join_requests() == 0
    clock.advance(seconds=1)
    assert lapse_old_join_requests() == 1
    assert lapse_old_join_requests() == 0
    db.session.rollback()
    assert state_of(request) == "lapsed"
    assert told(user.id) == ["join_request.lapsed"]
    with pytest.raises(AccessDenied), transaction():
        services.lapse_join_requests(actor=actor_of(user))
    with transaction():
        assert services.lapse_join_requests(actor=SCHEDULER) == 0


def test_a_person_without_an_organisation_registers_one_and_the_open_request_falls_away(app: Any, sign_in: Any) -> None:
    user = make_user(name="周经办")
    request = ask(make_firm(), user)
    browser = sign_in(user)
    values = {"kind": "client", "uscc": make_uscc(), "name": "新登记的有限公司", "city_code": "320500"}
    assert browser.get("/account/sign-up/organisation?kind=client").location == "/organisation/register?kind=client"
    assert browser.post("/organisation/register", data={**values, "uscc": "9131"}).status_code == 422
    assert browser.post("/organisation/register", data=values).location == "/organisation/onboarding"
    db.session.rollback()
    assert state_of(request) == "withdrawn"
    assert actor_of(user).memberships[0].role == "admin"
    assert browser.get("/organisation/register").location == "/desk/"


def test_registering_a_taken_code_offers_to_join(app: Any, sign_in: Any) -> None:
    firm, user = make_firm(), make_user()
    browser = sign_in(user)
    values = {"kind": "firm", "uscc": firm.uscc, "name": "某某有限公司", "city_code": "310000", "message": "招聘部"}
    assert "申请加入该单位" in browser.post("/organisation/register", data=values).text
    assert browser.post("/organisation/register", data={**values, "join": "1"}).location == "/organisation/joining"
    page = browser.get("/organisation/joining").text
    assert "招聘部" in page
    withdraw = next(f["action"] for f in soup(browser.get("/organisation/joining")).select("form[action$=withdraw]"))
    assert sign_in(make_user()).post(withdraw).status_code == 404
    assert browser.post(withdraw).status_code == 302
    assert "已撤回" in browser.get("/organisation/joining").text


# --- inviting ----------------------------------------------------------------------------------------------------------------


def test_an_invitation_is_shown_once_sent_and_kept_as_a_hash(app: Any, sign_in: Any) -> None:
    firm = make_firm()
    browser = sign_in(admin_of(firm))
    answer = browser.post(
        "/organisation/members/invite", data={"role": "finance", "email": "Li@Test.example", "mobile": ""}
    )
    assert answer.location == "/organisation/members"
    link = soup(browser.get("/organisation/members")).select_one(".copyable code").get_text()
    token = link.rsplit("/", 1)[1]
    assert link.startswith("http") and "/join/" in link
    assert token not in browser.get("/organisation/members").text
    db.session.rollback()
    row = db.session.scalars(select(Invitation)).one()
    assert token not in str(vars(row)) and row.address == "li@test.example"
    mail = db.session.scalars(select(OutboxMessage).where(OutboxMessage.event == "invitation.sent")).one()
    assert mail.address == "li@test.example" and token in render(mail)[1] and token not in str(mail.params)
    assert f"{app.config['SITE_URL']}/join/{token}" in render(mail)[1]
    assert not any(token in str(c) for c in codes("invitation.sent"))


def test_a_new_person_joins_by_the_link_with_an_account_of_their_own(app: Any, client: Any) -> None:
    firm = make_firm()
    _invitation, token = invite(firm, "finance", "new@test.example")
    page = client.get(f"/join/{token}")
    assert page.status_code == 200 and page.headers["Cache-Control"] == "no-store"
    assert firm.name in page.text and soup(page).select_one("#email")["value"] == "new@test.example"
    assert client.post(f"/join/{token}", data={**PERSON, "agree": ""}).status_code == 422
    assert client.post(f"/join/{token}", data=PERSON).location == "/desk/"
    assert firm.name in client.get("/organisation/members").text
    db.session.rollback()
    user = db.session.scalars(select(User).where(User.email == "new@test.example")).one()
    assert role_of(firm, user) == "finance"
    assert told(admin_of(firm).id) == ["member.joined"]
    assert codes("invitation.accepted") and codes("organisation.member_added")


def test_a_person_with_an_account_joins_with_one_click(app: Any, sign_in: Any, client: Any) -> None:
    firm, user = make_firm(), make_user()
    _invitation, token = invite(firm, "viewer")
    assert f"/account/sign-in?next=/join/{token}" in client.get(f"/join/{token}").text
    browser = sign_in(user)
    assert "接受邀请并加入" in browser.get(f"/join/{token}").text
    assert role_of(firm, user) is None
    assert browser.post(f"/join/{token}").location == "/desk/"
    assert role_of(firm, user) == "viewer"


def test_a_dead_link_says_so_and_names_nobody(app: Any, client: Any, sign_in: Any, clock: Any) -> None:
    firm = make_firm(name="不可泄露的名称有限公司")
    used, revoked, late = invite(firm), invite(firm), invite(firm)
    with transaction():
        services.accept_invitation(actor=actor_of(make_user()), token=used[1])
    path = f"/organisation/members/invitations/{revoked[0].id}/revoke"
    assert sign_in(admin_of(firm)).post(path).status_code == 302
    for token in (used[1], revoked[1]):
        for answer in (client.get(f"/join/{token}"), client.post(f"/join/{token}", data=PERSON)):
            assert answer.status_code == 410 and "已失效" in answer.text and firm.name not in answer.text
    clock.advance(days=7, seconds=-1)
    assert client.get(f"/join/{late[1]}").status_code == 200
    clock.advance(seconds=1)
    assert client.get(f"/join/{late[1]}").status_code == 410
    assert client.get("/join/never-made").status_code == 404
    assert client.get(f"/join/{'x' * 200}").status_code == 404
    db.session.rollback()
    assert db.session.scalars(select(User).where(User.email == "new@test.example")).all() == []
    assert sign_in(admin_of(firm)).post(path).status_code == 409


def test_who_acts_for_somebody_else_is_told_to_use_another_account(app: Any, sign_in: Any) -> None:
    _invitation, token = invite(make_firm())
    for user in (admin_of(make_client()), make_staff()):
        browser = sign_in(user)
        assert "不能接受此邀请" in browser.get(f"/join/{token}").text
        assert browser.post(f"/join/{token}").status_code == 403
    db.session.rollback()
    assert db.session.scalars(select(Invitation)).one().accepted_at is None


def test_only_who_has_confirmed_invites_an_administrator(app: Any, sign_in: Any, clock: Any) -> None:
    firm = make_firm()
    browser = sign_in(admin_of(firm))
    clock.advance(minutes=11)
    form = {"role": "admin", "email": "", "mobile": ""}
    answer = browser.post("/organisation/members/invite", data=form)
    assert answer.location == "/account/confirm?next=/organisation/members/invite?role%3Dadmin"
    assert (
        soup(browser.get("/organisation/members/invite?role=admin")).select_one("#role option[selected]")["value"]
        == "admin"
    )
    assert browser.post("/organisation/members/invite", data={**form, "role": "viewer"}).status_code == 302
    db.session.rollback()
    assert [i.role for i in db.session.scalars(select(Invitation))] == ["viewer"]


def test_fifty_open_invitations_are_enough(app: Any) -> None:
    firm = make_firm()
    for _ in range(50):
        invite(firm)
    with pytest.raises(Conflict, match="many"):
        invite(firm)


def test_an_invitation_goes_to_one_address(app: Any, sign_in: Any) -> None:
    browser = sign_in(admin_of(make_firm()))
    both = {"role": "viewer", "email": "a@test.example", "mobile": "19900001234"}
    assert "只填一项" in browser.post("/organisation/members/invite", data=both).text
    assert browser.post("/organisation/members/invite", data={**both, "email": ""}).status_code == 302
    db.session.rollback()
    message = db.session.scalars(select(OutboxMessage).where(OutboxMessage.event == "invitation.sent")).one()
    assert (message.channel, message.address) == ("sms", "19900001234")


# --- roles, removal, leaving ---------------------------------------------------------------------------------------------------


def test_a_new_role_holds_from_the_next_click(app: Any, sign_in: Any) -> None:
    firm = make_firm()
    user = make_member(firm, "viewer")
    theirs, browser = sign_in(user), sign_in(admin_of(firm))
    assert theirs.get("/organisation/bank-account").status_code == 403
    assert (
        browser.post(f"/organisation/members/{user.id}", data={"role": "finance"}).location == "/organisation/members"
    )
    assert theirs.get("/organisation/bank-account").status_code == 200
    assert told(user.id) == ["member.role_changed"]
    assert codes("organisation.role_changed") == [{"member": user.id, "before": "viewer", "after": "finance"}]
    assert browser.post(f"/organisation/members/{user.id}", data={"role": "emperor"}).status_code == 422


def test_who_is_removed_has_no_power_at_the_next_click(app: Any, sign_in: Any) -> None:
    firm = make_firm()
    user = make_member(firm, "business")
    theirs, browser = sign_in(user), sign_in(admin_of(firm))
    assert theirs.get("/firm/services/").status_code == 200
    assert browser.post(f"/organisation/members/{user.id}/remove").location == "/organisation/members"
    assert theirs.get("/firm/services/").status_code == 403
    assert theirs.get("/organisation/joining").status_code == 200
    assert told(user.id) == ["member.removed"]
    assert browser.post(f"/organisation/members/{user.id}/remove").status_code == 404


def test_the_last_administrator_can_neither_leave_nor_lose_the_role(app: Any, sign_in: Any) -> None:
    firm = make_firm()
    admin = admin_of(firm)
    browser = sign_in(admin)
    assert "唯一的管理员" in browser.get("/organisation/members").text
    assert browser.post(f"/organisation/members/{admin.id}", data={"role": "viewer"}).status_code == 422
    assert browser.post(f"/organisation/members/{admin.id}/remove").status_code == 409
    assert browser.post("/organisation/members/leave").status_code == 409
    second = make_member(firm, "admin")
    assert browser.post("/organisation/members/leave").location == "/organisation/joining"
    assert (role_of(firm, admin), role_of(firm, second)) == (None, "admin")
    assert told(second.id) == ["member.left"]


def test_an_administrator_whose_account_is_closed_does_not_count(app: Any) -> None:
    from marketplace.core import clock as real

    firm = make_firm()
    second = make_member(firm, "admin")
    with transaction():
        db.session.get_one(User, second.id).disabled_at = real.now()
    with pytest.raises(Conflict, match="last_admin"), transaction():
        services.leave_organisation(actor=actor_for(firm), organisation=fresh(firm))


def test_a_session_that_has_not_just_been_confirmed_changes_no_roles(app: Any, sign_in: Any, clock: Any) -> None:
    firm = make_firm()
    user = make_member(firm)
    actor = actor_for(firm)
    stolen = Actor(user_id=actor.user_id, memberships=actor.memberships)
    for attempt in (
        lambda: services.change_role(actor=stolen, organisation=fresh(firm), user_id=user.id, role="admin"),
        lambda: services.remove_member(actor=stolen, organisation=fresh(firm), user_id=user.id),
        lambda: services.invite_member(actor=stolen, organisation=fresh(firm), role="admin"),
    ):
        with pytest.raises(ConfirmationNeeded), transaction():
            attempt()
    browser = sign_in(admin_of(firm))
    clock.advance(minutes=11)
    assert browser.get(f"/organisation/members/{user.id}").location.startswith("/account/confirm")
    assert browser.post(f"/organisation/members/{user.id}/remove").location.startswith("/account/confirm")
    assert role_of(firm, user) == "viewer"


@pytest.mark.parametrize("role", ["business", "purchasing", "finance", "viewer"])
def test_others_see_who_is_in_and_decide_nothing(app: Any, sign_in: Any, role: str) -> None:
    firm = make_firm()
    user = make_member(firm, role, email="me@test.example")
    request = ask(firm)
    browser = sign_in(user)
    page = browser.get("/organisation/members").text
    assert (
        "各角色的权限" in page
        and admin_of(firm).name in page
        and str(admin_of(firm).email) not in page
        and "加入申请" not in page
    )
    assert browser.get("/organisation/members/export").status_code == 403
    for path in (str(user.id), f"requests/{request.id}", "invite"):
        assert browser.get(f"/organisation/members/{path}").status_code == 403
    assert browser.post(f"/organisation/members/{user.id}/remove").status_code == 403
    actor = actor_of(user)
    with pytest.raises(AccessDenied), transaction():
        services.change_role(actor=actor, organisation=fresh(firm), user_id=user.id, role="admin")


def test_the_members_page_has_pages_filters_and_export(app: Any, sign_in: Any, queries: Any) -> None:
    firm = make_firm()
    for number in range(22):
        make_member(firm, "business" if number % 2 else "viewer", name=f"员工{number:02d}")
    browser = sign_in(admin_of(firm))
    with queries(at_most=14):
        page = browser.get("/organisation/members").text
    assert "共 23 条" in page
    assert "员工21" in browser.get("/organisation/members?page=2").text
    assert "共 11 条" in browser.get("/organisation/members?role=business").text
    assert "没有符合条件的成员" in browser.get("/organisation/members?q=没有此人").text
    table = browser.get("/organisation/members/export?role=business&q=员工").text
    assert table.count("业务") == 11 and "登录账号" in table
    assert browser.get("/organisation/members/export?format=xlsx").status_code == 200
    assert browser.get("/organisation/members?role=%3Cx%3E&page=x").status_code == 200


def test_the_same_click_twice_is_one_invitation(app: Any, sign_in: Any) -> None:
    browser = sign_in(admin_of(make_firm()))
    form = {"role": "viewer", "email": "", "mobile": "", "form_key": "one-and-the-same-key"}
    assert [browser.post("/organisation/members/invite", data=form).status_code for _ in range(2)] == [302, 302]
    db.session.rollback()
    assert len(db.session.scalars(select(Invitation)).all()) == 1
