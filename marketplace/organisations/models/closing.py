"""The announcement that an organisation leaves the platform."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.core.db import BIG, CreatedAt, Id, UTCDateTime, db
from marketplace.core.lifecycle import Lifecycle
from marketplace.organisations.models.organisation import Organisation
from marketplace.organisations.states import CLOSING_PROCESS, ClosingState


class ClosingNotice(Lifecycle, db.Model):
    """Announced at least the notice period before `closes_on` (电子商务法 16). One that stands per organisation."""

    __tablename__ = "closing_notice"
    __process__ = CLOSING_PROCESS
    __table_args__ = (
        Index(
            "uq_closing_notice_standing", "organisation_id", unique=True, sqlite_where=text("state = 'announced'"),
            postgresql_where=text("state = 'announced'"),
        ),
        Index("ix_closing_notice_organisation_id_id", "organisation_id", "id"),
        Index("ix_closing_notice_state_closes_on", "state", "closes_on"),
    )  # fmt: skip

    id: Mapped[Id]
    organisation_id: Mapped[int] = mapped_column(BIG, ForeignKey("organisation.id"))
    reason: Mapped[str] = mapped_column(String(500))
    is_by_operator: Mapped[bool] = mapped_column(default=False)
    announced_by_id: Mapped[int | None] = mapped_column(BIG)
    created_at: Mapped[CreatedAt]
    closes_on: Mapped[date] = mapped_column(Date)
    told_on: Mapped[date | None] = mapped_column(Date)  # when both sides were last told that something still blocks it
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    organisation: Mapped[Organisation] = relationship(lazy="raise_on_sql")

    @property
    def state_label(self) -> Any:
        return ClosingState(self.state).label
