"""The body itself and the people who act for it."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import CheckConstraint, ColumnElement, Date, ForeignKey, Index, Integer, String, Text, or_
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.core.db import BIG, CreatedAt, Id, UTCDateTime, db
from marketplace.core.lifecycle import Lifecycle
from marketplace.organisations.rules.readings import spell
from marketplace.organisations.states import (
    ORGANISATION_PROCESS,
    OrganisationState,
)

if TYPE_CHECKING:
    from marketplace.organisations.models.licence import Licence


class Organisation(Lifecycle, db.Model):
    """An HR firm or a client enterprise, one per USCC."""

    __tablename__ = "organisation"
    __process__ = ORGANISATION_PROCESS
    __table_args__ = (
        CheckConstraint("kind IN ('firm', 'client')", name="kind_known"),
        CheckConstraint("approval_above_fen IS NULL OR approval_above_fen >= 0", name="approval_limit_not_negative"),
        CheckConstraint("registered_capital_fen IS NULL OR registered_capital_fen >= 0", name="capital_not_negative"),
        Index("ix_organisation_kind_state_initial", "kind", "state", "pinyin_initial"),
        Index("ix_organisation_kind_state_key", "kind", "state", "pinyin_key"),
        Index("ix_organisation_kind_state_submitted", "kind", "state", "submitted_at"),
        Index("ix_organisation_kind_city", "kind", "city_code"),
        Index("ix_organisation_state_submitted", "state", "submitted_at"),
        Index("ix_organisation_state_due", "state", "next_due_on"),
        Index("ix_organisation_facts_confirmed", "facts_confirmed_at"),
    )

    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(String(8))
    uscc: Mapped[str] = mapped_column(String(18), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    short_name: Mapped[str] = mapped_column(String(40), default="")
    pinyin_initial: Mapped[str] = mapped_column(String(1), default="#")
    pinyin_key: Mapped[str] = mapped_column(String(150), default="", server_default="")
    pinyin_words: Mapped[str] = mapped_column(Text, default="", server_default="", deferred=True)
    city_code: Mapped[str] = mapped_column(String(6))
    address: Mapped[str] = mapped_column(String(200), default="")
    legal_representative: Mapped[str] = mapped_column(String(60), default="", server_default="")
    established_on: Mapped[date | None] = mapped_column(Date)
    registered_capital_fen: Mapped[int | None] = mapped_column(BIG)
    industry: Mapped[str] = mapped_column(String(60), default="")
    size: Mapped[str] = mapped_column(String(1), default="")
    contact_name: Mapped[str] = mapped_column(String(60), default="")
    contact_mobile: Mapped[str] = mapped_column(String(20), default="")
    intro: Mapped[str] = mapped_column(Text, default="")
    registrar: Mapped[str] = mapped_column(String(60), default="", server_default="")
    business_scope: Mapped[str] = mapped_column(Text, default="", server_default="")
    website: Mapped[str] = mapped_column(String(200), default="", server_default="")
    service_hotline: Mapped[str] = mapped_column(String(30), default="", server_default="")
    service_highlights: Mapped[str] = mapped_column(Text, default="", server_default="")  # one a line
    approval_above_fen: Mapped[int | None] = mapped_column(BIG)  # a client's purchases above it wait for approval
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
    facts_confirmed_at: Mapped[datetime | None] = mapped_column(
        UTCDateTime
    )  # said that nothing has changed; waits for a look
    due_step: Mapped[int | None] = mapped_column(
        Integer
    )  # the reminder of this due day that was sent last (rules.due_step)
    due_reminded_on: Mapped[date | None] = mapped_column(Date)  # the day on which the operator reminded it by hand
    closes_on: Mapped[date | None] = mapped_column(Date)  # announced: leaves the platform on this day

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

    @classmethod
    def standing_since(cls, earliest: Any) -> ColumnElement[bool]:
        """As a condition of a query: its verification is not overdue beyond the days of grace (due on or after `earliest`, or never due)."""
        return or_(cls.next_due_on.is_(None), cls.next_due_on >= earliest)

    def spell(self) -> None:
        """Keep letter, sort key and what typed pinyin finds in step with the names; whoever changes a name calls it."""
        for column, value in spell(self.name, self.short_name or "")._asdict().items():
            setattr(self, column, value)

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
