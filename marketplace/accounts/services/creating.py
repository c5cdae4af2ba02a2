"""Making accounts."""

import secrets

from marketplace.accounts import passwords
from marketplace.accounts.models import User
from marketplace.accounts.queries import find_user_by_login
from marketplace.accounts.rules import check_password, normalise_login
from marketplace.core import audit, clock
from marketplace.core.access import step
from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.core.errors import Invalid
from marketplace.core.i18n import lazy


def prepare_password(password: str, *about: str | None) -> str:
    """Check a new password and hash it, before the transaction opens, since hashing takes a tenth of a second. Refused: what
    `rules.check_password` refuses."""
    check_password(password, *about)
    return passwords.hash_password(password)


def prepare_no_password() -> str:
    """A real hash of what nobody knows, for an account whose person will set the password by a link; checking it takes as long as any."""
    return passwords.hash_password(secrets.token_urlsafe(32))


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
