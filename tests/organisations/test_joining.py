"""Asking to join an organisation: who may ask, who decides, what each is told."""

from typing import Any

import pytest

from marketplace.accounts.models import User
from marketplace.accounts.queries import actor_of
from marketplace.core.actor import SCHEDULER, Actor
from marketplace.core.db import db, transaction
from marketplace.core.errors import AccessDenied, ConfirmationNeeded, Conflict, Invalid, NotFound
from marketplace.organisations import queries, services
from marketplace.organisations.jobs import lapse_old_join_requests
from marketplace.organisations.models import JoinRequest
from tests.factories import actor_for, admin_of, make_client, make_firm, make_member, make_staff, make_uscc, make_user
from tests.organisations.people import PERSON, ask, codes, fresh, invite, role_of, soup, state_of, told


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
