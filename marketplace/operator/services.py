"""What the operator and the auditor do at the desk beside deciding: each leaves a row in the trail."""

from marketplace.core import audit
from marketplace.core.access import require
from marketplace.core.actor import Actor
from marketplace.core.audit import AuditCheckRun, AuditFilters
from marketplace.core.outbox import OutboxMessage
from marketplace.core.queue import enqueue
from marketplace.operator.access import can_check_audit, can_read_audit, can_read_outbox


def reveal_outbox_address(*, actor: Actor, message: OutboxMessage) -> None:
    """Write down that somebody looked at the whole address of a message."""
    require(can_read_outbox(actor))
    audit.record("outbox.revealed", "outbox_message", message.id, actor=actor)


def record_audit_export(*, actor: Actor, kind: str, rows: int, filters: AuditFilters) -> None:
    """Note that somebody takes rows of the trail away: how many, in which format, by which filters (ids and codes only)."""
    require(can_read_audit(actor))
    audit.record(
        "audit.exported", "audit", None, actor=actor, format=kind, rows=rows, about=filters.noun or None, about_id=filters.ref_id,
        events=len(filters.events) if filters.events is not None else None, actor_name=filters.actor or None,
        users=list(filters.user_ids)[:50] if filters.user_ids is not None else None,
        organisations=list(filters.organisation_ids)[:50] if filters.organisation_ids is not None else None,
        since=filters.since.isoformat() if filters.since else None, until=filters.until.isoformat() if filters.until else None,
    )  # fmt: skip


def request_audit_check(*, actor: Actor) -> AuditCheckRun:
    """Have the worker prove the whole chain. Refused while a proof is under way."""
    require(can_check_audit(actor))
    run = audit.request_run(actor=actor)
    enqueue("core.check_audit", run_id=run.id)
    return run
