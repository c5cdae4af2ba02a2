"""Keeping the directory's figures: written by a job that has worked them out above, only where they differ."""

from collections.abc import Mapping

from sqlalchemy import delete, insert, select

from marketplace.core import audit, clock
from marketplace.core.access import step
from marketplace.core.actor import SCHEDULER
from marketplace.core.db import db
from marketplace.organisations.models import FirmFigure, FirmOffer
from marketplace.organisations.queries.directory import list_unspelled_firms
from marketplace.organisations.rules.figures import Figures

COLUMNS = ("service_count", "rating_tenths", "rating_count", "clients_served", "response_minutes", "response_count")


@step
def keep_figures(*, figures: Mapping[int, Figures]) -> int:
    """Write the figures of these firms where they differ from what stands; returns for how many. Of two machines at the same moment one is
    refused by the database and finds nothing left to do at its next turn."""
    ids, moment = list(figures), clock.now()
    known = {
        one.organisation_id: one
        for one in db.session.scalars(select(FirmFigure).where(FirmFigure.organisation_id.in_(ids)))
    }
    offers = _offers_of(ids)
    moved = [one for one in ids if offers.get(one, {}) != figures[one].rows]
    fresh, changed = [], 0
    for firm_id, now in figures.items():
        stands = known.get(firm_id)
        values = {name: getattr(now, name) for name in COLUMNS}
        if stands is None:
            fresh.append({"organisation_id": firm_id, "refreshed_at": moment, **values})
        elif firm_id in moved or any(getattr(stands, name) != value for name, value in values.items()):
            for name, value in values.items():
                setattr(stands, name, value)
            stands.refreshed_at = moment
        else:
            continue
        changed += 1
    if fresh:
        db.session.execute(insert(FirmFigure), fresh)
    _keep_offers({one: figures[one].rows for one in moved})
    return changed


def _offers_of(ids: list[int]) -> dict[int, dict[str, int]]:
    found: dict[int, dict[str, int]] = {}
    query = select(FirmOffer.organisation_id, FirmOffer.category_code, FirmOffer.service_count)
    for firm_id, code, number in db.session.execute(query.where(FirmOffer.organisation_id.in_(ids))):
        found.setdefault(firm_id, {})[code] = number
    return found


def _keep_offers(offers: Mapping[int, Mapping[str, int]]) -> None:
    if not offers:
        return
    db.session.execute(
        delete(FirmOffer)
        .where(FirmOffer.organisation_id.in_(list(offers)))
        .execution_options(synchronize_session=False)
    )
    rows = [
        {"organisation_id": one, "category_code": code, "service_count": number}
        for one, counts in offers.items()
        for code, number in counts.items()
    ]
    if rows:
        db.session.execute(insert(FirmOffer), rows)


@step
def spell_names() -> int:
    """Spell the names of firms that never were; returns how many."""
    firms = list_unspelled_firms()
    for firm in firms:
        firm.spell()
    if firms:
        audit.record("firms.spelled", "organisation", None, actor=SCHEDULER, count=len(firms))
    return len(firms)
