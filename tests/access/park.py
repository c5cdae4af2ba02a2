"""Asking the park: one request as one person, seen from outside, and undone."""

import contextvars
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import event, update
from sqlalchemy.engine import Engine
from wtforms.form import BaseForm

from marketplace.accounts.models import UserSession
from marketplace.core import clock, web
from marketplace.core.db import db, transaction
from marketplace.search import indexer
from tests.access.forms import filled
from tests.access.matrix import Row
from tests.access.people import PEOPLE
from tests.access.things import Params, World
from tests.access.world import build
from tests.support.apps import NOT_QUERIES, rolled_back

RAW_TOKEN = "a" * 40
SIGN_IN, CONFIRM = "/account/sign-in", "/account/confirm"


@dataclass(frozen=True)
class Answer:
    """What came back, and what it took: the SQL statements in between."""

    url: str
    status: int
    location: str
    headers: Any
    body: bytes
    statements: tuple[str, ...]

    @property
    def code(self) -> str:
        """As the matrix writes it."""
        if 300 <= self.status < 400:
            path = urlsplit(self.location).path
            return "in" if path == SIGN_IN else "again" if path == CONFIRM else "ok"
        return "ok" if self.status < 300 else str(self.status)

    @property
    def text(self) -> str:
        return self.body.decode("utf-8-sig", "replace")

    @property
    def kind(self) -> str:
        return str(self.headers.get("Content-Type", "")).split(";")[0]


@dataclass
class Park:
    """The application, its world, and whoever asks it."""

    app: Flask
    world: World
    cookies: dict[str, str] = field(default_factory=dict)
    seen: dict[tuple[Any, str], Answer] = field(default_factory=dict)
    forms: dict[Any, list[str]] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    csrf_token: str = ""

    def __post_init__(self) -> None:
        signer = self.app.session_interface.get_signing_serializer(self.app)  # type: ignore[attr-defined]
        name = self.app.config["SESSION_COOKIE_NAME"]
        for person in PEOPLE:
            content = {"csrf_token": RAW_TOKEN}
            if token := self.world.tokens.get(person):
                content |= {"_user_id": token, "_fresh": True}
            self.cookies[person] = f"{name}={signer.dumps(content)}"
        self.csrf_token = URLSafeTimedSerializer(self.app.secret_key, salt="wtf-csrf-token").dumps(RAW_TOKEN)  # type: ignore[arg-type]

    def url(self, endpoint: str, params: Params) -> str:
        with self.app.test_request_context():
            from flask import url_for

            return url_for(endpoint, **params)

    def params(self, row: Row, person: str) -> Params:
        """The URL's parameters when this person goes for what is theirs."""
        return self.own(row, person) | self._converted(row)

    def own(self, row: Row, person: str) -> Params:
        return {} if row.thing == "-" else dict(self.world.things[row.thing].of(person))

    def _converted(self, row: Row) -> Params:
        return {k: int(v) if v.isdigit() else v for k, v in row.given.items()}

    def without(self, row: Row, name: str, value: Any, person: str) -> Params:
        """The same, one parameter exchanged."""
        return self.params(row, person) | {name: value}

    @contextmanager
    def undone(self) -> Iterator[None]:
        """What happens inside did not happen."""
        db.session.remove()  # what a test has read is let go, or its savepoint would lie round this one
        savepoint = db.engines[None].begin_nested()  # type: ignore[attr-defined]
        web.limiter.reset()
        try:
            yield
        finally:
            db.session.remove()
            savepoint.rollback()
            self.app.extensions.pop("pending_jobs", None)

    def send(self, person: str, method: str, url: str, *, data: Any = None, **more: Any) -> Answer:
        """One request, not undone by itself."""
        headers = {"Cookie": self.cookies[person], **more.pop("headers", {})}
        statements: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            if not statement.lstrip().upper().startswith(NOT_QUERIES):
                statements.append(statement)

        client = self.app.test_client(use_cookies=False)
        event.listen(Engine, "before_cursor_execute", note)
        try:
            answer = contextvars.Context().run(client.open, url, method=method, data=data, headers=headers, **more)
        finally:
            event.remove(Engine, "before_cursor_execute", note)
        with answer:
            return Answer(
                url, answer.status_code, answer.location or "", answer.headers, answer.data, tuple(statements)
            )

    def ask(self, row: Row, person: str, params: Params | None = None) -> Answer:
        """The row's request as this person, for their own object unless other parameters are given. Answers to a plain GET are kept."""
        key = (row.key, person)
        if params is None and key in self.seen:
            return self.seen[key]
        url = self.url(row.endpoint, self.params(row, person) if params is None else params)
        data = filled(row.endpoint, self.world) if row.method == "POST" else None
        with self.undone():
            answer = self.send(person, row.method, url, data=data)
        if params is None and row.method == "GET":
            self.seen[key] = answer
        return answer

    def fields(self, row: Row) -> list[str]:
        """The names of all fields of the forms that this POST reads, as somebody who gets through."""
        if row.key not in self.forms:
            person = next(
                (p for p in PEOPLE if row.expected[p] in ("ok", "409", "422") and p != "anonymous"), "anonymous"
            )
            with forms_read() as names:
                self.ask(row, person)
            self.forms[row.key] = sorted(names)
        return self.forms[row.key]

    @contextmanager
    def long_ago(self) -> Iterator[None]:
        """Everybody's confirmation of who they are lies a day back."""
        with self.undone():
            with transaction():
                db.session.execute(update(UserSession).values(confirmed_at=clock.now() - timedelta(days=1)))
            yield

    @contextmanager
    def password_only(self) -> Iterator[None]:
        """Nobody's session has shown a second factor."""
        with self.undone():
            with transaction():
                db.session.execute(update(UserSession).values(second_factor_at=None))
            yield

    def words(self, answer: Answer) -> str:
        """What a page says, without what differs each time it is made: addresses, keys, tokens."""
        main = re.search(r"<main.*</main>", answer.text, re.DOTALL)
        return re.sub(r'(href|value|action|content|id)="[^"]*"', "", main.group() if main else answer.text)


@contextmanager
def forms_read() -> Iterator[set[str]]:
    """The names of the fields of every form that is made meanwhile, rows of lists included."""
    names: set[str] = set()
    process = BaseForm.process

    def noted(form: BaseForm, *args: Any, **kwargs: Any) -> None:
        process(form, *args, **kwargs)
        names.update(field.name for field in form)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseForm, "process", noted)
        yield names


def make_park(app: Flask) -> Park:
    """Build the world into this application's database and index, for good."""
    db.session.session_factory.configure(join_transaction_mode="create_savepoint")
    with app.app_context():
        world = build()
        indexer.catch_up()
        app.extensions.pop("pending_jobs", None)
        db.session.remove()
        db.engine.dispose()
    return Park(app, world)


@contextmanager
def visiting(park: Park) -> Iterator[Park]:
    """The park open for requests, in one transaction that is rolled back at the end.

    The page of a 403 is made once for each person and then only its status: it is the same whatever they were refused, and half of
    all requests here are refused.
    """
    answer = web._answer

    def brief(status: int, code: str, detail: str) -> Any:
        person = web.current_actor().audit_name
        if status != 403 or web.wants_json() or person not in park.refused:
            park.refused.add(person if status == 403 else "")
            return answer(status, code, detail)
        return f"<main>{code}</main>", status

    with rolled_back(park.app), pytest.MonkeyPatch.context() as patch:
        patch.setattr(web, "_answer", brief)
        yield park
