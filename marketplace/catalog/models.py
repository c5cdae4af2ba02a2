"""Listings, their earlier versions and the cities they serve; the later versions of categories and the drafts of the next ones."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.catalog.rules.pricing import PricingModel, price_text, unit_text
from marketplace.catalog.rules.taxonomy import Category, category
from marketplace.catalog.states import CHANGE_PROCESS, OPEN_LISTING_CHANGES, PROCESS
from marketplace.core import clock
from marketplace.core.db import BIG, Base, CreatedAt, Id, UTCDateTime, append_only
from marketplace.core.lifecycle import Lifecycle
from marketplace.organisations.models import Organisation


class Listing(Lifecycle, Base):
    """One service a firm offers in one child category. Prices of a rate model are hundredths of a percent, all others 分."""

    __tablename__ = "listing"
    __process__ = PROCESS
    __table_args__ = (
        CheckConstraint("price_min_fen IS NULL OR price_min_fen >= 0", name="price_min"),
        CheckConstraint("price_max_fen IS NULL OR price_max_fen >= COALESCE(price_min_fen, 0)", name="price_range"),
        CheckConstraint("rating_count >= 0 AND rating_sum >= rating_count AND rating_sum <= 5 * rating_count", name="rating"),
        CheckConstraint("order_count >= 0", name="order_count"),
        Index(
            "uq_listing_offered", "firm_id", "category_code", "title", unique=True,
            sqlite_where=text("state <> 'withdrawn'"), postgresql_where=text("state <> 'withdrawn'"),
        ),
        Index("ix_listing_queue", "state", "submitted_at"),
        Index("ix_listing_state_category", "state", "category_code"),
        CheckConstraint("live_version >= 0", name="live_version"),
    )  # fmt: skip

    id: Mapped[Id]
    firm_id: Mapped[int] = mapped_column(BIG, ForeignKey("organisation.id"), index=True)
    category_code: Mapped[str] = mapped_column(String(6), index=True)
    title: Mapped[str] = mapped_column(String(80))
    summary: Mapped[str] = mapped_column(String(200), default="")
    description: Mapped[str] = mapped_column(Text, default="")
    pricing_model: Mapped[str] = mapped_column(String(24))
    price_min_fen: Mapped[int | None] = mapped_column(BIG)
    price_max_fen: Mapped[int | None] = mapped_column(BIG)
    billing_note: Mapped[str] = mapped_column(String(300), default="")
    unit: Mapped[str] = mapped_column(String(20), default="")
    tax_note: Mapped[str] = mapped_column(String(12), default="", server_default="")
    """Whether the price includes tax, a key of `rules.fees.TAX_NOTES`; empty where the firm does not say."""
    attributes: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    category_version: Mapped[int] = mapped_column(Integer, default=1, server_default="1")
    """Number of the category's definition under which the content was written."""
    live_version: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    """Number of the approved content that stands in this row; 0 until the first approval. Earlier ones are in `listing_version`."""
    source: Mapped[str] = mapped_column(String(20), default="firm")
    is_demo: Mapped[bool] = mapped_column(Boolean, default=False)
    state_reason: Mapped[str] = mapped_column(String(300), default="")
    withdrawn_by: Mapped[str] = mapped_column(String(8), default="", server_default="")
    """`firm` or `park`: a firm's reason for taking its service down is public, the park's is told to the firm alone."""
    rating_sum: Mapped[int] = mapped_column(Integer, default=0)
    rating_count: Mapped[int] = mapped_column(Integer, default=0)
    order_count: Mapped[int] = mapped_column(Integer, default=0)
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime, default=clock.now)
    submitted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    returned_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    published_at: Mapped[datetime | None] = mapped_column(UTCDateTime, index=True)
    suspended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    firm: Mapped[Organisation] = relationship(lazy="raise")
    cities: Mapped[list["ListingCity"]] = relationship(
        lazy="raise", cascade="all, delete-orphan", order_by="ListingCity.city_code"
    )

    @property
    def category(self) -> Category:
        return category(self.category_code)

    @property
    def model(self) -> PricingModel:
        return PricingModel(self.pricing_model)

    @property
    def city_codes(self) -> list[str]:
        return sorted(row.city_code for row in self.cities)

    @property
    def rating(self) -> float | None:
        """The mean score 1.0–5.0 with one decimal; None without ratings."""
        return round(self.rating_sum / self.rating_count, 1) if self.rating_count else None

    @property
    def price_text(self) -> str:
        return price_text(self.model, self.price_min_fen, self.price_max_fen)

    @property
    def unit_text(self) -> str:
        """What one unit is: the firm's own word, else the price model's."""
        return unit_text(self.model, self.price_min_fen, self.price_max_fen, self.unit)

    @property
    def public_reason(self) -> str:
        """Why a withdrawn listing is gone, as everybody may read it: the firm's own words; what the park told the firm stays between them."""
        return self.state_reason if self.withdrawn_by == "firm" else ""


class ListingVersion(Base):
    """Approved content of a listing that a later one has replaced, so that what somebody saw or ordered can be shown (电子商务法 31)."""

    __tablename__ = "listing_version"
    __table_args__ = (UniqueConstraint("listing_id", "number"),)

    id: Mapped[Id]
    listing_id: Mapped[int] = mapped_column(BIG, ForeignKey("listing.id"))
    number: Mapped[int] = mapped_column(Integer)
    category_version: Mapped[int] = mapped_column(Integer)
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    replaced_at: Mapped[datetime] = mapped_column(UTCDateTime, default=clock.now)


append_only("listing_version")


_OPEN = text("state IN ({})".format(", ".join(f"'{state}'" for state in OPEN_LISTING_CHANGES)))


class ListingChange(Lifecycle, Base):
    """New content that a firm asks for in the place of what is on line; the listing's row stays as it is until the operator approves."""

    __tablename__ = "listing_change"
    __process__ = CHANGE_PROCESS
    __table_args__ = (
        Index("uq_listing_change_open", "listing_id", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_listing_change_listing_id_id", "listing_id", "id"),
        Index("ix_listing_change_queue", "state", "submitted_at"),
        CheckConstraint("base_version >= 1", name="base_version"),
    )

    id: Mapped[Id]
    listing_id: Mapped[int] = mapped_column(BIG, ForeignKey("listing.id"))
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    base_version: Mapped[int] = mapped_column(Integer)
    """The listing's `live_version` that the firm had before it when it wrote this."""
    number: Mapped[int | None] = mapped_column(Integer)
    """The `live_version` that this became, once approved."""
    reason: Mapped[str] = mapped_column(String(300), default="")
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime, default=clock.now)
    submitted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    cancelled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    listing: Mapped[Listing] = relationship(lazy="raise")


class ListingReason(Base):
    """Why the operator or the firm decided as they did, one row per decision, beside the audit row that says who and when.

    The listing itself keeps only the latest reason, and the trail holds no text that people write.
    """

    __tablename__ = "listing_reason"
    __table_args__ = (Index("ix_listing_reason_listing_id_id", "listing_id", "id"),)

    id: Mapped[Id]
    listing_id: Mapped[int] = mapped_column(BIG, ForeignKey("listing.id"))
    change_id: Mapped[int | None] = mapped_column(BIG, ForeignKey("listing_change.id"))
    event: Mapped[str] = mapped_column(String(60))
    reason: Mapped[str] = mapped_column(String(300))
    created_at: Mapped[CreatedAt]


append_only("listing_reason")


class ListingCity(Base):
    """A city (of the delta's 41) in which a listing is served."""

    __tablename__ = "listing_city"
    listing_id: Mapped[int] = mapped_column(BIG, ForeignKey("listing.id", ondelete="CASCADE"), primary_key=True)
    city_code: Mapped[str] = mapped_column(String(6), primary_key=True, index=True)


class CategoryVersion(Base):
    """A published definition of a category. Version 1 of those in the data files stands there and has no row."""

    __tablename__ = "category_version"
    __table_args__ = (UniqueConstraint("code", "number"), CheckConstraint("number >= 1", name="number"))

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(String(6))
    number: Mapped[int] = mapped_column(Integer)
    definition: Mapped[dict[str, Any]] = mapped_column(JSON)
    note: Mapped[str] = mapped_column(String(300))
    """Why it was published."""
    published_at: Mapped[datetime] = mapped_column(UTCDateTime, default=clock.now)


append_only("category_version")


class CategoryDraft(Base):
    """The next version of a category, under work by the operators together; `version` moves with every change of it, so nobody overwrites
    what they have not seen."""

    __tablename__ = "category_draft"

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(String(6), unique=True)
    definition: Mapped[dict[str, Any]] = mapped_column(JSON)
    version: Mapped[int] = mapped_column(Integer, default=1)
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime, default=clock.now)


class SavedSearch(Base):
    """A search that a person keeps, as its canonical query string.

    `known` are the services that were found at any look so far, `fresh` those of them that are new since the person last looked, in the order in
    which they came; the first `told_count` of these have been reported. `version` is compared at every write, since a worker and
    the person write here.
    """

    __tablename__ = "saved_search"
    __table_args__ = (
        UniqueConstraint("user_id", "query"),
        CheckConstraint("told_count >= 0 AND told_count <= fresh_count", name="told"),
        Index("ix_saved_search_notify_checked_at", "notify", "checked_at"),
    )

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(BIG, ForeignKey("user_account.id"))
    name: Mapped[str] = mapped_column(String(60))
    query: Mapped[str] = mapped_column(String(1000))
    notify: Mapped[bool] = mapped_column(Boolean, default=True)
    is_too_broad: Mapped[bool] = mapped_column(Boolean, default=False)
    known: Mapped[list[int]] = mapped_column(JSON, default=list, deferred=True)
    fresh: Mapped[list[int]] = mapped_column(JSON, default=list)
    fresh_count: Mapped[int] = mapped_column(Integer, default=0)
    told_count: Mapped[int] = mapped_column(Integer, default=0)
    version: Mapped[int] = mapped_column(Integer, default=1)
    created_at: Mapped[CreatedAt]
    checked_at: Mapped[datetime] = mapped_column(UTCDateTime, default=clock.now)
    seen_at: Mapped[datetime] = mapped_column(UTCDateTime, default=clock.now)


class SavedSearchDigest(Base):
    """The day on which a person last got a digest; the key is what keeps it to one a day, whoever runs the job."""

    __tablename__ = "saved_search_digest"
    user_id: Mapped[int] = mapped_column(BIG, ForeignKey("user_account.id"), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)


class Promotion(Base):
    """A paid place beside the results for one listing, in one category (its own or the top) or, where that is empty, everywhere (电子商务法 40)."""

    __tablename__ = "promotion"
    __table_args__ = (
        CheckConstraint("last_day >= first_day", name="days"),
        Index("ix_promotion_days", "first_day", "last_day"),
    )

    id: Mapped[Id]
    listing_id: Mapped[int] = mapped_column(BIG, ForeignKey("listing.id"), index=True)
    category_code: Mapped[str] = mapped_column(String(6), default="", index=True)
    first_day: Mapped[date] = mapped_column(Date)
    last_day: Mapped[date] = mapped_column(Date)
    note: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[CreatedAt]
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    end_reason: Mapped[str] = mapped_column(String(300), default="")

    listing: Mapped[Listing] = relationship(lazy="raise")
