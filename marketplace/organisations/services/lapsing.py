"""What the calendar does: licences lapse, and people are told in time, each reminder once."""

from datetime import date
from typing import Any

from sqlalchemy import or_, update

from marketplace.core import clock
from marketplace.core.access import require, step
from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.core.errors import Conflict
from marketplace.core.lifecycle import advance
from marketplace.notifications.services import notify
from marketplace.organisations.access import can_expire_licence
from marketplace.organisations.models import Licence, Organisation
from marketplace.organisations.queries import (
    list_ending_licences,
    list_lapsed_licences,
    list_licences_of,
    list_to_remind,
    member_ids_in,
    standing_of,
)
from marketplace.organisations.rules import OVERDUE_STEP, REMIND_DAYS, Standing, reminder_step
from marketplace.organisations.services.deciding import profile_path, tell_reviewers
from marketplace.organisations.services.due import recompute_due_of
from marketplace.organisations.services.licensing import tell
from marketplace.organisations.states import LicenceState
from marketplace.search.changes import touch

TOLD = ("admin", "business")


def expire_licences(*, actor: Actor) -> int:
    """Mark the licences whose last day has passed and have their firms' listings looked at again; returns how many."""
    require(can_expire_licence(actor))
    lapsed = []
    for licence in list_lapsed_licences(clock.today()):
        try:
            advance(licence, "expire", actor=actor, organisation_id=licence.organisation_id, kind=licence.kind)
        except Conflict:  # replaced or revoked by a reviewer at this very moment
            continue
        tell(licence=licence, event="licence.expired")
        lapsed.append(licence)
    firms = sorted({licence.organisation_id for licence in lapsed})
    for organisation_id in firms:
        recompute_due_of(organisation_id=organisation_id)
    touch("firm", firms)
    return len(lapsed)


def remind_of_expiry(*, actor: Actor) -> int:
    """Tell an organisation's administrators and business people 90, 60, 30 and 7 days before a licence ends; returns how many licences.

    Each step once, whoever runs this and how often; days without a run are made good by the step they stand at now. One whose renewal
    waits for the operator is left alone.
    """
    require(can_expire_licence(actor))
    today, told = clock.today(), 0
    ending = list_ending_licences(today, max(REMIND_DAYS))
    waiting = {
        (one.organisation_id, one.kind, one.renews_id if one.kind == "OTHER" else None): one
        for one in list_licences_of(sorted({x.organisation_id for x in ending}), LicenceState.PENDING)
    }
    for licence in ending:
        assert licence.valid_to is not None
        renewal = waiting.get((licence.organisation_id, licence.kind, licence.id if licence.kind == "OTHER" else None))
        step_days = reminder_step((licence.valid_to - today).days)
        if step_days is None or (renewal is not None and _outlasts(renewal, licence.valid_to)):
            continue
        if _claim(Licence, licence, "reminded_days", step_days):
            left = (licence.valid_to - today).days
            people = member_ids_in(licence.organisation_id, *TOLD)
            tell(licence=licence, event="licence.expiring", user_ids=people, days=left)
            told += 1
    return told


def _outlasts(renewal: Licence, valid_to: date) -> bool:
    return renewal.is_long_term or (renewal.valid_to is not None and renewal.valid_to > valid_to)


def _claim(model: Any, entity: Any, column: str, value: int) -> bool:
    """Take a reminder's step by compare-and-set: of two workers one gets it, and no step comes twice or after a later one."""
    marked = getattr(model, column)
    result = db.session.execute(
        update(model)
        .where(model.id == entity.id, or_(marked.is_(None), marked > value))
        .values({column: value})
        .execution_options(synchronize_session="evaluate")
    )
    return bool(result.rowcount == 1)  # type: ignore[attr-defined]


def remind_of_verification(*, actor: Actor) -> int:
    """Tell organisations 30 and 7 days before, on the day their verification is due, and once their grace is over; and the park's
    reviewers and operators, in one message, how many have newly come due or over. Returns how many organisations were told."""
    require(can_expire_licence(actor))
    told: dict[str, int] = {"soon": 0, "due": 0, "over": 0}
    for organisation in list_to_remind(clock.today()):
        standing = standing_of(organisation)
        step_now = standing.step
        if step_now is None or not _claim(Organisation, organisation, "due_step", step_now):
            continue
        stage = "over" if step_now == OVERDUE_STEP else "due" if step_now == 0 else "soon"
        told[stage] += 1
        tell_standing(organisation=organisation, standing=standing, stage=stage)
        if stage == "over" and organisation.is_firm:
            touch("firm", [organisation.id])
    if told["due"] or told["over"]:
        params = {"due": told["due"], "over": told["over"]}
        tell_reviewers(event="verification.due_list", url="/operator/overdue", params=params)
    return sum(told.values())


@step
def tell_standing(*, organisation: Organisation, standing: Standing, stage: str) -> None:
    """One message about the coming or past due day, to the administrators and business people."""
    params = {
        "name": organisation.name, "kind": organisation.kind, "due_on": standing.due_on.isoformat() if standing.due_on else "",
        "over_on": standing.over_on.isoformat() if standing.over_on else "", "days": abs(standing.overdue_days),
    }  # fmt: skip
    for user_id in member_ids_in(organisation.id, *TOLD):
        notify(user_id=user_id, event=f"verification.{stage}", url=profile_path(organisation), params=params)
