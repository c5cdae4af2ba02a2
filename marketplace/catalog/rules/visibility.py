"""When a firm's licences cover a category: the gate of every listing, derived anew whenever it is read (decisions 6 and 26)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from marketplace.catalog.rules.taxonomy import Category, missing_licences
from marketplace.core import settings
from marketplace.core.i18n import lazy

settings.define(
    "catalog.import_grace_days",
    "days",
    90,
    lazy("导入服务在资质核验完成前可展示的天数"),
    "平台核验规则",
    minimum=0,
    maximum=365,
)

IMPORTED = "operator_import"


@dataclass(frozen=True, slots=True)
class Cover:
    """The licence kinds a firm holds that are in force: verified by the operator, or only recorded at an import."""

    verified: frozenset[str] = frozenset()
    recorded: frozenset[str] = frozenset()


NO_COVER = Cover()


def is_verified(category: Category, cover: Cover) -> bool:
    """Does the firm hold every licence of the category, seen and confirmed by the operator?"""
    return not missing_licences(category, cover.verified)


def is_covered(
    category: Category, cover: Cover, *, source: str, published_at: datetime | None, now: datetime, grace_days: int
) -> bool:
    """May a listing of this category be shown now?

    Yes with verified licences in force; an imported listing also with recorded ones, for `grace_days` days after its import.
    """
    if is_verified(category, cover):
        return True
    if source != IMPORTED or published_at is None or now >= published_at + timedelta(days=grace_days):
        return False
    return not missing_licences(category, cover.verified | cover.recorded)
