"""Two reviewers at the same moment, with real threads and real commits, on both databases."""

import threading
from collections.abc import Callable
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from marketplace.accounts.queries import actor_of
from marketplace.core.actor import CLI, SCHEDULER
from marketplace.core.db import db
from marketplace.core.errors import Conflict
from marketplace.organisations import queries, services
from marketplace.organisations.models import ChangeRequest, OrganisationSnapshot, ReviewClaim, VerificationCheck
from tests.factories import actor_for, make_firm, make_staff
from tests.factories.desk import make_change, make_closing, make_evidence
from tests.support.racing import write_at_once


def meet(barrier: threading.Barrier) -> None:
    """All have read the same state; SQLite lets one writer in at a time."""
    if db.engine.dialect.name == "postgresql":
        barrier.wait(timeout=30)


def count(model: Any, *where: Any) -> int:
    return db.session.scalar(select(func.count()).select_from(model).where(*where)) or 0


def test_of_reviewers_who_claim_one_case_at_once_one_holds_it(live_app: Flask) -> None:
    firm_id = make_firm(state="submitted").id
    actors = [actor_of(make_staff("reviewer")) for _ in range(4)]
    read = threading.Barrier(4)

    def claiming(number: int) -> Callable[[], Any]:
        def work() -> None:
            meet(read)
            services.claim_case(actor=actors[number], noun="organisation", ref_id=firm_id)

        return work

    results = write_at_once(live_app, [claiming(n) for n in range(4)])
    assert sum(isinstance(one, Conflict) for one in results) == 3, results
    winner = results.index(None)
    assert db.session.scalars(select(ReviewClaim.user_id)).all() == [actors[winner].user_id]


def test_reviewers_who_ask_for_the_next_case_at_once_get_different_ones(live_app: Flask) -> None:
    for _ in range(4):
        make_firm(state="submitted")
    actors = [actor_of(make_staff("reviewer")) for _ in range(4)]
    read = threading.Barrier(4)

    def taking(number: int) -> Callable[[], Any]:
        def work() -> int | None:
            waiting = queries.list_next_cases(actors[number])
            meet(read)
            return services.claim_first(actor=actors[number], noun="organisation", ref_ids=waiting)

        return work

    results = write_at_once(live_app, [taking(n) for n in range(4)])
    assert len(set(results)) == 4 and all(isinstance(one, int) for one in results), results


def test_of_reviewers_who_decide_one_change_at_once_one_wins(live_app: Flask) -> None:
    change_id = make_change(name="新名人力有限公司").id
    actors = [actor_of(make_staff("reviewer")) for _ in range(4)]
    read = threading.Barrier(4)

    def deciding(number: int) -> Callable[[], Any]:
        def work() -> str:
            change = queries.get_change(change_id, actor=actors[number])
            meet(read)
            if number % 2:
                return services.return_change(actor=actors[number], change=change, reason="补充").state
            return services.approve_change(actor=actors[number], change=change).state

        return work

    results = write_at_once(live_app, [deciding(n) for n in range(4)])
    assert sum(isinstance(one, Conflict) for one in results) == 3, results
    state = next(one for one in results if isinstance(one, str))
    change = queries.get_change(change_id, actor=CLI)
    assert change.state == state
    assert (change.organisation.name == "新名人力有限公司") is (state == "approved")
    assert count(VerificationCheck, VerificationCheck.result.in_(("changed", "change_returned"))) == 1
    assert count(OrganisationSnapshot, OrganisationSnapshot.occasion == "changed") == (state == "approved")


def test_of_requests_filed_at_once_one_stands(live_app: Flask) -> None:
    firm = make_firm()
    firm_id, admin, files = firm.id, actor_for(firm), [make_evidence() for _ in range(3)]
    read = threading.Barrier(3)

    def filing(number: int) -> Callable[[], Any]:
        def work() -> int:
            organisation = queries.get_organisation(firm_id, admin)
            meet(read)
            change = services.request_change(
                actor=admin,
                organisation=organisation,
                values={"address": f"{number} 号"},
                reason="搬迁",
                file=files[number],
            )
            return change.id

        return work

    results = write_at_once(live_app, [filing(n) for n in range(3)])
    assert sum(isinstance(one, Conflict) for one in results) == 2, results
    assert count(ChangeRequest) == 1


def test_of_leaving_and_staying_at_the_same_moment_one_wins(live_app: Flask, clock: Any) -> None:
    firm = make_firm()
    firm_id, admin = firm.id, actor_for(firm)
    notice_id = make_closing(firm).id
    clock.advance(days=31)
    read = threading.Barrier(2)

    def leaving() -> bool:
        notice = queries.get_closing(notice_id)
        meet(read)
        return services.close_organisation(actor=SCHEDULER, notice=notice)

    def staying() -> bool:
        notice = queries.get_closing(notice_id)
        meet(read)
        services.withdraw_closing(actor=admin, notice=notice)
        return False

    results = write_at_once(live_app, [leaving, staying])
    assert sum(isinstance(one, Conflict) for one in results) == 1, results
    organisation = queries.get_organisation(firm_id, CLI)
    assert (organisation.state == "closed") is (True in results)
    assert (organisation.closes_on is None) is (False in results)
