"""The writable index of one build folder."""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from whoosh import index as whoosh_index
from whoosh.codec.whoosh3 import W3Codec
from whoosh.filedb.filestore import FileStorage
from whoosh.reading import SegmentReader

from marketplace.search.documents import Document
from marketplace.search.durable import sync
from marketplace.search.index.reading import export_segment, lengths_of, numbers_of, places, postings_of
from marketplace.search.index.schema import IndexUnusable, Storage, add_columns, fields_of, make_schema
from marketplace.search.postings import TermPool

_MOST_SEGMENTS = 24
_FANOUT = 6
_BLOCK = 512


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


class Index:
    """The writable index in one folder. One process at a time, guarded by the caller's folder lock."""

    def __init__(self, folder: Path) -> None:
        """Open an existing index; raises IndexUnusable when there is none that this version can read."""
        self.folder = folder
        storage = Storage(str(folder / "whoosh"))
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
        whoosh_index.FileIndex.create(FileStorage(str(folder / "whoosh")), make_schema(), "MAIN")
        return cls(folder)

    @property
    def _whoosh(self) -> Path:
        return self.folder / "whoosh"

    @property
    def generation(self) -> int:
        """Number of whoosh's last commit."""
        return int(self._ix.latest_generation())

    def apply(self, documents: Iterable[Document], removed: Iterable[int] = ()) -> bool:
        """Replace, add and remove in one commit; says whether anything was to be done. Doing the same again changes nothing, and documents
        that are already as they should be cost nothing."""
        fresh = {document.id: document for document in documents}
        unwanted = set(removed) - fresh.keys()
        held = self._held(unwanted | fresh.keys())
        fresh = {one: document for one, document in fresh.items() if held.get(one) != document.digest}
        gone = {one for one in held if one in fresh or one in unwanted}
        if fresh or gone:
            self._write(lambda writer: self._replace(writer, fresh, gone), self._live_policy)
            return True
        return False

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

    def digests(self) -> dict[int, int]:
        """All documents that can be found, by id, with the sums of their content."""
        found: dict[int, int] = {}
        for reader in self._readers():
            deleted = set(reader._perdoc.deleted_docs() or ())
            pairs = zip(
                numbers_of(reader, "id", "q", 0).tolist(), numbers_of(reader, "digest", "q", 0).tolist(), strict=True
            )
            found.update(pair for at, pair in enumerate(pairs) if at not in deleted)
        return found

    def _reader(self, schema: Any, segment: Any) -> Any:
        """A segment opened; what was opened of a damaged one is closed."""
        storage = self._ix.storage
        storage.opened.clear()
        try:
            return SegmentReader(storage, schema, segment)
        except Exception:
            storage.close_opened()
            raise

    def _readers(self) -> Iterator[Any]:
        toc = self._ix._read_toc()
        for segment in toc.segments:
            reader = self._reader(toc.schema, segment)
            try:
                yield reader
            finally:
                reader.close()

    def _held(self, ids: set[int]) -> dict[int, int]:
        """Those of some ids that the index holds, with the sums of their content."""
        found: dict[int, int] = {}
        for reader in self._readers() if ids else ():
            at = {one: place for one in ids for place in places(reader, one)}
            if at:
                digests = numbers_of(reader, "digest", "q", 0)
                found.update((one, int(digests[place])) for one, place in at.items())
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
                reader = self._reader(toc.schema, segment)
                try:
                    export_segment(reader, path)
                finally:
                    reader.close()
            listed.append(ExportedSegment(name, tuple(sorted(int(one) for one in segment.deleted_docs() or ()))))
        return listed

    def _write(self, change: Callable[[Any], None], policy: Callable[[Any, list[Any]], list[Any]]) -> None:
        before = set(self._whoosh.iterdir())
        writer = self._ix.writer(compound=False, codec=W3Codec(blocklimit=_BLOCK))
        pool = writer.pool = TermPool()

        def write_postings(schema: Any, perdoc: Any, _nothing: Any) -> None:
            pool.write_to(writer.fieldwriter, schema, {"text": lengths_of(perdoc, writer.docnum)})

        writer.fieldwriter.add_postings = write_postings
        try:
            change(writer)
            writer.commit(mergetype=policy)
            sync(set(self._whoosh.iterdir()) - before, self._whoosh)
        except BaseException:
            if not writer.is_closed:
                writer.cancel()
            raise

    def _replace(self, writer: Any, fresh: dict[int, Document], gone: set[int]) -> None:
        self._delete(writer, gone)
        self._add(writer, fresh.values())

    @staticmethod
    def _add(writer: Any, documents: Iterable[Document]) -> None:
        seen: set[int] = set()
        for document in documents:
            if document.id not in seen:
                seen.add(document.id)
                add_columns(writer.schema, document)
                writer.add_document(**fields_of(document))

    def _delete(self, writer: Any, gone: set[int]) -> None:
        if not gone or not writer.segments:
            return
        reader = writer.reader()
        try:
            for leaf, offset in reader.leaf_readers():
                for one in gone:
                    for place in places(leaf, one):
                        writer.delete_document(offset + place)
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

    def _merge(self, writer: Any, segments: list[Any], chosen: list[int]) -> list[Any]:
        picked = set(chosen)
        for at in sorted(picked):
            reader = self._reader(writer.schema, segments[at])
            if reader.doc_count():
                _add_reader(writer, reader)
            reader.close()
        return [segment for at, segment in enumerate(segments) if at not in picked]


def _add_reader(writer: Any, reader: Any) -> None:
    """What whoosh's `add_reader` does, with a term's postings at a time."""
    start = writer.docnum
    writer.write_per_doc(writer.schema.names(), reader)
    place = np.full(reader.doc_count_all(), -1, np.int64)
    kept = np.ones(len(place), bool)
    kept[list(reader._perdoc.deleted_docs() or ())] = False
    place[kept] = start + np.arange(int(kept.sum()))
    for (field, text), info in reader:
        documents, weights = postings_of(reader, field, bytes(text), info)
        stays = kept[documents]
        if stays.any():
            writer.pool.extend(field, bytes(text), place[documents[stays]], weights[stays])
    writer._added = True
