"""The change log: which things may look different in the index, in the order of their commits."""

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.core.clock import now
from marketplace.core.db import BIG, Id, UTCDateTime, db


class SearchChange(db.Model):  # type: ignore[name-defined,misc]
    """One touched thing. Ids are never reused (AUTOINCREMENT on SQLite): index folders remember how far they have read."""

    __tablename__ = "search_change"
    __table_args__ = (Index("ix_search_change_created_at", "created_at"), {"sqlite_autoincrement": True})

    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(String(32))
    ref_id: Mapped[int] = mapped_column(BIG)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
