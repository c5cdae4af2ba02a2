"""Proofs of the whole chain that somebody asked for by a button: asked, run by a job, filled in once."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select, update

from marketplace.core import clock
from marketplace.core.access import step
from marketplace.core.actor import Actor
from marketplace.core.audit.chain import Proof
from marketplace.core.audit.trail import AuditCheckRun, record
from marketplace.core.db import db
from marketplace.core.errors import Conflict
from marketplace.core.i18n import lazy

PATIENCE = timedelta(hours=1)
MAX_TEXT = 4000


@step
def request_run(*, actor: Actor) -> AuditCheckRun:
    """Note that somebody wants the chain proved; the caller queues `core.check_audit`. Refused while one is under way."""
    if find_open_run() is not None:
        raise Conflict("audit.checking", lazy("校验正在进行，请稍后刷新页面查看结果"))
    run = AuditCheckRun(requested_by_id=actor.user_id)
    db.session.add(run)
    db.session.flush()
    record("audit.check_requested", "audit_check", run.id, actor=actor)
    return run


def find_open_run() -> AuditCheckRun | None:
    """The proof that is under way or waits for the worker; one that has been waiting for an hour counts as lost."""
    query = select(AuditCheckRun).where(
        AuditCheckRun.finished_at.is_(None), AuditCheckRun.created_at > clock.now() - PATIENCE
    )
    return db.session.scalars(query.order_by(AuditCheckRun.id.desc()).limit(1)).first()


def list_runs(limit: int = 5) -> Sequence[AuditCheckRun]:
    """The latest finished proofs, newest first."""
    query = select(AuditCheckRun).where(AuditCheckRun.finished_at.is_not(None))
    return db.session.scalars(query.order_by(AuditCheckRun.id.desc()).limit(limit)).all()


def list_waiting(older_than: timedelta) -> Sequence[int]:
    """Proofs that nobody has begun for so long: the queue has lost them."""
    now = clock.now()
    return db.session.scalars(
        select(AuditCheckRun.id).where(
            AuditCheckRun.finished_at.is_(None), AuditCheckRun.created_at < now - older_than, AuditCheckRun.created_at > now - PATIENCE
        )
    ).all()  # fmt: skip


@step
def finish_run(*, run_id: int, started_at: datetime, proof: Proof) -> bool:
    """Fill in what a proof found; False where another run of the job was first."""
    result = db.session.execute(
        update(AuditCheckRun)
        .where(AuditCheckRun.id == run_id, AuditCheckRun.finished_at.is_(None))
        .values(
            started_at=started_at, finished_at=clock.now(), rows=proof.rows, head_no=proof.head.seal_no, head_seal=proof.head.seal,
            wrong_count=proof.wrong_count, findings="\n".join(proof.wrong[:50])[:MAX_TEXT],
        )
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    return bool(result.rowcount)  # type: ignore[attr-defined]
