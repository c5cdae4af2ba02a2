"""Entries of the word lists and counted queries for tests."""

from typing import Any

from marketplace.accounts.queries import actor_of
from marketplace.core.db import transaction
from marketplace.search import services, wordbook
from marketplace.search.querylog import add_counts
from marketplace.search.wordbook import Entry
from tests.factories.accounts import make_staff


def save_words(kind: str = "synonym", words: tuple[str, ...] = ("猎头", "寻才"), **more: Any) -> Entry:
    """An entry that an operator has just saved."""
    entry = Entry(kind, wordbook.key_for(kind, words), words, **more)
    operator = actor_of(make_staff("operator"))
    present = wordbook.entries().get((kind, entry.key))
    with transaction():
        return services.save_search_words(actor=operator, entry=entry, known_number=present.number if present else 0)


def count_searches(**counts: int) -> None:
    """Texts with how often each was searched today without result."""
    with transaction():
        add_counts({text: [number, number, 0, 0, 0] for text, number in counts.items()})
