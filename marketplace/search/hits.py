"""What a search found in one zone: a bitset, and scores that are dense where there are many and listed where there are few."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from marketplace.search import bits

_DENSE = 8
_FEW = 3000
_BLOCKS = 24


class Hits:
    """Matches of one need in one zone, with a score each. Immutable but for what is derived at first use."""

    def __init__(self, found: np.ndarray, documents: np.ndarray | None, scores: np.ndarray) -> None:
        """`scores` are of all documents of the zone, padded to whole words, where `documents` is None, else of the listed ones."""
        self.bits = found
        self.documents = documents
        self.scores = scores

    @classmethod
    def of(cls, documents: np.ndarray, scores: np.ndarray, count: int) -> "Hits":
        """Hits of listed documents (ascending), kept in the form that suits their number."""
        found = bits.of(documents, count)
        if len(documents) * _DENSE <= count:
            return cls(found, documents.astype(np.int32, copy=False), scores.astype(np.float32, copy=False))
        dense = np.zeros(len(found) * 64, np.float32)
        dense[documents] = scores
        return cls(found, None, dense)

    @classmethod
    def of_dense(cls, found: np.ndarray, scores: np.ndarray) -> "Hits":
        """Hits in a bitset whose scores lie in an array of all documents; few of them are listed instead."""
        documents = bits.members(found, len(scores))
        if len(documents) * _DENSE <= len(scores):
            return cls(found, documents.astype(np.int32), scores[documents])
        return cls(found, None, scores)

    @property
    def nbytes(self) -> int:
        """Memory held, what is derived later included."""
        listed = 0 if self.documents is None else self.documents.nbytes
        return int(2 * self.bits.nbytes + self.scores.nbytes + listed)

    @cached_property
    def _before(self) -> np.ndarray:
        counted = np.cumsum(np.bitwise_count(self.bits), dtype=np.int32)
        return np.concatenate((np.zeros(1, np.int32), counted[:-1]))

    @cached_property
    def peaks(self) -> np.ndarray:
        """The best score in each word of 64 documents."""
        if self.documents is None:
            return self.scores.reshape(-1, 64).max(axis=1)
        best = np.zeros(len(self.bits), np.float32)
        if len(self.documents):
            word = self.documents >> 6
            first = np.flatnonzero(np.diff(word, prepend=-1))
            best[word[first]] = np.maximum.reduceat(self.scores, first)
        return best

    def listed(self, count: int) -> np.ndarray:
        """All hits, ascending."""
        return bits.members(self.bits, count) if self.documents is None else self.documents

    def at(self, wanted: np.ndarray) -> np.ndarray:
        """Scores of some documents, all of which must be hits."""
        if self.documents is None:
            return self.scores.take(wanted)
        if len(self.documents) == len(wanted):
            return self.scores
        word = wanted >> 6
        below = (np.uint64(1) << (wanted & 63).astype(np.uint64)) - np.uint64(1)
        return self.scores.take(self._before.take(word) + np.bitwise_count(self.bits.take(word) & below))


def score(parts: Sequence[Hits], documents: np.ndarray) -> np.ndarray:
    """The sum of the parts' scores for documents that are hits of all of them."""
    total = np.zeros(len(documents), np.float32)
    for part in parts:
        total += part.at(documents)
    return total


def best(parts: Sequence[Hits], chosen: bits.Chosen, wanted: int) -> tuple[np.ndarray, np.ndarray]:
    """Chosen documents and their scores: at least the `wanted` best, and all that are equal to the last of these.

    Where there are many, first only the words of 64 documents with the highest possible sums are looked into; what they give decides
    which others could still hold something as good.
    """
    words, first = chosen.words, _BLOCKS + wanted
    if chosen.size <= max(_FEW, 4 * wanted) or len(words) <= 2 * first or not parts:
        return _cut(chosen.documents, score(parts, chosen.documents), wanted)
    possible = np.zeros(len(words), np.float32)
    for part in parts:
        possible += part.peaks[words]
    order = np.argpartition(possible, len(words) - first)[len(words) - first :]
    documents = bits.within(chosen.bits, words[order])
    scores = score(parts, documents)
    least = np.partition(scores, len(scores) - wanted)[len(scores) - wanted]
    possible[order] = -1
    others = np.flatnonzero(possible >= least)
    if len(others):
        more = bits.within(chosen.bits, words[others])
        documents, scores = np.concatenate((documents, more)), np.concatenate((scores, score(parts, more)))
    return _cut(documents, scores, wanted)


def _cut(documents: np.ndarray, scores: np.ndarray, wanted: int) -> tuple[np.ndarray, np.ndarray]:
    if len(scores) <= 2 * wanted or not wanted:
        return documents, scores
    near = np.flatnonzero(scores >= np.partition(scores, len(scores) - wanted)[len(scores) - wanted])
    return documents[near], scores[near]
