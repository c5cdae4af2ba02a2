"""The operator's decisions on organisations and licences."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, false, text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.core.db import BIG, CreatedAt, Id, append_only, db


class VerificationCheck(db.Model):
    """One decision of the operator: who, when, how, with what result and reason. Append-only, kept as evidence (电子商务法 27).

    `evidence_file_id` is the screenshot or PDF of what the reviewer saw; its SHA-256 stands here, where nobody can change it.
    """

    __tablename__ = "verification_check"
    __table_args__ = (
        Index("ix_verification_check_organisation_id_id", "organisation_id", "id"),
        Index("ix_verification_check_licence_id_id", "licence_id", "id"),
        Index(
            "ix_verification_check_public", "id", sqlite_where=text("is_public"), postgresql_where=text("is_public"),
        ),
        CheckConstraint("(evidence_file_id IS NULL) = (evidence_sha256 = '')", name="evidence_has_its_hash"),
    )  # fmt: skip

    id: Mapped[Id]
    organisation_id: Mapped[int] = mapped_column(BIG, ForeignKey("organisation.id"))
    licence_id: Mapped[int | None] = mapped_column(BIG, ForeignKey("licence.id"))
    result: Mapped[str] = mapped_column(
        String(16)
    )  # approved, returned, suspended, restored, revoked, reverified, changed, closed
    method: Mapped[str] = mapped_column(String(16), default="manual")  # manual, registry, e_licence
    reason: Mapped[str] = mapped_column(String(500), default="")
    evidence_file_id: Mapped[int | None] = mapped_column(BIG, ForeignKey("stored_file.id"))
    evidence_sha256: Mapped[str] = mapped_column(String(64), default="", server_default="")
    rule: Mapped[str] = mapped_column(String(200), default="", server_default="")  # the clause a measure rests on
    is_public: Mapped[bool] = mapped_column(default=False, server_default=false())  # 处罚公示 (电子商务法 36)
    user_id: Mapped[int | None] = mapped_column(BIG)
    created_at: Mapped[CreatedAt]


append_only("verification_check")
