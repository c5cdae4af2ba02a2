"""Tables of orders: the order with its terms copied in, its milestones, what was delivered, what people wrote."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Date, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.core.db import BIG, CreatedAt, Id, UTCDateTime, append_only, db
from marketplace.core.ids import new_number
from marketplace.core.lifecycle import Lifecycle
from marketplace.orders.states import MILESTONE_PROCESS, ORDER_PROCESS, MilestoneState, OrderState


class Order(Lifecycle, db.Model):
    """One order of one client with one firm. Prices and terms are copies of the day it was placed (电子商务法 31)."""

    __tablename__ = "purchase_order"
    __process__ = ORDER_PROCESS
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("unit_price_fen > 0", name="unit_price_positive"),
        CheckConstraint("total_fen = quantity * unit_price_fen", name="total_is_product"),
        CheckConstraint("ends_on >= starts_on", name="period_forward"),
        CheckConstraint("approved_by_id <> placed_by_id", name="approver_differs"),
        Index("ix_order_client_placed", "client_id", "placed_at"),
        Index("ix_order_firm_placed", "firm_id", "placed_at"),
        Index("ix_order_state_due", "state", "due_at"),
    )

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(String(20), unique=True, default=new_number)
    client_id: Mapped[int] = mapped_column(BIG, ForeignKey("organisation.id"))
    firm_id: Mapped[int] = mapped_column(BIG, ForeignKey("organisation.id"))
    listing_id: Mapped[int] = mapped_column(BIG, ForeignKey("listing.id"), index=True)
    category_code: Mapped[str] = mapped_column(String(8), index=True)
    title: Mapped[str] = mapped_column(String(120))
    terms: Mapped[dict[str, Any]] = mapped_column(JSON)
    quantity: Mapped[int] = mapped_column(Integer)
    unit_price_fen: Mapped[int] = mapped_column(BIG)
    total_fen: Mapped[int] = mapped_column(BIG)
    commission_bps: Mapped[int] = mapped_column(Integer)
    starts_on: Mapped[date] = mapped_column(Date)
    ends_on: Mapped[date] = mapped_column(Date)
    city_code: Mapped[str | None] = mapped_column(String(6), index=True)
    note: Mapped[str] = mapped_column(Text, default="")
    payment_id: Mapped[int | None] = mapped_column(BIG, ForeignKey("payment.id"), unique=True)
    placed_by_id: Mapped[int | None] = mapped_column(BIG)
    placed_at: Mapped[datetime | None] = mapped_column(
        UTCDateTime, index=True
    )  # when the firm was told: never before approval
    requested_at: Mapped[datetime | None] = mapped_column(
        UTCDateTime
    )  # when it began to wait for the client's own approval
    approved_by_id: Mapped[int | None] = mapped_column(BIG)
    approved_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UTCDateTime)  # when the present waiting state ends by itself
    confirmed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    funded_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    completed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)  # declined, cancelled, expired or terminated
    returned_fen: Mapped[int] = mapped_column(BIG, default=0)  # went back to the client's credit
    is_demo: Mapped[bool] = mapped_column(default=False)

    milestones: Mapped[list["Milestone"]] = relationship(
        order_by="Milestone.position", lazy="selectin", back_populates="order", cascade="save-update, merge"
    )

    @property
    def state_label(self) -> Any:
        return OrderState(self.state).label

    @property
    def state_tone(self) -> str:
        return OrderState(self.state).tone

    @property
    def client_name(self) -> str:
        """The client's name as it stood when the order was placed."""
        return str(self.terms["client"]["name"])

    @property
    def firm_name(self) -> str:
        return str(self.terms["firm"]["name"])

    @property
    def commission_fen(self) -> int:
        """The platform's commission on the whole order: the sum of its milestones' (分)."""
        return sum(m.commission_fen for m in self.milestones)

    @property
    def released_fen(self) -> int:
        return sum(m.amount_fen for m in self.milestones if m.state == MilestoneState.RELEASED)


class Milestone(Lifecycle, db.Model):
    """A part of an order, delivered, accepted and paid out by itself; its commission is frozen at placing."""

    __tablename__ = "milestone"
    __process__ = MILESTONE_PROCESS
    __table_args__ = (
        UniqueConstraint("order_id", "position"),
        CheckConstraint("amount_fen > 0", name="amount_positive"),
        CheckConstraint("commission_fen >= 0 AND commission_fen <= amount_fen", name="commission_within"),
        CheckConstraint("people_served IS NULL OR people_served >= 0", name="people_not_negative"),
        Index("ix_milestone_state_due", "state", "due_at"),
    )

    id: Mapped[Id]
    order_id: Mapped[int] = mapped_column(BIG, ForeignKey("purchase_order.id"))
    position: Mapped[int] = mapped_column(Integer)
    title: Mapped[str] = mapped_column(String(120))
    amount_fen: Mapped[int] = mapped_column(BIG)
    commission_fen: Mapped[int] = mapped_column(BIG)
    due_on: Mapped[date | None] = mapped_column(Date)
    due_at: Mapped[datetime | None] = mapped_column(UTCDateTime)  # silence counts as acceptance from here on
    funded_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    delivered_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    accepted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    accepted_period: Mapped[str | None] = mapped_column(String(7), index=True)  # of accepted_at, Asia/Shanghai
    released_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    delivery_count: Mapped[int] = mapped_column(Integer, default=0)
    people_served: Mapped[int | None] = mapped_column(Integer)  # 人
    period_from: Mapped[date | None] = mapped_column(Date)
    period_to: Mapped[date | None] = mapped_column(Date)
    delivery_note: Mapped[str] = mapped_column(Text, default="")

    order: Mapped[Order] = relationship(back_populates="milestones")
    files: Mapped[list["MilestoneFile"]] = relationship(order_by="MilestoneFile.id", lazy="raise_on_sql")

    @property
    def state_label(self) -> Any:
        return MilestoneState(self.state).label

    @property
    def state_tone(self) -> str:
        return MilestoneState(self.state).tone

    @property
    def firm_fen(self) -> int:
        """The firm's share of this milestone (分): the amount less the commission."""
        return self.amount_fen - self.commission_fen


class MilestoneFile(db.Model):
    """A file handed over with a delivery; its name, type and bytes are in the stored file."""

    __tablename__ = "milestone_file"
    __table_args__ = (UniqueConstraint("milestone_id", "file_id"),)

    id: Mapped[Id]
    milestone_id: Mapped[int] = mapped_column(BIG, ForeignKey("milestone.id"))
    file_id: Mapped[int] = mapped_column(BIG, ForeignKey("stored_file.id"), index=True)
    delivery_no: Mapped[int] = mapped_column(Integer)
    file: Mapped[Any] = relationship("StoredFile", lazy="raise_on_sql")


class OrderRemark(db.Model):
    """What a person wrote with a step: a reason, a note. Append-only evidence; the audit row carries its id."""

    __tablename__ = "order_remark"

    id: Mapped[Id]
    order_id: Mapped[int] = mapped_column(BIG, ForeignKey("purchase_order.id"), index=True)
    milestone_id: Mapped[int | None] = mapped_column(BIG, ForeignKey("milestone.id"))
    text: Mapped[str] = mapped_column(Text)
    user_id: Mapped[int | None] = mapped_column(BIG)
    created_at: Mapped[CreatedAt]


append_only("order_remark")
