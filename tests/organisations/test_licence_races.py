"""Two people, or a person and the calendar, decide on one licence at the same moment: real threads, real commits, both databases."""

import threading
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import func, select, update

from marketplace.core import clock
from marketplace.core.actor import CLI, SCHEDULER
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict
from marketplace.notifications.models import Notification
from marketplace.organisations import queries, services
from marketplace.organisations.models import Licence, Organisation, UsccOverride, VerificationCheck
from tests.factories import make_firm
from tests.factories.licences import come_due, make_licence, make_override, reviewer_actor
from tests.support.racing import write_at_once


def together(parties: int) -> Callable[[], None]:
    """Wait until all have read the same state; SQLite lets one writer in at a time and needs no waiting."""
    barrier = threading.Barrier(parties)

    def wait() -> None:
        if db.engine.dialect.name == "postgresql":
            barrier.wait(timeout=30)

    return wait


def conflicts(results: list[Any]) -> int:
    wrong = [one for one in results if isinstance(one, Exception) and not isinstance(one, Conflict)]
    assert wrong == [], wrong
    return sum(isinstance(one, Conflict) for one in results)


def test_of_two_reviewers_of_one_licence_one_decides(live_app: Flask) -> None:
    licence_id = make_licence(state="pending").id
    actors, wait = [reviewer_actor() for _ in range(4)], together(4)

    def deciding(number: int) -> Callable[[], Any]:
        def work() -> str:
            licence = queries.get_licence(licence_id, actor=actors[number])
            wait()
            if number % 2:
                return services.return_licence(actor=actors[number], licence=licence, reason="补充").state
            return services.approve_licence(actor=actors[number], licence=licence).state

        return work

    results = write_at_once(live_app, [deciding(n) for n in range(4)])
    assert conflicts(results) == 3, results
    state = next(one for one in results if isinstance(one, str))
    assert db.session.scalar(select(Licence.state).where(Licence.id == licence_id)) == state
    decisions = select(func.count()).select_from(VerificationCheck).where(VerificationCheck.licence_id == licence_id)
    assert db.session.scalar(decisions) == 1


def test_two_renewals_of_one_licence_approved_at_once_leave_one_in_force(live_app: Flask) -> None:
    firm = make_firm(licences=("business", "HR_FILING"))
    make_licence(organisation=firm, valid_to=date(2099, 1, 1))
    firm_id = firm.id
    ids = [make_licence(organisation=db.session.get_one(Organisation, firm_id), state="pending").id for _ in range(2)]
    actors, wait = [reviewer_actor() for _ in ids], together(2)

    def approving(number: int) -> Callable[[], Any]:
        def work() -> str:
            licence = queries.get_licence(ids[number], actor=actors[number])
            wait()
            return services.approve_licence(actor=actors[number], licence=licence).state

        return work

    results = write_at_once(live_app, [approving(n) for n in range(2)])
    valid = select(func.count()).select_from(Licence).where(
        Licence.organisation_id == firm_id, Licence.kind == "DISPATCH", Licence.state == "valid"
    )  # fmt: skip
    assert db.session.scalar(valid) == 1
    assert (
        conflicts(results) <= 1
    )  # one after the other, the later one replaces the earlier; at the same moment one loses


def test_a_renewal_approved_while_the_calendar_lets_the_old_one_lapse_leaves_the_firm_in_force(live_app: Flask) -> None:
    firm = make_firm(licences=("business", "HR_FILING"))
    old_id = make_licence(organisation=firm, valid_to=clock.today() + timedelta(days=1)).id
    new_id = make_licence(organisation=firm, state="pending").id
    firm_id, reviewer, wait = firm.id, reviewer_actor(), together(2)
    with transaction():
        db.session.execute(
            update(Licence).where(Licence.id == old_id).values(valid_to=clock.today() - timedelta(days=1))
        )

    def approving() -> str:
        licence = queries.get_licence(new_id, actor=reviewer)
        queries.list_licences(firm_id)
        wait()
        return services.approve_licence(actor=reviewer, licence=licence).state

    def lapsing() -> str:
        wait()
        return f"lapsed {services.expire_licences(actor=SCHEDULER)}"

    results = write_at_once(live_app, [approving, lapsing])
    if conflicts(results):  # whoever loses looks again
        assert isinstance(results[0], Conflict)
        with transaction():
            services.approve_licence(actor=reviewer, licence=queries.get_licence(new_id, actor=reviewer))
    states = dict(db.session.execute(select(Licence.id, Licence.state).where(Licence.id.in_((old_id, new_id)))).all())
    assert states[new_id] == "valid" and states[old_id] in ("expired", "revoked")
    assert "DISPATCH" in queries.valid_licence_kinds(firm_id)
    due = queries.get_organisation(firm_id, CLI).next_due_on
    assert due is not None and due > clock.today()


def test_two_licences_of_one_firm_approved_at_once_are_both_seen_by_its_clock(live_app: Flask) -> None:
    firm = make_firm(licences=("business", "HR_FILING"))
    firm_id, today = firm.id, clock.today()
    ends = [today + timedelta(days=40), today + timedelta(days=60)]
    kinds = ("DISPATCH", "ICP")
    ids = [
        make_licence(
            organisation=db.session.get_one(Organisation, firm_id), kind=kind, state="pending", valid_to=end
        ).id
        for kind, end in zip(kinds, ends, strict=True)
    ]
    actors, wait = [reviewer_actor() for _ in ids], together(2)

    def approving(number: int) -> Callable[[], Any]:
        def work() -> str:
            licence = queries.get_licence(ids[number], actor=actors[number])
            wait()
            return services.approve_licence(actor=actors[number], licence=licence).state

        return work

    assert conflicts(write_at_once(live_app, [approving(n) for n in range(2)])) == 0
    assert queries.get_organisation(firm_id, CLI).next_due_on == min(ends)


def test_two_workers_remind_at_once_and_each_person_is_told_once(live_app: Flask) -> None:
    firm = make_firm(licences=("business", "HR_FILING"))
    make_licence(organisation=firm, valid_to=clock.today() + timedelta(days=20))
    come_due(make_firm(), 20)
    wait = together(3)

    def reminding() -> int:
        queries.list_ending_licences(clock.today(), 90)
        queries.list_to_remind(clock.today())
        wait()
        return services.remind_of_expiry(actor=SCHEDULER) + services.remind_of_verification(actor=SCHEDULER)

    results = write_at_once(live_app, [reminding] * 3)
    assert conflicts(results) == 0 and sum(results) == 3, results
    count = select(Notification.event, func.count()).group_by(Notification.event)
    sent = {
        event: number
        for event, number in db.session.execute(count)
        if event.startswith(("licence.exp", "verification"))
    }
    assert sent == {"licence.expiring": 1, "verification.soon": 1, "verification.over": 1}


def test_of_two_reviewers_who_verify_again_one_records_it(live_app: Flask) -> None:
    firm_id = come_due(make_firm(), 3).id
    actors, wait = [reviewer_actor() for _ in range(2)], together(2)

    def verifying(number: int) -> Callable[[], Any]:
        def work() -> str:
            organisation = queries.get_organisation(firm_id, actors[number])
            version = organisation.version
            wait()
            services.reverify_organisation(actor=actors[number], organisation=organisation, method="manual")
            return f"after version {version}"

        return work

    results = write_at_once(live_app, [verifying(n) for n in range(2)])
    records = select(func.count()).select_from(VerificationCheck).where(VerificationCheck.result == "reverified")
    assert db.session.scalar(records) == 2 - conflicts(results)
    if db.engine.dialect.name == "postgresql":
        assert conflicts(results) == 1


def test_of_two_people_who_decide_on_an_override_one_wins(live_app: Flask) -> None:
    override_id = make_override().id
    actors, wait = [reviewer_actor("operator") for _ in range(2)], together(2)

    def deciding(number: int) -> Callable[[], Any]:
        def work() -> str:
            override = queries.get_override(override_id)
            wait()
            if number:
                return services.reject_uscc_override(actor=actors[1], override=override, note="查无").state
            return services.approve_uscc_override(actor=actors[0], override=override).state

        return work

    results = write_at_once(live_app, [deciding(n) for n in range(2)])
    assert conflicts(results) == 1
    override = db.session.get_one(UsccOverride, override_id)
    winner = next(n for n, one in enumerate(results) if isinstance(one, str))
    assert (override.state, override.decided_by_id) == (results[winner], actors[winner].user_id)


def test_one_code_proposed_by_many_at_once_stands_once(live_app: Flask) -> None:
    from tests.factories.licences import faulty_uscc, make_evidence

    code, wait = faulty_uscc(), together(3)
    actors, evidence = [reviewer_actor() for _ in range(3)], make_evidence()

    def proposing(number: int) -> Callable[[], Any]:
        def work() -> int:
            queries.find_override(code)
            wait()
            return services.propose_uscc_override(
                actor=actors[number], uscc=code, name="试点公司", reason="公示系统可查", evidence=evidence
            ).id

        return work

    assert conflicts(write_at_once(live_app, [proposing(n) for n in range(3)])) == 2
    assert db.session.scalar(select(func.count()).select_from(UsccOverride)) == 1
