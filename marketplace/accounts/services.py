"""Making accounts, signing in and out, passwords and sessions."""

import secrets
from dataclasses import dataclass

from sqlalchemy import select, update

from marketplace.accounts import passwords
from marketplace.accounts.access import can_change_account, can_grant_staff_role
from marketplace.accounts.models import StaffRole, User, UserSession
from marketplace.accounts.queries import find_user_by_login
from marketplace.accounts.rules import (
    LIFETIME,
    LOCK,
    MAX_FAILURES,
    MAX_PASSWORD,
    SEEN_EVERY,
    check_password,
    normalise_login,
    token_hash,
)
from marketplace.core import audit, clock
from marketplace.core.access import require, step
from marketplace.core.actor import STAFF_ROLES, Actor
from marketplace.core.db import db
from marketplace.core.errors import Invalid
from marketplace.core.i18n import lazy


def prepare_password(password: str, *about: str | None) -> str:
    """Check a new password and hash it, before the transaction opens, since hashing takes a tenth of a second. Refused: what
    `rules.check_password` refuses."""
    check_password(password, *about)
    return passwords.hash_password(password)


@step
def create_user(
    *, actor: Actor, name: str, email: str | None, mobile: str | None, password: str | None = None,
    password_hash: str | None = None, is_demo: bool = False, locale: str = "zh_CN",
) -> User:  # fmt: skip
    """Make a person's account, with a password or with one already prepared by `prepare_password`.

    Refused: neither e-mail nor mobile; one that somebody has already; a name that is empty.
    """
    email = normalise_login(email) if email else None
    mobile = normalise_login(mobile) if mobile else None
    if not email and not mobile:
        raise Invalid("user.login", lazy("请填写邮箱或手机号码，作为登录账号"), field="email")
    if not name.strip():
        raise Invalid("user.name", lazy("请填写姓名"), field="name")
    if email and find_user_by_login(email):
        raise Invalid("user.email_taken", lazy("该邮箱已注册，请直接登录或换一个邮箱"), field="email")
    if mobile and find_user_by_login(mobile):
        raise Invalid("user.mobile_taken", lazy("该手机号码已注册，请直接登录或换一个号码"), field="mobile")
    hashed = password_hash or prepare_password(password or "", email, mobile, name)
    user = User(
        name=name.strip(), email=email, mobile=mobile, password_hash=hashed, password_changed_at=clock.now(),
        is_demo=is_demo, locale=locale,
    )  # fmt: skip
    db.session.add(user)
    db.session.flush()
    audit.record("user.created", "user", user.id, actor=actor)
    return user


@dataclass(frozen=True, slots=True)
class Credentials:
    """What came out of checking a login and a password: whose account it is, and whether the password was right."""

    user_id: int | None
    is_right: bool
    new_hash: str | None = None


def verify_credentials(*, login: str, password: str) -> Credentials:
    """Check a login and a password, before the transaction opens: one argon2 verification for a known and for an unknown account."""
    user = find_user_by_login(login)
    stored = user.password_hash if user else None
    right = passwords.verify_password(stored, password[: MAX_PASSWORD + 1])
    new_hash = passwords.hash_password(password) if right and stored and passwords.needs_rehash(stored) else None
    return Credentials(user.id if user else None, right, new_hash)


def sign_in(*, actor: Actor, credentials: Credentials, address: str = "", agent: str = "") -> str | None:
    """Open a session and return its token, or count the failure and return None.

    None and not an error, because the failure itself must be written down: after five in a row the account rests for 15
    minutes, in which the right password does not help either. The caller says the same sentence in every such case.
    """
    if credentials.user_id is None:
        return None
    user = db.session.scalar(
        select(User).where(User.id == credentials.user_id).with_for_update().execution_options(populate_existing=True)
    )
    now = clock.now()
    if user is None or user.disabled_at or (user.locked_until and user.locked_until > now):
        return None
    if not credentials.is_right:
        _count_failure(user, actor)
        return None
    user.failed_count, user.locked_until = 0, None
    if credentials.new_hash:
        user.password_hash = credentials.new_hash
    return open_session(user=user, address=address, agent=agent)


def _count_failure(user: User, actor: Actor) -> None:
    user.failed_count += 1
    if user.failed_count >= MAX_FAILURES:
        user.failed_count, user.locked_until = 0, clock.now() + LOCK
        audit.record("user.locked", "user", user.id, actor=actor)


@step
def open_session(*, user: User, address: str = "", agent: str = "", second_factor: bool = False) -> str:
    """Begin a session and return its random token, which the table keeps only as a hash. Who has just signed in has confirmed who
    they are; `second_factor` says that they showed one too."""
    token, now = secrets.token_urlsafe(32), clock.now()
    session = UserSession(
        token_hash=token_hash(token), user_id=user.id, last_seen_at=now, expires_at=now + LIFETIME,
        address=address[:45], agent=agent[:200], confirmed_at=now, second_factor_at=now if second_factor else None,
    )  # fmt: skip
    db.session.add(session)
    db.session.flush()
    audit.record("session.opened", "session", session.id, actor=Actor(user_id=user.id))
    return token


def confirm_identity(*, actor: Actor, session_id: int, credentials: Credentials) -> None:
    """Show the password once more before something that a stolen session must not do; holds for ten minutes. Refused: a wrong one."""
    require(actor.is_signed_in)
    if not credentials.is_right or credentials.user_id != actor.user_id:
        raise Invalid("password.wrong", lazy("密码不正确"), field="password")
    session = db.session.get(UserSession, session_id)
    if session is not None and session.user_id == actor.user_id:
        session.confirmed_at = clock.now()
    audit.record("session.confirmed", "session", session_id, actor=actor)


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
    ended = db.session.execute(
        update(UserSession)
        .where(UserSession.user_id == actor.user_id, UserSession.revoked_at.is_(None), which)  # type: ignore[arg-type]
        .values(revoked_at=clock.now())
        .execution_options(synchronize_session=False)
    ).rowcount  # type: ignore[attr-defined]
    if ended:
        audit.record("session.revoked", "user", actor.user_id, actor=actor, count=ended)
    return int(ended)


def change_password(
    *, actor: Actor, user: User, credentials: Credentials, new_hash: str, keep_session_id: int | None
) -> None:
    """Set a new password (from `prepare_password`) and end all other sessions. Refused: a wrong present password, which counts
    towards nothing here since the person is signed in."""
    require(can_change_account(actor, user.id))
    if not credentials.is_right or credentials.user_id != user.id:
        raise Invalid("password.wrong", lazy("当前密码不正确"), field="current")
    user.password_hash, user.password_changed_at = new_hash, clock.now()
    audit.record("user.password_changed", "user", user.id, actor=actor)
    revoke_other_sessions(actor=actor, keep_session_id=keep_session_id)


def edit_profile(*, actor: Actor, user: User, name: str, email: str | None, mobile: str | None) -> User:
    """Change one's name and how one signs in. Refused: an empty name, neither address nor number, one that another person has."""
    require(can_change_account(actor, user.id))
    email = normalise_login(email) if email else None
    mobile = normalise_login(mobile) if mobile else None
    if not name.strip():
        raise Invalid("user.name", lazy("请填写姓名"), field="name")
    if not email and not mobile:
        raise Invalid("user.login", lazy("邮箱和手机号码至少保留一项，用于登录"), field="email")
    for field, value in (("email", email), ("mobile", mobile)):
        other = find_user_by_login(value) if value else None
        if other is not None and other.id != user.id:
            raise Invalid(f"user.{field}_taken", lazy("已被其他账号使用"), field=field)
    user.name, user.email, user.mobile = name.strip(), email, mobile
    audit.record("user.edited", "user", user.id, actor=actor)
    return user


def grant_staff_role(*, actor: Actor, user: User, role: str) -> None:
    """Make a user one of the park's own people in a role; granting it twice changes nothing. Refused: an unknown role."""
    require(can_grant_staff_role(actor))
    if role not in STAFF_ROLES:
        raise Invalid("staff.role", lazy("没有这个角色：%(role)s"), field="role", role=role)
    if db.session.get(StaffRole, (user.id, role)) is None:
        db.session.add(StaffRole(user_id=user.id, role=role))
        db.session.flush()
        audit.record("user.staff_role_granted", "user", user.id, actor=actor, role=role)


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
