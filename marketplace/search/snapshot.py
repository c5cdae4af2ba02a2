"""One published generation, opened for reading: NumPy over mapped segment files, shared freely by threads.

A snapshot never changes (its caches hold derived values only). Hits are bitsets, so a facet count is AND and popcount; scores are BM25
with whoosh's rounding of lengths. Its statistics are those of the documents that can be found, so that machines whose segments were
merged differently agree, and are rounded, so that an edit does not change every score (docs/decisions/0006).
"""

import time
from collections.abc import Sequence
from math import log
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from marketplace.search import bits
from marketplace.search.cache import HitCache, HitKey
from marketplace.search.hits import Hits
from marketplace.search.manifest import Manifest
from marketplace.search.suggest import Offer, compact, merge_offers
from marketplace.search.tokens import is_prefix
from marketplace.search.zone import LARGE, Bands, Segment, Zone, cut_into_zones

__all__ = ["Bands", "Group", "Snapshot", "View", "Wording"]

B, K1 = 0.75, 1.2
_WARMING = 0.08
_MEMO = 50_000
_SOFT, _LIFT = "soft", "lift"
_NOTHING = np.zeros(0, np.int32)


class Wording(NamedTuple):
    """One way to say something: all its tokens must occur. `weight` scales its score (a synonym counts less).

    With `facet` (name, value) it is said without words: documents with this value of the facet match, and `weight` comes on top of
    what their text scores.
    """

    tokens: tuple[str, ...]
    weight: float = 1.0
    facet: tuple[str, str] | None = None


Group = tuple[Wording, ...]
"""Wordings of one need: any of them is a hit, the best one scores."""

Listed = tuple[np.ndarray, np.ndarray]


class View:
    """A zone as one generation sees it: with the documents that are gone by then."""

    def __init__(self, zone: Zone, gone: np.ndarray, before: "View | None" = None) -> None:
        """`gone` ascending; `before` is the same zone as an earlier generation saw it."""
        self.zone = zone
        self.count = zone.count
        self.gone = gone
        self._gone_with: dict[str, int] = {}
        self._earlier: dict[str, int] = {}
        self._since = gone
        if before is not None and len(before.gone):
            self._earlier, self._since = before._gone_with, np.setdiff1d(gone, before.gone, assume_unique=True)
        self.live: np.ndarray
        self.live_mask: np.ndarray | None = None
        self.length: int = zone.length - int(zone.lengths[gone].sum(dtype=np.int64))
        if before is not None and len(before.gone) == len(gone):
            self.live_mask, self.live = before.live_mask, before.live
            return
        mask = np.ones(zone.count, bool)
        mask[gone] = False
        self.live = bits.pack(mask)
        if len(gone):
            self.live_mask = mask

    def frequency(self, token: str) -> int:
        """How many documents that are not gone have this token."""
        documents = self.zone.documents_of(token)
        if documents is None:
            return 0
        if not len(self.gone):
            return len(documents)
        lost = self._gone_with.get(token)
        if lost is None:
            earlier = self._earlier.get(token)
            lost = _common(self.gone, documents) if earlier is None else earlier + _common(self._since, documents)
            self._gone_with[token] = lost
        return len(documents) - lost


def _common(few: np.ndarray, many: np.ndarray) -> int:
    """How many members two ascending arrays share."""
    if not len(few) or not len(many):
        return 0
    place = np.minimum(np.searchsorted(many, few.astype(many.dtype, copy=False)), len(many) - 1)
    return int(np.count_nonzero(many[place] == few))


class Snapshot:
    """A whole generation. Open it through `Snapshot(folder, manifest, before)`: segments and results of the one before are taken over."""

    def __init__(self, root: Path, manifest: Manifest, before: "Snapshot | None" = None) -> None:
        self.manifest: Manifest = manifest
        if before is not None and before.manifest.build != manifest.build:
            before = None
        self._segments = _open_segments(root / manifest.build, manifest, before)
        self.views: list[View] = self._make_views(before)
        self._live = sum(view.count - len(view.gone) for view in self.views)
        average = sum(view.length for view in self.views) / (self._live or 1) or 1
        self._average = float(f"{average:.4g}")
        self._slope, self._floor = np.float32(K1 * B / self._average), np.float32(K1 * (1 - B))
        self._rarities: dict[str, float] = {}
        self._statistics: dict[tuple[Group, ...], tuple[float, ...]] = {}
        self._occurring: dict[tuple[str, ...], bool] = {}
        self._cache: HitCache = before._cache if before is not None else HitCache()
        if before is not None:
            self._warm(before)

    def _make_views(self, before: "Snapshot | None") -> list[View]:
        files = [file for file, _ in self.manifest.segments]
        segments = [self._segments[file] for file in files]
        known = {view.zone.key: view for view in before.views} if before is not None else {}
        views = []
        for key, places in cut_into_zones(files, segments):
            same = known.get(key)
            zone = same.zone if same is not None else Zone(key, [segments[at] for at in places])
            gone = [np.asarray(self.manifest.segments[at][1], np.int32) + zone.starts[n] for n, at in enumerate(places)]
            views.append(View(zone, np.concatenate([_NOTHING, *gone]).astype(np.int32), same))
        return views

    def _warm(self, before: "Snapshot") -> None:
        """Make for a large zone that is new (after a merge) what the zones it replaces had at hand, the newest first, for a moment only:
        this runs in the request that met the new generation, before the swap, while other threads still use the one before."""
        old, new = {view.zone.key for view in before.views}, {view.zone.key for view in self.views}
        fresh = [view for view in self.views if view.zone.key not in old and view.count >= LARGE]
        until = time.monotonic() + _WARMING
        if fresh:
            asked = dict.fromkeys(facet for view in before.views for facet in view.zone.used())
            needs = dict.fromkeys(key.need for key in self._cache.latest_first() if key.need[0] not in (_SOFT, _LIFT))
            for view in fresh:
                for facet in asked:
                    view.zone.facet(facet).counts(bits.Chosen(view.live))
                for need in needs:
                    if time.monotonic() > until:
                        break
                    self._group(view, need)
        self._cache.forget_zones_but(old | new)

    def __len__(self) -> int:
        return self._live

    def frequency(self, token: str) -> int:
        """In how many documents that can be found a token occurs."""
        return sum(view.frequency(token) for view in self.views)

    def occurs(self, wording_tokens: Sequence[str]) -> bool:
        """Whether some live document has all these tokens."""
        wanted = tuple(wording_tokens)
        found = self._occurring.get(wanted)
        if found is None:
            found = any(self._has_live(view, wanted) for view in self.views)
            _remember(self._occurring, wanted, found)
        return found

    def _has_live(self, view: View, wanted: tuple[str, ...]) -> bool:
        lists = [view.zone.documents_of(token) for token in wanted]
        if any(one is None for one in lists):
            return False
        known = sorted((one for one in lists if one is not None), key=len) or [np.arange(view.count, dtype=np.int32)]
        for start, end in ((0, 256), (256, len(known[0]))):
            documents = _shared([known[0][start:end], *known[1:]])
            if len(documents) and (view.live_mask is None or view.live_mask[documents].any()):
                return True
        return False

    def suggest(self, typed: str, limit: int = 10) -> list[Offer]:
        """Suggestions for what was typed so far: Chinese text, full pinyin or initials."""
        wanted = compact(typed)
        if not wanted:
            return []
        found = []
        for view in self.views:
            for start, one in zip(view.zone.starts, view.zone.segments, strict=False):
                live = None if view.live_mask is None else view.live_mask[start : start + one.count]
                found += one.offers.find(wanted, live, limit)
        return merge_offers(found, limit)

    def match(self, view: View, groups: Sequence[Group]) -> list[Hits]:
        """Hits of each group in one zone, gone documents included."""
        return [self._group(view, group) for group in groups]

    def soft_match(self, view: View, groups: Sequence[Group], share: float) -> Hits:
        """Documents that have at least this share of the first wordings' tokens; a complete synonym counts for all of its group's."""
        needs = tuple(groups)
        key = HitKey(view.zone.key, (_SOFT, needs, share), self._statistics_of(needs))
        return self._cache.get(key, lambda: self._soft(view, needs, share))

    def _soft(self, view: View, groups: tuple[Group, ...], share: float) -> Hits:
        needed = list(dict.fromkeys(token for group in groups for token in group[0].tokens))
        seen = np.zeros(view.zone.words * 64, np.int32)
        scores = np.zeros(view.zone.words * 64, np.float32)
        for token in needed:
            documents, found = self._all_of(view, Wording((token,)))
            seen[documents] += 1
            scores[documents] += found
        for group in groups:
            if len(group) > 1:
                hits = self._group(view, group)
                documents = hits.listed(view.count)
                seen[documents] = np.minimum(seen[documents] + len(group[0].tokens), len(needed))
                scores[documents] += hits.at(documents)
        enough = seen >= max(1, -(-len(needed) * share // 1))
        scores[~enough] = 0
        return Hits.of_dense(bits.pack(enough), scores)

    def lift(self, view: View, groups: Sequence[Group]) -> Hits:
        """All documents, each with the scores of those of these groups that it has: for words that help and are not required."""
        needs = tuple(groups)
        key = HitKey(view.zone.key, (_LIFT, needs), self._statistics_of(needs))
        return self._cache.get(key, lambda: self._lift(view, needs))

    def _lift(self, view: View, groups: tuple[Group, ...]) -> Hits:
        scores = np.zeros(view.zone.words * 64, np.float32)
        for group in groups:
            hits = self._group(view, group)
            documents = hits.listed(view.count)
            scores[documents] += hits.at(documents)
        return Hits.of_dense(bits.full(view.count), scores)

    def _statistics_of(self, groups: tuple[Group, ...]) -> tuple[float, ...]:
        found = self._statistics.get(groups)
        if found is None:
            words = dict.fromkeys(token for group in groups for wording in group for token in wording.tokens)
            found = (self._average, *(self._rarity(token) for token in words))
            _remember(self._statistics, groups, found)
        return found

    def _rarity(self, token: str) -> float:
        """What a token weighs: whoosh's logarithm, to three digits."""
        found = self._rarities.get(token)
        if found is None:
            found = 1.0 if is_prefix(token) else round(log((self._live or 1) / (self.frequency(token) + 1)) + 1, 3)
            _remember(self._rarities, token, found)
        return found

    def _group(self, view: View, group: Group) -> Hits:
        key = HitKey(view.zone.key, group, self._statistics_of((group,)))
        return self._cache.get(key, lambda: self._best_of(view, group))

    def _best_of(self, view: View, group: Group) -> Hits:
        if len(group) == 1:
            return Hits.of(*self._all_of(view, group[0]), view.count)
        scores = np.zeros(view.zone.words * 64, np.float32)
        lifts = np.zeros(view.zone.words * 64, np.float32)
        together = np.zeros(view.zone.words * 64, bool)
        for wording in group:
            documents, found = self._all_of(view, wording)
            target = lifts if wording.facet else scores
            target[documents] = np.maximum(target[documents], found)
            together[documents] = True
        return Hits.of_dense(bits.pack(together), scores + lifts)

    def _all_of(self, view: View, wording: Wording) -> Listed:
        """Documents that have all tokens of a wording, or its facet's value, gone ones included, with their scores."""
        zone = view.zone
        if wording.facet:
            name, value = wording.facet
            having = zone.having(name, (value,))
            listed = bits.members(having, zone.count).astype(np.int32)
            return listed, np.full(len(listed), wording.weight, np.float32)
        if not wording.tokens:
            return np.arange(zone.count, dtype=np.int32), np.zeros(zone.count, np.float32)
        lists: dict[str, np.ndarray] = {}
        for token in wording.tokens:
            documents = zone.documents_of(token)
            if documents is None:
                return _NOTHING, np.zeros(0, np.float32)
            lists[token] = documents
        shared = _shared(sorted(lists.values(), key=len))
        spread = self._floor + self._slope * zone.lengths[shared]
        scores = np.zeros(len(shared), np.float32)
        for token, documents in lists.items():
            scores += np.float32(1) if is_prefix(token) else self._weigh(zone, token, documents, shared, spread)
        return shared, scores if wording.weight == 1 else scores * np.float32(wording.weight)

    def _weigh(
        self, zone: Zone, token: str, documents: np.ndarray, shared: np.ndarray, spread: np.ndarray
    ) -> np.ndarray:
        postings = zone.postings(token)
        assert postings is not None
        weights = postings[1]
        if len(documents) != len(shared):
            weights = weights[np.searchsorted(documents, shared)]
        tf = weights.astype(np.float32)
        found: np.ndarray = np.float32(self._rarity(token) * (K1 + 1)) * tf / (tf + spread)
        return found


def _open_segments(folder: Path, manifest: Manifest, before: Snapshot | None) -> dict[str, Segment]:
    have = before._segments if before is not None else {}
    return {file: have.get(file) or Segment(folder / file) for file, _gone in manifest.segments}


def _shared(lists: Sequence[np.ndarray]) -> np.ndarray:
    """What several ascending arrays share; begin with the shortest."""
    found = lists[0]
    for other in lists[1:]:
        if not len(found):
            break
        place = np.minimum(np.searchsorted(other, found), len(other) - 1)
        found = found[other[place] == found]
    return found


def _remember(memo: dict[Any, Any], key: Any, value: Any) -> None:
    """Note a value in a memo that strangers' queries fill: it begins anew when it has grown large."""
    if len(memo) > _MEMO:
        memo.clear()
    memo[key] = value
