"""Closing an account: no invented hurdles, the person masked, what happened kept."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from marketplace.accounts.models import User, UserSession
from marketplace.accounts.queries import actor_of
from marketplace.core.actor import CLI, Actor
from marketplace.core.audit import AuditEvent
from marketplace.core.db import db, transaction
from marketplace.core.errors import AccessDenied, ConfirmationNeeded, Conflict
from marketplace.core.outbox import OutboxMessage, render
from marketplace.duties import services
from marketplace.notifications.models import Notification
from marketplace.notifications.services import notify
from marketplace.orders.models import Order
from marketplace.organisations.models import OrganisationMember
from tests.factories import PASSWORD, admin_of, make_client, make_firm, make_member, make_staff, make_user
from tests.factories.catalog import make_listing
from tests.factories.orders import make_order
from tests.support.racing import write_at_once


def codes(user: User) -> list[str]:
    return sorted(b.code for b in services.list_blockers(actor=actor_of(user), user_id=user.id))


def close(user: User) -> None:
    with transaction():
        services.close_account(actor=actor_of(user), user=user)


def test_a_closed_account_is_masked_and_its_sessions_and_memberships_end(app: Any, sign_in: Any, client: Any) -> None:
    firm = make_firm()
    person = make_member(firm, "business", name="张三", email="zhang@test.example", mobile="19900007777")
    with transaction():
        notify(event="organisation.approved", params={"name": "张三的单位"}, user_id=person.id)
    page, other = sign_in(person), sign_in(person)
    assert "注销我的账号" in page.get("/account/close").text
    assert page.post("/account/close", data={}).status_code == 422
    answer = page.post("/account/close", data={"understood": "y"})
    assert answer.status_code == 302 and answer.location == "/"
    assert page.get("/desk/").status_code == other.get("/desk/").status_code == 302
    stored = db.session.get_one(User, person.id, populate_existing=True)
    assert (stored.name, stored.email, stored.mobile, stored.password_hash) == ("已注销用户", None, None, "")
    assert stored.closed_at and stored.disabled_at and stored.agreed == {}
    assert db.session.scalar(select(func.count()).where(OrganisationMember.user_id == person.id)) == 0
    assert db.session.scalar(select(func.count()).where(Notification.user_id == person.id)) == 0
    assert (
        db.session.scalar(
            select(func.count()).where(UserSession.user_id == person.id, UserSession.revoked_at.is_(None))
        )
        == 0
    )
    assert "user.closed" in db.session.scalars(select(AuditEvent.event).where(AuditEvent.ref_id == person.id)).all()


def test_signing_in_then_reads_as_for_somebody_unknown_and_the_address_may_sign_up_anew(app: Any, client: Any) -> None:
    person = make_user(email="again@test.example")
    close(person)

    def refused(login: str) -> str:
        answer = client.post("/account/sign-in", data={"email": login, "password": PASSWORD})
        assert answer.status_code == 422
        return answer.text.split("error-summary")[1][:400]

    assert refused("again@test.example") == refused("nobody@test.example")
    anew = make_user(email="again@test.example")
    assert anew.id != person.id


def test_orders_and_the_audit_trail_keep_what_happened_by_id(app: Any) -> None:
    with transaction():
        client = make_client()
        order = make_order("completed", client=client)
        person = admin_of(client)
        number = db.session.scalar(select(func.count()).where(AuditEvent.user_id == person.id))
        make_member(client, "admin")
    close(person)
    assert db.session.scalar(select(Order.placed_by_id).where(Order.id == order.id)) == person.id
    assert db.session.scalar(select(func.count()).where(AuditEvent.user_id == person.id)) > number  # type: ignore[operator]


def test_the_person_is_told_at_the_old_address(app: Any) -> None:
    person = make_user(email="gone@test.example")
    close(person)
    message = db.session.scalars(select(OutboxMessage).where(OutboxMessage.event == "account.closed")).one()
    assert message.address == "gone@test.example" and "已注销" in render(message)[0]


def test_the_last_administrator_of_others_hands_over_first(app: Any, sign_in: Any) -> None:
    firm = make_firm()
    person, colleague = admin_of(firm), make_member(firm, "viewer")
    assert codes(person) == ["organisation.last_admin"] and codes(colleague) == []
    page = sign_in(person).get("/account/close").text
    assert firm.name in page and "注销我的账号" not in page and "/firm/profile" in page
    with pytest.raises(Conflict, match="blocked"):
        close(person)
    assert db.session.get_one(User, person.id, populate_existing=True).closed_at is None
    make_member(firm, "admin")
    assert codes(person) == []


def test_whoever_is_alone_in_an_organisation_without_business_may_go(app: Any) -> None:
    person = admin_of(make_firm())
    assert codes(person) == []
    close(person)


def test_listings_and_open_orders_of_a_lone_administrator_stand_against_it(app: Any) -> None:
    with transaction():
        firm, client = make_firm(), make_client()
        order = make_order(
            "awaiting_payment",
            listing=make_listing(firm=firm, price_min_fen=100, price_max_fen=10_000_000),
            client=client,
        )
    assert codes(admin_of(firm)) == ["catalog.published", "orders.open"]
    assert codes(admin_of(client)) == ["orders.open"]
    assert order.state == "awaiting_payment"


def test_finished_orders_do_not_stand_against_it(app: Any) -> None:
    with transaction():
        client = make_client()
        make_order("completed", client=client)
        make_order("cancelled", client=client)
    assert codes(admin_of(client)) == []


def test_park_staff_give_up_their_post_first(app: Any) -> None:
    assert codes(make_staff("service")) == ["account.staff"]


def test_what_is_held_by_law_stands_against_it_until_lifted(app: Any) -> None:
    person, officer = make_user(), make_staff("security")
    with transaction():
        hold = services.place_hold(actor=actor_of(officer), reason="案号 1", user_id=person.id)
    assert codes(person) == ["account.held"]
    with transaction():
        services.lift_hold(actor=actor_of(officer), hold=hold, reason="结案")
    assert codes(person) == []


@pytest.mark.parametrize("role", ["admin", "security", "operator", "auditor"])
def test_nobody_closes_the_account_of_another_person(app: Any, role: str) -> None:
    person = make_user()
    with pytest.raises(AccessDenied), transaction():
        services.close_account(actor=actor_of(make_staff(role)), user=person)
    with pytest.raises(AccessDenied), transaction():
        services.close_account(actor=CLI, user=person)


def test_closing_asks_who_it_is_first(app: Any, sign_in: Any, clock: Any) -> None:
    person = make_user()
    page = sign_in(person)
    clock.advance(minutes=11)
    assert "/account/confirm" in page.get("/account/close").location
    with pytest.raises(ConfirmationNeeded), transaction():
        services.close_account(actor=Actor(user_id=person.id), user=person)


def test_an_open_account_still_needs_an_address(app: Any) -> None:
    person = make_user()
    with pytest.raises((DBAPIError, Conflict)), transaction():
        db.session.get_one(User, person.id).email = None
        db.session.flush()


def test_of_two_administrators_who_leave_at_once_one_stays(live_app: Flask) -> None:
    firm = make_firm()
    make_member(firm, "viewer")
    people = [admin_of(firm).id, make_member(firm, "admin").id]
    firm_id, pending = firm.id, list(people)

    def work() -> int:
        user = db.session.get_one(User, pending.pop())
        services.close_account(actor=actor_of(user), user=user)
        return user.id

    results = write_at_once(live_app, [work] * 2)
    assert sorted(isinstance(r, Conflict) for r in results) == [False, True]
    query = select(func.count()).where(
        OrganisationMember.organisation_id == firm_id, OrganisationMember.role == "admin"
    )
    assert db.session.scalar(query) == 1
