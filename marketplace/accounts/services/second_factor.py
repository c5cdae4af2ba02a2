"""The authenticator app as second factor (TOTP, RFC 6238) and the recovery codes that stand in for it."""

import base64
import json
from dataclasses import dataclass
from datetime import datetime

import pyotp
from sqlalchemy import delete, select, update

from marketplace.accounts.access import can_change_account
from marketplace.accounts.models import RecoveryCode, SecondFactor, User
from marketplace.accounts.queries import count_recovery_codes, has_second_factor, list_roles
from marketplace.accounts.rules import ENROLMENT_FOR, RECOVERY_CODES, matching_step, plain_code
from marketplace.accounts.services.failures import lock_user
from marketplace.accounts.services.sessions import renew_session, revoke_other_sessions
from marketplace.accounts.services.telling import tell
from marketplace.core import audit, clock
from marketplace.core.access import require, require_confirmed, step
from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid
from marketplace.core.i18n import lazy
from marketplace.core.vault import Unreadable, fingerprint, seal, unseal

ISSUER = "青浦人力资源云"


@dataclass(frozen=True, slots=True)
class Ticket:
    """An authenticator being set up: its secret, the address for the QR code, and both sealed to travel through the form, so that
    looking at the page writes nothing."""

    secret: str
    uri: str
    sealed: str


def begin_enrolment(user: User) -> Ticket:
    """A new secret for this person, to be scanned and then proved within a quarter of an hour."""
    return _ticket(user, pyotp.random_base32(), None)


def read_ticket(user: User, sealed: str) -> Ticket:
    """The ticket that a form brought back; refused when it was made for somebody else, too long ago, or tampered with."""
    try:
        user_id, secret, made = json.loads(unseal(sealed))
    except (Unreadable, ValueError) as error:
        raise Invalid("second_factor.ticket", lazy("设置已超时，请重新扫描二维码")) from error
    if user_id != user.id or clock.now() - datetime.fromisoformat(made) > ENROLMENT_FOR:
        raise Invalid("second_factor.ticket", lazy("设置已超时，请重新扫描二维码"))
    return _ticket(user, secret, sealed)


def _ticket(user: User, secret: str, sealed: str | None) -> Ticket:
    uri = pyotp.TOTP(secret).provisioning_uri(name=user.login, issuer_name=ISSUER)
    return Ticket(secret, uri, sealed or seal(json.dumps([user.id, secret, clock.now().isoformat()])))


def recovery_codes(user_id: int, seed: str) -> list[str]:
    """Ten codes of 50 bits, made from the form's key with our own key, so that a repeated click shows the same ten."""
    made = (bytes.fromhex(fingerprint(f"recovery:{user_id}:{seed}:{n}")) for n in range(RECOVERY_CODES))
    return [base64.b32encode(digest).decode()[:10] for digest in made]


def enrol_second_factor(*, actor: Actor, user: User, ticket: Ticket, code: str, session_id: int, seed: str) -> str:
    """Prove the new authenticator by its first code; the session then has a second factor and a new token, which is returned, all other
    sessions end, and the recovery codes of `seed` are the valid ones.

    Refused: without a recent confirmation of identity, else a stolen session could lock its owner out; a wrong code (nothing to guess
    here: the secret is on the page); demo accounts, which many people share; one that has an authenticator already.
    """
    require(can_change_account(actor, user.id))
    require_confirmed(actor)
    if user.is_demo:
        raise Conflict("second_factor.demo", lazy("演示账号由多人共用，不能启用两步验证"))
    if has_second_factor(user.id):
        raise Conflict("second_factor.enrolled", lazy("两步验证已经启用"))
    step_used = matching_step(ticket.secret, plain_code(code), clock.now(), 0)
    if step_used is None:
        raise Invalid("second_factor.code", lazy("验证码不正确，请输入应用当前显示的 6 位数字"), field="code")
    db.session.add(SecondFactor(user_id=user.id, sealed_secret=seal(ticket.secret), last_step=step_used))
    _write_recovery_codes(user, seed)
    audit.record("user.second_factor_enrolled", "user", user.id, actor=actor)
    revoke_other_sessions(actor=actor, keep_session_id=session_id)
    tell(user, "second_factor_enrolled")
    return renew_session(actor=actor, session_id=session_id, second_factor=True) or ""


def _write_recovery_codes(user: User, seed: str) -> None:
    hashes = {_recovery_hash(user.id, code) for code in recovery_codes(user.id, seed)}
    if set(db.session.scalars(select(RecoveryCode.code_hash).where(RecoveryCode.user_id == user.id))) == hashes:
        return  # the same click once more
    db.session.execute(
        delete(RecoveryCode).where(RecoveryCode.user_id == user.id).execution_options(synchronize_session=False)
    )
    db.session.add_all([RecoveryCode(user_id=user.id, code_hash=one) for one in sorted(hashes)])
    db.session.flush()


def _recovery_hash(user_id: int, code: str) -> str:
    return fingerprint(f"recovery-code:{user_id}:{code}")


@step
def use_code(*, user: User, code: str) -> bool:
    """Is this a code of the person's authenticator, or a recovery code of theirs, that has not been used? Uses it up.

    A time step counts once: the last one used is moved forward by compare-and-set, so of two who show the same code at once one is refused.
    """
    plain = plain_code(code)
    factor = db.session.get(SecondFactor, user.id, populate_existing=True)
    if factor is None:
        return False
    step_used = matching_step(unseal(factor.sealed_secret), plain, clock.now(), factor.last_step)
    if step_used is not None:
        moved = db.session.execute(
            update(SecondFactor)
            .where(SecondFactor.user_id == user.id, SecondFactor.last_step < step_used)
            .values(last_step=step_used)
            .execution_options(synchronize_session=False)
        )
        return moved.rowcount == 1  # type: ignore[attr-defined]
    return _use_recovery_code(user, plain)


def _use_recovery_code(user: User, plain: str) -> bool:
    used = db.session.execute(
        update(RecoveryCode)
        .where(
            RecoveryCode.user_id == user.id, RecoveryCode.code_hash == _recovery_hash(user.id, plain),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=clock.now())
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    if used.rowcount != 1:  # type: ignore[attr-defined]
        return False
    left = count_recovery_codes(user.id)
    audit.record("user.recovery_code_used", "user", user.id, actor=Actor(user_id=user.id), left=left)
    tell(user, "recovery_code_used", left=left)
    return True


def disable_second_factor(*, actor: Actor, user: User, keep_session_id: int) -> None:
    """Turn one's second factor off, which ends all other sessions. Refused: without a recent confirmation of identity; the park's own
    people, for whom it is a duty."""
    require(can_change_account(actor, user.id))
    require_confirmed(actor)
    if list_roles(user.id):
        raise Conflict("second_factor.duty", lazy("园区工作人员必须启用两步验证，不能关闭"))
    if remove_second_factor(user=user):
        audit.record("user.second_factor_disabled", "user", user.id, actor=actor)
        revoke_other_sessions(actor=actor, keep_session_id=keep_session_id)
        tell(user, "second_factor_disabled")


@step
def remove_second_factor(*, user: User) -> bool:
    """Forget authenticator and recovery codes; False when there were none."""
    db.session.execute(
        delete(RecoveryCode).where(RecoveryCode.user_id == user.id).execution_options(synchronize_session=False)
    )
    gone = db.session.execute(
        delete(SecondFactor).where(SecondFactor.user_id == user.id).execution_options(synchronize_session=False)
    )
    return gone.rowcount == 1  # type: ignore[attr-defined]


def regenerate_recovery_codes(*, actor: Actor, user: User, seed: str) -> list[str]:
    """Ten new recovery codes instead of the old ones, to be shown this once. Refused: without a recent confirmation of identity;
    without an authenticator."""
    require(can_change_account(actor, user.id))
    require_confirmed(actor)
    if not has_second_factor(user.id):
        raise Conflict("second_factor.none", lazy("尚未启用两步验证"))
    lock_user(user.id)
    _write_recovery_codes(user, seed)
    audit.record("user.recovery_codes_made", "user", user.id, actor=actor)
    return recovery_codes(user.id, seed)
