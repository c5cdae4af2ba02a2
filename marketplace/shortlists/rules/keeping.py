"""A kept service as the lists show it: what was seen, what it is now, and how the lists are narrowed and ordered."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from marketplace.core.i18n import _, lazy
from marketplace.shortlists.rules.changes import Change


class Availability(StrEnum):
    """Whether a kept service can still be bought; derived at reading, like the visibility of a listing (never stored)."""

    SHOWN = "shown"
    HIDDEN = "hidden"
    WITHDRAWN = "withdrawn"

    @property
    def label(self) -> Any:
        return {
            "shown": lazy("在架"), "hidden": lazy("暂不展示"), "withdrawn": lazy("已下架"),
        }[self]  # fmt: skip

    @property
    def tone(self) -> str:
        return {"shown": "success", "hidden": "warning", "withdrawn": "neutral"}[self]


@dataclass(frozen=True, slots=True)
class Kept:
    """One kept service. Of one that is no longer shown only what was seen is told, never what its firm is writing now."""

    row: Any
    listing_id: int
    title: str
    category_code: str
    category_label: str
    firm_id: int
    firm_name: str
    availability: Availability
    since: datetime | None = None
    reason: str = ""
    price: str = ""
    price_fen: int | None = None
    price_move: str = ""
    is_updated: bool = False
    is_verified: bool = False
    rating: float | None = None
    rating_count: int = 0
    order_count: int = 0
    cities: str = ""
    changes: Sequence[Change] = field(default_factory=tuple)

    @property
    def is_shown(self) -> bool:
        return self.availability is Availability.SHOWN

    @property
    def is_price_changed(self) -> bool:
        return bool(self.price_move)

    @property
    def changes_text(self) -> str:
        return "；".join(change.text for change in self.changes)


SORTS: dict[str, Any] = {
    "newest": lazy("最近加入"), "updated": lazy("有更新的在前"), "price_asc": lazy("价格从低到高"), "price_desc": lazy("价格从高到低"),
}  # fmt: skip
SHOWING: dict[str, Any] = {
    "shown": lazy("在架"), "updated": lazy("有更新"), "hidden": lazy("暂不展示"), "withdrawn": lazy("已下架"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Choice:
    """What a list is narrowed to and how it is ordered; unknown values count as not given."""

    category: str = ""
    firm: int = 0
    showing: str = ""
    sort: str = "newest"

    def allows(self, one: Kept) -> bool:
        return (
            one.category_code.startswith(self.category)
            and self.firm in (0, one.firm_id)
            and self.showing in ("", one.availability, "updated" if one.is_updated else "")
        )

    @property
    def is_narrowed(self) -> bool:
        return bool(self.category or self.firm or self.showing)


def read_choice(given: Any) -> Choice:
    """The choice that an address asks for."""
    category, firm = str(given.get("category", "")), str(given.get("firm", ""))
    showing, sort = str(given.get("showing", "")), str(given.get("sort", ""))
    return Choice(
        category[:6] if category.isascii() and category.isalnum() else "",
        int(firm) if firm.isascii() and firm.isdigit() and len(firm) < 16 else 0,
        showing if showing in SHOWING else "", sort if sort in SORTS else "newest",
    )  # fmt: skip


def chosen_of(kept: Iterable[Kept], choice: Choice) -> list[Kept]:
    """Those that the choice allows, in its order; what was kept last comes first among equals, prices that are unknown last."""
    rows = sorted(
        (one for one in kept if choice.allows(one)), key=lambda one: (one.row.created_at, one.row.id), reverse=True
    )
    if choice.sort == "updated":
        rows.sort(key=lambda one: not one.is_updated)
    elif choice.sort in ("price_asc", "price_desc"):
        sign = 1 if choice.sort == "price_asc" else -1
        rows.sort(key=lambda one: (one.price_fen is None, sign * (one.price_fen or 0)))
    return rows


def move_text(move: str) -> str:
    """How a price moved, in a word beside the figures."""
    return {"up": _("涨价"), "down": _("降价"), "other": _("价格有变")}.get(move, "")
