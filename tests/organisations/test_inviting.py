"""Inviting people: a link that works once, for one role."""

from typing import Any

import pytest
from sqlalchemy import select

from marketplace.accounts.models import User
from marketplace.accounts.queries import actor_of
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict
from marketplace.core.outbox import OutboxMessage, render
from marketplace.organisations import services
from marketplace.organisations.models import Invitation
from tests.factories import admin_of, make_client, make_firm, make_staff, make_user
from tests.organisations.people import PERSON, codes, invite, role_of, soup, told


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
