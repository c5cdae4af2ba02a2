"""Postings on their way: gathered for whoosh's writer, and gathered from its reader to become arrays."""

from array import array
from collections.abc import Iterator
from typing import Any

import numpy as np

from marketplace.search.segment import pack_strings


class TermPool:
    """Postings gathered by term instead of whoosh's pool of tuples, which sorts every posting and spills to disk.

    Documents arrive in ascending order, so only the terms need sorting; eight bytes a posting.
    """

    def __init__(self) -> None:
        self._fields: dict[str, dict[bytes, tuple[array[int], array[float]]]] = {}

    def add(self, item: tuple[str, bytes, int, float, bytes]) -> None:
        """Take one posting, as whoosh's writer hands it over."""
        name, term, document, weight, _value = item
        terms = self._fields.get(name)
        if terms is None:
            terms = self._fields[name] = {}
        entry = terms.get(term)
        if entry is None:
            entry = terms[term] = (array("I"), array("f"))
        entry[0].append(document)
        entry[1].append(weight)

    def extend(self, name: str, term: bytes, documents: np.ndarray, weights: np.ndarray) -> None:
        """Take all postings of a term of a segment that is merged, its documents ascending and behind all that are here."""
        entry = self._fields.setdefault(name, {}).setdefault(term, (array("I"), array("f")))
        entry[0].frombytes(documents.astype(np.uint32).tobytes())
        entry[1].frombytes(weights.astype(np.float32).tobytes())

    def iter_postings(self) -> Iterator[tuple[str, bytes, int, float, bytes]]:
        """All postings by field, term and document, as whoosh asks for them and `write_to` then takes them: nothing is handed out here."""
        return iter(())

    def write_to(self, writer: Any, schema: Any, lengths: dict[str, np.ndarray]) -> None:
        """Write everything through whoosh's field writer, block by block instead of posting by posting, and forget it.

        `lengths` are of the scored fields. The blocks are what whoosh's own writer makes: the contract test reads them with whoosh.
        """
        for name in sorted(self._fields):
            terms = self._fields.pop(name)
            writer.start_field(name, schema[name])
            for term in sorted(terms):
                documents, weights = terms.pop(term)
                writer.start_term(term)
                _write_blocks(writer._postwriter, documents, weights, lengths.get(name))
                writer.finish_term()
            writer.finish_field()

    def cleanup(self) -> None:
        """Forget everything."""
        self._fields.clear()


def _write_blocks(blocks: Any, documents: "array[int]", weights: "array[float]", lengths: np.ndarray | None) -> None:
    """Hand over a term's postings; the last block stays with whoosh, which writes it at the end of the term."""
    size, last = blocks._blocklimit, len(documents)
    for start in range(0, last, size):
        blocks._ids, blocks._weights = documents[start : start + size], weights[start : start + size]
        blocks._maxweight = max(blocks._weights)
        if lengths is not None:
            own = lengths[np.frombuffer(blocks._ids, np.uint32)]
            blocks._minlength, blocks._maxlength = int(own.min()), int(own.max())
        if start + size < last:
            blocks._write_block()


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
