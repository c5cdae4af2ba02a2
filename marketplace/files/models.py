"""The table of uploaded files."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.core.db import BIG, CreatedAt, Id, UTCDateTime, db
from marketplace.core.ids import new_number

_WAITING = text("scanned_at IS NULL AND quarantined_at IS NULL")


class StoredFile(db.Model):
    """One file of one owner. Its bytes lie under its hash in `UPLOADS_DIR`; `purpose` says what it was uploaded for.

    `scanned_at` and `scanner` say when which virus scanner found it clean (empty: none was wanted then); a file in which one found
    something later is in quarantine from `quarantined_at` on and is served to nobody.
    """

    __tablename__ = "stored_file"
    __table_args__ = (
        CheckConstraint("size > 0", name="size_positive"),
        Index("ix_stored_file_uploaded_by_id_created_at", "uploaded_by_id", "created_at"),
        Index("ix_stored_file_unscanned", "id", sqlite_where=_WAITING, postgresql_where=_WAITING),
    )

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(String(20), unique=True, default=new_number)
    owner_organisation_id: Mapped[int | None] = mapped_column(BIG, index=True)
    uploaded_by_id: Mapped[int | None] = mapped_column(BIG)
    purpose: Mapped[str] = mapped_column(String(40))
    filename: Mapped[str] = mapped_column(String(160))
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int] = mapped_column(BIG)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    created_at: Mapped[CreatedAt]
    scanned_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    scanner: Mapped[str | None] = mapped_column(String(60))
    quarantined_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    @property
    def is_image(self) -> bool:
        """Can a page show it directly?"""
        return self.media_type in ("image/jpeg", "image/png")
