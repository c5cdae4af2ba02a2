"""The whoosh index of one build folder, and its export as segment files. The only module that imports whoosh.

Rules behind it, each measured: non-compound segments; no positions (a phrase is the AND of its pairs); an own merge policy, so that
a commit never pays for other segments; any exception cancels the writer; the folder is private, since whoosh stores pickles.
"""

import logging
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from whoosh import fields, formats
from whoosh import index as whoosh_index
from whoosh.codec.whoosh3 import LENGTHS_COLUMN, W3Codec, W3LeafMatcher, _lenfield
from whoosh.columns import NumericColumn
from whoosh.filedb.filestore import FileStorage
from whoosh.reading import SegmentReader, TermNotFound
from whoosh.util.numeric import byte_to_length

from marketplace.search import suggest, tokens
from marketplace.search.documents import Document
from marketplace.search.manifest import FORMAT
from marketplace.search.postings import PostingTable, TermPool
from marketplace.search.segment import write_segment

log = logging.getLogger(__name__)

TITLE_WEIGHT = 3

_SEPARATOR = "\x1f"
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_MOST_SEGMENTS = 24
_FANOUT = 6
_BLOCK = 512
_LENGTHS = np.array([byte_to_length(code) for code in range(256)], np.int32)


class IndexUnusable(Exception):
    """The folder holds no whoosh index that this version can read; it must be rebuilt."""


class BadDocument(ValueError):
    """A document breaks the naming rules; the one who builds it must be corrected, a rebuild would not help."""


class _Storage(FileStorage):  # type: ignore[misc]
    """Whoosh's file storage that knows what it opened, since whoosh leaves a damaged table of contents open."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.opened: list[Any] = []

    def open_file(self, name: str, **kwargs: Any) -> Any:
        file = super().open_file(name, **kwargs)
        if name.endswith(".toc"):
            self.opened.append(file)
        return file

    def close_opened(self) -> None:
        """Close what is still open."""
        for file in self.opened:
            if not file.is_closed:
                file.close()


class TokensField(fields.FieldType):  # type: ignore[misc]
    """A scored field fed with a mapping from token to weight; its length counts the weights."""

    analyzer = None
    scorable = True
    stored = False

    def __init__(self) -> None:
        self.format = formats.Existence()

    def index(self, value: Any, **_kwargs: Any) -> Iterator[tuple[bytes, int, float, bytes]]:
        for token, weight in value.items():
            yield token.encode(), weight, float(weight), b""


class KeysField(fields.FieldType):  # type: ignore[misc]
    """An unscored field fed with a list of keys."""

    analyzer = None
    scorable = False
    stored = False

    def __init__(self, unique: bool = False) -> None:
        self.format = formats.Existence()
        self.unique = unique

    def index(self, value: Any, **_kwargs: Any) -> Iterator[tuple[bytes, int, float, bytes]]:
        for key in dict.fromkeys(value):
            yield key.encode(), 1, 1.0, b""


@dataclass(frozen=True)
class ExportedSegment:
    """A published segment: its file's name and which of its documents are gone."""

    file: str
    deleted: tuple[int, ...]


def choose_merges(sizes: list[int], budget: int) -> list[int]:
    """Which segments to rewrite into one: the smallest size class (powers of six) with six members, within a budget of documents."""
    classes: dict[int, list[int]] = {}
    for at, size in enumerate(sizes):
        classes.setdefault(int(math.log(max(size, 1), _FANOUT)), []).append(at)
    for _, members in sorted(classes.items()):
        if len(members) >= _FANOUT:
            smallest = sorted(members, key=lambda at: sizes[at])
            if sum(sizes[at] for at in smallest) <= budget:
                return smallest
    return []


def text_weights(document: Document) -> Counter[str]:
    """Tokens of a document with their weights: the title's count three times."""
    weights: Counter[str] = Counter()
    for token in tokens.document_tokens(document.title):
        weights[token] += TITLE_WEIGHT
    weights.update(tokens.document_tokens(document.text))
    weights.update(tokens.document_tokens(document.extra))
    return weights


class Index:
    """The writable index in one folder. One process at a time, guarded by the caller's folder lock."""

    def __init__(self, folder: Path) -> None:
        """Open an existing index; raises IndexUnusable when there is none that this version can read."""
        self.folder = folder
        storage = _Storage(str(folder / "whoosh"))
        try:
            self._ix = whoosh_index.FileIndex(storage)
            self._ix._segments()
        except Exception as broken:  # whoosh and pickle fail on damaged files with whatever they stumble on
            storage.close_opened()
            raise IndexUnusable(f"{folder.name}: {broken!r}") from broken
        storage.opened.clear()

    @classmethod
    def create(cls, folder: Path) -> "Index":
        """Make a new empty index in this folder."""
        (folder / "whoosh").mkdir(parents=True, mode=0o700)
        schema = fields.Schema(
            key=KeysField(unique=True),
            text=TokensField(),
            facet=KeysField(),
            suggest=KeysField(),
            id=fields.COLUMN(NumericColumn("q", default=0)),
        )
        whoosh_index.FileIndex.create(FileStorage(str(folder / "whoosh")), schema, "MAIN")
        return cls(folder)

    @property
    def generation(self) -> int:
        """Number of whoosh's last commit."""
        return int(self._ix.latest_generation())

    def apply(self, documents: Iterable[Document], removed: Iterable[int] = ()) -> None:
        """Replace, add and remove in one commit. Doing the same again changes nothing that can be seen."""
        fresh = {document.id: document for document in documents}
        gone = set(removed) | set(fresh)
        self._write(lambda writer: self._replace(writer, fresh, gone), self._live_policy)

    def add_new(self, documents: Iterable[Document]) -> None:
        """Add documents to an index that has none of them (building a new one), as a stream: no look-up, no merging."""
        self._write(lambda writer: self._add(writer, documents), lambda _writer, segments: segments)

    def compact(self, budget: int) -> bool:
        """Merge one class of small segments of at most `budget` documents together; says whether there was one."""
        sizes = [segment.doc_count_all() for segment in self._ix._segments()]
        chosen = choose_merges(sizes, budget) or self._mostly_deleted(budget)
        if not chosen:
            return False
        self._write(lambda _writer: None, lambda writer, segments: self._merge(writer, segments, chosen))
        return True

    def merge_all(self, always: bool = False) -> None:
        """Rewrite everything as one segment (end of a rebuild); a single one that has no deletions only if told so."""
        segments = self._ix._segments()
        if always or len(segments) > 1 or any(one.deleted_count() for one in segments):
            self._write(lambda _w: None, lambda w, s: self._merge(w, s, list(range(len(s)))))

    def ids(self) -> set[int]:
        """Ids of all documents that can be found."""
        found: set[int] = set()
        toc = self._ix._read_toc()
        for segment in toc.segments:
            reader = SegmentReader(self._ix.storage, toc.schema, segment)
            try:
                column = _numbers(reader, "id", "q", 0)
            finally:
                reader.close()
            deleted = set(segment.deleted_docs() or ())
            found.update(int(one) for at, one in enumerate(column) if at not in deleted)
        return found

    def export(self) -> list[ExportedSegment]:
        """Write a segment file for each segment that has none yet and list them all with their deletions."""
        listed = []
        toc = self._ix._read_toc()
        for segment in toc.segments:
            if not segment.doc_count_all():
                continue
            name = f"{segment.segment_id()}.seg"
            path = self.folder / name
            if not path.exists():
                reader = SegmentReader(self._ix.storage, toc.schema, segment)
                try:
                    _export(reader, path)
                finally:
                    reader.close()
            listed.append(ExportedSegment(name, tuple(sorted(int(one) for one in segment.deleted_docs() or ()))))
        return listed

    def _write(self, change: Callable[[Any], None], policy: Callable[[Any, list[Any]], list[Any]]) -> None:
        writer = self._ix.writer(compound=False, codec=W3Codec(blocklimit=_BLOCK))
        pool = writer.pool = TermPool()

        def write_postings(schema: Any, perdoc: Any, _nothing: Any) -> None:
            pool.write_to(writer.fieldwriter, schema, {"text": _lengths(perdoc, writer.docnum)})

        writer.fieldwriter.add_postings = write_postings
        try:
            change(writer)
            writer.commit(mergetype=policy)
        except BaseException:
            if not writer.is_closed:
                writer.cancel()
            raise

    def _replace(self, writer: Any, fresh: dict[int, Document], gone: set[int]) -> None:
        self._delete(writer, gone)
        self._add(writer, fresh.values())

    @staticmethod
    def _add(writer: Any, documents: Iterable[Document]) -> None:
        known = set(writer.schema.names())
        seen: set[int] = set()
        for document in documents:
            if document.id in seen:
                continue
            seen.add(document.id)
            for name in document.numbers:
                if f"n_{name}" in known:
                    continue
                if not _NAME.fullmatch(name):
                    raise BadDocument(f"not a name for a number: {name!r}")
                # straight to the schema: the writer refuses new fields after its first document, but columns open when first used
                writer.schema.add(f"n_{name}", fields.COLUMN(NumericColumn("d", default=float("nan"))))
                known.add(f"n_{name}")
            writer.add_document(**_fields(document))

    def _delete(self, writer: Any, gone: set[int]) -> None:
        if not gone or not writer.segments:
            return
        reader = writer.reader()
        try:
            for leaf, offset in reader.leaf_readers():
                for one in gone:
                    try:
                        matcher = leaf.postings("key", str(one).encode())
                    except TermNotFound:
                        continue
                    while matcher.is_active():
                        writer.delete_document(offset + matcher.id())
                        matcher.next()
        finally:
            reader.close()

    def _live_policy(self, writer: Any, segments: list[Any]) -> list[Any]:
        """Keep a commit quick: merge nothing until there are too many segments, then the smallest half."""
        if len(segments) < _MOST_SEGMENTS:
            return segments
        order = sorted(range(len(segments)), key=lambda at: segments[at].doc_count_all())
        return self._merge(writer, segments, order[: _MOST_SEGMENTS // 2])

    def _mostly_deleted(self, budget: int) -> list[int]:
        segments = self._ix._segments()
        return [
            at
            for at, segment in enumerate(segments)
            if segment.deleted_count() * 4 > segment.doc_count_all() and segment.doc_count() <= budget
        ][:1]

    @staticmethod
    def _merge(writer: Any, segments: list[Any], chosen: list[int]) -> list[Any]:
        picked = set(chosen)
        for at in sorted(picked):
            reader = SegmentReader(writer.storage, writer.schema, segments[at])
            if reader.doc_count():
                _add_reader(writer, reader)
            reader.close()
        return [segment for at, segment in enumerate(segments) if at not in picked]


def _fields(document: Document) -> dict[str, Any]:
    keys: list[str] = []
    for name, values in document.keywords.items():
        if not _NAME.fullmatch(name):
            raise BadDocument(f"not a name for a facet: {name!r}")
        keys.extend(f"{name}{_SEPARATOR}{value}" for value in values)
    indexed: dict[str, Any] = {
        "key": [str(document.id)],
        "id": document.id,
        "text": text_weights(document),
        "facet": keys,
        "suggest": [_SEPARATOR.join((one.kind, one.ref, one.text)) for one in document.suggestions if one.text],
    }
    for name, number in document.numbers.items():
        indexed[f"n_{name}"] = float(number)
    return indexed


def _add_reader(writer: Any, reader: Any) -> None:
    """What whoosh's `add_reader` does, with a term's postings at a time."""
    start = writer.docnum
    writer.write_per_doc(writer.schema.names(), reader)
    place = np.full(reader.doc_count_all(), -1, np.int64)
    kept = np.ones(len(place), bool)
    kept[list(reader._perdoc.deleted_docs() or ())] = False
    place[kept] = start + np.arange(int(kept.sum()))
    for (field, text), info in reader:
        documents, weights = _postings(reader, field, bytes(text), info)
        stays = kept[documents]
        if stays.any():
            writer.pool.extend(field, bytes(text), place[documents[stays]], weights[stays])
    writer._added = True


def _numbers(reader: Any, field: str, code: str, default: float) -> np.ndarray:
    """A numeric column as an array; documents without a value have the default."""
    out = np.full(reader.doc_count_all(), default, dtype="=i8" if code == "q" else "=f8")
    if reader.has_column(field):
        column = reader.column_reader(field)
        column = getattr(column, "_reader", column)
        count = column._count
        raw = column._dbfile.get(column._basepos, count * column._fixedlen)
        out[:count] = np.frombuffer(raw, dtype=">i8" if code == "q" else ">f8")
    return out


def _lengths(perdoc: Any, count: int) -> np.ndarray:
    """Field lengths with whoosh's own rounding to one byte, so that the scores agree."""
    out = np.zeros(count, np.int32)
    column = perdoc._cached_reader(_lenfield("text"), LENGTHS_COLUMN)
    if column is not None:
        column = getattr(column, "_child", column)
        raw = np.frombuffer(column._dbfile.get(column._basepos, column._count), np.uint8)
        out[: len(raw)] = _LENGTHS[raw]
    return out


def _postings(reader: Any, field: str, text: bytes, info: Any) -> tuple[np.ndarray, np.ndarray]:
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


def _export(reader: Any, path: Path) -> None:
    tables = {name: PostingTable() for name in ("text", "facet", "suggest")}
    for (field, text), info in reader:
        if field in tables:
            tables[field].add(bytes(text), *_postings(reader, field, bytes(text), info))
    numbers = sorted(name[2:] for name in reader.schema.names() if name.startswith("n_"))
    arrays = {"ids": _numbers(reader, "id", "q", 0), "lengths": _lengths(reader._perdoc, reader.doc_count_all())}
    for name in numbers:
        arrays[f"n_{name}"] = _numbers(reader, f"n_{name}", "d", float("nan"))
    arrays |= tables["text"].arrays("text", True) | tables["facet"].arrays("facet", False)
    arrays |= tables["suggest"].arrays("suggest", False) | suggest.build_table(tables["suggest"].terms)
    meta = {
        "format": FORMAT,
        "count": reader.doc_count_all(),
        "numbers": numbers,
    }
    write_segment(path, meta, arrays)
