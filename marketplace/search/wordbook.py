"""The word lists in force: the files as seed, what the operator changed over it. Every process sees a change within a second."""

import hashlib
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from flask import current_app
from sqlalchemy import func, select

from marketplace.core.db import db
from marketplace.core.i18n import lazy
from marketplace.search.models import SearchWord
from marketplace.search.wordlists import Notice, Seed, WordLists, lists_of, read_seed

LISTS = Path(__file__).resolve().parent.parent.parent / "search_index"
LOOK_EVERY = 0.5
KINDS: dict[str, Any] = {
    "synonym": lazy("同义词组"), "topic": lazy("词语对应类目"), "stop": lazy("停用词"), "forbidden": lazy("合规词"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the lists as it stands: a group of synonyms, words of a category, a stop phrase, or a notice with its phrases."""

    kind: str
    key: str
    words: tuple[str, ...]
    target: str = ""
    name_zh: str = ""
    name_en: str = ""
    is_blocking: bool = False
    is_retired: bool = False
    number: int = 0
    note: str = ""
    changed_at: Any = None

    @property
    def is_seed(self) -> bool:
        """Whether nobody has changed what the file says."""
        return self.number == 0


@cache
def seed() -> Seed:
    """The files, read once."""
    return read_seed(LISTS)


@cache
def seed_entries() -> dict[tuple[str, str], Entry]:
    """The files as entries. The topics of the files stand outside: each of their words is an entry only once it is changed."""
    told = seed()
    found = [Entry("synonym", words[0], words) for words in told.synonyms if words]
    found += [Entry("stop", phrase, (phrase,)) for phrase in told.stop_phrases]
    found += [
        Entry("forbidden", notice.code, phrases, "", notice.name_zh, notice.name_en, notice.is_blocking)
        for notice, phrases in told.forbidden
    ]
    return {(one.kind, one.key): one for one in found}


def newest_rows() -> list[SearchWord]:
    """The newest state of every entry that was ever changed."""
    newest = select(func.max(SearchWord.id)).group_by(SearchWord.kind, SearchWord.key)
    return list(db.session.scalars(select(SearchWord).where(SearchWord.id.in_(newest)).order_by(SearchWord.id)))


def entry_of(row: SearchWord) -> Entry:
    """A changed entry."""
    return Entry(
        row.kind, row.key, tuple(row.words.split(";")), row.target, row.name_zh, row.name_en, row.is_blocking, row.is_retired,
        row.number, row.note, row.created_at,
    )  # fmt: skip


def entries() -> dict[tuple[str, str], Entry]:
    """All entries by kind and key as they stand, retired ones included."""
    return seed_entries() | {(row.kind, row.key): entry_of(row) for row in newest_rows()}


def lists_with(changed: Iterable[Entry]) -> WordLists:
    """The lists that the files and these changed entries make together."""
    told = seed()
    over = {(one.kind, one.key): one for one in changed}
    if not over:
        return lists_of(told)
    alive = [one for one in (seed_entries() | over).values() if not one.is_retired]
    topics: dict[str, tuple[str, ...]] = dict(told.topics)
    for one in (entry for entry in over.values() if entry.kind == "topic"):
        for word in one.words:
            if one.is_retired:
                topics.pop(word, None)
                if word in told.topics:
                    topics[word] = told.topics[word]
            else:
                topics[word] = (one.target,)
    return lists_of(
        replace(
            told,
            synonyms=tuple(one.words for one in alive if one.kind == "synonym"),
            stop_phrases=tuple(word for one in alive if one.kind == "stop" for word in one.words),
            forbidden=tuple((_notice(one), one.words) for one in alive if one.kind == "forbidden"),
            topics=topics,
        )
    )


def _notice(one: Entry) -> Notice:
    return Notice(one.key, one.is_blocking, one.name_zh, one.name_en or one.name_zh)


def key_for(kind: str, words: tuple[str, ...]) -> str:
    """The key of a new entry: its first word; for a compliance notice, whose phrases may be long, a mark of it."""
    if kind == "forbidden":
        return f"own_{hashlib.sha256(words[0].encode()).hexdigest()[:12]}"
    return words[0][:100]


class Wordbook:
    """The lists in force as one process knows them; a look at how many rows there are, at most twice a second, tells of changes elsewhere."""

    def __init__(self) -> None:
        self._version: int | None = None
        self._lists = lists_of(seed())
        self._looked = 0.0
        self._lock = threading.Lock()

    @property
    def version(self) -> int:
        """How many changes are known here; rows are only ever added."""
        return self._version or 0

    def expire(self) -> None:
        """Look again at the next question (something was just changed here)."""
        self._looked, self._version = 0.0, None

    def lists(self) -> WordLists:
        """The lists in force; the same object until something changes."""
        if time.monotonic() - self._looked < LOOK_EVERY and self._looked:
            return self._lists
        with self._lock:
            if not self._looked or time.monotonic() - self._looked >= LOOK_EVERY:
                # Their number, not the newest id: of two rows written at once PostgreSQL may show the higher one first.
                known = db.session.scalar(select(func.count()).select_from(SearchWord)) or 0
                if known != self._version:
                    self._lists = lists_with(map(entry_of, newest_rows())) if known else lists_of(seed())
                    self._version = known
                self._looked = time.monotonic()
            return self._lists


def current() -> Wordbook:
    """The wordbook of the running application."""
    book = current_app.extensions.get("wordbook")
    if not isinstance(book, Wordbook):
        book = current_app.extensions["wordbook"] = Wordbook()
    return book


def describe(entry: Entry) -> Mapping[str, Any]:
    """What the trail keeps of an entry: codes and counts, no texts."""
    return {"kind": entry.kind, "words": len(entry.words), "retired": entry.is_retired}
