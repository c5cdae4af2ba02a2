"""Searching: `current().find(Query(…))`. One engine per application, shared by its threads; it never writes the index."""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from flask import current_app

from marketplace.search import tokens, wordbook
from marketplace.search.hints import Hint
from marketplace.search.manifest import Signature, read_manifest, signature
from marketplace.search.matching import Matched
from marketplace.search.readings import Readings, read_readings
from marketplace.search.running import Range, Restriction, Search
from marketplace.search.segment import CorruptSegment
from marketplace.search.snapshot import Bands, Snapshot
from marketplace.search.suggest import Offer, compact
from marketplace.search.understanding import (
    NOTHING,
    Dictionary,
    Notice,
    Places,
    Understanding,
    WordLists,
    read_literally,
    understand,
)

log = logging.getLogger(__name__)

LISTS = wordbook.LISTS
_TRIES = 40
_TERMS_OFFERED = 3
_KEPT_READINGS = 4096

NO_REGIONS: Places = {}


class SearchUnavailable(Exception):
    """There is no readable index yet; the indexer makes one by itself."""


@dataclass(frozen=True)
class Query:
    """What to find. `filters`: any of the values within a facet, AND between facets; `ranges` include both ends.

    `sort` is "relevance" or a number's name with +1 (ascending) or -1; ties go by id, so pages never overlap. With a `turn` (a day's
    number) they go by an order of the ids that is another one for each turn and the same for everybody, so that no id is first for ever.
    `only` leaves these ids in and all others out. `facets` names what to count; a facet's counts ignore its own selection and respect
    all others (`keep_own_filter` turns that off). A `Bands` in `facets` is a
    facet too: filter by its name with "0", "1", …; it also ignores a range over its own number. `regions` maps place words to
    codes: those met in the text filter `region_facet`, unless that facet is filtered already or nothing would be left. `narrow` says
    what a condition written into the text (a price, a licence) filters; the same two exceptions hold. `is_literal` takes the text at
    its word: no synonyms, places, conditions or corrections.
    """

    text: str = ""
    filters: Mapping[str, set[str] | frozenset[str]] = field(default_factory=dict)
    ranges: Mapping[str, Range] = field(default_factory=dict)
    sort: str | tuple[str, int] = "relevance"
    offset: int = 0
    limit: int = 20
    facets: Sequence[str | Bands] = ()
    keep_own_filter: bool = False
    regions: Places = field(default_factory=lambda: NO_REGIONS)
    region_facet: str | None = None
    narrow: Callable[[Hint], Restriction | None] | None = None
    is_literal: bool = False
    turn: int = 0
    only: frozenset[int] | None = None


@dataclass(frozen=True)
class Result:
    """What was found. `is_relaxed`: nothing had all the words, these have at least half; `regions` are the ones applied.

    `hints` are the conditions of the text that were applied, `dropped` (regions, hints) what was understood and would have left nothing.
    """

    ids: list[int]
    total: int
    facets: dict[str, dict[str, int]]
    corrected: str | None
    took_ms: float
    notices: tuple[Notice, ...] = ()
    regions: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()
    is_relaxed: bool = False
    scores: tuple[float, ...] = ()
    hints: tuple[Hint, ...] = ()
    dropped: tuple[tuple[str, ...], tuple[Hint, ...]] = ((), ())


class _Loaded(NamedTuple):
    """A generation in use, with what was understood of queries while it is."""

    seen: Signature
    snapshot: Snapshot
    readings: Readings
    understood: dict[tuple[str, bool, Dictionary], Understanding]


class Engine:
    """The reader of one index folder."""

    def __init__(self, root: Path, lists: WordLists) -> None:
        self.root = root
        self.lists = lists
        self._loaded: _Loaded | None = None
        self._lock = threading.Lock()
        self._known: tuple[Places, Readings, Dictionary] | None = None

    def loaded(self) -> _Loaded:
        """The newest generation; a look at the pointer file decides whether to open another. Raises SearchUnavailable."""
        seen = signature(self.root)
        loaded = self._loaded
        if loaded is not None and (seen == loaded.seen or seen is None):
            return loaded
        if loaded is not None and self._lock.locked():
            return loaded
        with self._lock:
            if self._loaded is None or self._loaded.seen != signature(self.root):
                self._loaded = self._open()
            return self._loaded

    def snapshot(self) -> Snapshot:
        """The newest generation's snapshot."""
        return self.loaded().snapshot

    def generation(self) -> int | None:
        """Number of the newest generation; None while there is no readable index."""
        try:
            return self.loaded().snapshot.manifest.generation
        except SearchUnavailable:
            return None

    def dictionary(self, regions: Places, readings: Readings) -> Dictionary:
        """The known words together with a caller's places; callers pass the same mapping again and again, so one is kept."""
        kept = self._known
        if kept is None or kept[0] is not regions or kept[1] is not readings or kept[2].lists is not self.lists:
            kept = self._known = (regions, readings, Dictionary(self.lists, regions, readings))
        return kept[2]

    def with_lists(self, lists: WordLists) -> "Engine":
        """Another reader of the same index with other word lists, to try them out."""
        other = Engine(self.root, lists)
        other._loaded = self.loaded()
        return other

    def understand(self, query: Query) -> Understanding:
        """What the text of a query means to this index, before anything is searched; the same text means the same for as long as the
        generation, the words and the places are the same."""
        if not query.text.strip():
            return NOTHING
        loaded = self.loaded()
        known = self.dictionary(query.regions, loaded.readings)
        key = (query.text, query.is_literal, known)
        read = loaded.understood.get(key)
        if read is None:
            read = (read_literally if query.is_literal else understand)(query.text, known, loaded.snapshot)
            if len(loaded.understood) >= _KEPT_READINGS:
                loaded.understood.clear()
            loaded.understood[key] = read
        return read

    def is_ready(self) -> bool:
        """Whether searches can be answered now."""
        return self.generation() is not None

    def _open(self) -> _Loaded:
        """Open what the pointer names. A commit may replace it meanwhile and delete files: then look again."""
        before = self._loaded
        problem: Exception | None = None
        for _ in range(_TRIES):
            seen = signature(self.root)
            try:
                manifest = read_manifest(self.root)
                if seen is None or manifest is None:
                    break
                snapshot = Snapshot(self.root, manifest, before.snapshot if before else None)
                same = before is not None and before.snapshot.manifest.words == manifest.words
                path = self.root / manifest.build / manifest.words
                readings = before.readings if before is not None and same else read_readings(path)
                return _Loaded(seen, snapshot, readings, {})
            except (OSError, CorruptSegment, ValueError, KeyError) as broken:
                problem = broken
                if seen == signature(self.root):
                    time.sleep(0.005)
        if before is not None:
            log.error("the published index cannot be read, the one before it stays in use: %r", problem)
            return before
        raise SearchUnavailable(str(problem or "no index")) from problem

    def find(self, query: Query) -> Result:
        """Search one generation: ranked ids of the page, the exact total and exact counts."""
        started = time.perf_counter()
        snapshot = self.snapshot()
        read = self.understand(query)
        if read.is_blocked:
            return Result([], 0, {}, None, _since(started), notices=read.notices)
        search, regions, hints = self._narrowed(snapshot, query, read)
        ids, scores = search.page()
        dropped = (
            tuple(code for code in read.regions if code not in regions) if _is_free(query, query.region_facet) else (),
            tuple(hint for hint in _usable(query, read) if hint not in hints),
        )
        return Result(
            ids, search.total, search.facets(), read.corrected, _since(started), read.notices, regions, read.terms,
            search.is_relaxed, scores, hints, dropped,
        )  # fmt: skip

    @staticmethod
    def _narrowed(
        snapshot: Snapshot, query: Query, read: Understanding
    ) -> tuple[Search, tuple[str, ...], tuple[Hint, ...]]:
        """The search with the places and conditions of the text as filters, or with as many of them as leave something to show."""
        matched = Matched(snapshot, read)
        regions = read.regions if _is_free(query, query.region_facet) else ()
        hints = tuple(_usable(query, read))
        tries = [
            (regions, hints),
            *((regions, (hint,)) for hint in hints if len(hints) > 1),
            (regions, ()),
            ((), hints),
            ((), ()),
        ]
        search = None
        for at, (places, conditions) in enumerate(dict.fromkeys(tries)):
            if at and not (regions or hints):
                break
            search = Search(matched, query, places, conditions)
            if search.is_worth_showing:
                return search, places, conditions
        return search or Search(matched, query, (), ()), (), ()

    def suggest(self, typed: str, limit: int = 10) -> list[Offer]:
        """Suggestions while typing, by Chinese text, full pinyin or initials, then words for a need; none for a forbidden one."""
        loaded = self.loaded()
        snapshot, readings = loaded.snapshot, loaded.readings
        known = self.dictionary(self._known[0] if self._known else NO_REGIONS, readings)
        if any(notice.is_blocking for notice in known.guard.notices(compact(typed))):
            return []
        offers = snapshot.suggest(typed, limit)
        named = {offer.text for offer in offers}
        terms = [word for word in known.offers(compact(typed), limit) if word not in named] if compact(typed) else []
        kept = offers[: max(limit - _TERMS_OFFERED, limit - len(terms))]
        return [*kept, *(Offer(word, "term", word, 0) for word in terms[: limit - len(kept)])]


def _since(started: float) -> float:
    return (time.perf_counter() - started) * 1000


def _is_free(query: Query, facet: str | None) -> bool:
    """Whether the query leaves a facet open, so that its text may filter it."""
    return facet is not None and not query.filters.get(facet)


def _usable(query: Query, read: Understanding) -> list[Hint]:
    """The conditions of the text that mean a filter which the query has not set itself."""
    if query.narrow is None:
        return []
    usable = []
    for hint in read.hints:
        told = query.narrow(hint)
        if (
            told is not None
            and _is_free(query, told[0])
            and not any(x is not None for x in query.ranges.get(told[0], ()))
        ):
            usable.append(hint)
    return usable


def highlight(text: str, query: str | Sequence[str]) -> list[tuple[str, bool]]:
    """Cut a text into parts and say of each whether it matches the query (or any of several terms). The parts join to the text."""
    plain, origin = _aligned(text)
    marked = [False] * len(text)
    for token in _needles((query,) if isinstance(query, str) else tuple(query)):
        at = plain.find(token)
        while at >= 0:
            end = at + len(token)
            if tokens.is_cjk(token[0]) or _is_word(plain, at, end):
                for place in range(at, end):
                    marked[origin[place]] = True
            at = plain.find(token, at + 1)
    parts: list[tuple[str, bool]] = []
    start = 0
    for at in range(1, len(text) + 1):
        if at == len(text) or marked[at] != marked[start]:
            parts.append((text[start:at], marked[start]))
            start = at
    return parts


_aligned = lru_cache(maxsize=4096)(tokens.normalise_aligned)
"""The same titles are marked again and again, and nobody changes what this gives."""


@lru_cache(maxsize=256)
def _needles(terms: tuple[str, ...]) -> frozenset[str]:
    """What is looked for in a text: the tokens of all terms, cut once for a whole page of texts."""
    return frozenset(token for term in terms for token in tokens.query_tokens(term))


def _is_word(text: str, at: int, end: int) -> bool:
    before, after = text[at - 1 : at], text[end : end + 1]
    return not any(one.isalnum() and not tokens.is_cjk(one) for one in (before, after) if one)


def current() -> Engine:
    """The engine of the running application's index folder (config: SEARCH_INDEX_DIR)."""
    root = Path(current_app.config["SEARCH_INDEX_DIR"])
    engine = current_app.extensions.get("search")
    if not isinstance(engine, Engine) or engine.root != root:
        engine = current_app.extensions["search"] = Engine(root, wordbook.current().lists())
    engine.lists = wordbook.current().lists()
    return engine
