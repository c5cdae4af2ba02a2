"""Searching services and looking at one."""

import io
from typing import Any

from flask import Response, render_template, request, send_file

from marketplace.catalog.access import can_see_unpublished_listing
from marketplace.catalog.queries import (
    EXPORT_CAP,
    can_be_seen,
    describe_listing,
    find_all,
    get_listing,
    get_withdrawn_listing,
    search_services,
)
from marketplace.catalog.queries.similar import list_similar
from marketplace.catalog.routes import bp
from marketplace.catalog.rules.pricing import PricingModel
from marketplace.catalog.rules.search import SORT_LABELS, chips_of, read_search, sentence_of
from marketplace.core import clock, regions
from marketplace.core.errors import NotFound
from marketplace.core.i18n import _
from marketplace.core.sharing import shared_page
from marketplace.core.tabular import MEDIA_TYPES, Column, write_table
from marketplace.core.web import current_actor, public
from marketplace.reviews.queries import get_rating_summary, list_reviews
from marketplace.search import engine
from marketplace.shortlists.queries.favourites import favourite_ids

CARD_COLUMNS = [
    Column("id", "服务编号", "int"), Column("title", "标题"), Column("category", "类目"), Column("firm", "机构"),
    Column("cities", "服务城市", "list"), Column("pricing", "计价方式"), Column("price", "价格"), Column("unit", "单位"),
    Column("rating", "评分"), Column("orders", "成交单数", "int"), Column("licensed", "资质已核验", "bool"), Column("url", "链接"),
]  # fmt: skip


def _generation() -> int | None:
    return engine.current().generation()


@bp.get("/services/")
@public
@shared_page(_generation)
def search() -> str:
    params, errors = read_search(request.args.items(multi=True))
    found = search_services(params)
    chips = chips_of(params, found.firm_names)
    query = request.query_string.decode("ascii", "ignore")
    return render_template(
        "catalog/search.html", found=found, params=found.params, errors=errors, sorts=list(SORT_LABELS.items()), chips=chips,
        cap=EXPORT_CAP, sentence=sentence_of(params, chips), region_names="、".join(regions.label(c) for c in found.regions),
        query_string=f"?{query}" if query else "", words=_words(),
        marked=favourite_ids(current_actor(), [c.id for c in found.page.items]),
    )  # fmt: skip


def _words() -> dict[str, str]:
    """The few words of every card, translated once a page instead of once a card."""
    return {
        "verified": _("资质已核验"), "recorded": _("资质待核验"), "demo": _("演示"), "points": _("分"), "sold": _("成交"),
        "orders": _("单"),
    }  # fmt: skip


@bp.get("/services/export/<any(csv, xlsx):fmt>")
@public
def export_search(fmt: str) -> Response:
    """The services of this very search, up to a cap that the page names beside the link."""
    params, _errors = read_search(request.args.items(multi=True))
    cards, total = find_all(params)
    rows = [
        {
            "id": c.id, "title": c.title, "category": c.category_label, "firm": c.firm_name,
            "cities": [regions.label(code) for code in c.city_codes], "pricing": str(PricingModel(c.pricing_model).label),
            "price": c.price, "unit": c.unit, "rating": c.rating, "orders": c.order_count, "licensed": c.is_verified,
            "url": f"{request.host_url}services/{c.id}",
        }
        for c in cards
    ]  # fmt: skip
    answer = download(fmt, CARD_COLUMNS, rows, f"services-{clock.today():%Y%m%d}")
    answer.headers["X-Total-Count"] = str(total)
    return answer


def download(fmt: str, columns: list[Column], rows: Any, name: str) -> Response:
    """Rows as a CSV or XLSX file to keep."""
    stream = io.BytesIO()
    write_table(stream, fmt, columns, rows)
    stream.seek(0)
    return send_file(stream, mimetype=MEDIA_TYPES[fmt], as_attachment=True, download_name=f"{name}.{fmt}")


@bp.get("/services/<int:listing_id>")
@public
@shared_page()
def show(listing_id: int) -> Any:
    actor = current_actor()
    try:
        listing = get_listing(listing_id, actor=actor)
    except NotFound:
        gone = get_withdrawn_listing(listing_id)
        if gone is None:
            raise
        return render_template("catalog/gone.html", listing=gone), 410
    reviews = list_reviews(listing_id, request.args.get("page", 1, int))
    similar = list_similar(listing)
    return render_template(
        "catalog/show.html", reviews=reviews, summary=get_rating_summary(listing_id=listing_id), similar=similar,
        marked=favourite_ids(actor, [listing_id, *(c.id for c in similar)]),
        is_public=not can_see_unpublished_listing(actor, listing) or can_be_seen(listing), **describe_listing(listing),
    )  # fmt: skip
