"""A permit of an organisation."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ColumnElement,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
    and_,
    or_,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.core import clock
from marketplace.core.db import BIG, CreatedAt, Id, UTCDateTime, db
from marketplace.core.lifecycle import Lifecycle
from marketplace.files.models import StoredFile
from marketplace.organisations.models.organisation import Organisation
from marketplace.organisations.states import (
    LICENCE_PROCESS,
    LicenceState,
)


class Licence(Lifecycle, db.Model):
    """One permit of an organisation. `evidence` is `verified` once the operator has seen it, `recorded` while it only came by an import.

    `issuing_code` is the region of the authority where our table knows it, `issuing_region` the authority's name as printed;
    `recognised_in` are the codes of the demonstration zone that recognise it too (D47). `renews_id` is the licence it was handed in
    to replace, `replaced_by_id` the one that did replace it.
    """

    __tablename__ = "licence"
    __process__ = LICENCE_PROCESS
    __table_args__ = (
        CheckConstraint("NOT (is_long_term AND valid_to IS NOT NULL)", name="long_term_has_no_end"),
        Index("ix_licence_organisation_id_kind", "organisation_id", "kind"),
        Index("ix_licence_state_valid_to", "state", "valid_to"),
        Index("ix_licence_state_submitted", "state", "submitted_at"),
        Index("ix_licence_kind_state", "kind", "state"),
        # Two renewals approved at the same moment: the database lets one of them stand.
        Index(
            "uq_licence_one_valid", "organisation_id", "kind", unique=True,
            sqlite_where=text("state = 'valid' AND kind <> 'OTHER'"), postgresql_where=text("state = 'valid' AND kind <> 'OTHER'"),
        ),
    )  # fmt: skip

    id: Mapped[Id]
    organisation_id: Mapped[int] = mapped_column(BIG, ForeignKey("organisation.id"))
    kind: Mapped[str] = mapped_column(String(12))
    number: Mapped[str] = mapped_column(String(64))
    scope: Mapped[list[str]] = mapped_column(JSON, default=list, server_default=text("'[]'"))
    issued_on: Mapped[date | None] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    is_long_term: Mapped[bool] = mapped_column(default=False)
    issuing_region: Mapped[str] = mapped_column(String(60), default="")
    issuing_code: Mapped[str] = mapped_column(String(6), default="", server_default="")
    recognised_in: Mapped[list[str]] = mapped_column(JSON, default=list, server_default=text("'[]'"))
    file_id: Mapped[int | None] = mapped_column(BIG, ForeignKey("stored_file.id"))
    evidence: Mapped[str] = mapped_column(String(10), default="verified")
    reminded_days: Mapped[int | None] = mapped_column(Integer)  # the reminder before its end that was sent last (天)
    renews_id: Mapped[int | None] = mapped_column(BIG, ForeignKey("licence.id"), index=True)
    replaced_by_id: Mapped[int | None] = mapped_column(BIG, ForeignKey("licence.id"))
    created_at: Mapped[CreatedAt]
    submitted_at: Mapped[datetime | None] = mapped_column(UTCDateTime, default=clock.now)
    reviewed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    organisation: Mapped[Organisation] = relationship(lazy="raise_on_sql", back_populates="licences")
    file: Mapped[StoredFile | None] = relationship(lazy="raise_on_sql")
    pages: Mapped[list["LicencePage"]] = relationship(lazy="raise_on_sql", order_by="LicencePage.place")

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


class LicencePage(db.Model):
    """One more scan of a licence beside its first (副本, annexes), in the order of `place` from 2 on."""

    __tablename__ = "licence_page"
    __table_args__ = (UniqueConstraint("licence_id", "place"),)

    id: Mapped[Id]
    licence_id: Mapped[int] = mapped_column(BIG, ForeignKey("licence.id"))
    file_id: Mapped[int] = mapped_column(BIG, ForeignKey("stored_file.id"))
    place: Mapped[int] = mapped_column(Integer)

    file: Mapped[StoredFile] = relationship(lazy="raise_on_sql")
