"""Counting what goes wrong at the sign-in page, per account and per address, in the database, so that all processes count together."""

from sqlalchemy import func, select

from marketplace.accounts.models import SignInEvent, User
from marketplace.accounts.queries import address_rests_for
from marketplace.accounts.rules import FAILURES, LOCKS_ADD_UP_FOR, lock_span
from marketplace.core import audit, clock, settings
from marketplace.core.access import step
from marketplace.core.actor import Actor
from marketplace.core.db import db, is_sqlite

_LOCK = 0x51A1  # keeps the advisory locks of addresses apart from others


@step
def hold_address(address: str) -> int:
    """Seconds this address must rest, asked so that simultaneous attempts from it are counted one after the other.

    SQLite has one writer anyway; on PostgreSQL a lock on the address is held to the commit, else a burst would pass the count.
    """
    if not is_sqlite():
        db.session.execute(select(func.pg_advisory_xact_lock(_LOCK, func.hashtext(address))))
    return address_rests_for(address)


@step
def lock_user(user_id: int) -> User | None:
    """The person's row as it is now, held to the commit, so that two failures at once are two."""
    return db.session.scalar(
        select(User).where(User.id == user_id).with_for_update().execution_options(populate_existing=True)
    )


@step
def note_event(
    *, result: str, actor: Actor, user_id: int | None = None, login_hash: str = "", address: str = "", agent: str = ""
) -> None:
    """Write down one attempt; says in the trail, without the address, when it was the one after which the address rests."""
    event = SignInEvent(
        user_id=user_id, login_hash=login_hash, result=result, is_failure=result in FAILURES, address=address[:45],
        agent=agent[:200],
    )  # fmt: skip
    db.session.add(event)
    db.session.flush()
    if event.is_failure and address_rests_for(address):
        audit.record("address.rested", "sign_in", event.id, actor=actor)


@step
def is_locked(user: User) -> bool:
    return user.locked_until is not None and user.locked_until > clock.now()


@step
def count_failure(user: User, actor: Actor) -> None:
    """One more wrong password or code; after five the account rests for 15 minutes, at each further lock within a day twice as long,
    up to four hours (figures by settings)."""
    user.failed_count += 1
    if user.failed_count < settings.get("accounts.lock_failures"):
        return
    now = clock.now()
    recent = user.last_locked_at is not None and now - user.last_locked_at < LOCKS_ADD_UP_FOR
    user.lock_count = user.lock_count + 1 if recent else 1
    span = lock_span(user.lock_count, settings.get("accounts.lock_minutes"), settings.get("accounts.lock_max_minutes"))
    user.failed_count, user.last_locked_at, user.locked_until = 0, now, now + span
    audit.record("user.locked", "user", user.id, actor=actor, minutes=int(span.total_seconds() // 60))


@step
def forget_failures(user: User) -> None:
    """The right answer forgets the wrong ones before it; how often the account was locked today stays."""
    user.failed_count, user.locked_until = 0, None
