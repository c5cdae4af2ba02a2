"""Who turns ids into documents: domains above register here, so that the indexer knows none of them."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from marketplace.search.documents import Document, Removed


class Source(NamedTuple):
    """How things of one kind become documents."""

    build: Callable[[list[int]], Iterable[Document | Removed]]
    all_ids: Callable[[], Iterable[int]]


_sources: dict[str, Source] = {}


def _none() -> Iterable[int]:
    return ()


def register(
    kind: str,
    build: Callable[[list[int]], Iterable[Document | Removed]],
    all_ids: Callable[[], Iterable[int]] = _none,
) -> None:
    """Register a kind of the change log.

    `build` answers touched ids with the documents as they are now, or `Removed`; it may answer with documents of other ids (a firm: its
    listings). `all_ids` lists the ids of all documents for a rebuild; leave it out for a kind that only passes changes on. Document ids
    share one number space.
    """
    _sources[kind] = Source(build, all_ids)


def get(kind: str) -> Source | None:
    """The source of a kind."""
    return _sources.get(kind)


def registered() -> dict[str, Source]:
    """All sources by kind."""
    return dict(_sources)


def forget(kind: str) -> None:
    """Take a source out again (tests)."""
    _sources.pop(kind, None)
