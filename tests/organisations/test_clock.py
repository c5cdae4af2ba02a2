"""The verification clock and the licences' reminders, over random dates (网络交易监督管理办法 24, dossier 2.5)."""

import calendar
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.core import clock
from marketplace.organisations.models import Licence
from marketplace.organisations.rules import (
    DUE_STEPS,
    OVERDUE_STEP,
    REMIND_DAYS,
    Standing,
    due_after,
    next_due,
    reminder_step,
)
from tests.support.frozen import FrozenClock, stand_in

days = st.dates(date(2020, 1, 1), date(2060, 12, 31))
months = st.sampled_from((1, 6, 12, 24))
ends = st.lists(days, max_size=4)


@given(days, months, ends)
def test_an_organisation_is_due_no_later_than_its_licences_end(
    verified: date, period: int, valid_to: list[date]
) -> None:
    due = due_after(verified, period, valid_to, is_complete=True, lapsed_on=None, known=None)
    assert all(due <= end for end in valid_to)
    assert due <= clock.add_months(verified, period)
    assert due in (clock.add_months(verified, period), *valid_to)


@given(days, months)
def test_calendar_months_keep_the_day_or_take_the_last_of_a_shorter_month(verified: date, period: int) -> None:
    due = next_due(verified, period, None)
    index = verified.year * 12 + verified.month - 1 + period
    last = calendar.monthrange(index // 12, index % 12 + 1)[1]
    assert (due.year, due.month, due.day) == (index // 12, index % 12 + 1, min(verified.day, last))


def test_the_last_of_august_and_six_months_is_the_last_of_february() -> None:
    assert next_due(date(2026, 8, 31), 6, None) == date(2027, 2, 28)
    assert next_due(date(2027, 8, 31), 6, None) == date(2028, 2, 29)


@given(days, st.integers(0, 400), months, ends)
def test_a_later_verification_is_never_due_earlier(
    verified: date, later: int, period: int, valid_to: list[date]
) -> None:
    first = due_after(verified, period, valid_to, is_complete=True, lapsed_on=None, known=None)
    second = due_after(verified + timedelta(days=later), period, valid_to, is_complete=True, lapsed_on=None, known=None)
    assert first <= second


@given(days, months, ends, days, st.none() | days)
def test_without_a_licence_the_law_asks_for_it_is_never_due_later_than_known(
    verified: date, period: int, valid_to: list[date], lapsed: date, known: date | None
) -> None:
    due = due_after(verified, period, valid_to, is_complete=False, lapsed_on=lapsed, known=known)
    assert due <= lapsed and (known is None or due <= known)
    assert due <= due_after(verified, period, valid_to, is_complete=True, lapsed_on=lapsed, known=known)


@given(days, st.integers(-400, 400), st.integers(0, 90))
def test_the_standing_counts_days_of_grace_and_what_is_left_of_them(due: date, passed: int, grace: int) -> None:
    standing = Standing(due, due + timedelta(days=passed), grace)
    assert standing.is_due == (passed >= 0)
    assert standing.is_over == (passed > grace)
    assert standing.over_on == due + timedelta(days=grace + 1)
    if standing.is_due:
        assert standing.grace_left == max(0, grace + 1 - passed)
        assert (standing.grace_left == 0) == standing.is_over
    assert standing.is_over == (standing.today >= standing.over_on)


def test_one_never_verified_is_not_on_the_clock() -> None:
    standing = Standing(None, date(2026, 11, 23), 15)
    assert not standing.is_due and not standing.is_over and standing.step is None and standing.grace_left == 0


@given(days, st.integers(-800, 800))
@settings(max_examples=300)
def test_a_licence_and_a_standing_flip_exactly_at_midnight_in_shanghai(day: date, seconds: int) -> None:
    """At whatever second round the end of the day in Asia/Shanghai somebody looks, UTC's own midnight changes nothing."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=clock.SHANGHAI) + timedelta(days=1)
    moment = (midnight + timedelta(seconds=seconds)).astimezone(UTC)
    today = _today_at(moment)
    assert today == (day if seconds < 0 else day + timedelta(days=1))
    licence = Licence(organisation_id=1, kind="DISPATCH", number="1", valid_to=day)
    licence.__dict__["state"] = "valid"
    assert licence.counts_on(today) is (seconds < 0)
    assert Standing(day - timedelta(days=15), today, 15).is_over is (seconds >= 0)
    assert Standing(day + timedelta(days=1), today, 15).is_due is (seconds >= 0)


def _today_at(moment: datetime) -> date:
    frozen, real = FrozenClock(moment), clock.datetime
    try:
        clock.datetime = stand_in(frozen)  # type: ignore[misc,assignment]
        return clock.today()
    finally:
        clock.datetime = real  # type: ignore[misc]


@given(st.integers(-10, 200))
def test_a_licence_stands_at_the_smallest_step_that_holds_its_days(left: int) -> None:
    step = reminder_step(left)
    if left < 0 or left > 90:
        assert step is None
    else:
        assert step is not None and left <= step
        assert all(left > smaller for smaller in REMIND_DAYS if smaller < step)


@given(st.lists(st.integers(0, 120), min_size=1, max_size=40))
def test_whatever_days_the_reminder_runs_each_step_fires_once_and_only_downwards(runs: list[int]) -> None:
    """As the job does it: a step is taken if none or a larger one was taken before. Runs come in the order of time."""
    taken: int | None = None
    fired = []
    for left in sorted(runs, reverse=True):
        step = reminder_step(left)
        if step is not None and (taken is None or step < taken):
            taken = step
            fired.append(step)
    assert fired == sorted(set(fired), reverse=True)
    reached = {step for left in runs if (step := reminder_step(left)) is not None}
    assert set(fired) == reached


@given(st.lists(st.integers(-60, 60), min_size=1, max_size=40))
def test_whatever_days_the_clock_is_looked_at_an_organisation_is_told_once_per_step(runs: list[int]) -> None:
    due = date(2027, 5, 23)
    steps = [Standing(due, due - timedelta(days=left), 15).step for left in sorted(runs, reverse=True)]
    told = [step for step in steps if step is not None]
    assert told == sorted(told, reverse=True)
    assert set(told) <= {*DUE_STEPS, OVERDUE_STEP}


@pytest.mark.engine("sqlite")
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_reminders_of_real_licences_fire_once_per_step_for_random_days(rig: Any, engine: str, data: Any) -> None:
    """The job itself, on a database, on random days, some of them twice."""
    from sqlalchemy import select

    from marketplace.notifications.models import Notification
    from marketplace.organisations.jobs import remind_before_expiry
    from tests.factories import make_firm
    from tests.factories.licences import make_licence
    from tests.support.apps import rolled_back

    offsets = sorted(data.draw(st.lists(st.integers(0, 130), min_size=1, max_size=12)))
    frozen, real = FrozenClock(), clock.datetime
    app = rig.app(engine)
    try:
        clock.datetime = stand_in(frozen)  # type: ignore[misc,assignment]
        with rolled_back(app):
            from marketplace.core.db import db

            start = clock.today()
            end = start + timedelta(days=120)
            firm = make_firm(licences=("business", "HR_FILING"))
            make_licence(organisation=firm, valid_to=end)
            for offset in offsets:
                frozen.set(start + timedelta(days=offset))
                remind_before_expiry()
                remind_before_expiry()
            expected = {step for offset in offsets if (step := reminder_step((end - start).days - offset)) is not None}
            db.session.rollback()
            sent = db.session.scalars(select(Notification).where(Notification.event == "licence.expiring")).all()
            assert len(sent) == len(expected)
    finally:
        clock.datetime = real  # type: ignore[misc]


STEPS = ("approve", "revoke", "lapse", "reverify", "wait")


@pytest.mark.engine("sqlite")
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_whatever_happens_to_its_licences_an_organisation_is_due_in_time(rig: Any, engine: str, data: Any) -> None:
    """After any sequence of approvals, renewals, revocations, lapses and verifications: never later than six months, never later than the
    end of a licence in force, and what the public sees follows from the day alone."""
    from marketplace.core.actor import CLI
    from marketplace.core.db import db, transaction
    from marketplace.organisations import queries, services
    from marketplace.organisations.jobs import expire_lapsed_licences
    from marketplace.organisations.rules import missing_licences
    from marketplace.organisations.states import LicenceState
    from tests.factories import make_firm
    from tests.factories.licences import make_licence
    from tests.support.apps import rolled_back

    frozen, real = FrozenClock(), clock.datetime
    app = rig.app(engine)
    try:
        clock.datetime = stand_in(frozen)  # type: ignore[misc,assignment]
        with rolled_back(app):
            firm = make_firm(licences=("business", "HR_FILING"))
            for step in data.draw(st.lists(st.sampled_from(STEPS), min_size=1, max_size=8)):
                firm = db.session.get_one(type(firm), firm.id)
                kind = data.draw(st.sampled_from(("DISPATCH", "HR_PERMIT", "HR_FILING", "ICP")))
                if step == "approve":
                    end = clock.today() + timedelta(days=data.draw(st.integers(0, 400)))
                    make_licence(organisation=firm, kind=kind, valid_to=end)
                elif step == "wait":
                    frozen.advance(days=data.draw(st.integers(1, 120)))
                elif step == "lapse":
                    expire_lapsed_licences()
                elif step == "revoke":
                    held = [x for x in queries.list_licences(firm.id, LicenceState.VALID) if x.kind == kind]
                    with transaction():
                        for licence in held:
                            services.revoke_licence(actor=CLI, licence=licence, reason="注销")
                elif not missing_licences("firm", queries.valid_licence_kinds(firm.id)):
                    with transaction():
                        services.reverify_organisation(actor=CLI, organisation=firm, method="manual")
                db.session.rollback()
                firm = queries.get_organisation(firm.id, CLI)
                assert firm.next_due_on is not None and firm.last_verified_at is not None
                verified = clock.local(firm.last_verified_at).date()
                assert firm.next_due_on <= clock.add_months(verified, 6)
                for licence in firm.licences:
                    if licence.counts_on(clock.today()) and licence.valid_to is not None:
                        assert firm.next_due_on <= licence.valid_to
                over = clock.today() > firm.next_due_on + timedelta(days=15)
                assert queries.firm_is_active(firm) is not over
    finally:
        clock.datetime = real  # type: ignore[misc]
