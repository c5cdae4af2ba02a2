"""Passwords: changed by who knows the present one, or set anew through a one-time link."""

import secrets

from sqlalchemy import select, update

from marketplace.accounts.access import can_change_account
from marketplace.accounts.models import AccountToken, User
from marketplace.accounts.queries import find_token, find_user_by_login
from marketplace.accounts.rules import INVITE_FOR, RESET_FOR, normalise_login, token_hash
from marketplace.accounts.services.failures import forget_failures, is_locked, lock_user
from marketplace.accounts.services.sessions import end_sessions_of, revoke_other_sessions
from marketplace.accounts.services.signing_in import Credentials
from marketplace.accounts.services.telling import hand_over, tell
from marketplace.accounts.services.tokens import issue_link, may_issue, spend, void_tokens
from marketplace.core import audit, clock
from marketplace.core.access import require, step
from marketplace.core.actor import ANONYMOUS, Actor
from marketplace.core.db import db
from marketplace.core.errors import Invalid, NotFound
from marketplace.core.i18n import lazy
from marketplace.core.queue import enqueue
from marketplace.core.vault import fingerprint

PASSWORD_LINKS = ("reset", "invite")


def change_password(
    *, actor: Actor, user: User, credentials: Credentials, new_hash: str, keep_session_id: int | None
) -> None:
    """Set a new password (from `prepare_password`) and end all other sessions. Refused: a wrong present password; any while the account
    rests after too many wrong ones."""
    require(can_change_account(actor, user.id))
    if is_locked(user):
        raise Invalid("user.locked", lazy("连续输错次数过多，账号暂时锁定，请稍后再试"), field="current")
    if not credentials.is_right or credentials.user_id != user.id:
        raise Invalid("password.wrong", lazy("当前密码不正确"), field="current")
    _set_password(user, new_hash)
    audit.record("user.password_changed", "user", user.id, actor=actor)
    revoke_other_sessions(actor=actor, keep_session_id=keep_session_id)
    tell(user, "password_changed")


def _set_password(user: User, new_hash: str) -> None:
    user.password_hash, user.password_changed_at = new_hash, clock.now()
    void_tokens(user.id, *PASSWORD_LINKS, "half_way")


def request_reset(*, actor: Actor, login: str) -> None:
    """Ask for a link to set a new password. Nothing tells the asker whether the account exists: one row is written either way, and a job
    finds out afterwards to whom a link goes. At most one a minute and ten a day for one login, silently."""
    target = fingerprint(f"login:{normalise_login(login)}")
    user = find_user_by_login(login)
    if may_issue("reset", user_id=None, target=target):
        db.session.add(
            AccountToken(
                purpose="reset", user_id=user.id if user else None, target=target, expires_at=clock.now() + RESET_FOR
            )
        )
        enqueue("accounts.issue_resets")


@step
def issue_resets(limit: int = 200) -> int:
    """Make and send the links that were asked for; returns how many went out. Safe to run twice and in two processes."""
    waiting = db.session.scalars(
        select(AccountToken)
        .where(AccountToken.token_hash.is_(None), AccountToken.purpose == "reset", AccountToken.used_at.is_(None))
        .order_by(AccountToken.id)
        .limit(limit)
    ).all()
    return sum(_issue_reset(row) for row in waiting)


def _issue_reset(row: AccountToken) -> int:
    token = secrets.token_urlsafe(32)
    user = db.session.get(User, row.user_id) if row.user_id is not None else None
    if user is not None:
        db.session.execute(
            update(AccountToken)
            .where(
                AccountToken.user_id == user.id, AccountToken.purpose == "reset", AccountToken.id < row.id,
                AccountToken.used_at.is_(None),
            )
            .values(used_at=clock.now())
            .execution_options(synchronize_session=False)
        )  # fmt: skip
    claimed = db.session.execute(
        update(AccountToken)
        .where(AccountToken.id == row.id, AccountToken.token_hash.is_(None))
        .values(token_hash=token_hash(token))
        .execution_options(synchronize_session=False)
    )
    if claimed.rowcount != 1 or user is None or user.disabled_at or row.expires_at <= clock.now():  # type: ignore[attr-defined]
        return 0
    by_mobile = user.mobile is not None and fingerprint(f"login:{user.mobile}") == row.target
    channel, address = ("sms", user.mobile or "") if by_mobile else ("mail", user.email or "")
    hand_over(channel, address, "reset", user_id=user.id, until=row.expires_at, secret={"token": token}, minutes=30)
    audit.record("user.reset_requested", "user", user.id, actor=ANONYMOUS)
    return 1


@step
def invite(*, user: User) -> None:
    """Send a new person the link, good for 24 hours, by which they set their own password; nobody else ever knows it."""
    target = fingerprint(f"login:{user.login}")
    token, row = issue_link(purpose="invite", user_id=user.id, lifetime=INVITE_FOR, target=target)
    channel, address = ("mail", user.email) if user.email else ("sms", user.mobile or "")
    hand_over(
        channel, address, "invited", user_id=user.id, until=row.expires_at, secret={"token": token}, name=user.name
    )


def get_password_link(token: str) -> AccountToken:
    """The row of a link that still works, else NotFound: used, over, or never made reads the same."""
    row = find_token(token, *PASSWORD_LINKS)
    if row is None or row.user_id is None:
        raise NotFound("token.dead", lazy("此链接已失效：每个链接只能使用一次，且有时间限制。请重新申请"))
    return row


def reset_password(*, actor: Actor, token: str, new_hash: str) -> None:
    """Set a new password through a one-time link; ends all sessions, forgets failures, and tells the person.

    Who opened the link reads the mailbox or telephone it was sent to, so that contact is confirmed. A second factor stays and is asked at
    the next sign-in. Refused: a link that was used, is over, or belongs to a closed account.
    """
    row = get_password_link(token)
    user = lock_user(row.user_id or 0)
    if user is None or user.disabled_at or not spend(row):
        raise NotFound("token.dead", lazy("此链接已失效：每个链接只能使用一次，且有时间限制。请重新申请"))
    for login, column in ((user.email, "email_confirmed_at"), (user.mobile, "mobile_confirmed_at")):
        if login and fingerprint(f"login:{login}") == row.target and getattr(user, column) is None:
            setattr(user, column, clock.now())
    _set_password(user, new_hash)
    forget_failures(user)
    person = Actor(user_id=user.id)
    audit.record("user.password_reset", "user", user.id, actor=person, by=row.purpose)
    end_sessions_of(actor=person, user_id=user.id)
    tell(user, "password_changed")
