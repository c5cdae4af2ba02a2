"""Flask-Login over our own session table: the cookie holds a token, each request asks the table once, a revoked session is nobody."""

import logging
from typing import Any

from flask import Flask, Response, has_request_context, redirect, request, session, url_for
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user

from marketplace.accounts.queries import SignedInUser, load_actor
from marketplace.accounts.rules import SEEN_EVERY
from marketplace.accounts.services import note_seen
from marketplace.core import clock
from marketplace.core.actor import ANONYMOUS, Actor, set_loader
from marketplace.core.db import transaction
from marketplace.core.errors import AccessDenied
from marketplace.core.i18n import lazy

log = logging.getLogger(__name__)
manager = LoginManager()
OPEN_WHILE_GATED = ("accounts", "static")
manager.session_protection = None  # sessions end on the server; a changing address on a phone must not sign anybody out


class Visitor(UserMixin):
    """What Flask-Login keeps for a request: the person behind the session, as plain values."""

    def __init__(self, person: SignedInUser) -> None:
        self.person = person

    def get_id(self) -> str:
        return self.person.token


@manager.user_loader
def _load(token: str) -> Visitor | None:
    person = load_actor(token)
    return Visitor(person) if person else None


def person() -> SignedInUser | None:
    """The person behind the request, loaded once; None for a visitor who has not signed in."""
    if not has_request_context() or not session.get("_user_id"):
        return None
    return getattr(current_user, "person", None)


def _actor() -> Actor:
    found = person()
    return found.actor if found else ANONYMOUS


def remember(token: str) -> None:
    """Put a new session's token into the cookie. Whatever the browser held before is dropped, so no session can be planted."""
    session.clear()
    found = load_actor(token)
    if found is None:
        raise RuntimeError("a session that has just been opened must load")
    session.permanent = True
    login_user(Visitor(found))


def remember_half_way(token: str) -> None:
    """Put the half-way state into the cookie: it says nothing and opens nothing but the code page."""
    session.clear()
    session["half_way"] = token


def half_way() -> str:
    """The half-way state of this browser, empty for none; the server decides whether it still counts."""
    return str(session.get("half_way") or "")


def forget() -> None:
    """Empty the browser's cookie."""
    logout_user()
    session.clear()


def _gate() -> Any:
    """The park's own people without a second factor in this session see nothing but the pages of their account (GB/T 22239-2019
    8.1.4.1): they are sent to the code page, or to enrolment, from wherever they wanted to go."""
    if request.endpoint is None or request.endpoint.split(".")[0] in OPEN_WHILE_GATED:
        return None
    found = person()
    if found is None or not found.needs_second_factor:
        return None
    if request.path.startswith("/api/"):
        raise AccessDenied("access.second_factor", lazy("园区工作人员须先完成两步验证"))
    page = "accounts.sign_in_code" if found.has_second_factor else "accounts.second_factor"
    target = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for(page, next=target), 303)


def _note_seen(response: Response) -> Response:
    """The one throttled writer of last-seen times; it must never break a page, so a failure is only logged."""
    found = person()
    if found and clock.now() - found.last_seen_at >= SEEN_EVERY:
        try:
            with transaction():
                note_seen(session_id=found.session_id)
        except Exception:
            log.exception("the last-seen time of session %s was not written", found.session_id)
    return response


def init_app(app: Flask) -> None:
    """Wire Flask-Login and tell core how to find the actor."""
    manager.init_app(app)
    set_loader(_actor)
    app.before_request(_gate)
    app.after_request(_note_seen)
