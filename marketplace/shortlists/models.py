"""What people keep while they decide: favourites, shortlists and their services, each with the version and price that were seen."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.core import clock
from marketplace.core.db import BIG, Base, CreatedAt, Id, UTCDateTime
from marketplace.shortlists.rules.changes import price_line


class Seen:
    """A service as it was when somebody last looked at it; prices as in `Listing` (分, or hundredths of a percent)."""

    listing_id: Mapped[int] = mapped_column(BIG, ForeignKey("listing.id"), index=True)
    seen_version: Mapped[int] = mapped_column(Integer)
    seen_title: Mapped[str] = mapped_column(String(80))
    seen_pricing_model: Mapped[str] = mapped_column(String(24))
    seen_price_min_fen: Mapped[int | None] = mapped_column(BIG)
    seen_price_max_fen: Mapped[int | None] = mapped_column(BIG)
    seen_unit: Mapped[str] = mapped_column(String(20), default="")
    seen_at: Mapped[datetime] = mapped_column(UTCDateTime, default=clock.now)

    @property
    def seen_price(self) -> str:
        return price_line(self.seen_pricing_model, self.seen_price_min_fen, self.seen_price_max_fen, self.seen_unit)


def seen_of(listing: Any) -> dict[str, Any]:
    """What is remembered of a listing as it is now."""
    return {
        "seen_version": listing.live_version, "seen_title": listing.title, "seen_pricing_model": listing.pricing_model,
        "seen_price_min_fen": listing.price_min_fen, "seen_price_max_fen": listing.price_max_fen, "seen_unit": listing.unit,
        "seen_at": clock.now(),
    }  # fmt: skip


class Favourite(Seen, Base):
    """A service that one person marked for themselves. Nobody else sees it; it goes with the account."""

    __tablename__ = "favourite"
    __table_args__ = (UniqueConstraint("user_id", "listing_id"),)

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(BIG, ForeignKey("user_account.id"))
    created_at: Mapped[CreatedAt]


_OPEN = "archived_at IS NULL"


class Shortlist(Base):
    """A named list for one purchase: of a client, whose members share it, or of one person alone."""

    __tablename__ = "shortlist"
    __table_args__ = (
        CheckConstraint("(organisation_id IS NULL) <> (user_id IS NULL)", name="one_owner"),
        Index(
            "uq_shortlist_organisation_name", "organisation_id", "name", unique=True,
            sqlite_where=text(_OPEN), postgresql_where=text(_OPEN),
        ),
        Index("uq_shortlist_user_name", "user_id", "name", unique=True, sqlite_where=text(_OPEN), postgresql_where=text(_OPEN)),
        Index("ix_shortlist_organisation_id", "organisation_id", "updated_at"),
        Index("ix_shortlist_user_id", "user_id", "updated_at"),
    )  # fmt: skip

    id: Mapped[Id]
    organisation_id: Mapped[int | None] = mapped_column(BIG, ForeignKey("organisation.id"))
    user_id: Mapped[int | None] = mapped_column(BIG, ForeignKey("user_account.id"))
    name: Mapped[str] = mapped_column(String(60))
    purpose: Mapped[str] = mapped_column(String(200), default="")
    note: Mapped[str] = mapped_column(String(1000), default="")
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime, default=clock.now)
    archived_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    @property
    def is_shared(self) -> bool:
        return self.organisation_id is not None

    @property
    def is_open(self) -> bool:
        return self.archived_at is None


class ShortlistItem(Seen, Base):
    """A service on a shortlist with the note of those who put it there."""

    __tablename__ = "shortlist_item"
    __table_args__ = (UniqueConstraint("shortlist_id", "listing_id"),)

    id: Mapped[Id]
    shortlist_id: Mapped[int] = mapped_column(BIG, ForeignKey("shortlist.id"))
    note: Mapped[str] = mapped_column(String(300), default="")
    created_at: Mapped[CreatedAt]
