"""Sessions: begun, renewed, ended, on this device and on others."""

import secrets

from sqlalchemy import update

from marketplace.accounts.access import can_change_account
from marketplace.accounts.models import User, UserSession
from marketplace.accounts.queries import list_roles
from marketplace.accounts.rules import LIFETIME, SEEN_EVERY, STAFF_LIFETIME, token_hash
from marketplace.core import audit, clock
from marketplace.core.access import require, step
from marketplace.core.actor import Actor
from marketplace.core.db import db


@step
def open_session(*, user: User, address: str = "", agent: str = "", second_factor: bool = False) -> str:
    """Begin a session and return its random token, which the table keeps only as a hash. Who has just signed in has confirmed who
    they are; `second_factor` says that they showed one too. Lasts seven days, for the park's own people twelve hours."""
    token, now = secrets.token_urlsafe(32), clock.now()
    lifetime = STAFF_LIFETIME if list_roles(user.id) else LIFETIME
    session = UserSession(
        token_hash=token_hash(token), user_id=user.id, last_seen_at=now, expires_at=now + lifetime,
        address=address[:45], agent=agent[:200], confirmed_at=now, second_factor_at=now if second_factor else None,
    )  # fmt: skip
    db.session.add(session)
    db.session.flush()
    audit.record("session.opened", "session", session.id, actor=Actor(user_id=user.id))
    return token


@step
def renew_session(
    *, actor: Actor, session_id: int, second_factor: bool = False, keep_token: bool = False
) -> str | None:
    """The person has shown again who they are: the session knows it, and gets a new token where it gains power, so that a token that
    was copied before is worth nothing after. None for a session that is not the actor's."""
    session = db.session.get(UserSession, session_id)
    if session is None or session.user_id != actor.user_id or session.revoked_at is not None:
        return None
    token, now = None, clock.now()
    session.confirmed_at = now
    if second_factor:
        session.second_factor_at = now
    if not keep_token:
        token = secrets.token_urlsafe(32)
        session.token_hash = token_hash(token)
    audit.record("session.confirmed", "session", session_id, actor=actor)
    return token


def sign_out(*, actor: Actor, session_id: int) -> None:
    """End one's present session on the server, so that a copied cookie is dead too."""
    _revoke(actor, UserSession.id == session_id)


def revoke_session(*, actor: Actor, session: UserSession) -> None:
    """End one of one's own sessions, on whatever device."""
    require(can_change_account(actor, session.user_id))
    _revoke(actor, UserSession.id == session.id)


def revoke_other_sessions(*, actor: Actor, keep_session_id: int | None) -> int:
    """End all of one's sessions but the present one; returns how many."""
    require(actor.is_signed_in)
    return _revoke(actor, UserSession.id != (keep_session_id or 0))


def _revoke(actor: Actor, which: object) -> int:
    return _end(actor, actor.user_id or 0, which)


@step
def end_sessions_of(*, actor: Actor, user_id: int) -> int:
    """End every session of a person, when the account itself has changed hands or is closed; returns how many."""
    return _end(actor, user_id, UserSession.id > 0)


def _end(actor: Actor, user_id: int, which: object) -> int:
    ended = db.session.execute(
        update(UserSession)
        .where(UserSession.user_id == user_id, UserSession.revoked_at.is_(None), which)  # type: ignore[arg-type]
        .values(revoked_at=clock.now())
        .execution_options(synchronize_session=False)
    ).rowcount  # type: ignore[attr-defined]
    if ended:
        audit.record("session.revoked", "user", user_id, actor=actor, count=ended)
    return int(ended)


@step
def note_seen(*, session_id: int) -> None:
    """Write down that a session is in use, at most once a minute."""
    now = clock.now()
    db.session.execute(
        update(UserSession)
        .where(UserSession.id == session_id, UserSession.last_seen_at < now - SEEN_EVERY)
        .values(last_seen_at=now)
        .execution_options(synchronize_session=False)
    )
