"""The park's own people: accounts opened, roles given and taken, locks and lost second factors (三员分立, GB/T 22239-2019 level 3)."""

from sqlalchemy import delete, select

from marketplace.accounts.access import can_create_staff_account, can_grant_staff_role, can_secure_account
from marketplace.accounts.models import StaffRole, User
from marketplace.accounts.queries import count_active, list_roles, waits_for_password
from marketplace.accounts.services.creating import create_user
from marketplace.accounts.services.failures import forget_failures, lock_user
from marketplace.accounts.services.passwords import invite
from marketplace.accounts.services.second_factor import remove_second_factor
from marketplace.accounts.services.sessions import end_sessions_of
from marketplace.accounts.services.telling import tell
from marketplace.accounts.services.tokens import void_tokens
from marketplace.core import audit, clock
from marketplace.core.access import require, require_confirmed
from marketplace.core.actor import OFFICERS, STAFF_ROLES, Actor
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid
from marketplace.core.i18n import lazy


def create_staff_account(*, actor: Actor, name: str, email: str, mobile: str | None, password_hash: str) -> User:
    """Open an account for one of the park's own people, without a role; they set their password by a link of 24 hours.

    `password_hash` comes from `prepare_no_password`. Refused: without a recent confirmation of identity; an address or number that
    somebody has.
    """
    require(can_create_staff_account(actor))
    require_confirmed(actor)
    user = create_user(actor=actor, name=name, email=email, mobile=mobile, password_hash=password_hash)
    user.is_park_staff = True
    invite(user=user)
    return user


def invite_again(*, actor: Actor, user: User) -> None:
    """Send a new link to somebody who let the first one lapse. Refused: somebody who has set a password already, and may ask for a reset."""
    require(can_create_staff_account(actor))
    if not waits_for_password(user):
        raise Conflict("staff.invited", lazy("对方已设置过密码，请其在登录页使用“忘记密码”"))
    invite(user=user)
    audit.record("user.invited", "user", user.id, actor=actor)


def grant_staff_role(*, actor: Actor, user: User, role: str) -> None:
    """Make a user one of the park's own people in a role; granting it twice changes nothing.

    Refused: an unknown role; oneself; a second one of system, security and audit administration, which the database refuses too.
    """
    require(can_grant_staff_role(actor))
    require_confirmed(actor)
    if role not in STAFF_ROLES:
        raise Invalid("staff.role", lazy("没有这个角色：%(role)s"), field="role", role=role)
    _refuse_oneself(actor, user)
    present = list_roles(user.id)
    if role in present:
        return
    if role in OFFICERS and present & set(OFFICERS):
        raise Conflict(
            "staff.officers", lazy("三员分立：系统管理员、安全管理员、审计员不能由同一人担任，请先撤销原有的角色")
        )
    db.session.add(StaffRole(user_id=user.id, role=role, granted_by_id=actor.user_id, granted_at=clock.now()))
    user.is_park_staff = True
    db.session.flush()
    audit.record("user.staff_role_granted", "user", user.id, actor=actor, role=role)


def revoke_staff_role(*, actor: Actor, user: User, role: str) -> None:
    """Take a role away; it ends at once, in every session. Taking one that the person has not changes nothing.

    Refused: oneself; the last security administrator, without whom nobody could give a role any more.
    """
    require(can_grant_staff_role(actor))
    require_confirmed(actor)
    _refuse_oneself(actor, user)
    _keep_one_security_officer(user, role)
    gone = db.session.execute(
        delete(StaffRole)
        .where(StaffRole.user_id == user.id, StaffRole.role == role)
        .execution_options(synchronize_session=False)
    )
    if gone.rowcount:  # type: ignore[attr-defined]
        audit.record("user.staff_role_revoked", "user", user.id, actor=actor, role=role)


def _refuse_oneself(actor: Actor, user: User) -> None:
    if actor.user_id == user.id:
        raise Conflict("staff.oneself", lazy("不能对自己的账号进行此操作，请由另一名安全管理员办理"))


def _keep_one_security_officer(user: User, role: str | None = None) -> None:
    """Stop where nobody would be left to administer security. The rows are held, so that two who revoke each other at once do not both
    find the other one still there."""
    held = db.session.scalars(select(StaffRole).where(StaffRole.role == "security").with_for_update()).all()
    holds = role in (None, "security") and any(row.user_id == user.id for row in held)
    if holds and not user.disabled_at and count_active("security", without=user.id) == 0:
        raise Conflict("staff.last_security", lazy("这是最后一名安全管理员，不能撤销或停用；请先指定另一名安全管理员"))


def unlock_account(*, actor: Actor, user: User) -> None:
    """Let a person sign in again at once after too many wrong passwords."""
    require(can_secure_account(actor))
    require_confirmed(actor)
    held = lock_user(user.id)
    if held is not None:
        forget_failures(held)
        held.lock_count = 0
        audit.record("user.unlocked", "user", user.id, actor=actor)


def reset_second_factor(*, actor: Actor, user: User) -> None:
    """Forget the lost authenticator of a person, whose identity has been checked in another way; they enrol a new one at the next
    sign-in. Ends their sessions and tells them. Refused: oneself."""
    require(can_secure_account(actor))
    require_confirmed(actor)
    _refuse_oneself(actor, user)
    if not remove_second_factor(user=user):
        raise Conflict("second_factor.none", lazy("尚未启用两步验证"))
    void_tokens(user.id, "half_way")
    end_sessions_of(actor=actor, user_id=user.id)
    audit.record("user.second_factor_reset", "user", user.id, actor=actor)
    tell(user, "second_factor_reset")


def disable_account(*, actor: Actor, user: User) -> None:
    """Let somebody who has left sign in no more; their sessions and links end at once. Disabling twice changes nothing. Refused:
    oneself; the last security administrator."""
    require(can_secure_account(actor))
    require_confirmed(actor)
    _refuse_oneself(actor, user)
    _keep_one_security_officer(user)
    if user.disabled_at is None:
        user.disabled_at = clock.now()
        void_tokens(user.id, "reset", "invite", "half_way", "email", "mobile")
        end_sessions_of(actor=actor, user_id=user.id)
        audit.record("user.disabled", "user", user.id, actor=actor)


def enable_account(*, actor: Actor, user: User) -> None:
    """Let a disabled person sign in again, with the roles they still have."""
    require(can_secure_account(actor))
    require_confirmed(actor)
    if user.disabled_at is not None:
        user.disabled_at = None
        audit.record("user.enabled", "user", user.id, actor=actor)
