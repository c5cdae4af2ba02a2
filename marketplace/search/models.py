"""The change log (which things may look different in the index, in the order of their commits), the operator's words, the query log."""

from datetime import date, datetime

from sqlalchemy import Date, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.core.clock import now
from marketplace.core.db import BIG, CreatedAt, Id, UTCDateTime, append_only, db


class SearchChange(db.Model):  # type: ignore[name-defined,misc]
    """One touched thing. Ids are never reused (AUTOINCREMENT on SQLite): index folders remember how far they have read."""

    __tablename__ = "search_change"
    __table_args__ = (Index("ix_search_change_created_at", "created_at"), {"sqlite_autoincrement": True})

    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(String(32))
    ref_id: Mapped[int] = mapped_column(BIG)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)


class SearchWord(db.Model):  # type: ignore[name-defined,misc]
    """One state of one entry of the word lists as the operator left it; the newest `number` of a key counts and lies over the files.

    `words` are separated by ";". A topic names its category in `target`; a compliance notice has its texts and whether it blocks.
    """

    __tablename__ = "search_word"
    __table_args__ = (UniqueConstraint("kind", "key", "number"),)

    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(String(16))
    key: Mapped[str] = mapped_column(String(100))
    number: Mapped[int]
    words: Mapped[str] = mapped_column(Text)
    target: Mapped[str] = mapped_column(String(16), default="")
    name_zh: Mapped[str] = mapped_column(String(300), default="")
    name_en: Mapped[str] = mapped_column(String(300), default="")
    is_blocking: Mapped[bool] = mapped_column(default=False)
    is_retired: Mapped[bool] = mapped_column(default=False)
    note: Mapped[str] = mapped_column(String(300), default="")
    created_at: Mapped[CreatedAt]


class SearchQuery(db.Model):  # type: ignore[name-defined,misc]
    """How often a text was searched on a day, and how it went. Nobody is named, and texts that look personal are not kept."""

    __tablename__ = "search_query"
    __table_args__ = (UniqueConstraint("day", "text"), Index("ix_search_query_last_at", "last_at"))

    id: Mapped[Id]
    day: Mapped[date] = mapped_column(Date)
    text: Mapped[str] = mapped_column(String(100))
    count: Mapped[int] = mapped_column(default=0)
    zero_count: Mapped[int] = mapped_column(default=0)
    corrected_count: Mapped[int] = mapped_column(default=0)
    relaxed_count: Mapped[int] = mapped_column(default=0)
    blocked_count: Mapped[int] = mapped_column(default=0)
    last_at: Mapped[datetime] = mapped_column(UTCDateTime)


append_only("search_word")
