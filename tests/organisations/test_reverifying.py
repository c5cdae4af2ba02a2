"""Verifying again: who is due, what hides when the grace is over, what brings it back, who is told."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from marketplace.accounts.queries import actor_of
from marketplace.catalog.jobs import touch_lapsed
from marketplace.core import settings
from marketplace.core.actor import CLI
from marketplace.core.audit import AuditEvent
from marketplace.core.db import db, transaction
from marketplace.core.errors import AccessDenied, Conflict, Invalid
from marketplace.core.tabular import Row
from marketplace.notifications.models import Notification
from marketplace.orders.services.placing import check_order
from marketplace.organisations import queries, services
from marketplace.organisations.jobs import expire_lapsed_licences, remind_before_verification
from marketplace.organisations.models import Licence, Organisation
from marketplace.search.models import SearchChange
from tests.factories import actor_for, admin_of, make_client, make_firm, make_member, make_staff, make_uscc
from tests.factories.catalog import make_listing
from tests.factories.licences import come_due, make_evidence, make_licence, reviewer_actor
from tests.factories.orders import terms
from tests.organisations.test_licensing import is_shown


def the(organisation: Organisation) -> Organisation:
    db.session.rollback()
    return queries.get_organisation(organisation.id, CLI)


def told(event: str) -> list[int]:
    query = select(Notification.user_id).where(Notification.event == event).order_by(Notification.id)
    return list(db.session.scalars(query))


def licence_of(organisation: Organisation, kind: str) -> Licence:
    query = select(Licence).where(Licence.organisation_id == organisation.id, Licence.kind == kind)
    return db.session.scalars(query.order_by(Licence.id.desc()).limit(1)).one()


def test_the_last_of_august_is_due_on_the_last_of_february(app: Any, clock: Any) -> None:
    clock.set("2026-08-31")
    assert make_firm().next_due_on == date(2027, 2, 28)
    assert make_client().next_due_on == date(2027, 8, 31)


def test_the_day_is_cut_in_shanghai(app: Any, clock: Any) -> None:
    clock.set("2026-08-31T23:59:59+08:00")
    assert make_firm().next_due_on == date(2027, 2, 28)
    clock.set("2026-09-01T00:00:00+08:00")
    assert make_firm().next_due_on == date(2027, 3, 1)


def test_the_clock_follows_approval_renewal_revocation_and_lapse(app: Any, clock: Any) -> None:
    firm = make_firm(licences=("business", "HR_PERMIT"))
    assert the(firm).next_due_on == date(2027, 5, 23)
    make_licence(organisation=firm, kind="ICP", valid_to=date(2027, 1, 31))
    assert the(firm).next_due_on == date(2027, 1, 31)
    renewed = make_licence(organisation=firm, kind="ICP", valid_to=date(2027, 3, 31))
    assert the(firm).next_due_on == date(2027, 3, 31)
    with transaction():
        services.revoke_licence(actor=CLI, licence=renewed, reason="注销")
    assert the(firm).next_due_on == date(2027, 5, 23)
    make_licence(organisation=firm, kind="DISPATCH", valid_to=date(2027, 2, 10))
    clock.set("2027-02-11")
    assert expire_lapsed_licences() == 1
    assert the(firm).next_due_on == date(2027, 5, 23)


def test_the_loss_of_what_the_law_asks_for_at_entry_makes_it_due(app: Any, clock: Any) -> None:
    """A lapse counts from its day, a revocation from today; a new licence in force sets the clock right again."""
    firm = make_firm(licences=("business",), state="draft")
    with transaction():
        services.add_licence(actor=CLI, organisation=firm, kind="DISPATCH", number="1", valid_to=date(2026, 12, 10))
        services.submit_verification(actor=CLI, organisation=firm)
        services.approve_organisation(actor=CLI, organisation=firm)
    clock.set("2026-12-14")
    expire_lapsed_licences()
    assert the(firm).next_due_on == date(2026, 12, 10)
    make_licence(organisation=firm, kind="HR_FILING", is_long_term=True)
    assert the(firm).next_due_on == date(2027, 5, 23)
    with transaction():
        services.revoke_licence(actor=CLI, licence=licence_of(firm, "HR_FILING"), reason="注销")
    assert the(firm).next_due_on == date(2026, 12, 10)


def test_one_that_came_by_a_file_is_not_on_the_clock_until_it_is_verified(app: Any, clock: Any) -> None:
    """Decision 26: its listings show for their own days of grace."""
    with transaction():
        services.import_firms(
            actor=CLI,
            rows=[Row(2, {"uscc": make_uscc(), "name": "导入机构", "city_code": "310000", "hr_permit_no": "1"})],
        )
    firm = db.session.scalars(select(Organisation)).one()
    make_licence(organisation=firm, kind="HR_PERMIT", valid_to=date(2027, 1, 31))
    assert the(firm).next_due_on is None and queries.firm_is_active(the(firm))
    clock.advance(days=1000)
    assert remind_before_verification() == 0 and queries.firm_is_active(the(firm))


def test_listings_stay_for_fifteen_days_and_are_gone_at_the_sixteenths_midnight(app: Any, clock: Any) -> None:
    firm = make_firm()
    listing = make_listing(firm=firm).id
    assert the(firm).next_due_on == date(2027, 5, 23)
    for moment, shown in (
        ("2027-05-23T12:00:00+08:00", True), ("2027-06-07T23:59:59+08:00", True), ("2027-06-08T00:00:00+08:00", False),
    ):  # fmt: skip
        clock.set(moment)
        assert is_shown(listing) is shown, moment
    assert queries.get_public_firm(firm.id).id == firm.id  # the shop stays, with its mark
    before = db.session.query(SearchChange).count()
    touch_lapsed()
    assert db.session.query(SearchChange).count() > before
    with transaction():
        services.reverify_organisation(actor=reviewer_actor(), organisation=the(firm), method="manual")
    assert is_shown(listing)
    assert the(firm).next_due_on == date(2027, 12, 8)


def test_the_days_of_grace_are_the_parks_to_set(app: Any, clock: Any) -> None:
    firm = come_due(make_firm(), 3)
    assert queries.firm_is_active(the(firm))
    with transaction():
        settings.change_setting(
            actor=CLI, key="organisations.overdue_grace_days", value=2, effective_on=date(2026, 11, 23), reason="试行"
        )
    assert not queries.firm_is_active(the(firm))


def test_a_client_beyond_its_grace_places_no_orders_until_it_is_verified_again(app: Any, clock: Any) -> None:
    client, listing = make_client(), make_listing(price_min_fen=50_00, price_max_fen=50_00)
    come_due(client, 15)
    assert check_order(actor=actor_for(client), listing=listing, **terms()).total_fen == 500_00
    come_due(client, 16)
    with pytest.raises(Conflict, match="client_overdue"):
        check_order(actor=actor_for(client), listing=listing, **terms())
    with transaction():
        services.reverify_organisation(actor=reviewer_actor(), organisation=the(client), method="manual")
    assert check_order(actor=actor_for(client), listing=listing, **terms()).total_fen == 500_00


def test_verifying_again_leaves_a_record_with_evidence_an_audit_row_and_a_message(app: Any, clock: Any) -> None:
    firm, evidence, reviewer = come_due(make_firm(), 20), make_evidence(), reviewer_actor()
    with transaction():
        services.reverify_organisation(
            actor=reviewer, organisation=the(firm), method="registry", evidence=evidence, note="公示系统状态存续"
        )
    check = queries.list_checks(firm.id)[0]
    assert (check.result, check.method, check.reason, check.evidence_sha256, check.user_id) == (
        "reverified", "registry", "公示系统状态存续", evidence.sha256, reviewer.user_id,
    )  # fmt: skip
    events = db.session.scalars(select(AuditEvent.event).where(AuditEvent.organisation_id == firm.id)).all()
    assert "organisation.reverified" in events
    assert told("verification.done") == [admin_of(firm).id]
    assert the(firm).state == "approved"


def test_it_is_refused_without_screenshot_without_licences_and_to_others(app: Any, clock: Any) -> None:
    firm = come_due(make_firm(licences=("business", "HR_PERMIT")), 1)
    with pytest.raises(Invalid) as refused, transaction():
        services.reverify_organisation(actor=reviewer_actor(), organisation=the(firm), method="registry")
    assert refused.value.field == "evidence"
    for actor in (actor_for(firm), actor_of(make_staff("service")), actor_of(make_staff("bureau"))):
        with pytest.raises(AccessDenied), transaction():
            services.reverify_organisation(actor=actor, organisation=the(firm), method="manual")
    with transaction():
        services.revoke_licence(actor=CLI, licence=licence_of(firm, "HR_PERMIT"), reason="注销")
    with pytest.raises(Invalid, match="licences"), transaction():
        services.reverify_organisation(actor=reviewer_actor(), organisation=the(firm), method="manual")
    with pytest.raises(Conflict), transaction():
        services.reverify_organisation(
            actor=reviewer_actor(), organisation=make_firm(state="submitted"), method="manual"
        )


def test_an_administrator_declares_that_nothing_has_changed_once(app: Any, clock: Any) -> None:
    operator, firm = make_staff(), make_firm()
    with pytest.raises(Conflict, match="early"), transaction():
        services.confirm_facts(actor=actor_for(firm), organisation=the(firm))
    come_due(firm, -30)
    for _ in range(2):
        with transaction():
            services.confirm_facts(actor=actor_for(firm), organisation=the(firm))
        clock.advance(hours=1)
    assert the(firm).facts_confirmed_at == clock.now - timedelta(hours=2)
    assert told("verification.confirmed") == [operator.id]
    assert [o.id for o in queries.list_overdue(stage="confirmed").items] == [firm.id]
    assert [o.id for o in queries.list_overdue().items] == [firm.id]
    with pytest.raises(AccessDenied), transaction():
        services.confirm_facts(actor=actor_of(make_member(firm, "business")), organisation=the(firm))
    with transaction():
        services.reverify_organisation(actor=reviewer_actor(), organisation=the(firm), method="manual")
    assert the(firm).facts_confirmed_at is None and queries.list_overdue().total == 0


def test_the_list_shows_the_longest_overdue_first_and_what_the_filters_ask(app: Any, clock: Any) -> None:
    over, grace, client = come_due(make_firm(), 20), come_due(make_firm(), 6), come_due(make_client(), 16)
    make_firm()
    assert [o.id for o in queries.list_overdue().items] == [over.id, client.id, grace.id]
    assert [o.id for o in queries.list_overdue(stage="grace").items] == [grace.id]
    assert [o.id for o in queries.list_overdue(stage="over", kind="client").items] == [client.id]
    assert [o.id for o in queries.list_overdue(q=grace.uscc).items] == [grace.id]
    standing = queries.standing_of(the(grace))
    assert (standing.overdue_days, standing.grace_left, standing.is_over) == (6, 10, False)


def test_each_step_of_the_clock_is_told_once_and_the_park_gets_one_message(app: Any, clock: Any) -> None:
    operator, reviewer = make_staff(), make_staff("reviewer")
    firm = make_firm()
    make_firm()
    sent = []
    for day in (
        "2027-04-22",
        "2027-04-23",
        "2027-05-10",
        "2027-05-16",
        "2027-05-23",
        "2027-05-24",
        "2027-06-07",
        "2027-06-08",
        "2027-06-09",
    ):
        clock.set(day)
        sent.append((remind_before_verification(), remind_before_verification()))
    assert sent == [(0, 0), (2, 0), (0, 0), (2, 0), (2, 0), (0, 0), (0, 0), (2, 0), (0, 0)]
    for event, times in (("verification.soon", 2), ("verification.due", 1), ("verification.over", 1)):
        assert told(event).count(admin_of(firm).id) == times
    for person in (operator, reviewer):
        assert told("verification.due_list").count(person.id) == 2
    with transaction():
        services.reverify_organisation(actor=reviewer_actor(), organisation=the(firm), method="manual")
    clock.set(the(firm).next_due_on)
    assert remind_before_verification() == 1  # the new day has its own steps


def test_the_bulk_reminder_tells_each_at_most_once_a_day(app: Any, clock: Any) -> None:
    firm, client = come_due(make_firm(), 20), come_due(make_client(), 1)
    reviewer = reviewer_actor()
    with transaction():
        assert services.remind_overdue(actor=reviewer, kind="firm") == 1
    with transaction():
        assert services.remind_overdue(actor=reviewer) == 1
        assert services.remind_overdue(actor=reviewer) == 0
    assert told("verification.over") == [admin_of(firm).id]
    assert told("verification.due") == [admin_of(client).id]
    clock.advance(days=1)
    with transaction():
        assert services.remind_overdue(actor=reviewer) == 2
    with pytest.raises(AccessDenied), transaction():
        services.remind_overdue(actor=actor_of(make_staff("bureau")))
