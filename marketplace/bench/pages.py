"""Which pages are measured: a table of names and addresses. A new page is one more row."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple
from urllib.parse import urlencode

from sqlalchemy import select

from marketplace.catalog.models import Listing, ListingCity
from marketplace.core import clock
from marketplace.core.db import db


@dataclass(frozen=True, slots=True)
class Facts:
    """What the addresses are made of: ids, categories and cities of listings that exist."""

    listings: tuple[int, ...]
    categories: tuple[str, ...]
    cities: tuple[str, ...]
    priced: tuple[tuple[int, int], ...]  # listings with a price: id, lowest price in 分
    firms: tuple[int, ...] = ()


class Page(NamedTuple):
    """A page's name in the table, and the n-th address to ask for it."""

    name: str
    address: Callable[[Facts, int], str]

    @property
    def is_search(self) -> bool:
        return self.name.startswith(("search", "two facets", "suggestion"))


WORDS = ("招聘", "劳务派遣", "薪酬", "培训", "猎头", "社保代理", "灵活用工", "上海 财务", "背景调查", "RPO")


TYPED = (
    "招",
    "招聘",
    "劳务",
    "劳务派",
    "社保",
    "薪",
    "xin",
    "xinchou",
    "lwpq",
    "z",
    "人才",
    "培训",
    "shebao",
    "灵活用",
    "bd",
    "电子合同",
)


def _pick(values: tuple, n: int) -> str:  # type: ignore[type-arg]
    return str(values[n % len(values)])


def _search(facts: Facts, n: int) -> str:
    return "/services/?" + urlencode({"q": _pick(WORDS, n)})


def _search_with_facets(facts: Facts, n: int) -> str:
    chosen = {"q": _pick(WORDS, n), "category": _pick(facts.categories, n // 3), "city": _pick(facts.cities, n // 5)}
    return "/services/?" + urlencode(chosen)


def _directory(facts: Facts, n: int) -> str:
    chosen = {
        "q": _pick(("shanghai", "qh", "人力"), n),
        "category": _pick(facts.categories, n)[:3],
        "licence": "HR_PERMIT",
        "sort": "rating",
    }
    return f"/firms/?{urlencode(chosen)}&_={n}"


def _comparison(facts: Facts, n: int) -> str:
    return "/services/compare?" + urlencode([("id", _pick(facts.listings, n + place)) for place in range(4)])


def _suggest(facts: Facts, n: int) -> str:
    return "/api/v1/services/suggest?" + urlencode({"q": _pick(TYPED, n)})


PAGES = (
    Page("home", lambda facts, n: "/"),
    Page("search", _search),
    Page("search, two facets", _search_with_facets),
    Page("search, JSON API", lambda facts, n: "/api/v1" + _search(facts, n).replace("/services/?", "/services?")),
    Page("suggestion while typing", _suggest),
    Page("listing", lambda facts, n: f"/services/{_pick(facts.listings, n)}"),
    Page("firm directory", lambda facts, n: "/firms/"),
    Page("firm shop", lambda facts, n: f"/firms/{_pick(facts.firms, n)}"),
    Page("dashboard", lambda facts, n: "/dashboard/"),
    # The same pages for the first stranger who asks: an address of its own each time, so that no rendering is shared.
    Page("home, made anew", lambda facts, n: f"/?_={n}"),
    Page("search, made anew", lambda facts, n: f"{_search(facts, n)}&_={n}"),
    Page("two facets, made anew", lambda facts, n: f"{_search_with_facets(facts, n)}&_={n}"),
    Page("listing, made anew", lambda facts, n: f"/services/{_pick(facts.listings, n)}?_={n}"),
    Page("firm directory, made anew", lambda facts, n: f"/firms/?_={n}"),
    Page("firms, three filters, made anew", _directory),
    Page("firm shop, made anew", lambda facts, n: f"/firms/{_pick(facts.firms, n)}?_={n}"),
    Page("comparison of four, made anew", lambda facts, n: f"{_comparison(facts, n)}&_={n}"),
    Page("dashboard, made anew", lambda facts, n: f"/dashboard/?_={n}"),
)
# What the park's own people see: the account that asks, then the page.
STAFF_PAGES = (
    ("operator@demo.example", Page("operator queue, first page", lambda facts, n: "/operator/verifications")),
    (
        "operator@demo.example",
        Page("all organisations, page 50", lambda facts, n: "/operator/verifications?state=all&page=50"),
    ),
    ("auditor@demo.example", Page("audit, first page", lambda facts, n: "/operator/audit")),
    ("auditor@demo.example", Page("audit, one event of one day", lambda facts, n: f"/operator/audit?{_audit_day(n)}")),
)


def _audit_day(n: int) -> str:
    day = (clock.today() - timedelta(days=n % 300)).isoformat()
    return urlencode({"event": "order.placed", "since": day, "until": day})


def gather() -> Facts:
    """Facts of the database at hand, in a fixed order; refuses one without listings."""
    wanted = select(Listing.id, Listing.category_code, Listing.price_min_fen, Listing.firm_id).where(
        Listing.state == "published"
    )
    rows = db.session.execute(wanted.order_by(Listing.id).limit(200)).all()
    if not rows:
        raise LookupError("the database to be measured has no published listing")
    cities = db.session.scalars(select(ListingCity.city_code).distinct().order_by(ListingCity.city_code)).all()
    return Facts(
        listings=tuple(row.id for row in rows),
        categories=tuple(sorted({row.category_code for row in rows})),
        cities=tuple(cities),
        priced=tuple((row.id, row.price_min_fen) for row in rows if row.price_min_fen),
        firms=tuple(sorted({row.firm_id for row in rows})),
    )
