"""One query over one generation: which documents remain, how many, what they count up to, and the page wanted."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

import numpy as np

from marketplace.search import bits
from marketplace.search.hints import Hint
from marketplace.search.hits import Hits, best
from marketplace.search.matching import Matched
from marketplace.search.snapshot import Bands, View
from marketplace.search.zone import Zone

_ODD, _WORD = 0x9E3779B97F4A7C15, 0xFFFFFFFFFFFFFFFF
_STEP = 2048
_SCARCE = 16

Range = tuple[float | None, float | None]
Restriction = tuple[str, frozenset[str] | Range]
"""A facet's name with the values allowed, or a number's name with a range."""


class Wanted(Protocol):
    """What is read of a query (see `engine.Query`)."""

    @property
    def filters(self) -> Mapping[str, set[str] | frozenset[str]]: ...
    @property
    def region_facet(self) -> str | None: ...
    @property
    def narrow(self) -> Callable[[Hint], Restriction | None] | None: ...
    @property
    def ranges(self) -> Mapping[str, Range]: ...
    @property
    def sort(self) -> str | tuple[str, int]: ...
    @property
    def offset(self) -> int: ...
    @property
    def limit(self) -> int: ...
    @property
    def facets(self) -> Sequence[str | Bands]: ...
    @property
    def keep_own_filter(self) -> bool: ...
    @property
    def turn(self) -> int: ...
    @property
    def only(self) -> frozenset[int] | None: ...


class _Part(NamedTuple):
    """One zone's share of a search: text hits, the bitset of each filter by name, and the documents that remain."""

    view: View
    hits: list[Hits]
    text: np.ndarray
    masks: dict[str, np.ndarray]
    final: bits.Chosen


class Search:
    """One query over one snapshot, with these places and conditions of its text as filters."""

    def __init__(self, matched: Matched, query: Wanted, regions: Sequence[str], hints: Sequence[Hint]) -> None:
        self.query = query
        self.matched = matched
        self.is_relaxed = matched.is_relaxed
        self.filters = {name: frozenset(values) for name, values in query.filters.items() if values}
        self.ranges = dict(query.ranges)
        if regions and query.region_facet:
            self.filters[query.region_facet] = frozenset(regions)
        for name, allowed in filter(None, (query.narrow(hint) for hint in hints if query.narrow)):
            if isinstance(allowed, frozenset):
                self.filters[name] = allowed
            else:
                self.ranges[name] = allowed
        self.bands = {one.name: one for one in query.facets if isinstance(one, Bands)}
        self.parts = [
            self._part(view, hits, text)
            for view, hits, text in zip(matched.views, matched.hits, matched.texts, strict=True)
        ]
        self.total = sum(part.final.size for part in self.parts)

    @property
    def is_worth_showing(self) -> bool:
        """Whether something is left, and of a category meant where the text alone found one."""
        if not self.total:
            return False
        matched = self.matched
        return not matched.has_topic(matched.texts) or matched.has_topic([part.final.bits for part in self.parts])

    def _part(self, view: View, hits: list[Hits], text: np.ndarray) -> _Part:
        masks: dict[str, np.ndarray] = {}
        for name, values in self.filters.items():
            masks[name] = self._filter_bits(view.zone, name, values)
        for number, (low, high) in self.ranges.items():
            if low is not None or high is not None:
                masks[f"{number} range"] = _range_bits(view.zone, number, low, high)
        if self.query.only is not None:
            masks["only these"] = bits.pack(np.isin(view.zone.ids, list(self.query.only)))
        final = text
        for mask in masks.values():
            final = final & mask
        return _Part(view, hits, text, masks, bits.Chosen(final))

    def _filter_bits(self, zone: Zone, name: str, values: frozenset[str]) -> np.ndarray:
        return zone.having(self.bands.get(name, name), values)

    def facets(self) -> dict[str, dict[str, int]]:
        """Exact counts of each wanted facet; a selected value is listed even when nothing has it."""
        return {one if isinstance(one, str) else one.name: self._count(one) for one in self.query.facets}

    def _count(self, facet: str | Bands) -> dict[str, int]:
        name = facet if isinstance(facet, str) else facet.name
        counts = dict.fromkeys(sorted(self.filters.get(name, ())), 0)
        for part in self.parts:
            table = part.view.zone.facet(facet)
            numbers = table.counts(self._without_own(part, facet))
            some = np.flatnonzero(numbers)
            met = zip(table.names[some].tolist(), numbers[some].tolist(), strict=True)
            if counts:
                for value, number in met:
                    counts[value] = counts.get(value, 0) + number
            else:
                counts = dict(met)
        return counts

    def _without_own(self, part: _Part, facet: str | Bands) -> bits.Chosen:
        own = {facet} if isinstance(facet, str) else {facet.name, f"{facet.number} range"}
        if self.query.keep_own_filter or not own & part.masks.keys():
            return part.final
        found = part.text
        for name, mask in part.masks.items():
            if name not in own:
                found = found & mask
        return bits.Chosen(found)

    def page(self) -> tuple[list[int], tuple[float, ...]]:
        """Ids of the wanted page and their scores (or sort keys), in one neutral order: key, then id (or the turn's order of ids)."""
        wanted = self.query.offset + self.query.limit
        if not wanted:
            return [], ()
        ids, keys = [], []
        for part in self.parts:
            if part.final.size:
                documents, key = self._first(part, min(wanted, part.final.size))
                ids.append(part.view.zone.ids[documents])
                keys.append(key)
        if not ids:
            return [], ()
        all_ids, all_keys = np.concatenate(ids), np.concatenate(keys)
        order = np.lexsort((_turned(all_ids, self.query.turn), all_keys))[self.query.offset : wanted]
        return all_ids[order].tolist(), tuple(np.abs(all_keys[order]).tolist())

    def _first(self, part: _Part, wanted: int) -> tuple[np.ndarray, np.ndarray]:
        """At least the first `wanted` documents with their sort keys (smaller first), and all equal to the last of these."""
        zone = part.view.zone
        if isinstance(self.query.sort, str):
            documents, scores = best(part.hits, part.final, wanted)
            return documents, -scores
        name, direction = self.query.sort
        documents = _leading(part, zone, (name, 1 if direction >= 0 else -1), wanted)
        key = zone.number(name)[documents] * (1 if direction >= 0 else -1)
        key = np.where(np.isnan(key), np.inf, key)
        near = np.flatnonzero(key <= np.partition(key, wanted - 1)[wanted - 1])
        return documents[near], key[near]


def _leading(part: _Part, zone: Zone, sort: tuple[str, int], wanted: int) -> np.ndarray:
    """At least the first `wanted` remaining documents in an order of all, and all equal to the last of these.

    Where few remain they are looked at themselves, where many remain the order is followed until enough of them have been met.
    """
    if part.final.size * _SCARCE < zone.count:
        return part.final.documents
    values, order = zone.number(sort[0]), zone.order(*sort)
    inside = bits.unpack(part.final.bits, zone.count)
    found, end = order[:0], 0
    while end < len(order):
        start, end = end, min(len(order), max(2 * end, _STEP))
        step = order[start:end]
        found = np.concatenate((found, step[inside[step]]))
        if len(found) >= wanted:
            last, met = values[found[wanted - 1]], values[order[end - 1]]
            if last != met and not np.isnan(last):
                break
    return found


def _turned(ids: np.ndarray, turn: int) -> np.ndarray:
    """What equals are ordered by: the ids themselves, or for a turn a number of each that no two ids share (odd factors, xor of shifts)."""
    if not turn:
        return ids
    mixed = (ids.astype(np.uint64) + np.uint64(turn * _ODD & _WORD)) * np.uint64(_ODD)
    mixed ^= mixed >> np.uint64(32)
    return mixed * np.uint64(0xD6E8FEB86659FD93)


def _range_bits(zone: Zone, number: str, low: float | None, high: float | None) -> np.ndarray:
    values = zone.number(number)
    mask = ~np.isnan(values) if low is None else values >= low
    if high is not None:
        mask = mask & (values <= high)
    return bits.pack(mask)
