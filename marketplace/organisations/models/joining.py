"""The two ways into an organisation: asking to join, and being invited by a link."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.core.db import BIG, CreatedAt, Id, UTCDateTime, db
from marketplace.core.lifecycle import Lifecycle
from marketplace.organisations.states import JOIN_PROCESS, JoinState

_OPEN = text("state = 'requested'")


class JoinRequest(Lifecycle, db.Model):
    """A person asks the administrators of a registered organisation to be let in. One open request per person, held by a partial index."""

    __tablename__ = "organisation_join_request"
    __process__ = JOIN_PROCESS
    __table_args__ = (
        Index("uq_organisation_join_request_open", "user_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_organisation_join_request_organisation_state", "organisation_id", "state"),
        Index("ix_organisation_join_request_state_due", "state", "due_at"),
    )

    id: Mapped[Id]
    organisation_id: Mapped[int] = mapped_column(BIG, ForeignKey("organisation.id"))
    user_id: Mapped[int] = mapped_column(BIG, ForeignKey("user_account.id"), index=True)
    message: Mapped[str] = mapped_column(String(300), default="")
    role: Mapped[str | None] = mapped_column(String(16))  # given with the approval
    reason: Mapped[str] = mapped_column(String(500), default="")  # of a refusal
    decided_by_id: Mapped[int | None] = mapped_column(BIG)
    created_at: Mapped[CreatedAt]
    due_at: Mapped[datetime] = mapped_column(UTCDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    @property
    def state_label(self) -> Any:
        return JoinState(self.state).label


class Invitation(db.Model):
    """A link that makes whoever opens it a member in one role, once, within seven days. The table holds the hash of its token only."""

    __tablename__ = "organisation_invitation"
    __table_args__ = (
        CheckConstraint("accepted_at IS NULL OR revoked_at IS NULL", name="one_end"),
        Index("ix_organisation_invitation_organisation_expires", "organisation_id", "expires_at"),
    )

    id: Mapped[Id]
    organisation_id: Mapped[int] = mapped_column(BIG, ForeignKey("organisation.id"))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[str] = mapped_column(String(16))
    address: Mapped[str] = mapped_column(String(254), default="")  # e-mail or mobile it was sent to, if any
    created_by_id: Mapped[int | None] = mapped_column(BIG)
    created_at: Mapped[CreatedAt]
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    accepted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    accepted_by_id: Mapped[int | None] = mapped_column(BIG)
    revoked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    def is_open(self, now: datetime) -> bool:
        """May it still be accepted?"""
        return self.accepted_at is None and self.revoked_at is None and now < self.expires_at
