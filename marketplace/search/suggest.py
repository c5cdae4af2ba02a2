"""Suggestions while typing: by Chinese text (beginning or inside), by full pinyin and by initials.

The keys are made once per segment by the indexer, sorted, and stored in the segment file; a look-up is one bisection per segment.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from marketplace.search import pinyin, tokens
from marketplace.search.segment import Strings, pack_strings

SEPARATOR = "\x1f"
_MOST_INNER = 16
_LONGEST = 60
_MOST_SCANNED = 4000
_TEXT, _PINYIN, _INITIALS, _INNER = range(4)


class Offer(NamedTuple):
    """A suggestion found: `documents` is how many stand behind it."""

    text: str
    kind: str
    ref: str
    documents: int


def compact(text: str) -> str:
    """Normalised text without spaces and punctuation: the form in which keys and what was typed are compared."""
    return "".join(run.text for run in tokens.runs(tokens.normalise(text)))


def keys_of(text: str) -> dict[str, int]:
    """All keys under which a text is found, with their rank (lower is better)."""
    normalised = tokens.normalise(text)
    cut = tokens.runs(normalised)
    plain = "".join(run.text for run in cut)[:_LONGEST]
    if not plain:
        return {}
    read = pinyin.syllables(plain)
    keys = {plain: _TEXT}
    starts = _starts(cut)
    for at in starts:
        rank = 0 if at == 0 else _INNER
        keys.setdefault("".join(read[at:]), max(_PINYIN, rank))
        keys.setdefault("".join(one[0] for one in read[at:]), max(_INITIALS, rank))
    for at in range(1, min(len(plain), _MOST_INNER)):
        keys.setdefault(plain[at:], _INNER)
    return keys


def _starts(cut: list[tokens.Run]) -> list[int]:
    """Where pinyin keys begin: at the text's first character and after each mark or change of script."""
    starts, at = [], 0
    for run in cut:
        if at < _LONGEST:
            starts.append(at)
        at += len(run.text)
    return starts[:4]


def build_table(terms: list[bytes]) -> dict[str, np.ndarray]:
    """Sorted keys for stored suggestions (kind, reference and text, separated), as arrays that refer to them by position."""
    entries: list[tuple[bytes, int, int]] = []
    for row, term in enumerate(terms):
        text = term.decode().split(SEPARATOR, 2)[2]
        entries.extend((key.encode(), rank, row) for key, rank in keys_of(text).items())
    entries.sort()
    blob, offsets = pack_strings([key for key, _, _ in entries])
    return {
        "offer_keys": blob,
        "offer_offsets": offsets,
        "offer_ranks": np.array([rank for _, rank, _ in entries], np.uint8),
        "offer_rows": np.array([row for _, _, row in entries], np.int32),
    }


class OfferTable:
    """The suggestions of one segment, ready for look-up. Immutable."""

    def __init__(self, arrays: dict[str, np.ndarray]) -> None:
        self._keys = Strings(arrays["offer_keys"], arrays["offer_offsets"])
        self._ranks = arrays["offer_ranks"]
        self._rows = arrays["offer_rows"]
        self._terms = Strings(arrays["suggest_terms"], arrays["suggest_offsets"])
        self._bounds = arrays["suggest_bounds"]
        self._documents = arrays["suggest_docs"]

    def find(self, typed: str, live: np.ndarray | None, limit: int) -> list[tuple[int, Offer]]:
        """Best rows for what was typed (already compact), each with its rank; rows without a live document are left out."""
        low, high = self._keys.prefix_range(typed.encode())
        high = min(high, low + _MOST_SCANNED)
        if low == high:
            return []
        rows, ranks = self._rows[low:high], self._ranks[low:high]
        counts = self._bounds[rows + 1] - self._bounds[rows]
        order = np.lexsort((rows, -counts, ranks))
        found: dict[int, tuple[int, Offer]] = {}
        for at in order.tolist():
            row = int(rows[at])
            if row in found:
                continue
            documents = self._documents[int(self._bounds[row]) : int(self._bounds[row + 1])]
            count = len(documents) if live is None else int(live[documents].sum())
            if count:
                kind, ref, text = self._terms[row].decode().split(SEPARATOR, 2)
                found[row] = (int(ranks[at]), Offer(text, kind, ref, count))
            if len(found) >= limit:
                break
        return list(found.values())


def merge_offers(found: Iterable[tuple[int, Offer]], limit: int) -> list[Offer]:
    """The offers of several segments as one list: best rank first, then the one with more documents, then the shorter."""
    ranks: dict[tuple[str, str, str], int] = {}
    counts: dict[tuple[str, str, str], int] = {}
    for rank, offer in found:
        key = (offer.text, offer.kind, offer.ref)
        ranks[key] = min(rank, ranks.get(key, rank))
        counts[key] = counts.get(key, 0) + offer.documents
    order = sorted(ranks, key=lambda key: (ranks[key], -counts[key], len(key[0]), key))
    return [Offer(text, kind, ref, counts[text, kind, ref]) for text, kind, ref in order[:limit]]
