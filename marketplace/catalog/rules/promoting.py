"""Advertisements on the search page: how many, where, in which state (电子商务法 40, 互联网广告管理办法 9)."""

from datetime import date
from enum import StrEnum
from typing import Any

from marketplace.core import settings
from marketplace.core.i18n import lazy

settings.define(
    "catalog.promotions_shown", "int", 2, lazy("搜索页每页最多展示的广告数"), "电子商务法第四十条", minimum=0, maximum=4
)
LONGEST_DAYS = 366


class PromotionState(StrEnum):
    """Where a promotion stands on a day; derived from its days and from when it was ended."""

    COMING = "coming"
    RUNNING = "running"
    OVER = "over"
    ENDED = "ended"

    @property
    def label(self) -> Any:
        return _LABELS[self]

    @property
    def tone(self) -> str:
        return {"coming": "info", "running": "success", "over": "neutral", "ended": "warning"}[self]


_LABELS = {
    PromotionState.COMING: lazy("未开始"), PromotionState.RUNNING: lazy("展示中"), PromotionState.OVER: lazy("已到期"),
    PromotionState.ENDED: lazy("已终止"),
}  # fmt: skip


def state_of(first_day: date, last_day: date, is_ended: bool, today: date) -> PromotionState:
    """The state on a day; the last day still counts."""
    if is_ended:
        return PromotionState.ENDED
    if today < first_day:
        return PromotionState.COMING
    return PromotionState.RUNNING if today <= last_day else PromotionState.OVER


def fits(placement: str, categories: tuple[str, ...]) -> bool:
    """Does a placement belong beside a search of these categories? Everywhere; or where one of them is the placed one or lies in it."""
    return not placement or any(code == placement or code[:3] == placement for code in categories)
