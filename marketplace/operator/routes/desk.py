"""The desk itself: every queue with its figures, what one holds, what was decided last, who is leaving."""

from typing import Any

from flask import flash, redirect, render_template, url_for

from marketplace.core import clock
from marketplace.core.forms import BaseForm
from marketplace.core.i18n import _
from marketplace.core.web import current_actor, roles, submit_once
from marketplace.core.worklist import Figures, count_queues, queues_for
from marketplace.operator.routes import bp
from marketplace.organisations import queries, services
from marketplace.organisations.access import can_claim_case, can_read_verifications
from marketplace.organisations.rules import CHECK_RESULTS

CASES: dict[str, tuple[str, dict[str, str]]] = {
    "firms": ("organisation", {"kind": "firm"}), "clients": ("organisation", {"kind": "client"}),
    "licences": ("organisation", {"state": "licences"}), "overdue": ("organisation", {"state": "overdue"}),
    "submitted": ("organisation", {}), "changes": ("change_request", {}),
}  # fmt: skip


@bp.get("/operator/")
@roles("operator", "reviewer", "service", "bureau", "auditor", "finance")
def desk() -> str:
    """Each person sees the queues that they work on or read."""
    actor, figures = current_actor(), count_queues()
    queues = [(queue, figures.get(queue.key, Figures())) for queue in queues_for(actor)]
    reads = can_read_verifications(actor)
    return render_template(
        "operator/desk.html", queues=queues, mine=[q for q in queues if q[0].is_worked_by(actor)], today=clock.today(),
        held=queries.list_held(actor.user_id) if can_claim_case(actor) else [],
        decisions=queries.list_recent_decisions() if reads else [], leaving=queries.list_leaving() if reads else [],
        results=CHECK_RESULTS,
    )  # fmt: skip


def case_path(noun: str, ref_id: int) -> str:
    """The page of a case."""
    if noun == "change_request":
        return url_for("operator.show_change", change_id=ref_id)
    return url_for("operator.show_verification", organisation_id=ref_id)


@bp.post("/operator/next/<any(firms, clients, licences, overdue, submitted, changes):queue>")
@roles("operator", "reviewer")
def take_next(queue: str) -> Any:
    """Take the oldest case of a queue that nobody holds, and go there. A repeated click leads to the same case."""

    def work() -> str:
        actor = current_actor()
        noun, filters = CASES[queue]
        waiting = (
            queries.list_next_changes(actor) if noun == "change_request" else queries.list_next_cases(actor, **filters)  # type: ignore[arg-type]
        )
        taken = services.claim_first(actor=actor, noun=noun, ref_ids=waiting)
        if taken is None:
            flash(_("没有待处理的件，或都已被其他人认领"), "info")
            return url_for("operator.desk")
        return case_path(noun, taken)

    return redirect(submit_once(BaseForm(), work))
