"""Reads of saved searches: a person's own, and what each finds now."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import undefer

from marketplace.catalog.models import SavedSearch
from marketplace.catalog.queries.search import Card, list_cards, query_of
from marketplace.catalog.rules.saving import read_saved
from marketplace.core import settings
from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.core.i18n import lazy
from marketplace.core.paging import Page, paginate
from marketplace.search import engine


def list_saved_searches(*, actor: Actor, page: int | None = 1, per_page: int | None = 20) -> Page[SavedSearch]:
    """A person's saved searches, those with news first, then the newest."""
    query = select(SavedSearch).where(SavedSearch.user_id == actor.user_id)
    return paginate(query.order_by(SavedSearch.fresh_count.desc(), SavedSearch.id.desc()), page, per_page)


def count_saved_searches(user_id: int) -> int:
    return db.session.scalar(select(func.count()).select_from(SavedSearch).where(SavedSearch.user_id == user_id)) or 0


def get_saved_search(saved_id: int, *, actor: Actor) -> SavedSearch:
    """One of the person's own; another's does not exist."""
    found = db.session.get(SavedSearch, saved_id)
    if found is None or found.user_id != actor.user_id:
        raise NotFound("saved_search.missing", lazy("没有这条保存的搜索"))
    return found


def find_saved_search(*, actor: Actor, query: str) -> SavedSearch | None:
    """The person's saved search of this very query string."""
    return db.session.scalar(
        select(SavedSearch).where(SavedSearch.user_id == actor.user_id, SavedSearch.query == query)
    )


def list_fresh_cards(saved: SavedSearch) -> list[Card]:
    """The services that are new since the person last looked and may still be seen, newest find first."""
    return list_cards(list(reversed(saved.fresh))[:100])


def matching_ids(query: str) -> list[int] | None:
    """All services that a stored search finds now, or None where they are more than a watched search may have.

    Raises SearchUnavailable. A search whose words had to be relaxed finds nothing: parts of its words are not what was asked for.
    """
    most = settings.get("catalog.saved_search_matches")
    found = engine.current().find(query_of(read_saved(query), 0, most, with_facets=False))
    if found.is_relaxed:
        return []
    return None if found.total > most else found.ids


def users_to_check(before: datetime, limit: int = 500) -> list[int]:
    """People with a watched search that was not looked at since a moment, those longest ago first."""
    oldest = func.min(SavedSearch.checked_at)
    query = (
        select(SavedSearch.user_id)
        .where(SavedSearch.notify.is_(True), SavedSearch.checked_at < before)
        .group_by(SavedSearch.user_id)
        .order_by(oldest, SavedSearch.user_id)
    )
    return list(db.session.scalars(query.limit(limit)))


def watched_searches(user_id: int) -> list[SavedSearch]:
    """A person's searches with notices, with all that they have found so far."""
    query = select(SavedSearch).where(SavedSearch.user_id == user_id, SavedSearch.notify.is_(True))
    return list(db.session.scalars(query.options(undefer(SavedSearch.known)).order_by(SavedSearch.id)))
