"""Two people at the same moment, with real threads and real commits, on both databases."""

import threading
from collections.abc import Callable
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from marketplace.accounts.queries import actor_of
from marketplace.accounts.services import prepare_password
from marketplace.core.actor import ANONYMOUS, CLI
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict
from marketplace.organisations import queries, services
from marketplace.organisations.models import Organisation, VerificationCheck
from tests.factories import make_firm, make_staff, make_uscc


def at_once(app: Flask, works: list[Callable[[], Any]]) -> list[Any]:
    """Run these at the same moment, each in a thread and transaction of its own; results, exceptions among them."""
    results: list[Any] = [None] * len(works)
    start = threading.Barrier(len(works))

    def run(place: int) -> None:
        with app.app_context():
            start.wait()
            try:
                with transaction():
                    results[place] = works[place]()
            except Exception as error:
                results[place] = error
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=(n,)) for n in range(len(works))]
    db.session.remove()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_of_operators_who_decide_at_once_one_wins_and_the_others_get_a_conflict(live_app: Flask) -> None:
    firm_id = make_firm(state="submitted").id
    actors = [actor_of(make_staff()) for _ in range(4)]
    read = threading.Barrier(4)

    def deciding(number: int) -> Callable[[], Any]:
        def work() -> str:
            organisation = queries.get_organisation(firm_id, actors[number])
            if db.engine.dialect.name == "postgresql":
                read.wait(timeout=30)  # all have read the same state; SQLite lets one writer in at a time
            if number % 2:
                return services.return_organisation(
                    actor=actors[number], organisation=organisation, reason="补充"
                ).state
            return services.approve_organisation(actor=actors[number], organisation=organisation).state

        return work

    results = at_once(live_app, [deciding(n) for n in range(4)])
    assert sum(isinstance(one, Conflict) for one in results) == 3, results
    state = next(one for one in results if isinstance(one, str))
    assert queries.get_organisation(firm_id, CLI).state == state
    decisions = db.session.scalar(
        select(func.count()).select_from(VerificationCheck).where(VerificationCheck.licence_id.is_(None))
    )
    assert decisions == 1


def test_one_code_signed_up_by_many_at_once_makes_one_organisation(live_app: Flask) -> None:
    uscc, hashed = make_uscc(), prepare_password("a good long password")

    def signing_up(number: int) -> Callable[[], Any]:
        def work() -> int:
            organisation, _token = services.sign_up_organisation(
                actor=ANONYMOUS, kind="firm", uscc=uscc, name="同时注册有限公司", city_code="310000", person_name="王经理",
                email=f"same{number}@test.example", mobile=None, password_hash=hashed,
            )  # fmt: skip
            return organisation.id

        return work

    results = at_once(live_app, [signing_up(n) for n in range(4)])
    assert sum(isinstance(one, Conflict) for one in results) == 3, results
    assert db.session.scalar(select(func.count()).select_from(Organisation)) == 1
