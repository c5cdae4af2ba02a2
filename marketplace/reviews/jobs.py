"""The figures that the directory of firms sorts and filters by, worked out of listings, orders and reviews.

They live below, in `organisations`, and are made here, the lowest place that knows all three. A cache: whatever is lost is made again.
"""

import time
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import func, select

from marketplace.catalog.queries.shop import count_offers
from marketplace.core.audit import AuditEvent
from marketplace.core.db import db, transaction
from marketplace.core.queue import periodic
from marketplace.orders.queries import count_clients_served, response_times
from marketplace.organisations.queries.directory import list_public_firm_ids
from marketplace.organisations.rules.figures import Figures
from marketplace.organisations.services.figures import keep_figures
from marketplace.reviews.queries import count_scores

BATCH = 500
SHARE = 20  # of the time, at most one part in so many goes into this
ANEW = 600.0  # seconds after which it is done even if nothing was written: licences lapse and answers age by themselves


@dataclass(slots=True)
class _Memory:
    """Of one database in this process: the newest audit row when the figures were made, and when they may and must be made again."""

    seen: int | None = None
    until: float = 0.0
    anew: float = 0.0


_memory: WeakKeyDictionary[Any, _Memory] = WeakKeyDictionary()


@periodic("reviews.refresh_figures", seconds=10)
def refresh_when_changed() -> int:
    """Work out the figures soon after anything was written; seldom where it takes long, and at least every ten minutes."""
    memory = _memory.setdefault(db.engine, _Memory())
    now, newest = time.monotonic(), db.session.scalar(select(func.max(AuditEvent.id)))
    if now < memory.until or (newest == memory.seen and now < memory.anew):
        return 0
    changed = refresh_figures()
    spent = time.monotonic() - now
    memory.seen, memory.until, memory.anew = newest, now + SHARE * spent, now + ANEW
    return changed


def refresh_figures() -> int:
    """Work out every public firm's figures now, batch by batch, and write those that differ; returns how many firms changed."""
    ids, changed = list_public_firm_ids(), 0
    for start in range(0, len(ids), BATCH):
        batch = ids[start : start + BATCH]
        figures = figures_of(batch)
        with transaction():
            changed += keep_figures(figures=figures)
    return changed


def figures_of(firm_ids: list[int]) -> dict[int, Figures]:
    """The figures of these firms as they are now: six statements, however many firms."""
    offers, scores = count_offers(firm_ids), count_scores(firm_ids)
    clients, responses = count_clients_served(firm_ids), response_times(firm_ids)
    return {
        one: Figures.made_of(offers.get(one, {}), scores.get(one, {}), clients.get(one, 0), responses.get(one))
        for one in firm_ids
    }
