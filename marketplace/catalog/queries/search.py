"""The search of services: parameters in, a page of cards with exact counts out. Four statements, whatever is asked."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from sqlalchemy import Date, bindparam, select

from marketplace.catalog.models import Listing, ListingCity
from marketplace.catalog.queries.listings import visible_rows
from marketplace.catalog.queries.understood import narrow, understood_labels
from marketplace.catalog.rules.pricing import PRICE_BANDS, PricingModel, band_label, price_text
from marketplace.catalog.rules.search import RATINGS, SearchParams, value_label, values_of
from marketplace.catalog.rules.taxonomy import Taxonomy, categories, category, children, current, top_categories
from marketplace.catalog.rules.visibility import is_verified
from marketplace.core import regions
from marketplace.core.db import db
from marketplace.core.i18n import _, is_english, local_name
from marketplace.core.paging import Page
from marketplace.organisations.models import Organisation
from marketplace.organisations.queries import earliest_due
from marketplace.search import engine
from marketplace.search.snapshot import Bands

BANDS = Bands("price", "price", tuple(float(high) for _code, _low, high in PRICE_BANDS if high is not None))
SORT_KEYS: dict[str, str | tuple[str, int]] = {
    "price_asc": ("price", 1), "price_desc": ("price", -1), "rating": ("rating", -1), "sales": ("sales", -1),
    "newest": ("published", -1),
}  # fmt: skip
FIRMS_SHOWN = 12
EXPORT_CAP = 2000


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of a facet with its exact count; `depth` 1 stands under the one before it in the tree."""

    value: str
    label: str
    count: int
    is_chosen: bool = False
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Facet:
    param: str
    label: str
    options: list[Option]
    kind: str = "many"

    @property
    def is_chosen(self) -> bool:
        return any(option.is_chosen for option in self.options)


@dataclass(frozen=True, slots=True)
class Card:
    """A listing as the result list shows it, everything already in words."""

    id: int
    title: str
    summary: str
    title_parts: list[tuple[str, bool]]
    summary_parts: list[tuple[str, bool]]
    category_code: str
    category_label: str
    firm_id: int
    firm_name: str
    city_codes: list[str]
    pricing_model: str
    price_min_fen: int | None
    price_max_fen: int | None
    price: str
    unit: str
    rating: float | None
    rating_count: int
    order_count: int
    is_verified: bool
    is_demo: bool

    cities_text: str


@lru_cache(maxsize=4)
def _labels(english: bool, taxonomy: Taxonomy) -> dict[str, str]:
    """The names of all categories and cities by code in one language: asking each for its name asks for the language each time."""
    named: list[Any] = [*taxonomy.categories.values(), *regions.all_regions().values()]
    return {one.code: one.name_en if english else one.name_zh for one in named}


@dataclass(frozen=True)
class SearchPage:
    """The answer to a search."""

    params: SearchParams
    page: Page[Card]
    facets: list[Facet]
    firm_names: dict[str, str]
    corrected: str | None = None
    notices: list[tuple[str, str]] = field(default_factory=list)
    regions: tuple[str, ...] = ()
    is_relaxed: bool = False
    is_available: bool = True
    took_ms: float = 0.0
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    understood: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def _query(params: SearchParams, offset: int, limit: int, with_facets: bool = True) -> engine.Query:
    filters: dict[str, set[str]] = {
        "category": set(params.category), "city": set(params.city), "pricing": set(params.pricing), "firm": set(params.firm),
        "price": {str(at) for at, (code, _low, _high) in enumerate(PRICE_BANDS) if code in params.price},
    }  # fmt: skip
    ranges: dict[str, tuple[float | None, float | None]] = {}
    if params.price_min_fen is not None or params.price_max_fen is not None:
        ranges["price"] = (params.price_min_fen, params.price_max_fen)
    if params.rating_min in RATINGS:
        filters["rating"] = {params.rating_min}
    elif params.rating_min:
        ranges["rating"] = (float(params.rating_min), None)
    if params.licensed:
        filters["licensed"] = {"1"}
    filters |= {f"a_{key}": set(values) for key, values in params.attributes.items()}
    facets: list[str | Bands] = [BANDS]
    if with_facets:
        facets += [
            "category",
            "city",
            "pricing",
            "rating",
            "licensed",
            "firm",
            *(f"a_{a.key}" for a in params.filterable),
        ]
    neutral = ("rank", -1) if not params.q else "relevance"
    return engine.Query(
        text=params.q, filters=filters, ranges=ranges, sort=SORT_KEYS.get(params.sort, neutral), offset=offset, limit=limit,
        facets=facets, regions=regions.words(), region_facet="city", narrow=narrow, is_literal=params.literal,
    )  # fmt: skip


def search_services(params: SearchParams, *, clamp: bool = True) -> SearchPage:
    """One page of visible services that match, with counts beside every choice (each ignoring its own facet's selection).

    A page beyond the last is the last one, unless `clamp` is off: then it is empty, as a program that reads page by page expects.

    Visibility is checked again for the services shown, since a licence may have lapsed after they were indexed (decision 6).
    """
    size = params.per_page
    try:
        found = engine.current().find(_query(params, (params.page - 1) * size, size))
        pages = max(1, -(-found.total // size))
        if clamp and params.page > pages:
            params = replace(params, page=pages)
            found = engine.current().find(_query(params, (pages - 1) * size, size))
    except engine.SearchUnavailable:
        return SearchPage(params, Page([], 0, 1, size), [], {}, is_available=False)
    cards = list_cards(found.ids, found.terms if params.q else ())
    names = _firm_names(params, found.facets.get("firm", {}), cards)
    return SearchPage(
        params, Page(cards, found.total, params.page, size), _facets(params, found.facets, names), names, found.corrected,
        [(one.code, notice_text(one)) for one in found.notices], found.regions, found.is_relaxed, True, found.took_ms,
        found.facets, understood_labels(found.regions, found.hints), understood_labels(*found.dropped),
    )  # fmt: skip


def notice_text(notice: Any) -> str:
    """A notice of the search in the reader's language."""
    return local_name(notice)


def find_all(params: SearchParams, cap: int = EXPORT_CAP) -> tuple[list[Card], int]:
    """All matching services up to a cap, in the order of the page, and the exact total (for files)."""
    try:
        found = engine.current().find(_query(params, 0, cap, with_facets=False))
    except engine.SearchUnavailable:
        return [], 0
    cards: list[Card] = []
    for start in range(0, len(found.ids), 500):
        cards += list_cards(found.ids[start : start + 500])
    return cards, found.total


CARD_COLUMNS = (
    Listing.id, Listing.title, Listing.summary, Listing.category_code, Listing.firm_id, Listing.source, Listing.published_at,
    Listing.pricing_model, Listing.price_min_fen, Listing.price_max_fen, Listing.unit, Listing.rating_sum,
    Listing.rating_count, Listing.order_count, Listing.is_demo, Organisation.name.label("firm_name"),
    Organisation.short_name.label("firm_short_name"),
)  # fmt: skip


# Built once: putting a statement together costs more than running it.
_CARDS = (
    select(*CARD_COLUMNS)
    .join(Organisation, Organisation.id == Listing.firm_id)
    .where(
        Listing.id.in_(bindparam("ids", expanding=True)),
        Listing.state == "published",
        Organisation.state == "approved",
        Organisation.standing_since(bindparam("due", type_=Date)),
    )
)
_CITIES = (
    select(ListingCity.listing_id, ListingCity.city_code)
    .where(ListingCity.listing_id.in_(bindparam("ids", expanding=True)))
    .order_by(ListingCity.city_code)
)
_FIRM_NAMES = select(Organisation.id, Organisation.short_name, Organisation.name).where(
    Organisation.id.in_(bindparam("ids", expanding=True))
)


def list_cards(ids: list[int], terms: tuple[str, ...] = ()) -> list[Card]:
    """The cards of those of these listings that may be seen now, in the order given. Three statements."""
    if not ids:
        return []
    rows = db.session.execute(_CARDS, {"ids": ids, "due": earliest_due()}).all()
    kept = {row.id: (row, cover) for row, cover in visible_rows(rows)}
    cities: dict[int, list[str]] = {}
    for listing_id, code in db.session.execute(_CITIES, {"ids": ids}):
        cities.setdefault(listing_id, []).append(code)
    labels = _labels(is_english(), current())
    return [_card(*kept[one], cities.get(one, []), terms, labels) for one in ids if one in kept]


def _cities_text(codes: list[str], labels: dict[str, str]) -> str:
    """Up to three cities by name, then how many there are."""
    names = "、".join(labels.get(code, code) for code in codes[:3])
    return _("%(names)s 等 %(n)s 城", names=names, n=len(codes)) if len(codes) > 3 else names


def _card(row: Any, cover: Any, city_codes: list[str], terms: tuple[str, ...], labels: dict[str, str]) -> Card:
    of, model = category(row.category_code), PricingModel(row.pricing_model)
    return Card(
        row.id, row.title, row.summary, marked_parts(row.title, terms), marked_parts(row.summary, terms), of.code, labels[of.code],
        row.firm_id, row.firm_short_name or row.firm_name, city_codes, row.pricing_model, row.price_min_fen,
        row.price_max_fen, price_text(model, row.price_min_fen, row.price_max_fen), row.unit or str(model.unit),
        round(row.rating_sum / row.rating_count, 1) if row.rating_count else None, row.rating_count, row.order_count,
        is_verified(of, cover), row.is_demo, _cities_text(city_codes, labels),
    )  # fmt: skip


def marked_parts(text: str, terms: tuple[str, ...]) -> list[tuple[str, bool]]:
    """The text cut into parts, those that match the search marked."""
    return engine.highlight(text, terms) if terms else [(text, False)]


def _firm_names(params: SearchParams, counts: dict[str, int], cards: list[Card]) -> dict[str, str]:
    """Short names of the firms that the facet shows, by id as text. At most one statement."""
    known = {str(card.firm_id): card.firm_name for card in cards}
    wanted = [*params.firm, *sorted(counts, key=lambda one: (-counts[one], int(one)))[:FIRMS_SHOWN]]
    missing = [int(one) for one in dict.fromkeys(wanted) if one not in known]
    if missing:
        rows = db.session.execute(_FIRM_NAMES, {"ids": missing})
        known |= {str(row.id): row.short_name or row.name for row in rows}
    return known


def _facets(params: SearchParams, counts: dict[str, dict[str, int]], firm_names: dict[str, str]) -> list[Facet]:
    pricing = counts.get("pricing", {})
    facets = [
        Facet("category", _("服务类目"), _category_options(params, counts.get("category", {})), "tree"),
        Facet("city", _("服务城市"), _city_options(params, counts.get("city", {}))),
        Facet("price", _("价格"), _price_options(params, counts.get("price", {}))),
        Facet("pricing", _("计价方式"), [
            Option(model, str(model.label), pricing[model], model in params.pricing) for model in PricingModel if model in pricing
        ]),
        Facet("rating_min", _("评分"), [
            Option(value, _("%(n)s 分及以上", n=value), counts.get("rating", {}).get(value, 0), value == params.rating_min)
            for value in RATINGS
        ], "one"),
        Facet("licensed", _("资质"), [
            Option("1", _("资质已核验"), counts.get("licensed", {}).get("1", 0), params.licensed)
        ]),
        *_attribute_facets(params, counts),
        Facet("firm", _("服务机构"), _firm_options(params, counts.get("firm", {}), firm_names)),
    ]  # fmt: skip
    return [one for one in facets if one.options]


def _category_options(params: SearchParams, counts: dict[str, int]) -> list[Option]:
    """The tops; under those that are chosen (or the only one left) also their children."""
    chosen_tops = {code[:3] for code in params.category}
    present = [top for top in top_categories() if counts.get(top.code) or top.code in chosen_tops]
    open_tops = chosen_tops or ({present[0].code} if len(present) == 1 else set())
    labels = _labels(is_english(), current())
    options = []
    for top in present:
        options.append(Option(top.code, labels[top.code], counts.get(top.code, 0), top.code in params.category))
        for child in children(top.code) if top.code in open_tops else ():
            chosen = child.code in params.category
            if counts.get(child.code) or chosen:
                options.append(Option(child.code, labels[child.code], counts.get(child.code, 0), chosen, 1))
    return options


def _city_options(params: SearchParams, counts: dict[str, int]) -> list[Option]:
    labels = _labels(is_english(), current())
    shown = [Option(city.code, labels[city.code], counts.get(city.code, 0), city.code in params.city)
             for city in regions.cities() if counts.get(city.code) or city.code in params.city]  # fmt: skip
    return sorted(shown, key=lambda one: (not one.is_chosen, -one.count))


def _price_options(params: SearchParams, counts: dict[str, int]) -> list[Option]:
    return [
        Option(code, band_label(code), counts.get(str(at), 0), code in params.price)
        for at, (code, _low, _high) in enumerate(PRICE_BANDS)
        if counts.get(str(at)) or code in params.price
    ]


def _firm_options(params: SearchParams, counts: dict[str, int], names: dict[str, str]) -> list[Option]:
    top = sorted(counts, key=lambda one: (one not in params.firm, -counts[one], int(one)))
    shown = top[: max(FIRMS_SHOWN, len(params.firm))]
    return [Option(one, names[one], counts[one], one in params.firm) for one in shown if one in names]


def _attribute_facets(params: SearchParams, counts: dict[str, dict[str, int]]) -> Iterator[Facet]:
    for attribute in params.filterable:
        chosen, found = params.attributes.get(attribute.key, ()), counts.get(f"a_{attribute.key}", {})
        yield Facet(
            attribute.key, attribute.label,
            [Option(value, value_label(attribute, value), found.get(value, 0), value in chosen)
             for value in values_of(attribute) if found.get(value) or value in chosen],
            "one" if attribute.bands else "many",
        )  # fmt: skip


def suggest_services(typed: str, limit: int = 10) -> list[tuple[str, str, str]]:
    """Suggestions while typing (Chinese, full pinyin, initials) as (text, kind, address); none while there is no index."""
    try:
        offers = engine.current().suggest(typed[:60], limit)
    except engine.SearchUnavailable:
        return []
    return [(one.text, one.kind, _ADDRESS[one.kind].format(quote(one.ref))) for one in offers if one.kind in _ADDRESS]


_ADDRESS = {
    "listing": "/services/{}",
    "category": "/services/?category={}",
    "firm": "/firms/{}",
    "term": "/services/?q={}",
}


def category_counts() -> dict[str, int]:
    """How many services can be found in each category, by code; empty while there is no index."""
    try:
        return engine.current().find(engine.Query(limit=0, facets=["category"])).facets.get("category", {})
    except engine.SearchUnavailable:
        return dict.fromkeys(categories(), 0)
