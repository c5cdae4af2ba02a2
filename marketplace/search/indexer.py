"""Keeping one index folder in step with the database: tail the change log, publish generations, heal, rebuild beside the old index.

Safe against kill -9 anywhere: whoosh commit → segment files → pointer file → cursor, each step atomic, and doing a batch again changes
nothing. The folder lock is taken per pass, so a rebuild from a shell and the running loop take turns.
"""

import logging
import secrets
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from flask import Flask, current_app

from marketplace.core import clock
from marketplace.core.i18n import _
from marketplace.search import changes, engine, sources
from marketplace.search.cursor import BadCursor, Cursor, read_cursor, write_cursor
from marketplace.search.documents import Document, Removed
from marketplace.search.index import BadDocument, Index, IndexUnusable
from marketplace.search.locks import FolderBusy, FolderLock
from marketplace.search.manifest import Manifest, Signature, read_manifest, signature, write_manifest
from marketplace.search.readings import file_name, write_readings
from marketplace.search.segment import CorruptSegment, read_segment
from marketplace.search.understanding import WordLists

log = logging.getLogger(__name__)

Progress = Callable[[int, int], None]

_BATCH = 500
_CHUNK = 500
_PATIENCE = 600.0
_GRACE = 60.0
_TOO_OLD = changes.KEPT - timedelta(days=1)
_CHECK_SECONDS = 3600.0
_QUIET = ((0.4, 1_000), (60.0, 1_000_000_000))


@dataclass(frozen=True)
class Difference:
    """A document in which index and database differ: it is missing from the index, should not be in it, or says something else."""

    id: int
    is_missing: bool
    is_changed: bool = False

    def __str__(self) -> str:
        if self.is_changed:
            return _("编号 %(id)s：索引内容与数据库不一致", id=self.id)
        if self.is_missing:
            return _("编号 %(id)s：索引中缺少", id=self.id)
        return _("编号 %(id)s：索引中多余", id=self.id)


class _Stale(Exception):
    """The folder cannot be brought up to date by tailing; it must be rebuilt."""


class Indexer:
    """The writer of one index folder."""

    def __init__(self, root: Path, lists: WordLists) -> None:
        self.root = root
        self.lists = lists
        self._verified: Signature | None = None
        self._sound: set[Path] = set()

    def renew_words(self, lists: WordLists) -> None:
        """Take over changed word lists: the next pass publishes their readings."""
        if lists is not self.lists:
            self.lists, self._verified = lists, None

    def catch_up(self, timeout: float = _PATIENCE) -> int:
        """Read the change log to its end and publish; rebuilds when the index is lost, damaged, foreign or too old.

        Returns the number of changes read. Raises FolderBusy when another process holds the folder for longer than `timeout` seconds.
        """
        with FolderLock(self.root, timeout):
            try:
                return self._tail()
            except (_Stale, BadCursor, IndexUnusable, CorruptSegment) as why:
                log.warning("the search index is rebuilt: %s", why)
                self._rebuild(None)
                return 0

    def rebuild(self, progress: Progress | None = None) -> int:
        """Build a new index beside the present one, which stays in use and in step, then switch. Returns its number of documents."""
        with FolderLock(self.root, _PATIENCE):
            return self._rebuild(progress)

    def compact(self, budget: int) -> bool:
        """Merge one class of small segments, at most `budget` documents; says whether there was one."""
        with FolderLock(self.root, _PATIENCE):
            manifest = self._manifest()
            if manifest is None:
                return False
            index = Index(self.root / manifest.build)
            if not index.compact(budget):
                return False
            self._publish(index, manifest.build)
            return True

    def check(self, repair: bool = False, thorough: bool = True) -> list[Difference]:
        """Catch up, then compare what should be found with what is; `repair` indexes again what differs.

        Thorough asks the sources for every document (and so sees one that has become invisible or says something else without a
        touch); otherwise only the ids are compared, which is quick enough for every start.
        """
        self.catch_up()
        with FolderLock(self.root, _PATIENCE):
            manifest = self._manifest()
            if manifest is None:
                raise IndexUnusable("no index after catching up")
            index = Index(self.root / manifest.build)
            present = index.digests()
            wanted, wrong = _compare(present, thorough)
            surplus = sorted(present.keys() - wanted)
            if repair and (wrong or surplus):
                index.apply(wrong.values(), surplus)
                self._publish(index, manifest.build)
        found = [Difference(one, True, one in present) for one in sorted(wrong, key=lambda one: (one in present, one))]
        return found + [Difference(one, False) for one in surplus]

    def _manifest(self) -> Manifest | None:
        return read_manifest(self.root)

    def _tail(self) -> int:
        manifest = self._manifest()
        if manifest is None:
            raise _Stale("there is none")
        folder = self.root / manifest.build
        done = self._follow(folder)
        if not self._is_whole(folder):
            self._publish(Index(folder), manifest.build)
        return done

    def _is_whole(self, folder: Path) -> bool:
        """Whether what is published is complete and whoosh's newest; looked at once per generation, and each file read once to the end.
        Damaged files are deleted."""
        seen = signature(self.root)
        if seen == self._verified:
            return True
        manifest = self._manifest()
        if manifest is None:
            return False
        whole = manifest.words == file_name(self.lists.words) and _committed(folder, manifest.generation)
        whole = whole and (folder / manifest.words).exists()
        for file, _gone in manifest.segments:
            try:
                read_segment(folder / file, thorough=folder / file not in self._sound)
                self._sound.add(folder / file)
            except (OSError, CorruptSegment) as broken:
                log.warning("a segment file is written anew: %r", broken)
                (folder / file).unlink(missing_ok=True)
                self._sound.discard(folder / file)
                whole = False
        self._sound &= {folder / file for file, _gone in manifest.segments}
        if whole:
            self._verified = seen
        return whole

    def _follow(self, folder: Path, publish: bool = True) -> int:
        """Apply all changes after the folder's cursor; the cursor advances after each published batch."""
        done = 0
        cursor = read_cursor(folder)
        if clock.now() - datetime.fromisoformat(cursor.seen) > _TOO_OLD:
            raise _Stale("it was away for longer than the change log is kept")
        while True:
            rows = changes.list_changes(cursor.id, _BATCH + 1)
            if cursor.id:
                if not rows or rows[0].id != cursor.id or rows[0].at != cursor.at:
                    raise _Stale("its place in the change log is gone; the database is another one")
                rows = rows[1:]
            if not rows:
                break
            documents, removed = _answers(rows)
            self._apply(folder, documents, removed, publish)
            cursor = Cursor(rows[-1].id, rows[-1].at, clock.now().isoformat())
            write_cursor(folder, cursor)
            done += len(rows)
        if clock.now() - datetime.fromisoformat(cursor.seen) > timedelta(hours=1):
            write_cursor(folder, cursor._replace(seen=clock.now().isoformat()))
        return done

    def _apply(self, folder: Path, documents: list[Document], removed: list[int], publish: bool) -> None:
        try:
            index = Index(folder)
            if index.apply(documents, removed) and publish:
                self._publish(index, folder.name)
        except (BadDocument, IndexUnusable):
            raise
        except Exception as broken:
            raise _Stale(f"it cannot be written: {broken!r}") from broken

    def _publish(self, index: Index, build: str) -> None:
        words = file_name(self.lists.words)
        if not (index.folder / words).exists():
            write_readings(index.folder / words, self.lists.words)
        generation = index.generation
        segments = tuple((one.file, one.deleted) for one in index.export())
        write_manifest(self.root, Manifest(build, generation, segments, words))
        self._sweep(index.folder, {file for file, _ in segments} | {words})

    def _sweep(self, folder: Path, used: set[str]) -> None:
        """Delete files no generation needs any more, after a minute of grace for readers that just looked at the old pointer."""
        for pattern in ("*.seg", "*.part", "readings-*.json"):
            for path in folder.glob(pattern):
                if path.name not in used and path.stat().st_mtime < time.time() - _GRACE:
                    path.unlink(missing_ok=True)

    def _rebuild(self, progress: Progress | None) -> int:
        try:
            before = self._manifest()
        except CorruptSegment:
            before = None
        folder = self.root / f"build-{clock.now():%Y%m%d%H%M%S}-{secrets.token_hex(3)}"
        for orphan in self.root.glob("build-*"):
            if before is None or orphan.name != before.build:
                shutil.rmtree(orphan)
        latest = changes.find_latest()
        cursor = Cursor(latest.id if latest else 0, latest.at if latest else "", clock.now().isoformat())
        index = Index.create(folder)
        index.add_new(self._everything(progress, self.root / before.build if before else None))
        write_cursor(folder, cursor)
        self._follow(folder, publish=False)
        index = Index(folder)
        index.merge_all()
        self._publish(index, folder.name)
        if before is not None:
            shutil.rmtree(self.root / before.build, ignore_errors=True)
        return len(index.digests())

    def _everything(self, progress: Progress | None, serving: Path | None) -> Iterator[Document]:
        """All documents, chunk by chunk; between chunks the index in use is kept in step."""
        plan = [(source, list(dict.fromkeys(source.all_ids()))) for source in sources.registered().values()]
        total = sum(len(ids) for _, ids in plan)
        done = 0
        for source, ids in plan:
            for start in range(0, len(ids), _CHUNK):
                yield from _built(source, ids[start : start + _CHUNK])
                done += len(ids[start : start + _CHUNK])
                if progress is not None:
                    progress(done, total)
                if serving is not None:
                    serving = self._keep_in_step(serving)

    def _keep_in_step(self, serving: Path) -> Path | None:
        try:
            self._follow(serving)
        except (_Stale, BadCursor, IndexUnusable, CorruptSegment) as why:
            log.warning("the old search index stays as it is during the rebuild: %s", why)
            return None
        return serving


def _compare(present: dict[int, int], thorough: bool) -> tuple[set[int], dict[int, Document]]:
    """The ids that should be found, and the documents that are missing or not what the index holds."""
    wanted: set[int] = set()
    wrong: dict[int, Document] = {}
    for source in sources.registered().values():
        ids = list(source.all_ids())
        wanted.update(() if thorough else ids)
        asked = ids if thorough else [one for one in ids if one not in present]
        for start in range(0, len(asked), _CHUNK):
            built = _built(source, asked[start : start + _CHUNK])
            wanted.update(document.id for document in built)
            wrong.update((document.id, document) for document in built if present.get(document.id) != document.digest)
    return wanted, wrong


def _committed(folder: Path, generation: int) -> bool:
    """Whether the published generation is whoosh's newest (a kill between commit and publishing leaves it behind)."""
    return (folder / "whoosh" / f"_MAIN_{generation}.toc").exists()


def _built(source: sources.Source, ids: list[int]) -> list[Document]:
    return [one for one in source.build(ids) if isinstance(one, Document)] if ids else []


def _answers(rows: list[changes.Change]) -> tuple[list[Document], list[int]]:
    """What the sources say about the touched things now; a kind nobody registered is passed over with a warning."""
    touched: dict[str, dict[int, None]] = {}
    for row in rows:
        touched.setdefault(row.kind, {})[row.ref_id] = None
    answers: dict[int, Document | Removed] = {}
    for kind, ids in touched.items():
        source = sources.get(kind)
        if source is None:
            log.warning("changes of kind %r have no source", kind)
            continue
        answers.update((one.id, one) for one in source.build(list(ids)))
    documents = [one for one in answers.values() if isinstance(one, Document)]
    return documents, [one.id for one in answers.values() if isinstance(one, Removed)]


def current() -> Indexer:
    """The indexer of the running application's index folder."""
    reading = engine.current()
    return Indexer(reading.root, reading.lists)


def is_built() -> bool:
    """Whether the running application has an index that can be read."""
    return engine.current().is_ready()


def catch_up() -> int:
    """One pass over the change log for the running application."""
    return current().catch_up()


def rebuild(progress: Progress | None = None) -> int:
    """Rebuild the running application's index; `progress(done, total)` is called after every chunk."""
    return current().rebuild(progress)


def check(repair: bool = False) -> list[Difference]:
    """Compare the running application's index with its database."""
    return current().check(repair)


def _mend(indexer: Indexer) -> None:
    """Compare the ids with the database and repair: what became visible or invisible without a touch (the calendar, a changed setting)."""
    for one in indexer.check(repair=True, thorough=False):
        log.warning(
            "the search index was mended: document %s was %s", one.id, "missing" if one.is_missing else "surplus"
        )


def run_loop(stop: threading.Event, poll: float = 0.05) -> None:
    """Tail the change log until `stop` is set: every `poll` seconds a pass, merging when it is quiet, at the start and every hour a
    comparison with the database. One failing pass is logged and retried."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    indexer = current()
    quiet_since = time.monotonic()
    merged = 0
    check_at = 0.0
    while not stop.is_set():
        try:
            with app.app_context():
                indexer.renew_words(engine.current().lists)
                if time.monotonic() >= check_at:
                    _mend(indexer)
                    check_at = time.monotonic() + _CHECK_SECONDS
                if indexer.catch_up(timeout=0.0):
                    quiet_since, merged = time.monotonic(), 0
                elif merged < len(_QUIET) and time.monotonic() - quiet_since > _QUIET[merged][0]:
                    merged += 0 if indexer.compact(_QUIET[merged][1]) else 1
        except FolderBusy:
            log.debug("another process is writing the index folder")
        except Exception:
            log.exception("an indexing pass failed and will be repeated")
            stop.wait(2.0)
        stop.wait(poll)
