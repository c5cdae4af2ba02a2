"""A standard that a firm meets, or a grade that it was given."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ColumnElement, Date, ForeignKey, Index, String, and_, or_, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.core import clock
from marketplace.core.db import BIG, CreatedAt, Id, UTCDateTime, db
from marketplace.core.lifecycle import Lifecycle
from marketplace.files.models import StoredFile
from marketplace.organisations.models.organisation import Organisation
from marketplace.organisations.states import STANDARD_PROCESS, StandardState


class FirmStandard(Lifecycle, db.Model):
    """One standard or grade with its evidence (dossier 1.1 f). The level is what the evidence says: no list of levels is kept here.

    `standard_no` is written in one way (`rules.standards.plain_number`), so that a filter finds every firm that holds it. `valid_to`
    empty: the evidence names no end. `renews_id` is the one it was handed in to replace; `reason` the operator's words at the last return or
    taking down.
    """

    __tablename__ = "firm_standard"
    __process__ = STANDARD_PROCESS
    __table_args__ = (
        CheckConstraint("valid_to IS NULL OR issued_on IS NULL OR valid_to > issued_on", name="term_forward"),
        Index("ix_firm_standard_state_number", "state", "standard_no", "valid_to"),
        Index("ix_firm_standard_state_submitted", "state", "submitted_at"),
        Index("ix_firm_standard_organisation_state", "organisation_id", "state"),
        # Two reviewers at the same moment, or two clicks of the firm: the database lets one stand, one wait.
        Index(
            "uq_firm_standard_approved", "organisation_id", "standard_no", unique=True,
            sqlite_where=text("state = 'approved'"), postgresql_where=text("state = 'approved'"),
        ),
        Index(
            "uq_firm_standard_open", "organisation_id", "standard_no", unique=True,
            sqlite_where=text("state IN ('submitted', 'returned')"), postgresql_where=text("state IN ('submitted', 'returned')"),
        ),
    )  # fmt: skip

    id: Mapped[Id]
    organisation_id: Mapped[int] = mapped_column(BIG, ForeignKey("organisation.id"))
    standard_no: Mapped[str] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(String(120))
    level: Mapped[str] = mapped_column(String(40), default="")
    issuer: Mapped[str] = mapped_column(String(80))
    issued_on: Mapped[date | None] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    file_id: Mapped[int | None] = mapped_column(BIG, ForeignKey("stored_file.id"))
    renews_id: Mapped[int | None] = mapped_column(BIG, ForeignKey("firm_standard.id"), index=True)
    reason: Mapped[str] = mapped_column(String(500), default="")
    reminded_on: Mapped[date | None] = mapped_column(Date)  # the day the firm was told that it ends soon
    created_at: Mapped[CreatedAt]
    submitted_at: Mapped[datetime | None] = mapped_column(UTCDateTime, default=clock.now)
    reviewed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    organisation: Mapped[Organisation] = relationship(lazy="raise_on_sql")
    file: Mapped[StoredFile | None] = relationship(lazy="raise_on_sql")

    @property
    def state_label(self) -> Any:
        return StandardState(self.state).label

    def counts_on(self, day: date) -> bool:
        """Is it public on this day? Its last day still counts."""
        return self.state == StandardState.APPROVED and (self.valid_to is None or self.valid_to >= day)

    @classmethod
    def counting_on(cls, day: date) -> ColumnElement[bool]:
        """The same as a condition of a query."""
        return and_(cls.state == StandardState.APPROVED, or_(cls.valid_to.is_(None), cls.valid_to >= day))
