"""What a generation is read as: a few zones, each one space of document numbers. A large segment is a zone by itself, used as it is mapped;
all small ones together are one zone more. So a query takes as many steps after a hundred edits as after a rebuild."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np

from marketplace.search import bits
from marketplace.search.manifest import FORMAT
from marketplace.search.segment import CorruptSegment, Strings, read_segment
from marketplace.search.suggest import OfferTable
from marketplace.search.tokens import is_prefix

LARGE = 8192
"""Documents from which a segment is a zone by itself."""

_FACET_ROWS = 256
_KEPT_ROWS = 65_536
_SEPARATOR = b"\x1f"

Rows = list[tuple[int, np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class Bands:
    """A facet over a number: band 0 lies below the first edge, band i in [edges[i-1], edges[i]); values are "0", "1", …"""

    name: str
    number: str
    edges: tuple[float, ...]


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
        self.ids = arrays["ids"]
        self.lengths = arrays["lengths"]
        self.length = int(self.lengths.sum(dtype=np.int64))
        self.numbers = {name: arrays[f"n_{name}"] for name in meta["numbers"]}
        self.terms = Strings(arrays["text_terms"], arrays["text_offsets"])
        self._bounds = arrays["text_bounds"]
        self._documents = arrays["text_docs"]
        self._weights = arrays["text_weights"]
        self.offers = OfferTable(arrays)
        self._facet_documents = arrays["facet_docs"]
        self.facets = self._read_facets(arrays)
        self._rows: dict[str, int | None] = {}

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

    def facet_documents(self, rows: FacetRows) -> np.ndarray:
        """The documents of all values of a facet, value after value."""
        return self._facet_documents[int(rows.bounds[0]) : int(rows.bounds[-1])]

    def postings(self, token: str) -> tuple[np.ndarray, np.ndarray] | None:
        """Documents and weights of a token; None when the segment does not know it."""
        row = self._rows.get(token, -1)
        if row == -1:
            row = self.terms.find(token.encode())
            if len(self._rows) < _KEPT_ROWS:
                self._rows[token] = row
        if row is None:
            return None
        low, high = int(self._bounds[row]), int(self._bounds[row + 1])
        return self._documents[low:high], self._weights[low:high]

    def prefix_documents(self, prefix: str) -> np.ndarray:
        """Documents with any token that begins with this character."""
        low, high = self.terms.prefix_range(prefix.encode())
        return np.unique(self._documents[int(self._bounds[low]) : int(self._bounds[high])])


class Facet:
    """One facet of a zone, ready for counting: a bitset per value where they are few, and each document's values in columns."""

    def __init__(self, values: list[str], rows: np.ndarray, documents: np.ndarray, count: int) -> None:
        """`rows` and `documents` are the pairs (value's place, document), no pair twice."""
        self.values = values
        self.names = np.array(values, object)
        self.places = {value: at for at, value in enumerate(values)}
        self._rows, self._documents, self._count = rows, documents, count

    @cached_property
    def matrix(self) -> np.ndarray | None:
        """A bitset per value, in columns, so that the words wanted can be picked; None where there are too many values."""
        if len(self.values) > _FACET_ROWS:
            return None
        mask = np.zeros((len(self.values), -(-self._count // 64) * 64), bool)
        mask[self._rows, self._documents] = True
        return np.ascontiguousarray(np.packbits(mask, axis=-1, bitorder="little").view(np.uint64).T)

    @cached_property
    def columns(self) -> np.ndarray:
        """Each document's values (places; one beyond the last for none), in as many columns as the document with most needs."""
        order = np.argsort(self._documents, kind="stable")
        documents, rows = self._documents[order], self._rows[order]
        first = np.searchsorted(documents, documents)
        column = np.arange(len(documents)) - first
        kind = np.uint8 if len(self.values) < 255 else np.uint16 if len(self.values) < 65_535 else np.int32
        table = np.full((int(column.max(initial=-1)) + 1, self._count), len(self.values), kind)
        table[column, documents] = rows
        return table

    def members(self, places: Sequence[int]) -> np.ndarray:
        """The bitset of documents that have at least one of these values."""
        if self.matrix is not None:
            return np.bitwise_or.reduce(self.matrix[:, list(places)], axis=1)
        return bits.of(self._documents[np.isin(self._rows, list(places))], self._count)

    def counts(self, chosen: bits.Chosen) -> np.ndarray:
        """How many of the chosen documents have each value.

        The cheaper way is taken: going through the documents' values, or AND and popcount with the words that hold any document.
        """
        if not chosen.size or not self.values:
            return np.zeros(len(self.values), np.int64)
        width = len(self.columns)
        if self.matrix is not None and 3 * width * chosen.size > len(chosen.words) * len(self.values):
            if 2 * len(chosen.words) > len(self.matrix):
                return bits.column_sizes(self.matrix & chosen.bits[:, None])
            return bits.column_sizes(self.matrix[chosen.words] & chosen.bits[chosen.words][:, None])
        documents = chosen.documents
        places = self.columns[0][documents] if width == 1 else self.columns.take(documents, axis=1).ravel()
        return np.bincount(places, minlength=len(self.values) + 1)[: len(self.values)]


class Zone:
    """Segments read as one. Immutable but for what is derived at first use; generations that contain the same segments share it."""

    def __init__(self, key: tuple[str, ...], segments: Sequence[Segment]) -> None:
        self.key = key
        self.segments = segments
        self.starts = np.cumsum([0, *(one.count for one in segments)]).tolist()
        self.count: int = self.starts[-1]
        self.ids = _joined([one.ids for one in segments])
        self.lengths = _joined([one.lengths for one in segments])
        self.length = sum(one.length for one in segments)
        self._numbers: dict[str, np.ndarray] = {}
        self._facets: dict[str | Bands, Facet] = {}
        self._orders: dict[tuple[str, int], np.ndarray] = {}

    @property
    def words(self) -> int:
        """Length of the zone's bitsets."""
        return (self.count + 63) // 64

    def postings(self, token: str) -> tuple[np.ndarray, np.ndarray] | None:
        """Documents (ascending) and weights of a token; None when nobody has it."""
        if len(self.segments) == 1:
            return self.segments[0].postings(token)
        found = [(start, one.postings(token)) for start, one in zip(self.starts, self.segments, strict=False)]
        known = [(start, pair) for start, pair in found if pair is not None]
        if not known:
            return None
        return (
            np.concatenate([pair[0] + np.int32(start) for start, pair in known]),
            np.concatenate([pair[1] for _, pair in known]),
        )

    def documents_of(self, token: str) -> np.ndarray | None:
        """Documents (ascending) of a token of a query, which may be a prefix; None when nobody has it."""
        if not is_prefix(token):
            found = self.postings(token)
            return None if found is None else found[0]
        parts = [one.prefix_documents(token) + start for start, one in zip(self.starts, self.segments, strict=False)]
        joined = np.concatenate(parts)
        return joined if len(joined) else None

    def number(self, name: str) -> np.ndarray:
        """A number of every document; NaN for those without it."""
        found = self._numbers.get(name)
        if found is None:
            nothing = [
                np.full(one.count, np.nan) if name not in one.numbers else one.numbers[name] for one in self.segments
            ]
            found = self._numbers[name] = _joined(nothing)
        return found

    def order(self, name: str, direction: int) -> np.ndarray:
        """All documents by a number, those without it last."""
        found = self._orders.get((name, direction))
        if found is None:
            found = np.argsort(self.number(name) * direction, kind="stable").astype(np.int32)
            self._orders[name, direction] = found
        return found

    def facet(self, wanted: str | Bands) -> Facet:
        """A facet by name, or the bands of a number."""
        found = self._facets.get(wanted)
        if found is None:
            found = self._banded(wanted) if isinstance(wanted, Bands) else self._joined_facet(wanted)
            self._facets[wanted] = found
        return found

    def having(self, wanted: str | Bands, values: Iterable[str]) -> np.ndarray:
        """The bitset of the documents that have any of these values of a facet."""
        facet = self.facet(wanted)
        places = [facet.places[value] for value in values if value in facet.places]
        return facet.members(places) if places else np.zeros(self.words, np.uint64)

    def used(self) -> list[str | Bands]:
        """The facets that were asked for so far."""
        return list(self._facets)

    def _banded(self, bands: Bands) -> Facet:
        values = self.number(bands.number)
        known = np.flatnonzero(~np.isnan(values))
        places = np.searchsorted(np.asarray(bands.edges, float), values[known], side="right")
        return Facet([str(at) for at in range(len(bands.edges) + 1)], places, known, self.count)

    def _joined_facet(self, name: str) -> Facet:
        values: dict[str, int] = {}
        rows: list[np.ndarray] = [np.zeros(0, np.int64)]
        documents: list[np.ndarray] = [np.zeros(0, np.int32)]
        for start, segment in zip(self.starts, self.segments, strict=False):
            own = segment.facets.get(name)
            if own is not None:
                places = np.array([values.setdefault(value, len(values)) for value in own.values])
                rows.append(np.repeat(places, np.diff(own.bounds)))
                documents.append(segment.facet_documents(own) + np.int32(start))
        return Facet(list(values), np.concatenate(rows), np.concatenate(documents), self.count)


def _joined(parts: list[np.ndarray]) -> np.ndarray:
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def cut_into_zones(files: Sequence[str], segments: Sequence[Segment]) -> list[tuple[tuple[str, ...], list[int]]]:
    """Which segments make which zone: keys and places. Each large one by itself, in order; the small ones together at the end."""
    large = [at for at, one in enumerate(segments) if one.count >= LARGE]
    small = [at for at, one in enumerate(segments) if one.count < LARGE]
    groups = [[at] for at in large] + ([small] if small else [])
    return [(tuple(files[at] for at in group), group) for group in groups]
