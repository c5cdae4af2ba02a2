"""Reads of the park's own people, for those who administer them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, or_, select

from marketplace.accounts.models import AccountToken, SecondFactor, StaffRole, User, UserSession
from marketplace.core import clock
from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.core.i18n import lazy
from marketplace.core.paging import Page, paginate

STAFF_STATES = ("active", "no_second_factor", "locked", "disabled", "no_role")


@dataclass(frozen=True, slots=True)
class StaffMember:
    """One of the park's own people as the list shows them."""

    user: User
    roles: tuple[StaffRole, ...]
    has_second_factor: bool

    @property
    def is_locked(self) -> bool:
        return self.user.locked_until is not None and self.user.locked_until > clock.now()

    @property
    def state(self) -> str:
        """What stands out most: `disabled`, `locked`, `no_role`, `no_second_factor`, else `active`."""
        if self.user.disabled_at:
            return "disabled"
        if self.is_locked:
            return "locked"
        if not self.roles:
            return "no_role"
        return "active" if self.has_second_factor or self.user.is_demo else "no_second_factor"


def _has_role(*roles: str) -> ColumnElement[bool]:
    found = exists().where(StaffRole.user_id == User.id)
    return found.where(StaffRole.role.in_(roles)) if roles else found


_IS_STAFF = or_(User.is_park_staff, _has_role())


def _select_staff(*, role: str = "", state: str = "", q: str = "") -> Select[Any]:
    enrolled, locked = exists().where(SecondFactor.user_id == User.id), User.locked_until > clock.now()
    query = select(User).where(_IS_STAFF).order_by(User.id.desc())
    if role:
        query = query.where(_has_role(role))
    if q:
        query = query.where(
            or_(User.name.contains(q, autoescape=True), User.email.contains(q.lower(), autoescape=True))
        )
    conditions: dict[str, tuple[ColumnElement[bool], ...]] = {
        "disabled": (User.disabled_at.is_not(None),), "locked": (User.disabled_at.is_(None), locked),
        "no_role": (User.disabled_at.is_(None), ~_has_role()),
        "no_second_factor": (User.disabled_at.is_(None), _has_role(), ~enrolled, User.is_demo.is_(False)),
        "active": (User.disabled_at.is_(None), _has_role(), or_(enrolled, User.is_demo), or_(User.locked_until.is_(None), ~locked)),
    }  # fmt: skip
    return query.where(*conditions.get(state, ()))


def _members(users: Sequence[User]) -> list[StaffMember]:
    ids = [u.id for u in users]
    roles: dict[int, list[StaffRole]] = {}
    for row in db.session.scalars(select(StaffRole).where(StaffRole.user_id.in_(ids)).order_by(StaffRole.role)):
        roles.setdefault(row.user_id, []).append(row)
    enrolled = set(db.session.scalars(select(SecondFactor.user_id).where(SecondFactor.user_id.in_(ids))))
    return [StaffMember(u, tuple(roles.get(u.id, ())), u.id in enrolled) for u in users]


def list_staff(*, role: str = "", state: str = "", q: str = "", page: int = 1, per_page: int = 20) -> Page[StaffMember]:
    """The park's own people by role and state, the newest first."""
    found = paginate(_select_staff(role=role, state=state, q=q), page, per_page)
    return Page(_members(found.items), found.total, found.page, found.per_page)


def export_staff(*, role: str = "", state: str = "", q: str = "", limit: int = 10_000) -> list[StaffMember]:
    return _members(db.session.scalars(_select_staff(role=role, state=state, q=q).limit(limit)).all())


def get_staff(user_id: int) -> StaffMember:
    """One of the park's own people. Members of organisations do not exist here."""
    user = db.session.scalar(select(User).where(User.id == user_id, _IS_STAFF))
    if user is None:
        raise NotFound("staff.missing", lazy("没有这名园区人员"))
    return _members([user])[0]


def is_park_staff(user_id: int | None) -> bool:
    """Is this one of the park's own people, with or without a role at present?"""
    return user_id is not None and bool(db.session.scalar(select(exists().where(User.id == user_id, _IS_STAFF))))


def waits_for_password(user: User) -> bool:
    """Was the person sent a link to set their first password, and has not opened it?"""
    invited = exists().where(AccountToken.user_id == user.id, AccountToken.purpose == "invite")
    return user.email_confirmed_at is None and user.disabled_at is None and bool(db.session.scalar(select(invited)))


def list_roles(user_id: int) -> frozenset[str]:
    return frozenset(db.session.scalars(select(StaffRole.role).where(StaffRole.user_id == user_id)))


def count_active(role: str, *, without: int) -> int:
    """How many people beside this one hold the role and may sign in."""
    return (
        db.session.scalar(
            select(func.count())
            .select_from(StaffRole)
            .join(User, User.id == StaffRole.user_id)
            .where(StaffRole.role == role, User.disabled_at.is_(None), User.id != without)
        )
        or 0
    )


def last_seen(user_ids: Sequence[int]) -> dict[int, object]:
    """When each of these people was last seen in any session."""
    rows = db.session.execute(
        select(UserSession.user_id, func.max(UserSession.last_seen_at))
        .where(UserSession.user_id.in_(user_ids))
        .group_by(UserSession.user_id)
    )
    return {row[0]: row[1] for row in rows}
