"""A person's name, e-mail address and mobile number, and showing that the last two are really theirs."""

import secrets

from marketplace.accounts.access import can_change_account
from marketplace.accounts.models import User
from marketplace.accounts.queries import find_token, find_user_by_login, get_user
from marketplace.accounts.rules import CODE_FOR, EMAIL_LINK_FOR, new_code, normalise_login, plain_code
from marketplace.accounts.services.telling import hand_over, tell_at
from marketplace.accounts.services.tokens import (
    code_hash,
    find_code,
    issue_code,
    issue_link,
    refuse_too_many,
    spend,
    take_try,
    void_tokens,
)
from marketplace.core import audit, clock
from marketplace.core.access import require, require_confirmed, step
from marketplace.core.actor import Actor
from marketplace.core.errors import Conflict, Invalid, NotFound
from marketplace.core.i18n import lazy
from marketplace.core.vault import fingerprint


def edit_profile(*, actor: Actor, user: User, name: str) -> User:
    """Change one's name. Refused: an empty one."""
    require(can_change_account(actor, user.id))
    if not name.strip():
        raise Invalid("user.name", lazy("请填写姓名"), field="name")
    if user.name != name.strip():
        user.name = name.strip()
        audit.record("user.edited", "user", user.id, actor=actor)
    return user


def change_contacts(*, actor: Actor, user: User, email: str | None, mobile: str | None) -> User:
    """Change how one signs in. A new address or number is unconfirmed until shown, the old one is told, and links sent there die.

    Refused: without a recent confirmation of identity; neither address nor number; one that another person has.
    """
    require(can_change_account(actor, user.id))
    require_confirmed(actor)
    email = normalise_login(email) if email else None
    mobile = normalise_login(mobile) if mobile else None
    if not email and not mobile:
        raise Invalid("user.login", lazy("邮箱和手机号码至少保留一项，用于登录"), field="email")
    for field, value in (("email", email), ("mobile", mobile)):
        other = find_user_by_login(value) if value else None
        if other is not None and other.id != user.id:
            raise Invalid(f"user.{field}_taken", lazy("已被其他账号使用"), field=field)
    changed = [("email", "mail", user.email)] if email != user.email else []
    changed += [("mobile", "sms", user.mobile)] if mobile != user.mobile else []
    for field, channel, old in changed:
        if old:
            tell_at(channel, old, f"{field}_changed", user_id=user.id)
        setattr(user, f"{field}_confirmed_at", None)
        audit.record(f"user.{field}_changed", "user", user.id, actor=actor)
    if changed:
        void_tokens(user.id, "reset", "invite", "email", "mobile")
    user.email, user.mobile = email, mobile
    return user


def request_email_link(*, actor: Actor, user: User) -> None:
    """Send a link to one's own e-mail address that shows that it is one's own. Refused: no address, confirmed already, too often."""
    require(can_change_account(actor, user.id))
    if not user.email or user.email_confirmed_at:
        raise Conflict("email.confirmed", lazy("没有需要验证的邮箱"))
    target = fingerprint(f"email:{user.email}")
    refuse_too_many("email", user_id=user.id, target=target)
    token, row = issue_link(purpose="email", user_id=user.id, lifetime=EMAIL_LINK_FOR, target=target)
    hand_over("mail", user.email, "confirm_email", user_id=user.id, until=row.expires_at, secret={"token": token})


@step
def greet(*, user: User) -> None:
    """Send a new person the link that confirms their address, with the change that made their account; who has only a number asks for a
    code on their profile page, since six digits are good for five minutes."""
    if user.email:
        request_email_link(actor=Actor(user_id=user.id), user=user)


def confirm_email(*, actor: Actor, token: str) -> None:
    """Open the link of one's mail, on whatever device. Refused: one that was used, is over, or was made for an address since replaced."""
    row = find_token(token, "email")
    user = get_user(row.user_id) if row is not None and row.user_id is not None else None
    alive = row is not None and user is not None and user.email and fingerprint(f"email:{user.email}") == row.target
    if row is None or user is None or not alive or not spend(row):
        raise NotFound("token.dead", lazy("此链接已失效：每个链接只能使用一次，且有时间限制。请重新申请"))
    user.email_confirmed_at = clock.now()
    audit.record("user.email_confirmed", "user", user.id, actor=Actor(user_id=user.id))


def request_mobile_code(*, actor: Actor, user: User) -> None:
    """Send six digits to one's own mobile number, good for five minutes. Refused: no number, confirmed already, within a minute of the
    last code, more than ten a day for the person or the number."""
    require(can_change_account(actor, user.id))
    if not user.mobile or user.mobile_confirmed_at:
        raise Conflict("mobile.confirmed", lazy("没有需要验证的手机号码"))
    target, code = fingerprint(f"mobile:{user.mobile}"), new_code()
    refuse_too_many("mobile", user_id=user.id, target=target)
    row = issue_code(purpose="mobile", user_id=user.id, lifetime=CODE_FOR, target=target, code=code)
    hand_over(
        "sms", user.mobile, "confirm_mobile", user_id=user.id, until=row.expires_at, secret={"code": code}, minutes=5
    )


def confirm_mobile(*, actor: Actor, user: User, code: str) -> bool:
    """Give the six digits back. False for wrong ones, of which five are counted and then the code is dead; also when there is none."""
    require(can_change_account(actor, user.id))
    row = find_code(purpose="mobile", user_id=user.id)
    if row is None or not user.mobile or row.target != fingerprint(f"mobile:{user.mobile}") or not take_try(row):
        return False
    if not secrets.compare_digest(code_hash(row, plain_code(code)), row.token_hash or "") or not spend(row):
        return False
    user.mobile_confirmed_at = clock.now()
    audit.record("user.mobile_confirmed", "user", user.id, actor=actor)
    return True
