"""Seeded small corpora and the slow, obvious oracles: brute force over documents, and stock whoosh."""

import random
from collections.abc import Iterable, Mapping

from marketplace.search import tokens
from marketplace.search.documents import Document, Suggestion
from marketplace.search.engine import Query
from marketplace.search.snapshot import Bands

WORDS = [
    "劳务派遣", "灵活用工", "薪酬外包", "个税申报", "背景调查", "人才测评", "校园招聘", "社保代缴", "公积金", "股权激励",
    "人事代理", "高管寻访", "技能培训", "电子合同", "考勤排班", "RPO", "IT外包", "SaaS", "EAP", "员工体检", "芯片", "工程师",
]  # fmt: skip
CITIES = ["310000", "320500", "320100", "330100", "340100"]
BANDS = Bands("price_band", "price", (1000.0, 5000.0, 20000.0))


def make_document(number: int, random_source: random.Random) -> Document:
    """A random document; about one in six has no price."""
    pick = random_source.choices
    parent = f"C0{random_source.randint(1, 4)}"
    numbers: dict[str, int | float] = {"rating": random_source.randint(10, 50) / 10}
    if random_source.random() > 0.17:
        numbers["price"] = random_source.choice([500, 1000, 3000, 5000, 19999, 20000, 88000])
    return Document(
        number,
        "".join(pick(WORDS, k=random_source.randint(1, 2))),
        "，".join(pick(WORDS, k=random_source.randint(2, 9))),
        " ".join(pick(WORDS, k=1)),
        {
            "category": [parent, f"{parent}0{random_source.randint(1, 3)}"],
            "city": sorted(set(pick(CITIES, k=2))),
            "firm": [str(random_source.randint(1, 400))],
        },
        numbers,
        [Suggestion(random_source.choice(WORDS), "term")],
    )


def make_corpus(count: int, seed: int = 1) -> list[Document]:
    """`count` documents, the same for the same seed."""
    source = random.Random(seed)
    return [make_document(number, source) for number in range(1, count + 1)]


def has_text(document: Document, text: str) -> bool:
    """Whether a document has every token of a plain query, by the tokens' own definition."""
    own: set[str] = set()
    for part in (document.title, document.text, document.extra):
        own.update(tokens.document_tokens(part))
    return all(
        any(one.startswith(token) for one in own) if tokens.is_prefix(token) else token in own
        for token in tokens.query_tokens(text)
    )


def band_of(document: Document, bands: Bands) -> str | None:
    value = document.numbers.get(bands.number)
    return None if value is None else str(sum(value >= edge for edge in bands.edges))


def values_of(document: Document, name: str) -> set[str]:
    """A document's values of a facet, bands included."""
    if name == BANDS.name:
        band = band_of(document, BANDS)
        return set() if band is None else {band}
    return set(document.keywords.get(name, ()))


def passes(document: Document, query: Query, without: str | None = None) -> bool:
    """Whether a document passes filters and ranges, those of one facet left out on demand."""
    for name, values in query.filters.items():
        if name != without and values and not values & values_of(document, name):
            return False
    for number, (low, high) in query.ranges.items():
        if without == BANDS.name and number == BANDS.number:
            continue
        if low is None and high is None:
            continue
        value = document.numbers.get(number)
        if value is None or (low is not None and value < low) or (high is not None and value > high):
            return False
    return True


def brute_hits(documents: Iterable[Document], query: Query) -> set[int]:
    """Ids of all hits."""
    return {one.id for one in documents if has_text(one, query.text) and passes(one, query)}


def brute_counts(documents: Iterable[Document], query: Query, name: str) -> Mapping[str, int]:
    """Counts of one facet: its own selection ignored, all others respected."""
    counts = dict.fromkeys(query.filters.get(name, ()), 0)
    for one in documents:
        if has_text(one, query.text) and passes(one, query, without=name):
            for value in values_of(one, name):
                counts[value] = counts.get(value, 0) + 1
    return counts


def random_query(source: random.Random) -> Query:
    """A plain query with random filters, range and sort."""
    text = source.choice(
        ["", source.choice(WORDS), "".join(source.choices(WORDS, k=2)), "外", "员工", "rpo", "外包 招聘"]
    )
    filters: dict[str, set[str]] = {}
    if source.random() < 0.4:
        filters["category"] = set(source.choices(["C01", "C02", "C0203", "C0301", "C99"], k=2))
    if source.random() < 0.4:
        filters["city"] = set(source.choices(CITIES, k=2))
    if source.random() < 0.2:
        filters["price_band"] = set(source.choices("0123", k=2))
    ranges = (
        {"price": (source.choice([None, 1000, 5000]), source.choice([None, 20000]))} if source.random() < 0.3 else {}
    )
    return Query(
        text, filters, ranges, source.choice(["relevance", ("price", 1), ("price", -1), ("rating", -1)]),
        limit=1000, facets=("category", "city", "firm", BANDS),
    )  # fmt: skip
