"""The desk's queues: what counts as late, who sees which, one statement for all of them."""

from datetime import UTC, datetime
from typing import Any

import pytest

from marketplace.accounts.queries import actor_of
from marketplace.core.actor import CLI, STAFF_ROLES, Actor
from marketplace.core.db import db, transaction
from marketplace.core.filters import mask_login, waited
from marketplace.core.worklist import count_queues, queues_for, workdays_before
from marketplace.organisations import services
from tests.factories import make_client, make_firm, make_staff
from tests.factories.desk import make_change
from tests.factories.orders import make_milestone
from tests.factories.reports import make_report


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "days", "then"),
    [
        ("2026-11-25T02:00", 0, "2026-11-25T02:00"), ("2026-11-25T02:00", 2, "2026-11-23T02:00"), ("2026-11-25T02:00", 3, "2026-11-20T02:00"),
        ("2026-11-23T02:00", 1, "2026-11-20T02:00"), ("2026-11-22T02:00", 1, "2026-11-20T02:00"), ("2026-11-25T02:00", 10, "2026-11-11T02:00"),
        ("2026-11-20T17:00", 1, "2026-11-19T17:00"),
    ],
)  # fmt: skip
def test_weekends_do_not_count_as_working_days(now: str, days: int, then: str) -> None:
    """The last one is already Saturday in Shanghai."""
    assert workdays_before(moment(now), days) == moment(then)


def seen(role: str) -> set[str]:
    return {queue.key for queue in queues_for(Actor(user_id=1, staff=frozenset({role})))}


def test_each_role_sees_the_queues_it_works_on_or_reads() -> None:
    review = {
        "firms",
        "clients",
        "licences",
        "changes",
        "overdue",
        "overrides",
        "listings",
        "listing_changes",
        "standards",
    }
    assert {role: seen(role) for role in STAFF_ROLES} == {
        "service": review | {"disputes"}, "reviewer": review | {"reports"}, "operator": review | {"reports", "disputes"},
        "finance": {"reports", "disputes"}, "bureau": review | {"reports"}, "auditor": review | {"reports", "disputes"}, "admin": set(),
        "security": set(),
    }  # fmt: skip
    assert queues_for(Actor(user_id=1)) == []


def test_one_statement_counts_every_queue_with_its_oldest_and_late_cases(app: Any, clock: Any, queries: Any) -> None:
    clock.set("2026-11-16")
    old = make_firm(state="submitted")
    make_client(state="submitted")
    clock.set("2026-11-23")
    make_firm(state="submitted")
    make_change()
    firm = make_firm()
    with transaction():
        for number in range(2):
            services.add_licence(actor=CLI, organisation=firm, kind="OTHER", number=f"O-{number}", is_long_term=True)
    make_report(firm, verified=False)
    make_milestone("disputed")
    db.session.rollback()
    with queries(at_most=2) as statements:  # one of them reads the settings
        figures = count_queues()
    assert len(statements) >= 1
    assert {key: one.count for key, one in figures.items()} == {
        "firms": 2, "clients": 1, "licences": 1, "changes": 1, "overdue": 0, "overrides": 0, "listings": 0, "listing_changes": 0, "standards": 0,
        "reports": 1, "disputes": 1,
    }  # fmt: skip
    assert (figures["firms"].oldest, figures["firms"].late) == (old.submitted_at, 1)
    assert (figures["clients"].late, figures["changes"].late) == (1, 0)


def test_whoever_is_overdue_waits_since_the_beginning_of_that_day_in_shanghai(app: Any, clock: Any) -> None:
    firm = make_firm()
    assert str(firm.next_due_on) == "2027-05-23"
    clock.set("2027-05-23")
    assert count_queues()["overdue"].count == 0
    clock.set("2027-05-26")
    figures = count_queues()["overdue"]
    assert (figures.count, figures.late) == (1, 1)
    assert figures.oldest == datetime(2027, 5, 22, 16, tzinfo=UTC)


def test_the_menu_shows_what_waits(app: Any, clock: Any, sign_in: Any) -> None:
    make_firm(state="submitted")
    make_client(state="submitted")
    page = sign_in(make_staff("reviewer")).get("/operator/").text
    assert '入驻与资质审核</span><span class="count">2</span>' in page
    assert 'class="count"' not in sign_in(make_staff("bureau")).get("/operator/").text
    assert actor_of(make_staff("bureau")).is_staff("bureau")


@pytest.mark.parametrize(
    ("passed", "words"), [({"seconds": 30}, "不到 1 分钟"), ({"minutes": 59}, "59 分钟"), ({"hours": 23}, "23 小时"), ({"days": 2, "hours": 5}, "2 天")]
)  # fmt: skip
def test_waiting_is_told_in_the_largest_unit(clock: Any, passed: dict[str, int], words: str) -> None:
    since = clock.now
    clock.advance(**passed)
    assert waited(since) == words
    assert waited(None) == "—"


def test_a_login_is_masked() -> None:
    assert [mask_login(one) for one in ("wang@qinghe.example", "19900001234", "", None)] == [
        "w***@qinghe.example",
        "199****1234",
        "—",
        "—",
    ]
