"""What runs beside the catalogue: it tells the search engine how listings become documents, and touches those whose licence lapsed."""

import logging
from datetime import timedelta

from sqlalchemy import select

from marketplace.catalog.models import Listing
from marketplace.catalog.queries.documents import listing_documents
from marketplace.catalog.queries.listings import visible_ids
from marketplace.catalog.queries.saved_searches import matching_ids, users_to_check, watched_searches
from marketplace.catalog.queries.taxonomy import refresh
from marketplace.catalog.rules.visibility import IMPORTED
from marketplace.catalog.services.saved_searches import Found, record_matches
from marketplace.core import clock, settings
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict
from marketplace.core.queue import before_each, periodic
from marketplace.organisations.models import Licence, Organisation
from marketplace.organisations.queries import earliest_due
from marketplace.search import changes, sources
from marketplace.search.documents import Document, Removed
from marketplace.search.engine import SearchUnavailable

log = logging.getLogger(__name__)


def _of_firms(firm_ids: list[int]) -> list[Document | Removed]:
    """All listings of these firms: what changes when a firm is approved, suspended, renamed or its licences change."""
    ids = db.session.scalars(select(Listing.id).where(Listing.firm_id.in_(firm_ids))).all()
    return [one for start in range(0, len(ids), 500) for one in listing_documents(list(ids[start : start + 500]))]


def _ids_by_category() -> list[int]:
    """All listings that may be seen, those of a category beside each other: what a search finds then lies in few places of the index, and
    counting it takes a fraction of the time. One query more than the ids alone."""
    shown = set(visible_ids())
    query = select(Listing.id).where(Listing.state == "published").order_by(Listing.category_code, Listing.id)
    return [one for one in db.session.scalars(query) if one in shown]


def register_sources() -> None:
    """Register both kinds of the change log; done at import, since app.py imports every domain's jobs."""
    sources.register("listing", listing_documents, _ids_by_category)
    sources.register("firm", _of_firms)


register_sources()
before_each(refresh)


@periodic("catalog.touch_lapsed", minutes=60)
def touch_lapsed() -> int:
    """Touch the firms whose licence ran out or whose verification went beyond its grace, and the imported listings whose grace ended, in
    the last two days; returns how many things.

    Pages check again at read time, so this only keeps counts exact. Two days, so that a night without a worker is made good.
    """
    today = clock.today()
    grace = timedelta(days=settings.get("catalog.import_grace_days"))
    with transaction():
        firms = list(db.session.scalars(
            select(Licence.organisation_id)
            .where(Licence.valid_to >= today - timedelta(days=2), Licence.valid_to < today)
            .distinct()
        ))  # fmt: skip
        over = earliest_due(today)
        firms = sorted({*firms, *db.session.scalars(
            select(Organisation.id).where(
                Organisation.kind == "firm", Organisation.next_due_on < over, Organisation.next_due_on >= over - timedelta(days=2)
            )
        )})  # fmt: skip
        imported = db.session.scalars(
            select(Listing.id).where(
                Listing.source == IMPORTED, Listing.published_at <= clock.now() - grace,
                Listing.published_at > clock.now() - grace - timedelta(days=2),
            )
        ).all()  # fmt: skip
        changes.touch("firm", firms)
        changes.touch("listing", imported)
    return len(firms) + len(imported)


@periodic("catalog.check_saved_searches", minutes=15)
def check_saved_searches() -> int:
    """Ask every watched search anew and tell people once a day what is new in theirs; returns how many people were told.

    The index is asked outside the transaction. Safe to run twice and on several machines: rows are compared by their version.
    """
    told = 0
    for user_id in users_to_check(clock.now() - timedelta(minutes=10)):
        try:
            found = {row.id: Found(row.version, matching_ids(row.query)) for row in watched_searches(user_id)}
        except SearchUnavailable:
            return told
        try:
            with transaction():
                told += bool(record_matches(user_id=user_id, found=found))
        except Conflict:
            log.info("a person's saved searches were checked elsewhere at the same moment")
    return told
