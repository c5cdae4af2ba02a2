"""Sets of documents as bitsets: 64 documents a word, so that AND and counting read an eighth of a byte per document."""

from functools import cached_property

import numpy as np


def pack(mask: np.ndarray) -> np.ndarray:
    """A boolean array (documents along the last axis) as 64-bit words."""
    padding = [(0, 0)] * (mask.ndim - 1) + [(0, -mask.shape[-1] % 64)]
    return np.packbits(np.pad(mask, padding), axis=-1, bitorder="little").view(np.uint64)


def unpack(bits: np.ndarray, count: int) -> np.ndarray:
    """The boolean array of `count` documents behind a bitset."""
    return np.unpackbits(bits.view(np.uint8), count=count, bitorder="little").view(bool)


def members(bits: np.ndarray, count: int) -> np.ndarray:
    """The documents in a bitset, ascending."""
    return np.flatnonzero(unpack(bits, count))


def of(documents: np.ndarray, count: int) -> np.ndarray:
    """The bitset of some of `count` documents."""
    mask = np.zeros(count, bool)
    mask[documents] = True
    return pack(mask)


def full(count: int) -> np.ndarray:
    """The bitset of all of `count` documents."""
    return pack(np.ones(count, bool))


def size(bits: np.ndarray) -> int:
    """How many documents are in a bitset."""
    return int(np.bitwise_count(bits).sum(dtype=np.int64))


def column_sizes(table: np.ndarray) -> np.ndarray:
    """How many documents are in each column of a table of words. Summed by thousands of words, which fit 16 bits: thrice as fast as in 64."""
    counted = np.bitwise_count(table)
    total = np.zeros(table.shape[1], np.int64)
    for start in range(0, len(table), 1000):
        total += np.add.reduce(counted[start : start + 1000], axis=0, dtype=np.uint16)
    return total


class Chosen:
    """A bitset that was arrived at, with what is asked of it again and again."""

    def __init__(self, chosen: np.ndarray) -> None:
        self.bits = chosen
        self.size = size(chosen)

    @cached_property
    def words(self) -> np.ndarray:
        """The places of words that hold anything: few where what belongs together lies together."""
        return np.flatnonzero(self.bits)

    @cached_property
    def documents(self) -> np.ndarray:
        """All documents, ascending."""
        return within(self.bits, self.words)


def within(chosen: np.ndarray, words: np.ndarray) -> np.ndarray:
    """The documents in some words of a bitset, in the words' order."""
    inside = np.flatnonzero(np.unpackbits(chosen[words].view(np.uint8), bitorder="little"))
    return (words[inside >> 6] << 6) + (inside & 63)
