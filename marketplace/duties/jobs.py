"""Later and scheduled work: large copies of data, copies that nobody fetched, the daily retention."""

from datetime import datetime
from typing import Any

from marketplace.core import clock, retention
from marketplace.core.access import require
from marketplace.core.actor import SCHEDULER, Actor
from marketplace.core.db import transaction
from marketplace.core.progress import Progress, silent
from marketplace.core.queue import job, periodic
from marketplace.duties.access import can_run_retention
from marketplace.duties.queries import (
    count_rule,
    find_last_run,
    get_export_row,
    held_subjects,
    list_due,
    list_unfinished_exports,
)
from marketplace.duties.services import (
    apply_rule,
    build_archive,
    claim_export,
    drop_expired_exports,
    finish_export,
    note_progress,
    record_run,
)

BATCH = 500
Counts = dict[str, dict[str, int]]


@job("duties.build_export")
def build_export(export_id: int) -> bool:
    """Make a large copy of somebody's data; False where another worker has it or it has ended."""
    with transaction():
        export = claim_export(export_id=export_id)
        if export is None:
            return False
        user_id = export.user_id

    def report(done: int, total: int) -> None:
        with transaction():
            note_progress(export_id=export_id, done=done, total=total)

    archive = build_archive(user_id, report=report)
    with transaction():
        finish_export(export=get_export_row(export_id), archive=archive)
    return True


@periodic("duties.sweep_exports", minutes=1)
def sweep_exports() -> int:
    """Make what a lost queue or a worker that died left behind."""
    return sum(build_export(export_id) for export_id in list_unfinished_exports())


@periodic("duties.drop_exports", minutes=30)
def drop_exports() -> int:
    """Forget copies whose time has run out."""
    with transaction():
        return drop_expired_exports()


def run_retention(*, actor: Actor = SCHEDULER, dry_run: bool = False, progress: Progress = silent) -> Counts:
    """Carry out every rule of the matrix, or with `dry_run` only count; returns due, done and held by rule.

    Small batches in transactions of their own, each of which reads the holds anew: what is held while the run goes on is spared from
    there on. Safe to run twice; what is done once is not due again.
    """
    if not dry_run:
        require(can_run_retention(actor))
    started, counts = clock.now(), Counts()
    todo = [rule for rule in retention.rules() if rule.due is not None]
    for place, rule in enumerate(todo, 1):
        cutoff = rule.cutoff(started)
        assert cutoff is not None
        due, held = count_rule(rule, cutoff, held_subjects())
        counts[rule.code] = {"due": due, "held": held, "done": 0 if dry_run else _carry_out(rule, cutoff)}
        progress(place, len(todo))
    with transaction():
        record_run(actor=actor, started_at=started, is_dry=dry_run, counts=counts)
    return counts


def _carry_out(rule: retention.Rule, cutoff: datetime) -> int:
    done: int = 0
    last: Any = None
    while True:
        with transaction():
            ids = list_due(rule, cutoff, held_subjects(), last, BATCH)
            if not ids:
                return done
            done, last = done + apply_rule(rule=rule, ids=ids), ids[-1]


@periodic("duties.retention", minutes=60)
def retain_daily() -> bool:
    """Run retention once a day, after the first hour of the night or as soon as the worker is up."""
    newest = find_last_run()
    if newest is not None and clock.local(newest.started_at).date() >= clock.today():
        return False
    run_retention(actor=SCHEDULER)
    return True


@job("duties.rehearse_retention")
def rehearse(user_id: int | None = None) -> None:
    """The dry run that somebody asked for on the page."""
    run_retention(actor=Actor(user_id=user_id), dry_run=True)
