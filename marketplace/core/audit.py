"""The audit trail: append-only rows of ids and codes, written in the change's own transaction, sealed into a hash chain seconds later.

Hashing inside the transaction would make all writers queue behind one another, so a job seals (decision 15). A row names the
actor by id and holds no names, addresses or numbers of people, which is why it never needs to be purged.
"""

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import JSON, Index, String, func, select, update
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.core import clock
from marketplace.core.actor import Actor
from marketplace.core.db import BIG, Base, CreatedAt, Id, append_only, db

GENESIS = "0" * 64


class AuditEvent(Base):
    __tablename__ = "audit_event"
    __table_args__ = (
        Index("ix_audit_event_noun_ref", "noun", "ref_id"),
        Index("ix_audit_event_event", "event", "created_at"),
    )

    id: Mapped[Id]
    created_at: Mapped[CreatedAt]
    actor: Mapped[str] = mapped_column(String(40))
    user_id: Mapped[int | None] = mapped_column(BIG, index=True)
    event: Mapped[str] = mapped_column(String(60))
    noun: Mapped[str] = mapped_column(String(40))
    ref_id: Mapped[int | None] = mapped_column(BIG)
    organisation_id: Mapped[int | None] = mapped_column(BIG, index=True)
    codes: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    seal_no: Mapped[int | None] = mapped_column(BIG, unique=True)
    seal: Mapped[str | None] = mapped_column(String(64))


append_only("audit_event", except_columns=("seal_no", "seal"))


def record(
    event: str, noun: str, ref_id: int | None, *, actor: Actor, organisation_id: int | None = None, **codes: Any
) -> None:
    """Write down who did what to which entity, in the change's own transaction. `codes` hold ids and codes, never personal data."""
    db.session.add(
        AuditEvent(
            actor=actor.audit_name, user_id=actor.user_id, event=event, noun=noun, ref_id=ref_id,
            organisation_id=organisation_id, codes={k: v for k, v in codes.items() if v is not None},
        )
    )  # fmt: skip


def _digest(previous: str, row: AuditEvent, seal_no: int) -> str:
    content = [
        seal_no, row.id, row.created_at.isoformat(), row.actor, row.user_id, row.event, row.noun, row.ref_id,
        row.organisation_id, row.codes,
    ]  # fmt: skip
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(f"{previous}{text}".encode()).hexdigest()


def seal_pending(limit: int = 2000) -> int:
    """Seal the rows that have no seal yet into the chain, in one transaction of the caller; returns how many.

    Two sealers at once: the unique `seal_no` lets one win, the other rolls back and finds nothing left to do.
    """
    last = db.session.execute(
        select(AuditEvent.seal_no, AuditEvent.seal)
        .where(AuditEvent.seal_no.is_not(None))
        .order_by(AuditEvent.seal_no.desc())
        .limit(1)
    ).first()
    number, seal = (last.seal_no or 0, last.seal or GENESIS) if last else (0, GENESIS)
    rows = db.session.scalars(
        select(AuditEvent).where(AuditEvent.seal_no.is_(None)).order_by(AuditEvent.id).limit(limit)
    ).all()
    for row in rows:
        number += 1
        seal = _digest(seal, row, number)
        db.session.execute(
            update(AuditEvent).where(AuditEvent.id == row.id, AuditEvent.seal_no.is_(None)).values(seal_no=number, seal=seal)
            .execution_options(synchronize_session=False)
        )  # fmt: skip
    return len(rows)


def check(unsealed_after: timedelta = timedelta(minutes=10)) -> list[str]:
    """Recompute the whole chain: a list of what is wrong (a gap, an edited row, a row that was never sealed); empty when it proves."""
    wrong: list[str] = []
    seal, expected = GENESIS, 1
    for row in db.session.scalars(
        select(AuditEvent)
        .where(AuditEvent.seal_no.is_not(None))
        .order_by(AuditEvent.seal_no)
        .execution_options(yield_per=1000)
    ):
        if row.seal_no != expected:
            wrong.append(f"gap: seal {expected} is missing, found {row.seal_no}")
            expected = row.seal_no or expected
        seal = _digest(seal, row, expected)
        if seal != row.seal:
            wrong.append(f"row {row.id} does not match its seal {row.seal_no}")
            seal = row.seal or seal
        expected += 1
    before: datetime = clock.now() - unsealed_after
    old = db.session.scalar(
        select(func.count()).select_from(AuditEvent).where(AuditEvent.seal_no.is_(None), AuditEvent.created_at < before)
    )
    if old:
        wrong.append(f"{old} rows older than {unsealed_after} were never sealed")
    return wrong
