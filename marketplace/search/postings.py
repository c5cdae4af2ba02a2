"""Postings on their way: gathered for whoosh's writer, and gathered from its reader to become arrays."""

from array import array
from collections.abc import Iterator

import numpy as np

from marketplace.search.segment import pack_strings


class TermPool:
    """Postings gathered by term instead of whoosh's pool of tuples, which sorts every posting and spills to disk.

    Documents arrive in ascending order, so only the terms need sorting; eight bytes a posting.
    """

    def __init__(self) -> None:
        self._terms: dict[tuple[str, bytes], tuple[array[int], array[float]]] = {}

    def add(self, item: tuple[str, bytes, int, float, bytes]) -> None:
        """Take one posting, as whoosh's writer hands it over."""
        key = item[:2]
        entry = self._terms.get(key)
        if entry is None:
            entry = self._terms[key] = (array("I"), array("f"))
        entry[0].append(item[2])
        entry[1].append(item[3])

    def iter_postings(self) -> Iterator[tuple[str, bytes, int, float, bytes]]:
        """All postings by field, term and document; what was handed out is forgotten."""
        for name, text in sorted(self._terms):
            documents, weights = self._terms.pop((name, text))
            for document, weight in zip(documents, weights, strict=True):
                yield name, text, document, weight, b""

    def cleanup(self) -> None:
        """Forget everything."""
        self._terms.clear()


class PostingTable:
    """Terms of one field gathered in sorted order, to become four arrays."""

    def __init__(self) -> None:
        self.terms: list[bytes] = []
        self.documents: list[np.ndarray] = []
        self.weights: list[np.ndarray] = []

    def add(self, term: bytes, documents: np.ndarray, weights: np.ndarray) -> None:
        self.terms.append(term)
        self.documents.append(documents)
        self.weights.append(np.minimum(weights, 65535).astype(np.uint16))

    def arrays(self, prefix: str, with_weights: bool) -> dict[str, np.ndarray]:
        blob, offsets = pack_strings(self.terms)
        bounds = np.zeros(len(self.terms) + 1, np.int64)
        np.cumsum([len(one) for one in self.documents], out=bounds[1:])
        packed = {
            f"{prefix}_terms": blob,
            f"{prefix}_offsets": offsets,
            f"{prefix}_bounds": bounds,
            f"{prefix}_docs": np.concatenate(self.documents) if self.documents else np.zeros(0, np.int32),
        }
        if with_weights:
            packed[f"{prefix}_weights"] = np.concatenate(self.weights) if self.weights else np.zeros(0, np.uint16)
        return packed
