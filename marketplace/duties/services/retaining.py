"""The parts of a retention run: one batch of one rule, and the row that says what the run did."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from marketplace.core import audit
from marketplace.core.access import require, step
from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.core.queue import enqueue
from marketplace.core.retention import Rule
from marketplace.duties.access import can_rehearse_retention
from marketplace.duties.models import RetentionRun


@step
def apply_rule(*, rule: Rule, ids: Sequence[Any]) -> int:
    """Delete or mask the rows of these keys; returns how many."""
    assert rule.apply is not None
    return rule.apply(ids)


@step
def record_run(*, actor: Actor, started_at: datetime, is_dry: bool, counts: dict[str, dict[str, int]]) -> RetentionRun:
    """Write down what a run found and did, in the log that is never changed and in the audit trail."""
    run = RetentionRun(is_dry=is_dry, started_at=started_at, actor=actor.audit_name, counts=counts)
    db.session.add(run)
    db.session.flush()
    done = sum(c["done"] for c in counts.values())
    audit.record("retention.run", "retention_run", run.id, actor=actor, is_dry=is_dry, done=done)
    return run


def rehearse_retention(*, actor: Actor) -> None:
    """Have a dry run made, whose figures then stand among the runs."""
    require(can_rehearse_retention(actor))
    audit.record("retention.rehearsed", "retention_run", None, actor=actor)
    enqueue("duties.rehearse_retention", user_id=actor.user_id)
