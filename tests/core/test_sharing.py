"""A public page is made once per version of the data, for strangers only."""

from typing import Any

import pytest
from flask import Flask, session
from sqlalchemy import insert

from marketplace.core import audit, clock
from marketplace.core.actor import CLI
from marketplace.core.audit import AuditEvent
from marketplace.core.db import db, transaction
from marketplace.core.sharing import data_version, shared_page


@pytest.fixture
def page(app: Flask) -> Any:
    """A page that counts how often it was made; sharing is off under `testing`, so it is switched on here."""
    made: list[int] = []

    @shared_page()
    def view() -> str:
        made.append(1)
        return f"made {len(made)} times"

    def get(path: str = "/p", before: Any = None) -> str:
        with app.test_request_context(path):
            if before:
                before()
            answer = view()
            return answer if isinstance(answer, str) else answer.get_data(as_text=True)

    app.testing = False
    app.extensions.pop("shared_pages", None)
    yield get
    app.testing = True
    app.extensions.pop("shared_pages", None)


@pytest.mark.engine("sqlite")
def test_the_second_stranger_gets_the_page_made_for_the_first(page: Any) -> None:
    assert (page(), page()) == ("made 1 times", "made 1 times")


@pytest.mark.engine("sqlite")
def test_a_change_of_the_data_makes_the_page_anew(page: Any) -> None:
    page()
    with transaction():
        audit.record("thing.made", "thing", 1, actor=CLI)
    assert page() == "made 2 times"


@pytest.mark.engine("sqlite")
def test_another_address_or_language_is_another_page(page: Any) -> None:
    page()
    assert page("/p?page=2") == "made 2 times"
    assert page("/p?lang=en") == "made 3 times"


@pytest.mark.engine("sqlite")
def test_somebody_with_a_session_never_gets_nor_leaves_a_shared_page(page: Any) -> None:
    page()
    assert page(before=lambda: session.update(x=1)) == "made 2 times"
    assert page() == "made 1 times"


@pytest.mark.engine("postgresql")
def test_on_postgresql_nothing_is_kept_while_a_write_is_under_way(live_app: Flask) -> None:
    """Its audit row may carry a lower number than one that is visible already, and appear later."""
    with db.engine.connect() as writer:
        writer.execute(insert(AuditEvent).values(actor="cli", event="x.y", noun="x", codes={}, created_at=clock.now()))
        assert data_version()[1] is False
