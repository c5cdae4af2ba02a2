"""The people of an organisation: roles, removal, leaving; what the members page shows and refuses."""

from typing import Any

import pytest
from sqlalchemy import select

from marketplace.accounts.models import User
from marketplace.accounts.queries import actor_of
from marketplace.core.actor import Actor
from marketplace.core.db import db, transaction
from marketplace.core.errors import AccessDenied, ConfirmationNeeded, Conflict
from marketplace.organisations import services
from marketplace.organisations.models import Invitation
from tests.factories import actor_for, admin_of, make_firm, make_member
from tests.organisations.people import ask, codes, fresh, role_of, told


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
