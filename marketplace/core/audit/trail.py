"""The tables of the trail, and `record`, which every change calls."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.core.actor import Actor
from marketplace.core.db import BIG, Base, CreatedAt, Id, UTCDateTime, append_only, db

GENESIS = "0" * 64
_UNSEALED = text("seal_no IS NULL")


class AuditEvent(Base):
    """One thing that was done: by whom, to what, with which codes. Everything but the seal is fixed from the first moment."""

    __tablename__ = "audit_event"
    __table_args__ = (
        Index("ix_audit_event_created_at", "created_at"),
        Index("ix_audit_event_noun_ref", "noun", "ref_id", "created_at"),
        Index("ix_audit_event_noun_created_at", "noun", "created_at"),
        Index("ix_audit_event_event", "event", "created_at"),
        Index("ix_audit_event_user_id_created_at", "user_id", "created_at"),
        Index("ix_audit_event_organisation_id_created_at", "organisation_id", "created_at"),
        Index("ix_audit_event_unsealed", "id", sqlite_where=_UNSEALED, postgresql_where=_UNSEALED),
    )

    id: Mapped[Id]
    created_at: Mapped[CreatedAt]
    actor: Mapped[str] = mapped_column(String(40))
    user_id: Mapped[int | None] = mapped_column(BIG)
    event: Mapped[str] = mapped_column(String(60))
    noun: Mapped[str] = mapped_column(String(40))
    ref_id: Mapped[int | None] = mapped_column(BIG)
    organisation_id: Mapped[int | None] = mapped_column(BIG)
    codes: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    seal_no: Mapped[int | None] = mapped_column(BIG, unique=True)
    seal: Mapped[str | None] = mapped_column(String(64))


class AuditAnchor(Base):
    """The chain's head after one sealing run, marked with the deployment's keys: what shows that the chain's end was cut off."""

    __tablename__ = "audit_anchor"
    id: Mapped[Id]
    created_at: Mapped[CreatedAt]
    seal_no: Mapped[int] = mapped_column(BIG, unique=True)
    seal: Mapped[str] = mapped_column(String(64))
    mark: Mapped[str] = mapped_column(String(64))


class AuditCheckRun(Base):
    """One proof of the whole chain that somebody asked for; what it found is filled in once."""

    __tablename__ = "audit_check_run"
    __table_args__ = (Index("ix_audit_check_run_finished_at", "finished_at"),)
    id: Mapped[Id]
    created_at: Mapped[CreatedAt]
    requested_by_id: Mapped[int | None] = mapped_column(BIG)
    started_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    rows: Mapped[int | None] = mapped_column(BIG)
    head_no: Mapped[int | None] = mapped_column(BIG)
    head_seal: Mapped[str | None] = mapped_column(String(64))
    wrong_count: Mapped[int | None] = mapped_column(BIG)
    findings: Mapped[str | None] = mapped_column(String(4000))


append_only("audit_event", except_columns=("seal_no", "seal"))
append_only("audit_anchor")
append_only(
    "audit_check_run",
    except_columns=("started_at", "finished_at", "rows", "head_no", "head_seal", "wrong_count", "findings"),
)


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
