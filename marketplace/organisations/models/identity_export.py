"""The log of identity reports to the authorities, and the encrypted archives that wait to be fetched."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.core.db import BIG, CreatedAt, Id, UTCDateTime, append_only, db
from marketplace.core.ids import new_number


class IdentityExport(db.Model):
    """One report of the firms' identities: of which half year, by whom, for whom and why, how many rows, which file. Append-only."""

    __tablename__ = "identity_export"
    __table_args__ = (Index("ix_identity_export_period", "period"),)

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(String(20), unique=True, default=new_number)
    period: Mapped[str] = mapped_column(String(6))  # 2026H1
    made_by_id: Mapped[int | None] = mapped_column(BIG, index=True)
    actor: Mapped[str] = mapped_column(String(40))
    recipient: Mapped[str] = mapped_column(String(100))
    reason: Mapped[str] = mapped_column(String(300))
    row_count: Mapped[int] = mapped_column(Integer)
    sha256: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[CreatedAt]


class IdentityArchive(db.Model):
    """The AES-256 archive of one report, kept a day for whoever may report; its password is stored nowhere."""

    __tablename__ = "identity_archive"

    export_id: Mapped[int] = mapped_column(BIG, ForeignKey("identity_export.id"), primary_key=True, autoincrement=False)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)


append_only("identity_export")
