"""Reads of people: who they are, who is behind a session, who works for the park."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import exists, or_, select

from marketplace.accounts.models import SecondFactor, StaffRole, User, UserSession
from marketplace.accounts.rules import CONFIRMED_FOR, is_alive, normalise_login, token_hash
from marketplace.core import clock
from marketplace.core.actor import Actor, Membership
from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.core.i18n import lazy

_memberships: Callable[[int], tuple[Membership, ...]] = lambda user_id: ()  # noqa: E731


def register_memberships(provider: Callable[[int], tuple[Membership, ...]]) -> None:
    """Let the domain above that knows organisations say which ones a person acts for (one query)."""
    global _memberships
    _memberships = provider


def get_user(user_id: int) -> User:
    user = db.session.get(User, user_id)
    if user is None:
        raise NotFound("user.missing", lazy("没有这个用户"))
    return user


def find_user_by_login(login: str) -> User | None:
    """The person who signs in with this e-mail address or mobile number, however it is typed."""
    text = normalise_login(login)
    if not text:
        return None
    column = User.email if "@" in text else User.mobile
    return db.session.scalar(select(User).where(column == text))


@dataclass(frozen=True, slots=True)
class SignedInUser:
    """What a request needs to know of the person behind it: plain values, which no rollback expires."""

    actor: Actor
    session_id: int
    token: str
    name: str
    login: str
    locale: str
    is_demo: bool
    last_seen_at: datetime
    needs_second_factor: bool = False  # the park's own, in a session that has not shown one
    has_second_factor: bool = False  # is enrolled
    second_factor_at: datetime | None = None
    agreed: Mapping[str, int] = field(default_factory=dict)


def load_actor(token: str) -> SignedInUser | None:
    """The person behind a session's token, or None when the session is unknown, revoked, idle or old: two queries.

    The park's own people have no staff role in a session that has not shown a second factor (GB/T 22239-2019 level 3); demo accounts,
    which production refuses, are exempt.
    """
    rows = db.session.execute(
        select(
            UserSession.id, UserSession.user_id, UserSession.last_seen_at, UserSession.expires_at, UserSession.revoked_at,
            UserSession.confirmed_at, UserSession.second_factor_at, UserSession.created_at, SecondFactor.user_id.label("enrolled"),
            User.name, User.email, User.mobile, User.locale, User.is_demo, User.disabled_at, User.agreed, StaffRole.role,
        )
        .join(User, User.id == UserSession.user_id)
        .outerjoin(SecondFactor, SecondFactor.user_id == User.id)
        .outerjoin(StaffRole, StaffRole.user_id == User.id)
        .where(UserSession.token_hash == token_hash(token))
    ).all()  # fmt: skip
    if not rows:
        return None
    row = rows[0]
    staff = frozenset(r.role for r in rows if r.role)
    if row.disabled_at or not is_alive(
        row.last_seen_at, row.expires_at, row.revoked_at, staff=bool(staff), now=clock.now(), created_at=row.created_at
    ):
        return None
    gated = bool(staff) and row.second_factor_at is None and not row.is_demo
    actor = Actor(
        user_id=row.user_id, memberships=_memberships(row.user_id), staff=frozenset() if gated else staff, name=row.name,
        is_confirmed=row.confirmed_at is not None and clock.now() - row.confirmed_at < CONFIRMED_FOR,
    )  # fmt: skip
    return SignedInUser(
        actor, row.id, token, row.name, row.email or row.mobile or "", row.locale, row.is_demo, row.last_seen_at, gated,
        row.enrolled is not None, row.second_factor_at, row.agreed or {},
    )  # fmt: skip


def actor_of(user: User) -> Actor:
    """The actor a user is right now, for who stands in for them and has no session (shell, demo loader, tests)."""
    staff = frozenset(db.session.scalars(select(StaffRole.role).where(StaffRole.user_id == user.id)))
    return Actor(user_id=user.id, memberships=_memberships(user.id), staff=staff, name=user.name, is_confirmed=True)


def has_confirmed_contact(user_id: int) -> bool:
    """Has the person shown that their e-mail address or mobile number is really theirs?"""
    return bool(
        db.session.scalar(
            select(
                exists().where(
                    User.id == user_id, or_(User.email_confirmed_at.is_not(None), User.mobile_confirmed_at.is_not(None))
                )
            )
        )
    )


def has_confirmed_one(user_ids: Sequence[int]) -> bool:
    """Has one of these people shown that an address or number is theirs? Demo people count as if they had: their addresses reach nobody."""
    shown = or_(User.email_confirmed_at.is_not(None), User.mobile_confirmed_at.is_not(None), User.is_demo)
    return bool(user_ids) and bool(db.session.scalar(select(exists().where(User.id.in_(user_ids), shown))))


def has_demo_users() -> bool:
    return bool(db.session.scalar(select(exists().where(User.is_demo))))


def list_demo_users() -> list[User]:
    """The demo accounts that the sign-in page lists, in the order they were made."""
    return list(
        db.session.scalars(
            select(User)
            .where(User.is_demo, User.disabled_at.is_(None), User.email.like("%@demo.example"))
            .order_by(User.id)
            .limit(30)
        )
    )


def list_staff_ids(role: str) -> list[int]:
    """The users who have this staff role."""
    return list(
        db.session.scalars(
            select(StaffRole.user_id)
            .join(User)
            .where(StaffRole.role == role, User.disabled_at.is_(None))
            .order_by(User.id)
        )
    )


def has_staff_role(user_id: int) -> bool:
    """Is this person one of the park's own people?"""
    return bool(db.session.scalar(select(exists().where(StaffRole.user_id == user_id))))


def list_users(user_ids: Sequence[int]) -> list[User]:
    if not user_ids:
        return []
    return list(
        db.session.scalars(select(User).where(User.id.in_(user_ids), User.disabled_at.is_(None)).order_by(User.id))
    )
