"""Tables of people: users, their staff roles, their sign-in sessions."""

from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.core.db import BIG, CreatedAt, Id, UTCDateTime, db


class User(db.Model):
    """One person. E-mail is kept in lower case; either it or the mobile number is there to sign in with, until the account is closed."""

    __tablename__ = "user_account"
    __table_args__ = (
        CheckConstraint("email IS NOT NULL OR mobile IS NOT NULL OR closed_at IS NOT NULL", name="login_present"),
        CheckConstraint("email = lower(email)", name="email_lower"),
    )

    id: Mapped[Id]
    email: Mapped[str | None] = mapped_column(String(254), unique=True)
    mobile: Mapped[str | None] = mapped_column(String(11), unique=True)
    name: Mapped[str] = mapped_column(String(60))
    password_hash: Mapped[str] = mapped_column(String(200))
    password_changed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    locale: Mapped[str] = mapped_column(String(8), default="zh_CN")
    is_demo: Mapped[bool] = mapped_column(default=False, index=True)
    failed_count: Mapped[int] = mapped_column(Integer, default=0)
    locked_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    created_at: Mapped[CreatedAt]
    disabled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime, index=True)  # by the person, for good: masked since
    agreed: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)  # document: version; the log is in `consent`

    @property
    def login(self) -> str:
        """What this person types to sign in."""
        return self.email or self.mobile or ""


class StaffRole(db.Model):
    """One role a user has among the park's own people (operator, finance, bureau, auditor, admin)."""

    __tablename__ = "staff_role"

    user_id: Mapped[int] = mapped_column(BIG, ForeignKey("user_account.id"), primary_key=True)
    role: Mapped[str] = mapped_column(String(16), primary_key=True, index=True)


class UserSession(db.Model):
    """One sign-in. The browser holds a random token; here is only its SHA-256."""

    __tablename__ = "user_session"
    __table_args__ = (Index("ix_user_session_user_id_expires_at", "user_id", "expires_at"),)

    id: Mapped[Id]
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(BIG, ForeignKey("user_account.id"))
    created_at: Mapped[CreatedAt]
    last_seen_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)  # when the person last showed that it is them
    second_factor_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    address: Mapped[str] = mapped_column(String(45), default="")
    agent: Mapped[str] = mapped_column(String(200), default="")
