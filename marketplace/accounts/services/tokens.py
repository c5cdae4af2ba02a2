"""One-time links and codes: made, tried, spent. Two people who spend one at the same moment: the database lets one win."""

import secrets
from datetime import timedelta

from sqlalchemy import delete, select, update

from marketplace.accounts.models import AccountToken
from marketplace.accounts.queries import list_issues
from marketplace.accounts.rules import CODE_PAUSE, CODE_TRIES, CODES_A_DAY, KEEP_TOKENS, token_hash
from marketplace.core import clock
from marketplace.core.access import step
from marketplace.core.db import db
from marketplace.core.errors import Invalid
from marketplace.core.i18n import lazy
from marketplace.core.vault import fingerprint


@step
def issue_link(*, purpose: str, user_id: int, lifetime: timedelta, target: str = "") -> tuple[str, AccountToken]:
    """A random token for a link, and its row; earlier links of the purpose die, so that one mail at most opens the door. (Half-way states
    stand side by side: whoever knows the password must not throw its owner out of the next step.)"""
    if purpose != "half_way":
        void_tokens(user_id, purpose)
    token = secrets.token_urlsafe(32)
    row = AccountToken(
        purpose=purpose, user_id=user_id, target=target, token_hash=token_hash(token), expires_at=clock.now() + lifetime
    )
    db.session.add(row)
    db.session.flush()
    return token, row


@step
def issue_code(*, purpose: str, user_id: int, lifetime: timedelta, target: str, code: str) -> AccountToken:
    """The row of a six-digit code, kept as a keyed hash."""
    void_tokens(user_id, purpose)
    now = clock.now()
    row = AccountToken(purpose=purpose, user_id=user_id, target=target, created_at=now, expires_at=now + lifetime)
    row.token_hash = code_hash(row, code)
    db.session.add(row)
    db.session.flush()
    return row


@step
def code_hash(row: AccountToken, code: str) -> str:
    return fingerprint(f"{row.purpose}:{row.user_id}:{row.target}:{row.created_at.isoformat()}:{code}")


@step
def void_tokens(user_id: int, *purposes: str) -> None:
    """Let no link or code of these purposes work any more for this person."""
    db.session.execute(
        update(AccountToken)
        .where(
            AccountToken.user_id == user_id, AccountToken.purpose.in_(purposes), AccountToken.used_at.is_(None),
        )
        .values(used_at=clock.now())
        .execution_options(synchronize_session=False)
    )  # fmt: skip


@step
def spend(row: AccountToken) -> bool:
    """Use a token up; False when somebody else was first or its time is over."""
    spent = db.session.execute(
        update(AccountToken)
        .where(AccountToken.id == row.id, AccountToken.used_at.is_(None), AccountToken.expires_at > clock.now())
        .values(used_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    return spent.rowcount == 1  # type: ignore[attr-defined]


@step
def take_try(row: AccountToken) -> bool:
    """Count one attempt at a code, before looking at it; False when there are none left."""
    taken = db.session.execute(
        update(AccountToken)
        .where(
            AccountToken.id == row.id, AccountToken.used_at.is_(None), AccountToken.expires_at > clock.now(),
            AccountToken.tries < CODE_TRIES,
        )
        .values(tries=AccountToken.tries + 1)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    return taken.rowcount == 1  # type: ignore[attr-defined]


@step
def find_code(*, purpose: str, user_id: int) -> AccountToken | None:
    """The code that was sent last and still counts."""
    return db.session.scalar(
        select(AccountToken)
        .where(
            AccountToken.purpose == purpose, AccountToken.user_id == user_id, AccountToken.used_at.is_(None),
            AccountToken.expires_at > clock.now(),
        )
        .order_by(AccountToken.id.desc())
        .limit(1)
    )  # fmt: skip


@step
def may_issue(purpose: str, *, user_id: int | None, target: str) -> bool:
    """Not within a minute of the last one, and at most ten a day, to one address or number and for one person."""
    since = clock.now() - timedelta(days=1)
    asked = [list_issues(purpose, since=since, target=target)]
    if user_id is not None:
        asked.append(list_issues(purpose, since=since, user_id=user_id))
    return all(len(made) < CODES_A_DAY and (not made or clock.now() - made[0] >= CODE_PAUSE) for made in asked)


@step
def refuse_too_many(purpose: str, *, user_id: int, target: str) -> None:
    """Stop with a reason where `may_issue` says no."""
    if not may_issue(purpose, user_id=user_id, target=target):
        raise Invalid("token.too_many", lazy("发送过于频繁：每次间隔至少 60 秒，每天最多 10 次，请稍后再试"))


@step
def forget_old_tokens() -> int:
    """Delete tokens that ended more than a month ago; the audit trail keeps what they did."""
    gone = db.session.execute(
        delete(AccountToken)
        .where(AccountToken.expires_at < clock.now() - KEEP_TOKENS)
        .execution_options(synchronize_session=False)
    )
    return int(gone.rowcount)  # type: ignore[attr-defined]
