"""Tables of people: users, their staff roles, their sessions, what happened at the sign-in page, one-time tokens, second factors."""

from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, Integer, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.core.db import BIG, CreatedAt, Id, UTCDateTime, append_only, db

SIGN_INS_KEPT_DAYS = 180


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
    lock_count: Mapped[int] = mapped_column(
        Integer, default=0, server_default="0"
    )  # locks in a row, a day apart at most
    last_locked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    email_confirmed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    mobile_confirmed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    is_park_staff: Mapped[bool] = mapped_column(default=False, server_default=text("false"), index=True)
    created_at: Mapped[CreatedAt]
    disabled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime, index=True)  # by the person, for good: masked since
    agreed: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)  # document: version; the log is in `consent`

    @property
    def login(self) -> str:
        """What this person types to sign in."""
        return self.email or self.mobile or ""


class StaffRole(db.Model):
    """One role a user has among the park's own people. The database itself keeps system, security and audit administration in three
    hands (三员分立, GB/T 22239-2019): nobody has two of them."""

    __tablename__ = "staff_role"
    __table_args__ = (
        Index(
            "uq_staff_role_officer", "user_id", unique=True, sqlite_where=text("role IN ('admin', 'security', 'auditor')"),
            postgresql_where=text("role IN ('admin', 'security', 'auditor')"),
        ),
    )  # fmt: skip

    user_id: Mapped[int] = mapped_column(BIG, ForeignKey("user_account.id"), primary_key=True)
    role: Mapped[str] = mapped_column(String(16), primary_key=True, index=True)
    granted_by_id: Mapped[int | None] = mapped_column(BIG)  # NULL: from the shell
    granted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


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


class SignInEvent(db.Model):
    """One attempt to sign in or to show a second factor: feeds the counters and the person's own history. The login that was typed is
    kept as a keyed hash only, since people type passwords into the wrong field."""

    __tablename__ = "sign_in_event"
    __table_args__ = (
        Index("ix_sign_in_event_address", "address", "is_failure", "created_at"),
        Index("ix_sign_in_event_user_id", "user_id", "id"),
    )

    id: Mapped[Id]
    created_at: Mapped[CreatedAt]
    user_id: Mapped[int | None] = mapped_column(BIG, ForeignKey("user_account.id"))
    login_hash: Mapped[str] = mapped_column(String(64), default="")
    result: Mapped[str] = mapped_column(String(20))
    is_failure: Mapped[bool]
    address: Mapped[str] = mapped_column(String(45), default="")
    agent: Mapped[str] = mapped_column(String(200), default="")


append_only(
    "sign_in_event", kept_days=SIGN_INS_KEPT_DAYS
)  # 网络安全法 21: at least six months; PIPL 19: no longer than needed


class AccountToken(db.Model):
    """A one-time link or code: to set a password (`reset`, `invite`), to confirm a contact (`email`, `mobile`), or the half-way state
    between password and second factor (`half_way`). A link's token is kept as a hash, a code as a keyed hash."""

    __tablename__ = "account_token"
    __table_args__ = (
        Index("ix_account_token_user_id", "user_id", "purpose", "created_at"),
        Index("ix_account_token_target", "purpose", "target", "created_at"),
    )

    id: Mapped[Id]
    created_at: Mapped[CreatedAt]
    purpose: Mapped[str] = mapped_column(String(10))
    user_id: Mapped[int | None] = mapped_column(
        BIG, ForeignKey("user_account.id")
    )  # NULL: a reset asked for nobody's login
    target: Mapped[str] = mapped_column(String(64), default="")  # keyed hash of the address or number it was made for
    token_hash: Mapped[str | None] = mapped_column(String(64), unique=True)  # NULL: a reset that waits for the job
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    tries: Mapped[int] = mapped_column(Integer, default=0)


class SecondFactor(db.Model):
    """A person's authenticator (TOTP, RFC 6238): its secret sealed, and the last time step that was used."""

    __tablename__ = "second_factor"

    user_id: Mapped[int] = mapped_column(BIG, ForeignKey("user_account.id"), primary_key=True)
    sealed_secret: Mapped[str] = mapped_column(String(300))
    last_step: Mapped[int] = mapped_column(BIG)
    created_at: Mapped[CreatedAt]


class RecoveryCode(db.Model):
    """One of the ten codes that stand in for a lost authenticator, each once."""

    __tablename__ = "recovery_code"
    __table_args__ = (UniqueConstraint("user_id", "code_hash"),)

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(BIG, ForeignKey("user_account.id"))
    code_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[CreatedAt]
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
