"""The table of uploaded files."""

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.core.db import BIG, CreatedAt, Id, db
from marketplace.core.ids import new_number


class StoredFile(db.Model):
    """One file of one owner. Its bytes lie under its hash in `UPLOADS_DIR`; `purpose` says what it was uploaded for."""

    __tablename__ = "stored_file"
    __table_args__ = (CheckConstraint("size > 0", name="size_positive"),)

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(String(20), unique=True, default=new_number)
    owner_organisation_id: Mapped[int | None] = mapped_column(BIG, index=True)
    uploaded_by_id: Mapped[int | None] = mapped_column(BIG, index=True)
    purpose: Mapped[str] = mapped_column(String(40))
    filename: Mapped[str] = mapped_column(String(160))
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int] = mapped_column(BIG)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    created_at: Mapped[CreatedAt]

    @property
    def is_image(self) -> bool:
        """Can a page show it directly?"""
        return self.media_type in ("image/jpeg", "image/png")
