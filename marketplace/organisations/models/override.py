"""Codes that the register really gave out although they fail the check (dossier 2.1)."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.core.db import BIG, CreatedAt, Id, UTCDateTime, db
from marketplace.core.lifecycle import Lifecycle
from marketplace.files.models import StoredFile
from marketplace.organisations.states import OVERRIDE_PROCESS, OverrideState


class UsccOverride(Lifecycle, db.Model):
    """One code whose only fault is its check character: who says with what evidence that it is real, and who else agreed.

    The proposer is never the decider. One open or approved row per code; what was rejected or withdrawn stays as a record.
    """

    __tablename__ = "uscc_override"
    __process__ = OVERRIDE_PROCESS
    __table_args__ = (
        CheckConstraint("decided_by_id IS NULL OR decided_by_id <> proposed_by_id", name="maker_is_not_checker"),
        CheckConstraint("state NOT IN ('approved', 'rejected') OR decided_by_id IS NOT NULL", name="decided_by_somebody"),
        Index("ix_uscc_override_uscc", "uscc"),
        Index(
            "uq_uscc_override_standing", "uscc", unique=True,
            sqlite_where=text("state IN ('proposed', 'approved')"), postgresql_where=text("state IN ('proposed', 'approved')"),
        ),
    )  # fmt: skip

    id: Mapped[Id]
    uscc: Mapped[str] = mapped_column(String(18))
    name: Mapped[str] = mapped_column(String(100))
    reason: Mapped[str] = mapped_column(String(500))
    evidence_file_id: Mapped[int] = mapped_column(BIG, ForeignKey("stored_file.id"))
    evidence_sha256: Mapped[str] = mapped_column(String(64))
    proposed_by_id: Mapped[int] = mapped_column(BIG, ForeignKey("user_account.id"))
    decided_by_id: Mapped[int | None] = mapped_column(BIG, ForeignKey("user_account.id"))
    decision_note: Mapped[str] = mapped_column(String(500), default="")
    created_at: Mapped[CreatedAt]
    decided_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    evidence: Mapped[StoredFile] = relationship(lazy="raise_on_sql")

    @property
    def state_label(self) -> Any:
        return OverrideState(self.state).label

    @property
    def is_open(self) -> bool:
        return self.state == OverrideState.PROPOSED
