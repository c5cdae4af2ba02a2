"""Tables of declared figures: lines that are never edited, and the imports that brought them."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.core.db import BIG, CreatedAt, Id, UTCDateTime, append_only, db
from marketplace.core.ids import new_number


class ReportImport(db.Model):
    """One file of monthly lines, or one verification: who brought it, how many lines were new, corrected or known already."""

    __tablename__ = "report_import"

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(String(20), unique=True, default=new_number)
    firm_id: Mapped[int | None] = mapped_column(
        BIG, ForeignKey("organisation.id"), index=True
    )  # None: the operator's file
    filename: Mapped[str] = mapped_column(String(160), default="")
    evidence: Mapped[str] = mapped_column(
        String(500), default=""
    )  # what the operator has seen, where this is a verification
    added: Mapped[int] = mapped_column(Integer, default=0)
    corrected: Mapped[int] = mapped_column(Integer, default=0)
    known: Mapped[int] = mapped_column(Integer, default=0)
    imported_by_id: Mapped[int | None] = mapped_column(BIG)
    created_at: Mapped[CreatedAt]


class ReportLine(db.Model):
    """What one firm declares of one month for one client and category. A correction is a new line that supersedes the old one.

    `revenue_fen` is accounting revenue (分) with `pass_through_fen` in it; a blank client means revenue that is not attributed.
    Grade B has been verified by the park, C is self-reported (dossier 4.4). The amount belongs to its line (decision 27).
    """

    __tablename__ = "report_line"
    __table_args__ = (
        CheckConstraint("revenue_fen >= 0", name="revenue_not_negative"),
        CheckConstraint("pass_through_fen >= 0 AND pass_through_fen <= revenue_fen", name="pass_through_within"),
        CheckConstraint("people_served >= 0", name="people_not_negative"),
        CheckConstraint("grade IN ('B', 'C')", name="grade_known"),
        Index("ix_report_line_period", "period", "superseded_at"),
        Index("ix_report_line_firm_period", "firm_id", "period"),
        Index("ix_report_line_client", "client_uscc", "period"),
        Index("ix_report_line_superseded_by_id", "superseded_by_id"),
        Index(
            "ix_report_line_unverified",
            "firm_id",
            "period",
            "created_at",
            sqlite_where=text("grade = 'C' AND superseded_at IS NULL"),
            postgresql_where=text("grade = 'C' AND superseded_at IS NULL"),
        ),
    )

    id: Mapped[Id]
    firm_id: Mapped[int] = mapped_column(BIG, ForeignKey("organisation.id"))
    period: Mapped[str] = mapped_column(String(7))
    revenue_fen: Mapped[int] = mapped_column(BIG)
    pass_through_fen: Mapped[int] = mapped_column(BIG, default=0)
    client_uscc: Mapped[str | None] = mapped_column(String(18))
    client_city_code: Mapped[str | None] = mapped_column(String(6))
    category_code: Mapped[str | None] = mapped_column(String(8))
    people_served: Mapped[int] = mapped_column(Integer, default=0)
    grade: Mapped[str] = mapped_column(String(1), default="C")
    import_id: Mapped[int | None] = mapped_column(BIG, ForeignKey("report_import.id"), index=True)
    is_demo: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[CreatedAt]
    superseded_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    superseded_by_id: Mapped[int | None] = mapped_column(BIG, ForeignKey("report_line.id"))

    @property
    def net_fen(self) -> int:
        """The firm's own service fee (分): revenue less what it only passed through."""
        return self.revenue_fen - self.pass_through_fen


append_only("report_line", except_columns=("superseded_at", "superseded_by_id"))
append_only("report_import")
