"""The search of services: parameters in, a page of cards with exact counts out. Four statements, whatever is asked."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import quote

from sqlalchemy import Date, bindparam, select

from marketplace.catalog.models import Listing, ListingCity
from marketplace.catalog.queries.firm_names import firm_names, firms_shown
from marketplace.catalog.queries.listings import visible_rows
from marketplace.catalog.queries.promotions import promotable_ids
from marketplace.catalog.queries.understood import narrow, understood_labels
from marketplace.catalog.rules.pricing import (
    PRICE_BANDS,
    RATE_BANDS,
    PricingModel,
    band_label,
    price_text,
    rate_label,
    unit_text,
)
from marketplace.catalog.rules.search import FACET_LABELS, RATINGS, SearchParams, value_label, values_of
from marketplace.catalog.rules.taxonomy import Taxonomy, categories, category, children, current, top_categories
from marketplace.catalog.rules.visibility import is_verified
from marketplace.core import clock, regions, settings
from marketplace.core.db import db
from marketplace.core.i18n import _, is_english, local_name
from marketplace.core.paging import Page
from marketplace.organisations.models import Organisation
from marketplace.organisations.queries import earliest_due
from marketplace.search import engine
from marketplace.search.snapshot import Bands

BANDS = Bands("price", "price", tuple(float(high) for _code, _low, high in PRICE_BANDS if high is not None))
RATES = Bands("rate", "rate", tuple(float(high) for _code, _low, high in RATE_BANDS if high is not None))
SORT_KEYS: dict[str, str | tuple[str, int]] = {
    "price_asc": ("price", 1), "price_desc": ("price", -1), "rating": ("rating", -1), "sales": ("sales", -1),
    "newest": ("published", -1),
}  # fmt: skip
EXPORT_CAP = 2000


class Option(NamedTuple):
    """One choice of a facet with its exact count; `depth` 1 stands under the one before it in the tree."""

    value: str
    label: str
    count: int  # type: ignore[assignment]
    is_chosen: bool = False
    depth: int = 0
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class Facet:
    param: str
    label: str
    options: list[Option]
    kind: str = "many"
    all_of_them: int = 0
    """How many choices there are where not all of them stand here; 0 where they do."""

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
    promoted: list[Card] = field(default_factory=list)


def query_of(
    params: SearchParams, offset: int, limit: int, with_facets: bool = True, only: frozenset[int] | None = None
) -> engine.Query:
    """What the engine is asked for a search. Services that are equal by the order wanted stand in an order of the day, which is another
    one tomorrow and the same for everybody: no number, name or age is first for ever, and no page repeats or skips within the day."""
    filters: dict[str, set[str]] = {
        "category": set(params.category), "city": set(params.city), "pricing": set(params.pricing), "firm": set(params.firm),
        "price": _rows_of(PRICE_BANDS, params.price), "rate": _rows_of(RATE_BANDS, params.rate),
    }  # fmt: skip
    ranges: dict[str, tuple[float | None, float | None]] = {
        "price": (params.price_min_fen, params.price_max_fen), "rate": (params.rate_min, params.rate_max),
    }  # fmt: skip
    if params.rating_min in RATINGS:
        filters["rating"] = {params.rating_min}
    elif params.rating_min:
        ranges["rating"] = (float(params.rating_min), None)
    if params.licensed:
        filters["licensed"] = {"1"}
    filters |= {f"a_{key}": set(values) for key, values in params.attributes.items()}
    facets: list[str | Bands] = [BANDS, RATES]
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
        turn=clock.today().toordinal(), only=only,
    )  # fmt: skip


def _rows_of(bands: Iterable[tuple[str, int | None, int | None]], chosen: tuple[str, ...]) -> set[str]:
    """The places of the chosen bands in their table, by which the engine knows them."""
    return {str(at) for at, (code, _low, _high) in enumerate(bands) if code in chosen} if chosen else set()


def search_services(params: SearchParams, *, clamp: bool = True, with_promoted: bool = False) -> SearchPage:
    """One page of visible services that match, with counts beside every choice (each ignoring its own facet's selection).

    `with_promoted` adds the advertisements that match too (first page only); they change neither the order nor a number.

    A page beyond the last is the last one, unless `clamp` is off: then it is empty, as a program that reads page by page expects.

    Visibility is checked again for the services shown, since a licence may have lapsed after they were indexed (decision 6).
    """
    size = params.per_page
    try:
        found = engine.current().find(query_of(params, (params.page - 1) * size, size))
        pages = max(1, -(-found.total // size))
        if clamp and params.page > pages:
            params = replace(params, page=pages)
            found = engine.current().find(query_of(params, (pages - 1) * size, size))
    except engine.SearchUnavailable:
        return SearchPage(params, Page([], 0, 1, size), [], {}, is_available=False)
    promoted = _promoted(params, found) if with_promoted and found.total and params.page == 1 else []
    terms = found.terms if params.q else ()
    by_id = {card.id: card for card in list_cards(list(dict.fromkeys([*found.ids, *promoted])), terms)}
    cards = [by_id[one] for one in found.ids if one in by_id]
    firms = found.facets.get("firm", {})
    shown = firms_shown(params, firms)
    names = firm_names(shown, {str(card.firm_id): card.firm_name for card in cards})
    return SearchPage(
        params, Page(cards, found.total, params.page, size), _facets(params, found.facets, shown, names), names, found.corrected,
        [(one.code, notice_text(one)) for one in found.notices], found.regions, found.is_relaxed, True, found.took_ms,
        found.facets, understood_labels(found.regions, found.hints), understood_labels(*found.dropped),
        [by_id[one] for one in promoted if one in by_id],
    )  # fmt: skip


def _promoted(params: SearchParams, found: engine.Result) -> list[int]:
    """The advertised listings that match this very search, in the page's own order, as many as the setting allows."""
    candidates = promotable_ids(params)
    most = settings.get("catalog.promotions_shown") if candidates else 0
    if not most:
        return []
    matching = engine.current().find(query_of(params, 0, most, with_facets=False, only=candidates))
    same = (matching.regions, matching.hints, matching.is_relaxed) == (found.regions, found.hints, found.is_relaxed)
    return matching.ids if same else []


def notice_text(notice: Any) -> str:
    """A notice of the search in the reader's language."""
    return local_name(notice)


def find_all(params: SearchParams, cap: int = EXPORT_CAP) -> tuple[list[Card], int]:
    """All matching services up to a cap, in the order of the page, and the exact total (for files)."""
    try:
        found = engine.current().find(query_of(params, 0, cap, with_facets=False))
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
    names = _("、").join(labels.get(code, code) for code in codes[:3])
    return _("%(names)s 等 %(n)s 城", names=names, n=len(codes)) if len(codes) > 3 else names


def _card(row: Any, cover: Any, city_codes: list[str], terms: tuple[str, ...], labels: dict[str, str]) -> Card:
    of, model = category(row.category_code), PricingModel(row.pricing_model)
    return Card(
        row.id, row.title, row.summary, marked_parts(row.title, terms), marked_parts(row.summary, terms), of.code, labels[of.code],
        row.firm_id, row.firm_short_name or row.firm_name, city_codes, row.pricing_model, row.price_min_fen,
        row.price_max_fen, price_text(model, row.price_min_fen, row.price_max_fen), unit_text(model, row.price_min_fen, row.price_max_fen, row.unit),
        round(row.rating_sum / row.rating_count, 1) if row.rating_count else None, row.rating_count, row.order_count,
        is_verified(of, cover), row.is_demo, _cities_text(city_codes, labels),
    )  # fmt: skip


@lru_cache(maxsize=4096)
def marked_parts(text: str, terms: tuple[str, ...]) -> list[tuple[str, bool]]:
    """The text cut into parts, those that match the search marked."""
    return engine.highlight(text, terms) if terms else [(text, False)]


def _facets(
    params: SearchParams, counts: dict[str, dict[str, int]], firms: list[str], names: dict[str, str]
) -> list[Facet]:
    pricing = counts.get("pricing", {})
    facets = [
        ("category", _category_options(params, counts.get("category", {})), "tree"),
        ("city", _city_options(params, counts.get("city", {})), "many"),
        ("price", _band_options(PRICE_BANDS, params.price, counts.get("price", {}), band_label), "many"),
        ("rate", _band_options(RATE_BANDS, params.rate, counts.get("rate", {}), rate_label), "many"),
        ("pricing", [
            Option(model, str(model.label), pricing[model], model in params.pricing) for model in PricingModel if model in pricing
        ], "many"),
        ("rating_min", [
            Option(value, _("%(n)s 分及以上", n=value), counts.get("rating", {}).get(value, 0), value == params.rating_min)
            for value in RATINGS
        ], "one"),
        ("licensed", [Option("1", _("资质已核验"), counts.get("licensed", {}).get("1", 0), params.licensed)], "many"),
    ]  # fmt: skip
    shown = [
        Facet(param, str(FACET_LABELS[param]), options, kind)
        for param, options, kind in facets
        if any(one.count or one.is_chosen for one in options)
    ]
    shown += [one for one in _attribute_facets(params, counts) if one.options]
    offered = counts.get("firm", {})
    options = [Option(one, names[one], offered.get(one, 0), one in params.firm) for one in firms if one in names]
    if options or params.firm_q:
        shown.append(Facet("firm", str(FACET_LABELS["firm"]), options, "many", len(offered)))
    return shown


def _category_options(params: SearchParams, counts: dict[str, int]) -> list[Option]:
    """The tops; under those that are chosen or opened (or the only one left) also their children."""
    chosen_tops = {code[:3] for code in params.category}
    present = [top for top in top_categories() if counts.get(top.code) or top.code in chosen_tops]
    open_tops = chosen_tops | set(params.open) or ({present[0].code} if len(present) == 1 else set())
    labels = _labels(is_english(), current())
    options = []
    for top in present:
        is_open = top.code in open_tops
        options.append(
            Option(top.code, labels[top.code], counts.get(top.code, 0), top.code in params.category, 0, is_open)
        )
        for child in children(top.code) if is_open else ():
            chosen = child.code in params.category
            if counts.get(child.code) or chosen:
                options.append(Option(child.code, labels[child.code], counts.get(child.code, 0), chosen, 1))
    return options


def _city_options(params: SearchParams, counts: dict[str, int]) -> list[Option]:
    labels = _labels(is_english(), current())
    shown = [Option(city.code, labels[city.code], counts.get(city.code, 0), city.code in params.city)
             for city in regions.cities() if counts.get(city.code) or city.code in params.city]  # fmt: skip
    return sorted(shown, key=lambda one: (not one.is_chosen, -one.count))


def _band_options(
    bands: Any, chosen: tuple[str, ...], counts: dict[str, int], label: Callable[[str], str]
) -> list[Option]:
    return [
        Option(code, label(code), counts.get(str(at), 0), code in chosen)
        for at, (code, _low, _high) in enumerate(bands)
        if counts.get(str(at)) or code in chosen
    ]


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
