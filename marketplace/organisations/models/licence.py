"""A permit of an organisation."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ColumnElement, Date, ForeignKey, Index, Integer, String, and_, or_
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.core.db import BIG, CreatedAt, Id, UTCDateTime, db
from marketplace.core.lifecycle import Lifecycle
from marketplace.files.models import StoredFile
from marketplace.organisations.models.organisation import Organisation
from marketplace.organisations.states import (
    LICENCE_PROCESS,
    LicenceState,
)


class Licence(Lifecycle, db.Model):
    """One permit of an organisation. `evidence` is `verified` once the operator has seen it, `recorded` while it only came by an import."""

    __tablename__ = "licence"
    __process__ = LICENCE_PROCESS
    __table_args__ = (
        CheckConstraint("NOT (is_long_term AND valid_to IS NOT NULL)", name="long_term_has_no_end"),
        Index("ix_licence_organisation_id_kind", "organisation_id", "kind"),
        Index("ix_licence_state_valid_to", "state", "valid_to"),
    )

    id: Mapped[Id]
    organisation_id: Mapped[int] = mapped_column(BIG, ForeignKey("organisation.id"))
    kind: Mapped[str] = mapped_column(String(12))
    number: Mapped[str] = mapped_column(String(64))
    valid_to: Mapped[date | None] = mapped_column(Date)
    is_long_term: Mapped[bool] = mapped_column(default=False)
    issuing_region: Mapped[str] = mapped_column(String(60), default="")
    file_id: Mapped[int | None] = mapped_column(BIG, ForeignKey("stored_file.id"))
    evidence: Mapped[str] = mapped_column(String(10), default="verified")
    reminded_days: Mapped[int | None] = mapped_column(Integer)  # the reminder before its end that was sent last (天)
    created_at: Mapped[CreatedAt]
    reviewed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    organisation: Mapped[Organisation] = relationship(lazy="raise_on_sql", back_populates="licences")
    file: Mapped[StoredFile | None] = relationship(lazy="raise_on_sql")

    @property
    def state_label(self) -> Any:
        return LicenceState(self.state).label

    def counts_on(self, day: date) -> bool:
        """Is it valid on this day?"""
        return self.state == LicenceState.VALID and (self.valid_to is None or self.valid_to >= day)

    @classmethod
    def counting_on(cls, day: date) -> ColumnElement[bool]:
        """The same as a condition of a query."""
        return and_(cls.state == LicenceState.VALID, or_(cls.valid_to.is_(None), cls.valid_to >= day))
