"""Leaving the platform: announced, blocked, withdrawn, completed."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from marketplace.accounts.queries import actor_of
from marketplace.catalog.queries import visible_ids
from marketplace.core import settings
from marketplace.core.actor import CLI, SCHEDULER
from marketplace.core.db import db, transaction
from marketplace.core.errors import AccessDenied, Conflict, NotFound
from marketplace.core.outbox import OutboxMessage
from marketplace.orders.services import place_order
from marketplace.organisations import queries, services
from marketplace.organisations.jobs import close_announced
from marketplace.organisations.models import ClosingNotice
from tests.factories import actor_for, make_client, make_firm, make_member, make_staff
from tests.factories.catalog import make_listing
from tests.factories.desk import make_change, make_closing
from tests.factories.orders import make_order, terms


def standing(organisation_id: int) -> ClosingNotice:
    notice = queries.find_closing(organisation_id)
    assert notice is not None
    return notice


def state_of(organisation_id: int) -> str:
    db.session.rollback()
    return queries.get_organisation(organisation_id, CLI).state


def told(event: str) -> int:
    return len(db.session.scalars(select(OutboxMessage).where(OutboxMessage.event == event)).all())


def test_it_leaves_thirty_days_after_the_announcement_and_not_before(app: Any, clock: Any) -> None:
    firm = make_firm()
    listing = make_listing(firm=firm)
    notice = make_closing(firm)
    assert notice.closes_on == date(2026, 12, 23)
    clock.set("2026-12-22")
    assert close_announced() == 0
    with pytest.raises(Conflict), transaction():
        services.close_organisation(actor=CLI, notice=standing(firm.id))
    clock.set("2026-12-23")
    assert close_announced() == 1
    assert state_of(firm.id) == "closed"
    assert visible_ids([listing.id]) == []
    assert queries.get_organisation(firm.id, actor_for(firm)).id == firm.id  # its people keep reading their records
    assert close_announced() == 0


def test_the_notice_period_is_a_setting_never_below_what_the_law_asks(app: Any, clock: Any) -> None:
    definition = next(d for d in settings.definitions() if d.key == "organisations.closing_days")
    assert (definition.default, definition.minimum) == (30, 30)
    with transaction():
        settings.change_setting(
            actor=CLI, key="organisations.closing_days", value=45, effective_on=date(2026, 11, 23), reason="规则"
        )
    assert make_closing().closes_on == date(2026, 11, 23) + timedelta(days=45)


def test_one_that_never_came_in_leaves_at_once(app: Any, clock: Any) -> None:
    client = make_client(state="draft")
    make_closing(client)
    assert close_announced() == 1
    assert state_of(client.id) == "closed"


def test_new_orders_are_refused_on_both_sides_from_the_announcement_on(app: Any, clock: Any) -> None:
    firm, client = make_firm(), make_client()
    listing = make_listing(firm=firm, price_min_fen=100, price_max_fen=10_000_000)
    make_closing(firm)
    with pytest.raises(Conflict) as refused, transaction():
        place_order(actor=actor_for(client), listing=listing, **terms())
    assert refused.value.code == "order.firm_leaving"
    with transaction():
        services.withdraw_closing(actor=actor_for(firm), notice=standing(firm.id))
    make_closing(client)
    with pytest.raises(Conflict) as refused, transaction():
        place_order(actor=actor_for(client), listing=listing, **terms())
    assert refused.value.code == "order.client_leaving"


def test_an_open_order_blocks_it_and_both_sides_hear_so_once_a_week(app: Any, clock: Any) -> None:
    order = make_order("awaiting_payment")
    firm = queries.get_organisation(order.firm_id, CLI)
    make_closing(firm)
    assert [one.code for one in services.list_closing_blockers(firm.id)] == ["orders.open"]
    clock.advance(days=31)
    assert close_announced() == 0
    assert close_announced() == 0
    first = told("closing.blocked")
    assert first >= 2  # its administrator, and the park's operators
    clock.advance(days=7)
    close_announced()
    assert told("closing.blocked") == 2 * first
    assert state_of(firm.id) == "approved"


def test_money_that_the_platform_holds_blocks_it(app: Any, clock: Any) -> None:
    order = make_order("completed")
    assert [one.code for one in services.list_closing_blockers(order.firm_id)] == ["payments.payable"]
    assert services.list_closing_blockers(order.client_id) == []


def test_a_withdrawn_announcement_lets_it_stay_and_a_new_one_may_follow(app: Any, clock: Any) -> None:
    firm = make_firm()
    make_closing(firm)
    with pytest.raises(Conflict):
        make_closing(firm)
    with transaction():
        services.withdraw_closing(actor=actor_for(firm), notice=standing(firm.id))
    assert queries.get_organisation(firm.id, CLI).closes_on is None
    clock.advance(days=60)
    assert close_announced() == 0
    make_closing(queries.get_organisation(firm.id, CLI))


def test_what_the_park_announced_only_the_park_takes_back(app: Any, clock: Any) -> None:
    firm = make_firm()
    make_closing(firm, by_operator=True)
    with pytest.raises(AccessDenied), transaction():
        services.withdraw_closing(actor=actor_for(firm), notice=standing(firm.id))
    with transaction():
        services.withdraw_closing(actor=actor_of(make_staff("operator")), notice=standing(firm.id))


def test_leaving_ends_a_change_under_way_and_keeps_a_last_snapshot(app: Any, clock: Any) -> None:
    firm = make_firm()
    change = make_change(firm)
    make_closing(firm)
    clock.advance(days=30)
    assert close_announced() == 1
    assert queries.get_change(change.id, actor=CLI).state == "withdrawn"
    assert queries.list_snapshots(firm.id)[0].occasion == "closed"


def test_only_administrators_and_operators_announce_and_only_the_calendar_closes(app: Any, clock: Any) -> None:
    firm = make_firm()
    for actor in (actor_of(make_member(firm, "business")), actor_for(make_firm()), actor_of(make_staff("reviewer"))):
        with pytest.raises(AccessDenied), transaction():
            services.announce_closing(actor=actor, organisation=firm, reason="业务调整")
    notice = make_closing(firm)
    clock.advance(days=40)
    with pytest.raises(AccessDenied), transaction():
        services.close_organisation(actor=actor_for(firm), notice=notice)
    with transaction():
        assert services.close_organisation(actor=SCHEDULER, notice=standing(firm.id))


def test_a_closed_organisation_changes_nothing_any_more(app: Any, clock: Any) -> None:
    firm = make_firm()
    make_closing(firm)
    clock.advance(days=30)
    close_announced()
    db.session.rollback()
    closed = queries.get_organisation(firm.id, CLI)
    with pytest.raises(Conflict), transaction():
        services.edit_identity(actor=actor_for(firm), organisation=closed, name=firm.name, city_code=firm.city_code)
    with pytest.raises(Conflict):
        make_change(closed)
    with pytest.raises(Conflict):
        make_closing(closed)
    with pytest.raises(NotFound):
        queries.get_public_firm(firm.id)
