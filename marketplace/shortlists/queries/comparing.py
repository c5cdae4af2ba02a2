"""Services side by side, as the public may see them now."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from marketplace.catalog.models import Listing
from marketplace.catalog.queries.listings import visible_rows
from marketplace.catalog.rules.taxonomy import Category
from marketplace.catalog.rules.visibility import Cover, is_verified
from marketplace.core import clock, regions, settings
from marketplace.core.db import db
from marketplace.core.i18n import _, listed
from marketplace.orders.queries import response_times
from marketplace.orders.rules import ResponseTime
from marketplace.organisations.models import Organisation
from marketplace.organisations.queries import firm_is_active
from marketplace.organisations.rules.figures import answer_words
from marketplace.shortlists.rules.changes import price_line
from marketplace.shortlists.rules.comparing import Compared


def visible_services(ids: Collection[int]) -> dict[int, tuple[Listing, Cover]]:
    """Those of these services that the public may see now, with firm, cities and the licences that allow it. Three statements."""
    shown = _loaded(ids)
    return {one: (shown[one], cover) for one, cover in _covers(shown).items()}


def _loaded(ids: Collection[int]) -> dict[int, Listing]:
    query = select(Listing).options(joinedload(Listing.firm), selectinload(Listing.cities)).where(Listing.id.in_(ids))
    return {one.id: one for one in db.session.scalars(query)} if ids else {}


def _covers(loaded: dict[int, Listing]) -> dict[int, Cover]:
    rows = visible_rows(one for one in loaded.values() if one.state == "published" and firm_is_active(one.firm))
    return {row.id: cover for row, cover in rows}


def compare_services(ids: list[int]) -> list[Compared]:
    """A column for each of these services in the order given; one that is not public says so, and no more. Five statements at most."""
    loaded = _loaded(ids)
    covers = _covers(loaded)
    firms = {loaded[one].firm_id for one in covers}
    times = response_times(firms) if firms else {}
    return [_column(one, loaded.get(one), covers.get(one), times) for one in ids]


def _column(listing_id: int, listing: Listing | None, cover: Cover | None, times: dict[int, ResponseTime]) -> Compared:
    if listing is None or cover is None:
        if listing is not None and listing.state == "withdrawn" and listing.withdrawn_at and listing.published_at:
            day = clock.local(listing.withdrawn_at).date().isoformat()
            return Compared(listing_id, listing.title, gone=_("已于 %(day)s 下架", day=day))
        return Compared(listing_id, _("服务 %(n)s", n=listing_id), gone=_("不存在或暂不展示"))
    low = listing.price_min_fen if listing.price_min_fen is not None else listing.price_max_fen
    return Compared(
        listing.id, listing.title, category_code=listing.category_code, firm_id=listing.firm_id,
        common=_common(listing, cover, times.get(listing.firm_id)), attributes=listing.attributes, pricing_model=listing.pricing_model,
        unit=listing.unit, price_fen=low,
    )  # fmt: skip


def _common(listing: Listing, cover: Cover, response: ResponseTime | None) -> dict[str, str]:
    return {
        "firm": listing.firm.name,
        "licence": _licence(listing.category, cover, listing.firm),
        "category": listing.category.label,
        "cities": listed(regions.label(code) for code in listing.city_codes),
        "pricing": str(listing.model.label),
        "price": price_line(listing.pricing_model, listing.price_min_fen, listing.price_max_fen, listing.unit),
        "billing": listing.billing_note,
        "rating": _("%(score)s 分（%(n)s 条评价）", score=listing.rating, n=listing.rating_count) if listing.rating else _("暂无评价"),
        "orders": _("%(n)s 单", n=listing.order_count),
        "response": _response(response),
        "updated": clock.local(listing.updated_at).date().isoformat(),
    }  # fmt: skip


def _licence(of: Category, cover: Cover, firm: Organisation) -> str:
    day: Any = clock.local(firm.last_verified_at).date().isoformat() if firm.last_verified_at else None
    if not is_verified(of, cover):
        return _("%(licences)s 已登记，待核验", licences=of.licence_label)
    what = of.licence_label or _("主体资质")
    return (
        _("%(licences)s 已核验（%(day)s）", licences=what, day=day) if day else _("%(licences)s 已核验", licences=what)
    )


def _response(taken: ResponseTime | None) -> str:
    """How fast the firm answers, by the figure and in the words of its shop; what is not known is said, not guessed."""
    least = settings.get("orders.response_least")
    words = answer_words(taken.minutes, taken.count, least, taken.workday) if taken else None
    return _("暂无足够数据") if words is None else str(words)
