"""Tables of consents, copies of one's data, requests, legal holds and runs of the retention job."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Date, ForeignKey, Index, Integer, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, deferred, mapped_column

from marketplace.core.db import BIG, CreatedAt, Id, UTCDateTime, append_only, db, guard
from marketplace.core.ids import new_number
from marketplace.core.lifecycle import Lifecycle
from marketplace.duties.states import DATA_REQUEST_PROCESS


class Consent(db.Model):
    """One yes or no of one person to one version of a document: when, from where, how, for what (PIPL 14, 15)."""

    __tablename__ = "consent"
    __table_args__ = (
        CheckConstraint("decision IN ('given', 'withdrawn')", name="decision_known"),
        Index("ix_consent_user_id_id", "user_id", "id"),
    )

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(BIG, ForeignKey("user_account.id"))
    document: Mapped[str] = mapped_column(String(24))
    document_version: Mapped[int] = mapped_column(Integer)
    decision: Mapped[str] = mapped_column(String(10), default="given")
    how: Mapped[str] = mapped_column(String(16))  # sign_up, invitation, asked_again, settings, demo
    scope: Mapped[str] = mapped_column(String(24))
    address: Mapped[str] = mapped_column(String(45), default="")
    created_at: Mapped[CreatedAt]


class DataExport(db.Model):
    """A copy of one person's data: asked for, made, fetched once or dropped. The archive lies here sealed and only until then."""

    __tablename__ = "data_export"
    __table_args__ = (
        Index("ix_data_export_user_id_id", "user_id", "id"),
        Index(
            "uq_data_export_open", "user_id", unique=True,
            sqlite_where=text("ended_at IS NULL"), postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_data_export_ended_at", "ended_at"),
    )  # fmt: skip

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(String(20), unique=True, default=new_number)
    user_id: Mapped[int] = mapped_column(BIG, ForeignKey("user_account.id"))
    created_at: Mapped[CreatedAt]
    started_at: Mapped[datetime | None] = mapped_column(UTCDateTime)  # claimed by a worker
    done_parts: Mapped[int] = mapped_column(Integer, default=0)
    total_parts: Mapped[int] = mapped_column(Integer, default=0)
    ready_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    fetched_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)  # fetched, or its time ran out
    size: Mapped[int] = mapped_column(BIG, default=0)
    archive: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))

    @property
    def percent(self) -> int:
        return 100 * self.done_parts // self.total_parts if self.total_parts else 0


class DataRequest(Lifecycle, db.Model):
    """What a person asks about their data and cannot settle alone, and the park's answer with its reasons."""

    __tablename__ = "data_request"
    __process__ = DATA_REQUEST_PROCESS
    __table_args__ = (
        CheckConstraint("kind IN ('query', 'correct', 'delete', 'complain')", name="kind_known"),
        Index("ix_data_request_state_due", "state", "due_on"),
        Index("ix_data_request_user_id_id", "user_id", "id"),
    )

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(String(20), unique=True, default=new_number)
    user_id: Mapped[int] = mapped_column(BIG, ForeignKey("user_account.id"))
    kind: Mapped[str] = mapped_column(String(10), index=True)
    text: Mapped[str] = mapped_column(Text)
    due_on: Mapped[date] = mapped_column(Date)
    answer: Mapped[str] = mapped_column(Text, default="")
    answered_by_id: Mapped[int | None] = mapped_column(BIG, ForeignKey("user_account.id"))
    created_at: Mapped[CreatedAt]
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime, index=True)


class LegalHold(db.Model):
    """Retention stops for one kind of data, one organisation or one person until it is lifted. Append-only but for the lifting."""

    __tablename__ = "legal_hold"
    __table_args__ = (
        CheckConstraint(
            "(CASE WHEN noun IS NULL THEN 0 ELSE 1 END) + (CASE WHEN organisation_id IS NULL THEN 0 ELSE 1 END)"
            " + (CASE WHEN user_id IS NULL THEN 0 ELSE 1 END) = 1",
            name="one_subject",
        ),
        Index("ix_legal_hold_lifted_at", "lifted_at"),
    )

    id: Mapped[Id]
    noun: Mapped[str | None] = mapped_column(String(40))  # a retention rule's code
    organisation_id: Mapped[int | None] = mapped_column(BIG)
    user_id: Mapped[int | None] = mapped_column(BIG, ForeignKey("user_account.id"))
    reason: Mapped[str] = mapped_column(String(500))
    placed_by_id: Mapped[int | None] = mapped_column(BIG)
    created_at: Mapped[CreatedAt]
    lifted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    lifted_by_id: Mapped[int | None] = mapped_column(BIG)
    lift_reason: Mapped[str | None] = mapped_column(String(500))


class RetentionRun(db.Model):
    """One run of the retention job: what was due, done and held by rule. A dry run is kept too and says that it changed nothing."""

    __tablename__ = "retention_run"

    id: Mapped[Id]
    is_dry: Mapped[bool] = mapped_column(default=False)
    started_at: Mapped[datetime] = mapped_column(UTCDateTime)
    created_at: Mapped[CreatedAt]
    actor: Mapped[str] = mapped_column(String(40))
    counts: Mapped[dict[str, Any]] = mapped_column(JSON)  # rule: {due, done, held}


append_only("legal_hold", except_columns=("lifted_at", "lifted_by_id", "lift_reason"))
append_only("retention_run")

# The consent log: never changed, and deleted only of accounts that are closed, which leaves the time after that to the retention rule.
_MESSAGE = "'consent is append-only'"
_CLOSED = (
    "EXISTS (SELECT 1 FROM user_account WHERE user_account.id = OLD.user_id AND user_account.closed_at IS NOT NULL)"
)
guard(
    "sqlite",
    "DROP TRIGGER IF EXISTS consent_no_update",
    "DROP TRIGGER IF EXISTS consent_no_delete",
    "DROP TRIGGER IF EXISTS consent_no_replace",
    f"CREATE TRIGGER consent_no_update BEFORE UPDATE ON consent BEGIN SELECT RAISE(ABORT, {_MESSAGE}); END",
    f"CREATE TRIGGER consent_no_delete BEFORE DELETE ON consent WHEN NOT {_CLOSED} BEGIN SELECT RAISE(ABORT, {_MESSAGE}); END",
    "CREATE TRIGGER consent_no_replace BEFORE INSERT ON consent WHEN EXISTS (SELECT 1 FROM consent WHERE id = NEW.id)"
    f" BEGIN SELECT RAISE(ABORT, {_MESSAGE}); END",
    table="consent",
)
guard(
    "postgresql",
    "CREATE OR REPLACE FUNCTION consent_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
    f" IF TG_OP = 'DELETE' AND {_CLOSED} THEN RETURN OLD; END IF;"
    f" RAISE EXCEPTION {_MESSAGE} USING ERRCODE = 'integrity_constraint_violation'; END $$",
    "DROP TRIGGER IF EXISTS consent_ro ON consent",
    "CREATE TRIGGER consent_ro BEFORE UPDATE OR DELETE ON consent FOR EACH ROW EXECUTE FUNCTION consent_append_only()",
    "CREATE OR REPLACE FUNCTION consent_no_truncate() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
    f" RAISE EXCEPTION {_MESSAGE} USING ERRCODE = 'integrity_constraint_violation'; END $$",
    "DROP TRIGGER IF EXISTS consent_rot ON consent",
    "CREATE TRIGGER consent_rot BEFORE TRUNCATE ON consent FOR EACH STATEMENT EXECUTE FUNCTION consent_no_truncate()",
    table="consent",
)
