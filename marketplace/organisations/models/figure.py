"""What the directory sorts and filters firms by, worked out of listings, reviews and orders by a job: a cache that can be remade."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.core.db import BIG, UTCDateTime, db


class FirmFigure(db.Model):  # type: ignore[name-defined,misc]
    """A firm's figures: services that can be seen now, scores of its reviews, clients with completed orders, how fast it answers.

    `rating_tenths` is the mean score times ten (half up), empty without reviews; `response_minutes` the median in working minutes, whatever
    the number of answers behind it (`response_count`).
    """

    __tablename__ = "firm_figure"
    __table_args__ = (
        Index("ix_firm_figure_services", "service_count"),
        Index("ix_firm_figure_rating", "rating_tenths"),
        Index("ix_firm_figure_refreshed", "refreshed_at"),
    )

    organisation_id: Mapped[int] = mapped_column(BIG, ForeignKey("organisation.id"), primary_key=True)
    service_count: Mapped[int] = mapped_column(Integer, default=0)
    rating_tenths: Mapped[int | None] = mapped_column(Integer)
    rating_count: Mapped[int] = mapped_column(Integer, default=0)
    clients_served: Mapped[int] = mapped_column(Integer, default=0)
    response_minutes: Mapped[int | None] = mapped_column(Integer)
    response_count: Mapped[int] = mapped_column(Integer, default=0)
    refreshed_at: Mapped[datetime] = mapped_column(UTCDateTime)

    @property
    def rating(self) -> float | None:
        return None if self.rating_tenths is None else self.rating_tenths / 10


class FirmOffer(db.Model):  # type: ignore[name-defined,misc]
    """How many services a firm shows in one child category, and in a top (three letters) over all its children."""

    __tablename__ = "firm_offer"
    __table_args__ = (Index("ix_firm_offer_category", "category_code", "organisation_id"),)

    organisation_id: Mapped[int] = mapped_column(BIG, ForeignKey("organisation.id"), primary_key=True)
    category_code: Mapped[str] = mapped_column(String(6), primary_key=True)
    service_count: Mapped[int] = mapped_column(Integer)
