"""What the directory of firms can be asked: filters and orders, as an address has them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from marketplace.core.i18n import LazyString, lazy
from marketplace.organisations.rules.readings import LETTERS

SORTS: dict[str, LazyString] = {
    "pinyin": lazy("拼音"), "services": lazy("服务数"), "rating": lazy("评分"), "newest": lazy("最新入驻"),
}  # fmt: skip
RATINGS = ("4.5", "4.0", "3.0")


@dataclass(frozen=True, slots=True)
class FirmFilters:
    """One question to the directory; empty values ask for nothing. `category` is a top or child code, `rating_min` one of `RATINGS`."""

    q: str = ""
    letter: str = ""
    city: str = ""
    licence: str = ""
    category: str = ""
    standard: str = ""
    rating_min: str = ""
    in_park: bool = False
    verified: bool = False
    sort: str = "pinyin"

    @classmethod
    def read(cls, args: Mapping[str, Any], licences: Mapping[str, Any]) -> "FirmFilters":
        """The filters of an address; what is not understood counts as not given, so that an old link never breaks."""
        letter, licence, rating, sort = (
            args.get("letter", "").upper()[:1], args.get("licence", ""), args.get("rating_min", ""), args.get("sort", ""),
        )  # fmt: skip
        rating = {"4": "4.0", "3": "3.0"}.get(rating, rating)
        return cls(
            q=" ".join(args.get("q", "").split())[:60], letter=letter if letter in LETTERS else "", city=args.get("city", "")[:6],
            licence=licence if licence in licences else "", category=args.get("category", "")[:6], standard=args.get("standard", "")[:40],
            rating_min=rating if rating in RATINGS else "", in_park=args.get("in_park") == "1", verified=args.get("verified") == "1",
            sort=sort if sort in SORTS else "pinyin",
        )  # fmt: skip

    def without(self, name: str) -> "FirmFilters":
        """The same question without one of its filters, for the counts beside that filter's choices."""
        empty: dict[str, Any] = {name: False if name in ("in_park", "verified") else ""}
        return replace(self, **empty)
