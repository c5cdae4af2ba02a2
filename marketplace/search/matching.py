"""Which documents a query's text means, before any filter: strictly all its words, else around the needs meant, else in part."""

from collections.abc import Callable, Sequence

import numpy as np

from marketplace.search.hits import Hits
from marketplace.search.snapshot import Snapshot, View
from marketplace.search.understanding import Understanding
from marketplace.search.wordlists import TOPIC_FACET

SOFT_SHARES = (0.5, 0.3, 0.0)
"""Shares of the words that a document must have when none has all, tried one after another; the last one means any word."""


class Matched:
    """The text hits of one query in every segment, before any filter: strictly, else around the needs meant, else in part."""

    def __init__(self, snapshot: Snapshot, read: Understanding) -> None:
        self.views = snapshot.views
        self.topics = frozenset(read.topics)
        self.hits: list[list[Hits]] = []
        self.texts: list[np.ndarray] = []
        stage = 0
        for at, make in enumerate(self._stages(snapshot, read)):
            stage = at
            self.hits = [make(view) for view in self.views]
            self.texts = [together(view, hits) for view, hits in zip(self.views, self.hits, strict=True)]
            if not read.groups or self.has_topic(self.texts):
                break
        self.is_relaxed = stage > 0 and any(bool(text.any()) for text in self.texts)

    @staticmethod
    def _stages(snapshot: Snapshot, read: Understanding) -> list[Callable[[View], list[Hits]]]:
        groups, lifting = read.groups, read.lifting
        needs = [group for group in groups if any(one.facet for one in group)]
        parts = (*groups, *lifting)
        aside = [group for group in (*groups, *lifting) if group not in needs]

        def strict(view: View) -> list[Hits]:
            return [*snapshot.match(view, groups), *([snapshot.lift(view, lifting)] if lifting else [])]

        def needed(view: View) -> list[Hits]:
            return [*snapshot.match(view, needs), snapshot.lift(view, aside)]

        def soft(share: float) -> Callable[[View], list[Hits]]:
            return lambda view: [
                snapshot.soft_match(view, groups if share else parts, share),
                *([snapshot.lift(view, lifting)] if lifting and share else []),
            ]

        return [strict, *([needed] if 0 < len(needs) < len(groups) else []), *(soft(share) for share in SOFT_SHARES)]

    def has_topic(self, found: Sequence[np.ndarray]) -> bool:
        """Whether there are hits, and one in a category meant where there is any such document."""
        if not any(bool(one.any()) for one in found):
            return False
        if not self.topics:
            return True
        meant = [view.zone.having(TOPIC_FACET, self.topics) & view.live for view in self.views]
        return any(bool((one & mask).any()) for one, mask in zip(found, meant, strict=True)) or not any(
            bool(mask.any()) for mask in meant
        )


def together(view: View, hits: Sequence[Hits]) -> np.ndarray:
    text = view.live
    for one in hits:
        text = text & one.bits
    return text
