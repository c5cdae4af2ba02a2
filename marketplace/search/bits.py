"""Sets of documents as bitsets: 64 documents a word, so that AND and counting read an eighth of a byte per document."""

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


def sizes(rows: np.ndarray) -> np.ndarray:
    """How many documents are in each bitset of a matrix. Summed by thousands of words, which fit 16 bits: thrice as fast as in 64."""
    counted = np.bitwise_count(rows)
    total = np.zeros(len(rows), np.int64)
    for start in range(0, rows.shape[1], 1000):
        total += np.add.reduce(counted[:, start : start + 1000], axis=1, dtype=np.uint16)
    return total
