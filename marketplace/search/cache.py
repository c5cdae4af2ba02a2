"""Results worth keeping: hits by zone and need, shared by all generations of a process, the longest unused dropped first."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, NamedTuple

from marketplace.search.hits import Hits

CACHE_BYTES = 48 << 20


class HitKey(NamedTuple):
    """What was looked for where, and the statistics its scores were made with: an edit that leaves these as they are leaves the entry good."""

    zone: tuple[str, ...]
    need: tuple[Any, ...]
    statistics: tuple[float, ...]


class HitCache:
    """At most so many bytes of hits. Safe for threads: two may make the same entry at the same moment, one of them is kept."""

    def __init__(self, limit: int = CACHE_BYTES) -> None:
        self._limit = limit
        self._kept: OrderedDict[HitKey, Hits] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, key: HitKey, make: Callable[[], Hits]) -> Hits:
        """The entry under this key, made where there is none."""
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
                return found
        found = make()
        with self._lock:
            if key not in self._kept:
                self._kept[key] = found
                self._bytes += found.nbytes
            while self._bytes > self._limit and len(self._kept) > 1:
                self._bytes -= self._kept.popitem(last=False)[1].nbytes
        return found

    def latest_first(self) -> list[HitKey]:
        """All keys, the one used last first."""
        with self._lock:
            return list(reversed(self._kept))

    def forget_zones_but(self, zones: set[tuple[str, ...]]) -> None:
        """Drop what belongs to zones that no generation will have again."""
        with self._lock:
            for key in [one for one in self._kept if one.zone not in zones]:
                self._bytes -= self._kept.pop(key).nbytes
