"""What an organisation's file said at a moment that counted: when it was sent in, approved, or changed."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.core import clock
from marketplace.core.db import BIG, Id, UTCDateTime, append_only, db


class OrganisationSnapshot(db.Model):
    """Facts, licences and the hashes of their scans, as plain JSON. Append-only: what the operator approved can be shown years later.

    The contact's number is kept masked, since this row is never purged and nobody needs the number from here.
    """

    __tablename__ = "organisation_snapshot"
    __table_args__ = (Index("ix_organisation_snapshot_organisation_id_id", "organisation_id", "id"),)

    id: Mapped[Id]
    organisation_id: Mapped[int] = mapped_column(BIG, ForeignKey("organisation.id"))
    occasion: Mapped[str] = mapped_column(String(10))  # submitted, approved, changed, closed
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    licences: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    files: Mapped[dict[str, str]] = mapped_column(JSON)  # sha256 of each licence's scan, by the licence's id
    user_id: Mapped[int | None] = mapped_column(BIG)
    taken_at: Mapped[datetime] = mapped_column(UTCDateTime, default=clock.now)


append_only("organisation_snapshot")
