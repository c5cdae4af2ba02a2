"""One listing, whether it may be seen, and the lists of the firm's and the operator's desks."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from sqlalchemy import Date, Select, bindparam, or_, select
from sqlalchemy.orm import joinedload, selectinload

from marketplace.catalog.access import can_see_unpublished_listing
from marketplace.catalog.models import Listing, ListingChange, ListingVersion
from marketplace.catalog.queries.editions import edition_of
from marketplace.catalog.queries.taxonomy import definition_of, refresh
from marketplace.catalog.rules.answers import find_missing
from marketplace.catalog.rules.draft import ListingDraft
from marketplace.catalog.rules.facts import fact_rows
from marketplace.catalog.rules.fees import fee_rows
from marketplace.catalog.rules.taxonomy import LICENCE_LABELS, Category, category
from marketplace.catalog.rules.visibility import IMPORTED, NO_COVER, Cover, is_covered, is_verified
from marketplace.catalog.states import OPEN_LISTING_CHANGES, ListingState
from marketplace.core import clock, regions, settings
from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.core.i18n import lazy
from marketplace.core.paging import Page, paginate
from marketplace.core.worklist import Queue, register_queue
from marketplace.organisations.models import Licence, Organisation
from marketplace.organisations.queries import earliest_due, firm_is_active, standing_of

GONE = lazy("服务不存在，或您无权查看")


# Built once, since every search runs it; the condition is `Licence.counting_on` with the day left open.
_COVERS = select(Licence.organisation_id, Licence.kind, Licence.evidence).where(
    Licence.organisation_id.in_(bindparam("ids", expanding=True)),
    Licence.counting_on(bindparam("day", type_=Date)),  # type: ignore[arg-type]
)


def covers_of(firm_ids: Iterable[int], on: date | None = None) -> dict[int, Cover]:
    """For each firm the licence kinds in force on a day (today): verified, and recorded at an import. One query."""
    ids, day = sorted(set(firm_ids)), on or clock.today()
    if not ids:
        return {}
    held: dict[int, tuple[set[str], set[str]]] = {}
    rows = db.session.execute(_COVERS, {"ids": ids, "day": day})
    for firm_id, kind, evidence in rows:
        held.setdefault(firm_id, (set(), set()))[evidence == "recorded"].add(kind)
    return {firm_id: Cover(frozenset(verified), frozenset(recorded)) for firm_id, (verified, recorded) in held.items()}


def held_licences(firm_id: int) -> Cover:
    """The licence kinds one firm holds today."""
    return covers_of([firm_id]).get(firm_id, NO_COVER)


def shown_by(category: Category, cover: Cover, source: str, published_at: Any) -> bool:
    """Does the firm's cover allow a published listing of this category to be shown now?"""
    if is_verified(category, cover):
        return True
    if source != IMPORTED:
        return False
    grace = settings.get("catalog.import_grace_days")
    return is_covered(category, cover, source=source, published_at=published_at, now=clock.now(), grace_days=grace)


def can_be_seen(listing: Listing) -> bool:
    """Is the listing public now: published, its firm active and its licence in force (decision 6)? One query."""
    if listing.state != ListingState.PUBLISHED or not firm_is_active(listing.firm):
        return False
    return shown_by(listing.category, held_licences(listing.firm_id), listing.source, listing.published_at)


def visible_ids(ids: Iterable[int] | None = None, firm_id: int | None = None) -> list[int]:
    """Those listings (of these, of this firm, or all) that the public may see now, by id. Two queries."""
    query = (
        select(Listing.id, Listing.firm_id, Listing.category_code, Listing.source, Listing.published_at)
        .join(Organisation, Organisation.id == Listing.firm_id)
        .where(
            Listing.state == ListingState.PUBLISHED,
            Organisation.state == "approved",
            Organisation.standing_since(earliest_due()),
        )
        .order_by(Listing.id)
    )
    if ids is not None:
        query = query.where(Listing.id.in_(list(ids)))
    if firm_id is not None:
        query = query.where(Listing.firm_id == firm_id)
    rows = db.session.execute(query).all()
    return [row.id for row, _cover in visible_rows(rows)]


def visible_rows(rows: Iterable[Any]) -> list[tuple[Any, Cover]]:
    """Those rows (with firm_id, category_code, source, published_at) whose firm's licences allow showing them. One query."""
    from_page = list(rows)
    covers = covers_of({row.firm_id for row in from_page})
    kept = []
    for row in from_page:
        cover = covers.get(row.firm_id, NO_COVER)
        if shown_by(category(row.category_code), cover, row.source, row.published_at):
            kept.append((row, cover))
    return kept


def _loaded() -> Select[Any]:
    return select(Listing).options(joinedload(Listing.firm), selectinload(Listing.cities))


def get_listing(listing_id: int, *, actor: Actor) -> Listing:
    """A listing in any state for its firm's members and the staff, else only if it is public; what one may not see does not exist."""
    listing = db.session.scalar(_loaded().where(Listing.id == listing_id))
    if listing is None or not (can_see_unpublished_listing(actor, listing) or can_be_seen(listing)):
        raise NotFound("listing.not_found", GONE)
    return listing


def get_visible_listing(listing_id: int) -> Listing:
    """A listing the public may see now; NotFound for every other."""
    listing = db.session.scalar(_loaded().where(Listing.id == listing_id))
    if listing is None or not can_be_seen(listing):
        raise NotFound("listing.not_found", GONE)
    return listing


def get_withdrawn_listing(listing_id: int) -> Listing | None:
    """The listing if it was public once and was taken down for good, to say so (410) instead of hiding it."""
    return db.session.scalar(
        _loaded().where(
            Listing.id == listing_id, Listing.state == ListingState.WITHDRAWN, Listing.published_at.is_not(None)
        )
    )


def was_public(listing_id: int) -> bool:
    """Was this listing on line once and may be again? All that a stranger with an old link is told of it."""
    return db.session.scalar(
        select(Listing.id).where(
            Listing.id == listing_id, Listing.state != ListingState.WITHDRAWN, Listing.published_at.is_not(None)
        )
    ) is not None  # fmt: skip


def list_firm_listings(
    firm_id: int,
    *,
    state: str = "",
    q: str = "",
    change: str = "",
    incomplete: bool = False,
    page: int = 1,
    per_page: int = 20,
) -> Page[Listing]:
    """A firm's own listings, newest change first. `change`: only those with an open change (`open`), or one in that state; `incomplete`:
    only those that leave questions of their category open."""
    query = _loaded().where(Listing.firm_id == firm_id).order_by(Listing.updated_at.desc(), Listing.id.desc())
    if change == "open" or change in OPEN_LISTING_CHANGES:
        wanted = OPEN_LISTING_CHANGES if change == "open" else (change,)
        query = query.where(
            select(ListingChange.id)
            .where(ListingChange.listing_id == Listing.id, ListingChange.state.in_(wanted))
            .exists()
        )
    if incomplete:
        query = query.where(Listing.id.in_(_incomplete_ids(firm_id)))
    if state in set(ListingState):
        query = query.where(Listing.state == state)
    if q.strip():
        query = query.where(Listing.title.contains(q.strip(), autoescape=True))
    return paginate(query, page, per_page)


def _incomplete_ids(firm_id: int) -> list[int]:
    """The firm's listings, gone ones aside, that leave questions open. Asked of the definition each time, since operators change it; a
    firm has few enough."""
    rows = db.session.execute(
        select(Listing.id, Listing.category_code, Listing.attributes).where(
            Listing.firm_id == firm_id, Listing.state != ListingState.WITHDRAWN
        )
    )
    return [row.id for row in rows if find_missing(category(row.category_code), row.attributes).count]


def _queue(state: str, top: str, q: str) -> Select[Any]:
    query = _loaded()
    if state in set(ListingState):
        query = query.where(Listing.state == state)
    else:
        query = query.where(Listing.state != ListingState.DRAFT)
    if top:
        query = query.where(Listing.category_code.startswith(top, autoescape=True))
    if q.strip():
        query = query.join(Organisation, Organisation.id == Listing.firm_id).where(
            or_(
                Listing.title.contains(q.strip(), autoescape=True),
                Organisation.name.contains(q.strip(), autoescape=True),
            )
        )
    return query.order_by(Listing.submitted_at, Listing.id)


def list_submitted_listings(
    *, state: str = "submitted", top: str = "", q: str = "", page: int = 1, per_page: int = 20
) -> Page[Listing]:
    """The operator's queue, oldest first; an unknown state means every listing that left the firm's desk."""
    return paginate(_queue(state, top, q), page, per_page)


def count_submitted_listings() -> int:
    """How many listings wait for the operator."""
    return paginate(select(Listing).where(Listing.state == ListingState.SUBMITTED), 1, 1).total


def rows_for_export(*, firm_id: int | None = None, states: Iterable[str] = ()) -> Iterator[Listing]:
    """Listings with firm and cities, by id, for files; withdrawn ones only when asked for."""
    refresh()
    query = _loaded().order_by(Listing.id)
    wanted = list(states)
    query = query.where(Listing.state.in_(wanted) if wanted else Listing.state != ListingState.WITHDRAWN)
    if firm_id is not None:
        query = query.where(Listing.firm_id == firm_id)
    return iter(db.session.scalars(query.execution_options(yield_per=500)))


def rows_of_queue(*, state: str = "submitted", top: str = "", q: str = "") -> Iterator[Listing]:
    """The whole of the operator's queue under these filters, for a file."""
    return iter(db.session.scalars(_queue(state, top, q).execution_options(yield_per=500)))


def draft_of(listing: Listing) -> ListingDraft:
    """The content of a listing whose cities are loaded."""
    return ListingDraft(
        listing.category_code, listing.title, listing.summary, listing.description, listing.pricing_model,
        listing.price_min_fen, listing.price_max_fen, listing.billing_note, listing.unit, tuple(listing.city_codes),
        dict(listing.attributes), listing.tax_note,
    )  # fmt: skip


def content_of(listing: Listing, number: int) -> tuple[ListingDraft, int]:
    """The approved content of that number and the number of the category's definition it follows; the listing's cities are loaded.

    NotFound for a number that never was.
    """
    if 0 < number == listing.live_version:
        return draft_of(listing), listing.category_version
    kept = db.session.scalar(
        select(ListingVersion).where(ListingVersion.listing_id == listing.id, ListingVersion.number == number)
    )
    if kept is None:
        raise NotFound("listing.no_version", lazy("没有这个版本"))
    return ListingDraft.from_json(kept.content), kept.category_version


def describe_listing(listing: Listing) -> dict[str, Any]:
    """What the listing's body shows (`catalog/_listing.html`), for the public page, the firm's preview and the operator's review alike."""
    cover = held_licences(listing.firm_id)
    held = cover.verified | cover.recorded
    content = draft_of(listing)
    return {
        "listing": listing,
        "facts": fact_rows(definition_of(listing.category_code, listing.category_version), listing.attributes),
        "fees": fee_rows(content),
        "edition": edition_of(listing, content),
        "cities": [regions.label(code) for code in listing.city_codes],
        "is_verified": is_verified(listing.category, cover),
        "standing": standing_of(listing.firm),
        "licence_names": [str(label) for kind, label in LICENCE_LABELS.items() if kind in held],
    }


def _waiting() -> Select[Any]:
    return select(Listing.submitted_at.label("since")).where(Listing.state == ListingState.SUBMITTED)


register_queue(
    Queue(
        "listings", lazy("服务审核"), "clipboard-check", 7, ("operator", "reviewer"), ("service", "bureau", "auditor"),
        "operator.list_listings", _waiting,
    )
)  # fmt: skip
