"""The table of reviews: one per completed order, with at most one reply."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.core.db import BIG, CreatedAt, Id, UTCDateTime, append_only, db
from marketplace.orders.models import Order


class Review(db.Model):
    """What a client thinks of a completed order, and the firm's answer. Neither is ever edited or deleted (电子商务法 39)."""

    __tablename__ = "review"
    __table_args__ = (
        CheckConstraint("score BETWEEN 1 AND 5", name="score_range"),
        Index("ix_review_listing_created", "listing_id", "created_at"),
        Index("ix_review_firm_created", "firm_id", "created_at"),
    )

    id: Mapped[Id]
    order_id: Mapped[int] = mapped_column(BIG, ForeignKey("purchase_order.id"), unique=True)
    listing_id: Mapped[int] = mapped_column(BIG, ForeignKey("listing.id"))
    firm_id: Mapped[int] = mapped_column(BIG, ForeignKey("organisation.id"))
    client_id: Mapped[int] = mapped_column(BIG, ForeignKey("organisation.id"), index=True)
    score: Mapped[int] = mapped_column(Integer)
    text: Mapped[str] = mapped_column(Text)
    created_by_id: Mapped[int | None] = mapped_column(BIG)
    created_at: Mapped[CreatedAt]
    reply: Mapped[str | None] = mapped_column(Text)
    replied_by_id: Mapped[int | None] = mapped_column(BIG)
    replied_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    is_demo: Mapped[bool] = mapped_column(default=False)

    order: Mapped[Order] = relationship()

    @property
    def client_name(self) -> Any:
        """The client's name as in the order, its middle masked: ratings are public, buyers' names are not."""
        return mask_name(self.order.client_name)


def mask_name(name: str) -> str:
    """`青****司`: the first and last character of a name."""
    return name[:1] + "****" + name[-1:]


append_only("review", except_columns=("reply", "replied_by_id", "replied_at"))
