"""One published generation, opened for reading: NumPy over mapped segment files, shared freely by threads.

A snapshot never changes (its caches hold derived values only). Hits are bitsets, so a facet count is AND and popcount; scores are BM25
with whoosh's rounding of lengths and the same statistics, deleted documents included, so that both engines agree.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import log
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from marketplace.search import bits
from marketplace.search.manifest import FORMAT, Manifest
from marketplace.search.segment import CorruptSegment, Strings, read_segment
from marketplace.search.suggest import Offer, OfferTable, compact, merge_offers
from marketplace.search.tokens import is_prefix

_B = 0.75
_K1 = 1.2
_FACET_ROWS = 256
_CACHE_BYTES = 48 << 20
_SEPARATOR = b"\x1f"


class Wording(NamedTuple):
    """One way to say something: all its tokens must occur. `weight` scales its score (a synonym counts less).

    With `facet` (name, value) it is said without words: documents with this value of the facet match, and `weight` comes on top of
    what their text scores.
    """

    tokens: tuple[str, ...]
    weight: float = 1.0
    facet: tuple[str, str] | None = None


Group = tuple[Wording, ...]
"""Wordings of one need: any of them is a hit, the best one scores."""


@dataclass(frozen=True)
class Bands:
    """A facet over a number: band 0 lies below the first edge, band i in [edges[i-1], edges[i]); values are "0", "1", …"""

    name: str
    number: str
    edges: tuple[float, ...]


class Hits(NamedTuple):
    """Matches in one segment: the bitset; scores for all documents, or for the listed ones only."""

    bits: np.ndarray
    documents: np.ndarray | None
    scores: np.ndarray

    def at(self, wanted: np.ndarray) -> np.ndarray:
        """Scores of some documents, all of which must be hits."""
        if self.documents is None:
            return self.scores[wanted]
        if len(self.documents) == len(wanted):
            return self.scores
        return self.scores[np.searchsorted(self.documents, wanted)]


class FacetRows(NamedTuple):
    """One facet of a segment: its values and where their documents lie."""

    values: list[str]
    start: int
    bounds: np.ndarray


class Segment:
    """The mapped arrays of one immutable segment, deletions apart; shared by all snapshots that contain it."""

    def __init__(self, path: Path) -> None:
        meta, arrays = read_segment(path)
        if meta["format"] != FORMAT:
            raise CorruptSegment(f"{path.name}: format {meta['format']}")
        self.count: int = meta["count"]
        self.length: int = meta["length"]
        self.ids = arrays["ids"]
        self.lengths = arrays["lengths"]
        self.numbers = {name: arrays[f"n_{name}"] for name in meta["numbers"]}
        self.terms = Strings(arrays["text_terms"], arrays["text_offsets"])
        self.bounds = arrays["text_bounds"]
        self.documents = arrays["text_docs"]
        self.weights = arrays["text_weights"]
        self.offers = OfferTable(arrays)
        self._facet_documents = arrays["facet_docs"]
        self.facets = self._read_facets(arrays)
        self._matrices: dict[Any, np.ndarray] = {}

    def _read_facets(self, arrays: dict[str, np.ndarray]) -> dict[str, FacetRows]:
        table = Strings(arrays["facet_terms"], arrays["facet_offsets"])
        names: dict[str, list[str]] = {}
        starts: dict[str, int] = {}
        for row in range(len(table)):
            name, value = table[row].split(_SEPARATOR, 1)
            starts.setdefault(name.decode(), row)
            names.setdefault(name.decode(), []).append(value.decode())
        bounds = arrays["facet_bounds"]
        return {
            name: FacetRows(values, starts[name], bounds[starts[name] : starts[name] + len(values) + 1])
            for name, values in names.items()
        }

    def postings(self, token: str) -> tuple[np.ndarray, np.ndarray] | None:
        """Documents and weights of a token; None when the segment does not know it."""
        row = self.terms.find(token.encode())
        if row is None:
            return None
        low, high = int(self.bounds[row]), int(self.bounds[row + 1])
        return self.documents[low:high], self.weights[low:high]

    def prefix_documents(self, prefix: str) -> np.ndarray:
        """Documents with any token that begins with this character."""
        low, high = self.terms.prefix_range(prefix.encode())
        return np.unique(self.documents[int(self.bounds[low]) : int(self.bounds[high])])

    def matrix(self, facet: str) -> np.ndarray:
        """One bitset per value of a facet with few values, made at first use."""
        found = self._matrices.get(facet)
        if found is None:
            rows = self.facets[facet]
            found = np.stack([self._value_bits(rows, at) for at in range(len(rows.values))])
            self._matrices[facet] = found
        return found

    def band_matrix(self, bands: Bands) -> np.ndarray:
        """One bitset per band of a number."""
        found = self._matrices.get(bands)
        if found is None:
            values = self.numbers.get(bands.number)
            if values is None:
                found = np.zeros((len(bands.edges) + 1, (self.count + 63) // 64), np.uint64)
            else:
                place = np.searchsorted(np.asarray(bands.edges, float), values, side="right")
                known = ~np.isnan(values)
                found = bits.pack(np.stack([(place == at) & known for at in range(len(bands.edges) + 1)]))
            self._matrices[bands] = found
        return found

    def _value_bits(self, rows: FacetRows, at: int) -> np.ndarray:
        return bits.of(self._facet_documents[int(rows.bounds[at]) : int(rows.bounds[at + 1])], self.count)

    def any_of(self, facet: str, values: frozenset[str]) -> np.ndarray:
        """Documents that have at least one of these values."""
        found = np.zeros((self.count + 63) // 64, np.uint64)
        rows = self.facets.get(facet)
        if rows is None:
            return found
        small = len(rows.values) <= _FACET_ROWS
        for at, value in enumerate(rows.values):
            if value in values:
                found |= self.matrix(facet)[at] if small else self._value_bits(rows, at)
        return found

    def counts(self, facet: str, hits: np.ndarray) -> dict[str, int]:
        """How many of the hits have each value; values without one are left out."""
        rows = self.facets.get(facet)
        if rows is None:
            return {}
        if len(rows.values) <= _FACET_ROWS:
            numbers = np.bitwise_count(self.matrix(facet) & hits).sum(axis=1, dtype=np.int64)
        else:
            low, high = int(rows.bounds[0]), int(rows.bounds[-1])
            chosen = bits.unpack(hits, self.count)[self._facet_documents[low:high]]
            numbers = np.add.reduceat(chosen, rows.bounds[:-1] - low, dtype=np.int64)
        return {rows.values[at]: int(numbers[at]) for at in np.flatnonzero(numbers).tolist()}


class View:
    """A segment as one generation sees it: with the documents that are gone by then."""

    def __init__(self, segment: Segment, file: str, gone: tuple[int, ...]) -> None:
        self.segment = segment
        self.file = file
        self.count = segment.count
        mask = np.ones(segment.count, bool)
        mask[list(gone)] = False
        self.live_mask: np.ndarray | None = mask if gone else None
        self.live = bits.pack(mask)


class Snapshot:
    """A whole generation. Open it through `Snapshot(folder, manifest, before)`: segments already open are taken over."""

    def __init__(self, root: Path, manifest: Manifest, before: "Snapshot | None" = None) -> None:
        folder = root / manifest.build
        have: dict[str, Segment] = {}
        if before is not None and before.manifest.build == manifest.build:
            have = {view.file: view.segment for view in before.views}
        self.manifest: Manifest = manifest
        self.views: list[View] = [
            View(have.get(file) or Segment(folder / file), file, gone) for file, gone in manifest.segments
        ]
        self._all = sum(view.count for view in self.views)
        self._live = sum(bits.size(view.live) for view in self.views)
        average = (sum(view.segment.length for view in self.views) / (self._all or 1)) or 1
        self._slope, self._floor = np.float32(_K1 * _B / average), np.float32(_K1 * (1 - _B))
        self._cache: OrderedDict[Any, Hits] = OrderedDict()
        self._cached = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return self._live

    def frequency(self, token: str) -> int:
        """In how many documents a token occurs, those already gone included."""
        total = 0
        for view in self.views:
            if is_prefix(token):
                total += len(view.segment.prefix_documents(token))
            elif (found := view.segment.postings(token)) is not None:
                total += len(found[0])
        return total

    def occurs(self, wording_tokens: Sequence[str]) -> bool:
        """Whether some live document has all these tokens."""
        wording = Wording(tuple(wording_tokens))
        return any(bool((self._wording(view, wording).bits & view.live).any()) for view in self.views)

    def suggest(self, typed: str, limit: int = 10) -> list[Offer]:
        """Suggestions for what was typed so far: Chinese text, full pinyin or initials."""
        wanted = compact(typed)
        if not wanted:
            return []
        found = [hit for view in self.views for hit in view.segment.offers.find(wanted, view.live_mask, limit)]
        return merge_offers(found, limit)

    def match(self, view: View, groups: Sequence[Group]) -> list[Hits]:
        """Hits of each group in one segment."""
        return [self._group(view, group) for group in groups]

    def soft_match(self, view: View, groups: Sequence[Group], share: float) -> Hits:
        """Documents that have at least this share of the first wordings' tokens; a complete synonym counts for all of its group's."""
        needed = list(dict.fromkeys(token for group in groups for token in group[0].tokens))
        seen = np.zeros(view.count, np.int32)
        scores = np.zeros(view.count, np.float32)
        for token in needed:
            hits = self._wording(view, Wording((token,)))
            found = bits.members(hits.bits, view.count)
            seen[found] += 1
            scores[found] += hits.at(found)
        for group in groups:
            if len(group) > 1:
                own = len(group[0].tokens)
                hits = self._group(view, group)
                found = bits.members(hits.bits, view.count)
                seen[found] = np.minimum(seen[found] + own, len(needed))
                scores[found] += hits.at(found)
        return Hits(bits.pack(seen >= max(1, -(-len(needed) * share // 1))), None, scores)

    def lift(self, view: View, groups: Sequence[Group]) -> Hits:
        """All live documents, each with the scores of those of these groups that it has: for words that help and are not required."""
        return self._remember((view.file, "lift", tuple(groups)), lambda: self._lift(view, groups))

    def _lift(self, view: View, groups: Sequence[Group]) -> Hits:
        scores = np.zeros(view.count, np.float32)
        for group in groups:
            hits = self._group(view, group)
            found = bits.members(hits.bits, view.count)
            scores[found] += hits.at(found)
        return Hits(view.live, None, scores)

    def _group(self, view: View, group: Group) -> Hits:
        if len(group) == 1:
            return self._wording(view, group[0])
        return self._remember((view.file, group), lambda: self._best_of(view, group))

    def _best_of(self, view: View, group: Group) -> Hits:
        scores = np.zeros(view.count, np.float32)
        lifts = np.zeros(view.count, np.float32)
        together = np.zeros((view.count + 63) // 64, np.uint64)
        for wording in group:
            hits = self._wording(view, wording)
            found = bits.members(hits.bits, view.count)
            target = lifts if wording.facet else scores
            target[found] = np.maximum(target[found], hits.at(found))
            together |= hits.bits
        return _slim(together, scores + lifts)

    def _wording(self, view: View, wording: Wording) -> Hits:
        return self._remember((view.file, wording), lambda: self._all_of(view, wording))

    def _all_of(self, view: View, wording: Wording) -> Hits:
        if wording.facet:
            name, value = wording.facet
            having = view.segment.any_of(name, frozenset((value,)))
            return _slim(having, np.full(view.count, wording.weight, np.float32))
        if len(wording.tokens) == 1 and wording.weight == 1:
            return self._term(view, wording.tokens[0])
        parts = [self._wording(view, Wording((token,))) for token in wording.tokens]
        together = bits.full(view.count) if not parts else parts[0].bits
        for part in parts[1:]:
            together = together & part.bits
        found = bits.members(together, view.count)
        scores = np.zeros(len(found), np.float32)
        for part in parts:
            scores += part.at(found)
        return Hits(together, found, scores * np.float32(wording.weight))

    def _term(self, view: View, token: str) -> Hits:
        segment = view.segment
        if is_prefix(token):
            found = segment.prefix_documents(token)
            return Hits(bits.of(found, view.count), found, np.ones(len(found), np.float32))
        postings = segment.postings(token)
        if postings is None:
            empty = np.zeros(0, np.int32)
            return Hits(np.zeros((view.count + 63) // 64, np.uint64), empty, np.zeros(0, np.float32))
        documents, weights = postings
        rarity = np.float32((log(self._all / (self.frequency(token) + 1)) + 1) * (_K1 + 1))
        tf = weights.astype(np.float32)
        scores = rarity * tf / (tf + self._floor + self._slope * segment.lengths[documents])
        if len(documents) * 8 > view.count:
            dense = np.zeros(view.count, np.float32)
            dense[documents] = scores
            return Hits(bits.of(documents, view.count), None, dense)
        return Hits(bits.of(documents, view.count), documents, scores.astype(np.float32))

    def _remember(self, key: Any, make: Callable[[], Hits]) -> Hits:
        found = self._cache.get(key)
        if found is not None:
            return found
        found = make()
        with self._lock:
            if key not in self._cache:
                self._cache[key] = found
                self._cached += _bytes(found)
            while self._cached > _CACHE_BYTES and len(self._cache) > 1:
                _, dropped = self._cache.popitem(last=False)
                self._cached -= _bytes(dropped)
        return found


def _slim(found: np.ndarray, scores: np.ndarray) -> Hits:
    documents = bits.members(found, len(scores))
    if len(documents) * 8 > len(scores):
        return Hits(found, None, scores)
    return Hits(found, documents, scores[documents])


def _bytes(hits: Hits) -> int:
    return hits.bits.nbytes + hits.scores.nbytes + (0 if hits.documents is None else hits.documents.nbytes)
