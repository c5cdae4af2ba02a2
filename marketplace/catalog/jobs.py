"""What runs beside the catalogue: it tells the search engine how listings become documents, and touches those whose licence lapsed."""

from datetime import timedelta

from sqlalchemy import select

from marketplace.catalog.models import Listing
from marketplace.catalog.queries.documents import listing_documents
from marketplace.catalog.queries.listings import visible_ids
from marketplace.catalog.rules.visibility import IMPORTED
from marketplace.core import clock, settings
from marketplace.core.db import db, transaction
from marketplace.core.queue import periodic
from marketplace.organisations.models import Licence, Organisation
from marketplace.organisations.queries import earliest_due
from marketplace.search import changes, sources
from marketplace.search.documents import Document, Removed


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
