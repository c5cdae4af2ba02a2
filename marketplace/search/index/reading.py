"""Whoosh's segments as arrays, and these as the segment files that readers map."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from whoosh.codec.whoosh3 import LENGTHS_COLUMN, W3LeafMatcher, _lenfield
from whoosh.reading import TermNotFound
from whoosh.util.numeric import byte_to_length

from marketplace.search import suggest
from marketplace.search.manifest import FORMAT
from marketplace.search.postings import PostingTable
from marketplace.search.segment import write_segment

_LENGTHS = np.array([byte_to_length(code) for code in range(256)], np.int32)


def places(reader: Any, one: int) -> Iterator[int]:
    """Where in a segment a document lies, if it does and is not deleted."""
    try:
        matcher = reader.postings("key", str(one).encode())
    except TermNotFound:
        return
    while matcher.is_active():
        yield int(matcher.id())
        matcher.next()


def numbers_of(reader: Any, field: str, code: str, default: float) -> np.ndarray:
    """A numeric column as an array; documents without a value have the default."""
    out = np.full(reader.doc_count_all(), default, dtype="=i8" if code == "q" else "=f8")
    if reader.has_column(field):
        column = reader.column_reader(field)
        column = getattr(column, "_reader", column)
        count = column._count
        raw = column._dbfile.get(column._basepos, count * column._fixedlen)
        out[:count] = np.frombuffer(raw, dtype=">i8" if code == "q" else ">f8")
    return out


def lengths_of(perdoc: Any, count: int) -> np.ndarray:
    """Field lengths with whoosh's own rounding to one byte, so that the scores agree."""
    out = np.zeros(count, np.int32)
    column = perdoc._cached_reader(_lenfield("text"), LENGTHS_COLUMN)
    if column is not None:
        column = getattr(column, "_child", column)
        raw = np.frombuffer(column._dbfile.get(column._basepos, column._count), np.uint8)
        out[: len(raw)] = _LENGTHS[raw]
    return out


def postings_of(reader: Any, field: str, text: bytes, info: Any) -> tuple[np.ndarray, np.ndarray]:
    """Documents and weights of one term, deleted documents included (the statistics count them, as whoosh's do)."""
    if info.is_inlined():
        ids, weights, _values = info.inlined_postings()
        return np.asarray(ids, np.int32), np.asarray(weights, np.float32)
    matcher: W3LeafMatcher = reader._terms.matcher(field, text, reader.schema[field].format)
    documents, tf = [], []
    while matcher.is_active():
        matcher._read_data()
        matcher._read_weights()
        documents.append(np.cumsum(np.asarray(matcher._data[0], np.int64)).astype(np.int32))
        tf.append(np.asarray(matcher._weights, np.float32))
        matcher._next_block()
    return np.concatenate(documents), np.concatenate(tf)


def export_segment(reader: Any, path: Path) -> None:
    """Write a segment's arrays as the file that readers map."""
    tables = {name: PostingTable() for name in ("text", "facet", "suggest")}
    for (field, text), info in reader:
        if field in tables:
            tables[field].add(bytes(text), *postings_of(reader, field, bytes(text), info))
    numbers = sorted(name[2:] for name in reader.schema.names() if name.startswith("n_"))
    arrays = {"ids": numbers_of(reader, "id", "q", 0), "lengths": lengths_of(reader._perdoc, reader.doc_count_all())}
    for name in numbers:
        arrays[f"n_{name}"] = numbers_of(reader, f"n_{name}", "d", float("nan"))
    arrays |= tables["text"].arrays("text", True) | tables["facet"].arrays("facet", False)
    arrays |= tables["suggest"].arrays("suggest", False) | suggest.build_table(tables["suggest"].terms)
    meta = {
        "format": FORMAT,
        "count": reader.doc_count_all(),
        "numbers": numbers,
    }
    write_segment(path, meta, arrays)
