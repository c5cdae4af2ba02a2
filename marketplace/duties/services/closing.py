"""Closing an account (电子商务法 24; PIPL 47): at once, with the reasons that stand against it shown, none of them invented."""

from sqlalchemy import update

from marketplace.accounts.models import User, UserSession
from marketplace.core import audit, clock, outbox
from marketplace.core.access import require, require_confirmed
from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.core.errors import Conflict
from marketplace.core.i18n import lazy
from marketplace.core.personal import Blocker, account_blockers, leave_everywhere
from marketplace.duties.access import can_close_account

CLOSED_NAME = "已注销用户"


def list_blockers(*, actor: Actor, user_id: int) -> list[Blocker]:
    """Everything that keeps one's account from being closed now, each with where to settle it."""
    require(can_close_account(actor, user_id))
    return account_blockers(user_id)


def close_account(*, actor: Actor, user: User) -> None:
    """Close one's own account for good: name, address and number are masked, sessions and memberships end, orders and audit rows stay.

    The address may sign up anew, as a stranger. Refused: without a fresh confirmation of who one is; while `list_blockers` names a reason.
    """
    require(can_close_account(actor, user.id))
    require_confirmed(actor)
    held = db.session.scalar(
        update(User)
        .where(User.id == user.id, User.closed_at.is_(None))
        .values(closed_at=clock.now())
        .returning(User.id)
        .execution_options(synchronize_session=False)
    )
    if held is None:
        raise Conflict("account.closed", lazy("该账号已注销"))
    reasons = account_blockers(user.id)
    if reasons:
        raise Conflict("account.blocked", lazy("账号暂不能注销：%(reason)s"), reason=str(reasons[0].text))
    channel, address = ("mail", user.email) if user.email else ("sms", user.mobile or "")
    leave_everywhere(actor, user.id)
    now = clock.now()
    db.session.refresh(user)
    user.name, user.email, user.mobile, user.password_hash = CLOSED_NAME, None, None, ""
    user.disabled_at, user.agreed = now, {}
    user.failed_count, user.locked_until, user.lock_count, user.last_locked_at = 0, None, 0, None
    user.email_confirmed_at = user.mobile_confirmed_at = None
    db.session.execute(
        update(UserSession)
        .where(UserSession.user_id == user.id, UserSession.revoked_at.is_(None))
        .values(revoked_at=now)
        .execution_options(synchronize_session=False)
    )
    db.session.flush()
    audit.record("user.closed", "user", user.id, actor=actor)
    outbox.send(channel, address, "account.closed", {"day": clock.today().isoformat()}, user_id=user.id)
