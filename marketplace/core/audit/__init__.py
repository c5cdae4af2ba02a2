"""The audit trail: append-only rows of ids and codes, written in the change's own transaction, sealed into a hash chain seconds later.

Hashing inside the transaction would make all writers queue behind one another, so a job seals (decision 15). A row names the
actor by id and holds no names, addresses or numbers of people, which is why it never needs to be purged.

What the chain proves: that no sealed row was changed, removed, moved or slipped in. What it cannot prove: that nobody with all rights
on the database removed a row in the seconds before it was sealed. Whoever could rewrite the whole chain is caught by the anchors'
mark, which needs the deployment's keys, and by a head that was written down elsewhere (`flask audit check --head N:HASH`, the log,
every backup).
"""

from marketplace.core.audit.chain import (
    Head,
    Proof,
    Recomputed,
    check,
    find_head,
    parse_head,
    prove,
    recompute,
    seal_pending,
)
from marketplace.core.audit.runs import find_open_run, finish_run, list_runs, list_waiting, request_run
from marketplace.core.audit.searching import AuditFilters, count_events, get_event, iterate_events, page_of_events
from marketplace.core.audit.trail import GENESIS, AuditAnchor, AuditCheckRun, AuditEvent, record

__all__ = [
    "GENESIS", "AuditAnchor", "AuditCheckRun", "AuditEvent", "AuditFilters", "Head", "Proof", "Recomputed", "check", "count_events",
    "find_head", "find_open_run", "finish_run", "get_event", "iterate_events", "list_runs", "list_waiting", "page_of_events",
    "parse_head", "prove", "recompute", "record", "request_run", "seal_pending",
]  # fmt: skip
