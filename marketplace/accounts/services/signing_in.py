"""Signing in: the password, then for those who are enrolled the code, then a session."""

from dataclasses import dataclass

from marketplace.accounts import passwords
from marketplace.accounts.models import User
from marketplace.accounts.queries import find_token, find_user_by_login, has_second_factor
from marketplace.accounts.rules import HALF_WAY_FOR, MAX_PASSWORD, normalise_login
from marketplace.accounts.services.failures import (
    count_failure,
    forget_failures,
    hold_address,
    is_locked,
    lock_user,
    note_event,
)
from marketplace.accounts.services.second_factor import use_code
from marketplace.accounts.services.sessions import open_session, renew_session
from marketplace.accounts.services.tokens import issue_link, spend, take_try
from marketplace.core.access import require, step
from marketplace.core.actor import Actor
from marketplace.core.vault import fingerprint


@dataclass(frozen=True, slots=True)
class Credentials:
    """What came out of checking a login and a password: whose account it is, and whether the password was right."""

    user_id: int | None
    is_right: bool
    new_hash: str | None = None
    login_hash: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where an attempt to sign in led: to a session (`token`), half-way (`half_way`, now the code), or nowhere; `rests_for` are the
    seconds this address must wait, `is_over` says that the half-way state no longer counts."""

    token: str | None = None
    half_way: str | None = None
    rests_for: int = 0
    is_over: bool = False


def verify_credentials(*, login: str, password: str) -> Credentials:
    """Check a login and a password, before the transaction opens: one argon2 verification for a known and for an unknown account."""
    user = find_user_by_login(login)
    stored = user.password_hash if user else None
    right = passwords.verify_password(stored, password[: MAX_PASSWORD + 1])
    new_hash = passwords.hash_password(password) if right and stored and passwords.needs_rehash(stored) else None
    return Credentials(user.id if user else None, right, new_hash, fingerprint(f"login:{normalise_login(login)}"))


def sign_in(*, actor: Actor, credentials: Credentials, address: str = "", agent: str = "") -> Outcome:
    """Open a session, or go half-way where a second factor is enrolled, or write down the failure.

    An outcome and not an error, because the failure itself must be written down. After five wrong ones in a row the account rests, in
    which the right password does not help either; after thirty from one address the address does. The caller says the same sentence in
    every such case. Demo accounts, which production refuses, have no second factor.
    """
    if rest := hold_address(address):
        return Outcome(rests_for=rest)
    user = lock_user(credentials.user_id) if credentials.user_id is not None else None
    result = _result(user, credentials.is_right)
    where = {"address": address, "agent": agent}
    note_event(
        result=result, actor=actor, user_id=user.id if user else None, login_hash=credentials.login_hash, **where
    )
    if user is None or result not in ("signed_in", "code_needed"):
        if user is not None and result == "wrong_password":
            count_failure(user, actor)
        return Outcome()
    if credentials.new_hash:
        user.password_hash = credentials.new_hash
    if result == "code_needed":
        half_way, _row = issue_link(purpose="half_way", user_id=user.id, lifetime=HALF_WAY_FOR)
        return Outcome(half_way=half_way)
    forget_failures(user)
    return Outcome(token=open_session(user=user, address=address, agent=agent))


def _result(user: User | None, is_right: bool) -> str:
    if user is None:
        return "unknown"
    if is_locked(user):
        return "locked"
    if not is_right:
        return "wrong_password"
    if user.disabled_at:
        return "disabled"
    return "code_needed" if has_second_factor(user.id) and not user.is_demo else "signed_in"


@step
def try_code(*, actor: Actor, user: User, code: str, address: str, agent: str) -> bool:
    """Is this the person's code? A wrong one counts like a wrong password; while the account rests the right one does not help."""
    where = {"address": address, "agent": agent}
    if user.disabled_at or is_locked(user):
        note_event(result="disabled" if user.disabled_at else "locked", actor=actor, user_id=user.id, **where)
        return False
    if not use_code(user=user, code=code):
        count_failure(user, actor)
        note_event(result="wrong_code", actor=actor, user_id=user.id, **where)
        return False
    forget_failures(user)
    note_event(result="second_factor", actor=actor, user_id=user.id, **where)
    return True


def sign_in_with_code(*, actor: Actor, half_way: str, code: str, address: str = "", agent: str = "") -> Outcome:
    """Go from half-way to a session by a code of the authenticator or a recovery code.

    The half-way state is a row that lasts five minutes, bears five codes and is used once. Nothing came of it: a wrong code, which
    counts towards the account's lock, or a state that is over.
    """
    if rest := hold_address(address):
        return Outcome(rests_for=rest)
    row = find_token(half_way, "half_way")
    user = lock_user(row.user_id) if row is not None and row.user_id is not None else None
    if row is None or user is None or not take_try(row):
        return Outcome(is_over=True)
    if not try_code(actor=actor, user=user, code=code, address=address, agent=agent):
        return Outcome()
    if not spend(row):
        return Outcome(is_over=True)
    return Outcome(token=open_session(user=user, address=address, agent=agent, second_factor=True))


def lift_session(*, actor: Actor, session_id: int, code: str, address: str = "", agent: str = "") -> Outcome:
    """Show the second factor in a session that began without one, which then gets a new token. Nothing came of it: a wrong code."""
    require(actor.is_signed_in)
    if rest := hold_address(address):
        return Outcome(rests_for=rest)
    user = lock_user(actor.user_id or 0)
    if user is None or not try_code(actor=actor, user=user, code=code, address=address, agent=agent):
        return Outcome()
    return Outcome(token=renew_session(actor=actor, session_id=session_id, second_factor=True))


def confirm_identity(
    *, actor: Actor, session_id: int, credentials: Credentials | None = None, code: str = "", address: str = "",
    agent: str = "",
) -> bool:  # fmt: skip
    """Show password or code once more before something that a stolen session must not do; holds for ten minutes.

    False for a wrong one, which counts towards the account's lock, so that nobody tries out passwords from inside a stolen session.
    """
    require(actor.is_signed_in)
    user = lock_user(actor.user_id or 0)
    if user is None:
        return False
    if credentials is None:
        right = try_code(actor=actor, user=user, code=code, address=address, agent=agent)
    else:
        right = credentials.is_right and credentials.user_id == actor.user_id and not is_locked(user)
        if not right:
            _count_wrong(actor, user, credentials, address, agent)
    if right:
        renew_session(actor=actor, session_id=session_id, keep_token=True)
    return right


def count_wrong_password(*, actor: Actor, credentials: Credentials, address: str = "", agent: str = "") -> None:
    """Write down that somebody inside a session gave a wrong present password, which counts like one at the sign-in page."""
    require(actor.is_signed_in)
    user = lock_user(actor.user_id or 0)
    if user is not None:
        _count_wrong(actor, user, credentials, address, agent)


def _count_wrong(actor: Actor, user: User, credentials: Credentials, address: str, agent: str) -> None:
    if not is_locked(user):
        count_failure(user, actor)
    note_event(
        result="wrong_confirmation", actor=actor, user_id=user.id, login_hash=credentials.login_hash, address=address,
        agent=agent,
    )  # fmt: skip
