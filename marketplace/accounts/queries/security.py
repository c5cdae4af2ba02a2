"""Reads of what guards an account: sessions, what happened at the sign-in page, tokens, second factors."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import exists, func, select

from marketplace.accounts.models import AccountToken, RecoveryCode, SecondFactor, SignInEvent, UserSession
from marketplace.accounts.rules import is_alive, token_hash
from marketplace.core import clock, settings
from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.core.i18n import lazy
from marketplace.core.paging import Page, paginate


def list_sessions(user_id: int, *, staff: bool) -> list[UserSession]:
    """The living sessions of a person, the latest seen first."""
    now = clock.now()
    rows = db.session.scalars(
        select(UserSession)
        .where(UserSession.user_id == user_id, UserSession.revoked_at.is_(None), UserSession.expires_at > now)
        .order_by(UserSession.last_seen_at.desc(), UserSession.id.desc())
    )
    return [
        s for s in rows
        if is_alive(s.last_seen_at, s.expires_at, s.revoked_at, staff=staff, now=now, created_at=s.created_at)
    ]  # fmt: skip


def get_session(session_id: int, *, actor: Actor) -> UserSession:
    """One session of the person's own."""
    found = db.session.get(UserSession, session_id)
    if found is None or found.user_id != actor.user_id:
        raise NotFound("session.missing", lazy("没有这个登录会话"))
    return found


def address_rests_for(address: str) -> int:
    """Seconds for which nobody may sign in from this address, 0 for none.

    It rests while more failures than the setting allows lie within the last minutes, over whatever accounts they were spread.
    """
    if not address:
        return 0
    now, span = clock.now(), timedelta(minutes=settings.get("accounts.address_minutes"))
    one_too_many = db.session.scalar(
        select(SignInEvent.created_at)
        .where(SignInEvent.address == address, SignInEvent.is_failure, SignInEvent.created_at > now - span)
        .order_by(SignInEvent.created_at.desc())
        .offset(settings.get("accounts.address_failures"))
        .limit(1)
    )
    return max(1, int((one_too_many + span - now).total_seconds()) + 1) if one_too_many else 0


def list_sign_ins(user_id: int, *, failures: bool = False, page: int = 1, per_page: int = 20) -> Page[SignInEvent]:
    """What happened at the sign-in page under a person's account, newest first."""
    query = select(SignInEvent).where(SignInEvent.user_id == user_id).order_by(SignInEvent.id.desc())
    return paginate(query.where(SignInEvent.is_failure) if failures else query, page, per_page)


def export_sign_ins(user_id: int, *, failures: bool = False, limit: int = 10_000) -> Sequence[SignInEvent]:
    query = select(SignInEvent).where(SignInEvent.user_id == user_id).order_by(SignInEvent.id.desc()).limit(limit)
    return db.session.scalars(query.where(SignInEvent.is_failure) if failures else query).all()


def find_token(token: str, *purposes: str) -> AccountToken | None:
    """A one-time link that still works: of one of these purposes, not used, not over."""
    return db.session.scalar(
        select(AccountToken).where(
            AccountToken.token_hash == token_hash(token), AccountToken.purpose.in_(purposes),
            AccountToken.used_at.is_(None), AccountToken.expires_at > clock.now(),
        )
    )  # fmt: skip


def list_issues(purpose: str, *, since: datetime, user_id: int | None = None, target: str = "") -> Sequence[datetime]:
    """When codes or links of a purpose were made for a person, or for an address or number whoever asked, newest first."""
    query = select(AccountToken.created_at).where(AccountToken.purpose == purpose, AccountToken.created_at > since)
    query = query.where(AccountToken.target == target) if target else query.where(AccountToken.user_id == user_id)
    return db.session.scalars(query.order_by(AccountToken.created_at.desc()).limit(100)).all()


def has_second_factor(user_id: int) -> bool:
    return bool(db.session.scalar(select(exists().where(SecondFactor.user_id == user_id))))


def count_recovery_codes(user_id: int) -> int:
    """How many recovery codes are left."""
    query = select(func.count()).select_from(RecoveryCode)
    return db.session.scalar(query.where(RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None))) or 0
