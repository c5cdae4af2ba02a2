"""A firm's figures as plain values, and how they are rounded."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from marketplace.core.i18n import LazyString, lazy

TOP = 3  # letters of a top category's code


@dataclass(frozen=True, slots=True)
class Figures:
    """What the directory shows of a firm: services by child category, mean score times ten, clients, median answer in working minutes."""

    offers: Mapping[str, int]
    rating_tenths: int | None
    rating_count: int
    clients_served: int
    response_minutes: int | None
    response_count: int

    @property
    def service_count(self) -> int:
        return sum(self.offers.values())

    @property
    def rows(self) -> dict[str, int]:
        """The offers as they are kept: each child category, and each top with the sum of its children."""
        found = dict(self.offers)
        for code, number in self.offers.items():
            found[code[:TOP]] = found.get(code[:TOP], 0) + number
        return found

    @classmethod
    def made_of(
        cls, offers: Mapping[str, int], scores: Mapping[int, int], clients_served: int, response: Any | None
    ) -> "Figures":
        """Of services by category, reviews by score, and the response time of `orders.rules` (None: no answers)."""
        number = sum(scores.values())
        points = sum(score * times for score, times in scores.items())
        tenths = (20 * points + number) // (2 * number) if number else None  # half up
        return cls(
            dict(offers), tenths, number, clients_served, response.minutes if response else None, response.count if response else 0,
        )  # fmt: skip


def answer_words(minutes: int | None, count: int, least: int, workday: int) -> LazyString | None:
    """A median answer in words: within the hour, in hours, in working days of `workday` minutes; None with fewer than `least` answers."""
    if minutes is None or count < least:
        return None
    if minutes <= 60:
        return lazy("1 小时内")
    if minutes < workday:
        return lazy("约 %(n)s 小时", n=(minutes + 30) // 60)
    tenths = (20 * minutes + workday) // (2 * workday)
    return lazy("约 %(n)s 个工作日", n=f"{tenths / 10:g}")


def whole_years(since: date, today: date) -> int:
    """Full years between two days; the day itself completes one."""
    return today.year - since.year - ((today.month, today.day) < (since.month, since.day))
