"""Tables of indicators: frozen figures and closings, which are never edited, and two sums that each closing makes anew."""

from typing import Any

from sqlalchemy import JSON, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.core.db import BIG, CreatedAt, Id, append_only, db


class KpiClosing(db.Model):
    """A month that has closed, with the last report line it knew: what comes later is booked into the open month."""

    __tablename__ = "kpi_closing"

    id: Mapped[Id]
    period: Mapped[str] = mapped_column(String(7), unique=True)
    last_line_id: Mapped[int] = mapped_column(BIG)
    created_at: Mapped[CreatedAt]


class KpiSnapshot(db.Model):
    """One indicator of a closed month, as it was published."""

    __tablename__ = "kpi_snapshot"
    __table_args__ = (UniqueConstraint("period", "code"),)

    id: Mapped[Id]
    period: Mapped[str] = mapped_column(String(7))
    code: Mapped[str] = mapped_column(String(4))
    value: Mapped[int] = mapped_column(BIG)
    figure: Mapped[dict[str, Any]] = mapped_column(JSON)  # month, year, total: each [A, B, C]; extra
    created_at: Mapped[CreatedAt]


class KpiClientTotal(db.Model):
    """A client's largest month (人) by evidence grade over all closed months (`year` 0) or one year; remade at each closing."""

    __tablename__ = "kpi_client_total"

    client_uscc: Mapped[str] = mapped_column(String(18), primary_key=True)
    year: Mapped[int] = mapped_column(Integer, primary_key=True)
    people_a: Mapped[int] = mapped_column(Integer)  # -1: no fact of this grade
    people_b: Mapped[int] = mapped_column(Integer)
    people_c: Mapped[int] = mapped_column(Integer)


class KpiFirmMonth(db.Model):
    """A firm's declared revenue of a closed month (分) by grade, as the last closing knew it; remade at each closing."""

    __tablename__ = "kpi_firm_month"
    __table_args__ = (Index("ix_kpi_firm_month_period", "period"),)

    firm_id: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=False)
    period: Mapped[str] = mapped_column(String(7), primary_key=True)
    grade: Mapped[str] = mapped_column(String(1), primary_key=True)
    revenue_fen: Mapped[int] = mapped_column(BIG)
    pass_through_fen: Mapped[int] = mapped_column(BIG)


append_only("kpi_closing")
append_only("kpi_snapshot")
