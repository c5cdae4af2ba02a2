"""A request to change the identity under which an organisation was verified."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.core.db import BIG, CreatedAt, Id, UTCDateTime, db
from marketplace.core.lifecycle import Lifecycle
from marketplace.files.models import StoredFile
from marketplace.organisations.models.organisation import Organisation
from marketplace.organisations.states import CHANGE_PROCESS, OPEN_CHANGES, ChangeState

_OPEN = text("state IN ({})".format(", ".join(f"'{s}'" for s in OPEN_CHANGES)))


class ChangeRequest(Lifecycle, db.Model):
    """Old and new values of the fields that change, as JSON, with reason and evidence. One open request per organisation."""

    __tablename__ = "change_request"
    __process__ = CHANGE_PROCESS
    __table_args__ = (
        Index(
            "uq_change_request_open", "organisation_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN,
        ),
        Index("ix_change_request_organisation_id_id", "organisation_id", "id"),
        Index("ix_change_request_state_submitted", "state", "submitted_at"),
    )  # fmt: skip

    id: Mapped[Id]
    organisation_id: Mapped[int] = mapped_column(BIG, ForeignKey("organisation.id"))
    old: Mapped[dict[str, Any]] = mapped_column(JSON)
    new: Mapped[dict[str, Any]] = mapped_column(JSON)
    reason: Mapped[str] = mapped_column(String(500))
    file_id: Mapped[int | None] = mapped_column(BIG, ForeignKey("stored_file.id"))
    requested_by_id: Mapped[int | None] = mapped_column(BIG)
    created_at: Mapped[CreatedAt]
    submitted_at: Mapped[datetime] = mapped_column(UTCDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    decided_by_id: Mapped[int | None] = mapped_column(BIG)
    decision_reason: Mapped[str] = mapped_column(String(500), default="")

    organisation: Mapped[Organisation] = relationship(lazy="raise_on_sql")
    file: Mapped[StoredFile | None] = relationship(lazy="raise_on_sql")

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_CHANGES

    @property
    def state_label(self) -> Any:
        return ChangeState(self.state).label
