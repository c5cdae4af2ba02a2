"""Reads of the operator's page on search: what was asked, and the entries of the word lists."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, func, select

from marketplace.core import clock
from marketplace.core.db import db
from marketplace.core.i18n import lazy
from marketplace.core.paging import Page, clamp
from marketplace.search import wordbook
from marketplace.search.models import SearchQuery, SearchWord
from marketplace.search.wordbook import Entry
from marketplace.search.wordlists import clean

PERIODS = (1, 7, 30, 90, 180)
SHOWN: dict[str, Any] = {
    "zero": lazy("没有结果"), "popular": lazy("热门"), "corrected": lazy("自动纠正"), "relaxed": lazy("部分匹配"), "blocked": lazy("合规拦截"),
}  # fmt: skip


def _asked(shown: str, days: int, q: str) -> Select[Any]:
    sums = {
        name: func.sum(getattr(SearchQuery, name)).label(name)
        for name in ("count", "zero_count", "corrected_count", "relaxed_count", "blocked_count")
    }
    query = (
        select(SearchQuery.text, *sums.values(), func.max(SearchQuery.last_at).label("last_at"))
        .where(SearchQuery.day > clock.today() - timedelta(days=days))
        .group_by(SearchQuery.text)
    )
    if q:
        query = query.where(SearchQuery.text.contains(clean(q), autoescape=True))
    by = sums["count"] if shown == "popular" else sums[f"{shown}_count"]
    expression = by.element
    return query.having(expression > 0).order_by(expression.desc(), SearchQuery.text)


def list_search_queries(
    *, shown: str = "zero", days: int = 30, q: str = "", page: int = 1, per_page: int = 20
) -> Page[Any]:
    """Texts searched within so many days, the most frequent first, with how often they found nothing, were mended or relaxed."""
    number, size = clamp(page, per_page)
    query = _asked(shown, days, q)
    total = db.session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    rows = db.session.execute(query.limit(size).offset((number - 1) * size)).all()
    return Page(rows, total, number, size)


def each_search_query(*, shown: str = "zero", days: int = 30, q: str = "") -> Iterator[Any]:
    """All rows of the list, for files."""
    yield from db.session.execute(_asked(shown, days, q))


def count_queries(days: int) -> dict[str, int]:
    """How many searches there were within so many days, and how many of each kind."""
    names = ("count", "zero_count", "corrected_count", "relaxed_count", "blocked_count")
    row = db.session.execute(
        select(*(func.sum(getattr(SearchQuery, name)) for name in names)).where(
            SearchQuery.day > clock.today() - timedelta(days=days)
        )
    ).one()
    return {name.removesuffix("_count"): int(value or 0) for name, value in zip(names, row, strict=True)}


def find_search_words(*, kind: str = "", q: str = "", state: str = "active", own: bool = False) -> list[Entry]:
    """Entries of the lists: those changed in the browser first, newest on top, then the files' in their order."""
    wanted = clean(q)
    found = [
        one
        for one in wordbook.entries().values()
        if (not kind or one.kind == kind)
        and (state == "all" or one.is_retired == (state == "retired"))
        and (not own or not one.is_seed)
        and (not wanted or wanted in one.name_zh or any(wanted in word for word in one.words))
    ]
    order = {id(one): at for at, one in enumerate(found)}
    return sorted(
        found, key=lambda one: (one.is_seed, -one.changed_at.timestamp() if one.changed_at else 0, order[id(one)])
    )


def list_search_words(*, page: int = 1, per_page: int = 20, **filters: Any) -> Page[Entry]:
    """One page of the entries."""
    number, size = clamp(page, per_page)
    found = find_search_words(**filters)
    return Page(found[(number - 1) * size : number * size], len(found), number, size)


def get_search_words(kind: str, key: str) -> Entry | None:
    """One entry as it stands."""
    return wordbook.entries().get((kind, key))


def history_of(kind: str, key: str) -> list[Entry]:
    """All states of an entry, newest first."""
    rows = db.session.scalars(
        select(SearchWord).where(SearchWord.kind == kind, SearchWord.key == key).order_by(SearchWord.number.desc())
    )
    return [wordbook.entry_of(row) for row in rows]
