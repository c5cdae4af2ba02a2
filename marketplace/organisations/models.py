"""Tables of organisations: the body itself, its members, its licences, and the operator's decisions on them."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ColumnElement, Date, ForeignKey, Index, Integer, String, Text, and_, or_
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.core.db import BIG, CreatedAt, Id, UTCDateTime, append_only, db
from marketplace.core.lifecycle import Lifecycle
from marketplace.files.models import StoredFile
from marketplace.organisations.states import (
    LICENCE_PROCESS,
    ORGANISATION_PROCESS,
    LicenceState,
    OrganisationState,
)


class Organisation(Lifecycle, db.Model):
    """An HR firm or a client enterprise, one per USCC."""

    __tablename__ = "organisation"
    __process__ = ORGANISATION_PROCESS
    __table_args__ = (
        CheckConstraint("kind IN ('firm', 'client')", name="kind_known"),
        CheckConstraint("registered_capital_fen IS NULL OR registered_capital_fen >= 0", name="capital_not_negative"),
        Index("ix_organisation_kind_state_initial", "kind", "state", "pinyin_initial"),
        Index("ix_organisation_kind_state_submitted", "kind", "state", "submitted_at"),
        Index("ix_organisation_kind_city", "kind", "city_code"),
    )

    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(String(8))
    uscc: Mapped[str] = mapped_column(String(18), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    short_name: Mapped[str] = mapped_column(String(40), default="")
    pinyin_initial: Mapped[str] = mapped_column(String(1), default="#")
    city_code: Mapped[str] = mapped_column(String(6))
    address: Mapped[str] = mapped_column(String(200), default="")
    established_on: Mapped[date | None] = mapped_column(Date)
    registered_capital_fen: Mapped[int | None] = mapped_column(BIG)
    industry: Mapped[str] = mapped_column(String(60), default="")
    size: Mapped[str] = mapped_column(String(1), default="")
    contact_name: Mapped[str] = mapped_column(String(60), default="")
    contact_mobile: Mapped[str] = mapped_column(String(20), default="")
    intro: Mapped[str] = mapped_column(Text, default="")
    source: Mapped[str] = mapped_column(String(16), default="sign_up")  # sign_up, operator_import, demo
    is_demo: Mapped[bool] = mapped_column(default=False)
    in_park: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[CreatedAt]
    submitted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    returned_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    approved_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    suspended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    last_verified_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    next_due_on: Mapped[date | None] = mapped_column(Date)

    licences: Mapped[list["Licence"]] = relationship(
        order_by="Licence.id", lazy="raise_on_sql", back_populates="organisation"
    )

    @property
    def state_label(self) -> Any:
        return OrganisationState(self.state).label

    @property
    def is_firm(self) -> bool:
        return self.kind == "firm"

    @property
    def is_approved(self) -> bool:
        return self.state == OrganisationState.APPROVED

    @property
    def is_recorded_only(self) -> bool:
        """Came by an import and has not been verified since (decision 26)."""
        return self.source == "operator_import" and self.last_verified_at is None

    @property
    def display_name(self) -> str:
        return self.short_name or self.name


class OrganisationMember(db.Model):
    """A person's role in an organisation: admin, business, purchasing, finance or viewer."""

    __tablename__ = "organisation_member"

    organisation_id: Mapped[int] = mapped_column(BIG, ForeignKey("organisation.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(BIG, ForeignKey("user_account.id"), primary_key=True, index=True)
    role: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[CreatedAt]


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


class VerificationCheck(db.Model):
    """One decision of the operator: who, when, how, with what result and reason. Append-only, kept as evidence (电子商务法 27)."""

    __tablename__ = "verification_check"
    __table_args__ = (Index("ix_verification_check_organisation_id_id", "organisation_id", "id"),)

    id: Mapped[Id]
    organisation_id: Mapped[int] = mapped_column(BIG, ForeignKey("organisation.id"))
    licence_id: Mapped[int | None] = mapped_column(BIG, ForeignKey("licence.id"))
    result: Mapped[str] = mapped_column(String(16))  # approved, returned, suspended, restored, revoked, closed
    method: Mapped[str] = mapped_column(String(16), default="manual")  # manual, registry, e_licence
    reason: Mapped[str] = mapped_column(String(500), default="")
    user_id: Mapped[int | None] = mapped_column(BIG)
    created_at: Mapped[CreatedAt]


append_only("verification_check")
