"""Searching services and looking at one."""

import io
from dataclasses import dataclass, replace
from typing import Any

from flask import Response, g, render_template, request, send_file, url_for

from marketplace.catalog.access import can_see_unpublished_listing
from marketplace.catalog.queries import (
    EXPORT_CAP,
    Card,
    SearchPage,
    can_be_seen,
    describe_listing,
    find_all,
    get_listing,
    get_withdrawn_listing,
    search_services,
    was_public,
)
from marketplace.catalog.queries.similar import list_similar
from marketplace.catalog.queries.widening import list_widenings
from marketplace.catalog.routes import bp
from marketplace.catalog.rules.address import address_of, cleared, pairs_of, query_of, without
from marketplace.catalog.rules.pricing import PricingModel
from marketplace.catalog.rules.search import SORT_LABELS, SearchParams, chips_of, read_search, sentence_of
from marketplace.catalog.rules.taxonomy import top_categories
from marketplace.core import clock, regions
from marketplace.core.errors import NotFound
from marketplace.core.i18n import is_english, lazy
from marketplace.core.sharing import shared_page
from marketplace.core.tabular import MEDIA_TYPES, Column, write_table
from marketplace.core.web import current_actor, limiter, public
from marketplace.organisations.queries import firm_is_active
from marketplace.reviews.queries import get_rating_summary, list_reviews
from marketplace.search import engine, querylog, wordbook
from marketplace.shortlists.queries.favourites import favourite_ids

CARD_COLUMNS = [
    Column("id", "服务编号", "int"), Column("title", "标题"), Column("summary", "摘要"), Column("category", "类目"),
    Column("firm", "机构"), Column("cities", "服务城市", "list"), Column("pricing", "计价方式"), Column("price", "价格"),
    Column("unit", "单位"), Column("price_min_yuan", "最低价（元）", "yuan"), Column("price_max_yuan", "最高价（元）", "yuan"),
    Column("rate_min", "最低费率（%）"), Column("rate_max", "最高费率（%）"), Column("rating", "评分"),
    Column("ratings", "评价数", "int"), Column("orders", "成交单数", "int"), Column("licensed", "资质已核验", "bool"),
    Column("demo", "演示数据", "bool"), Column("url", "链接"),
]  # fmt: skip


def _version() -> tuple[int | None, int]:
    """What a page depends on beside the data: the index's generation and the word lists."""
    return engine.current().generation(), wordbook.current().version


@bp.after_request
def note_search(response: Response) -> Response:
    """Count what was searched for (first pages only), also when the page came from the shared cache."""
    if request.endpoint == "catalog.search" and request.args.get("page", "1") == "1" and response.status_code == 200:
        querylog.note(request.args.get("q", ""), g.get("search_outcome"))
        querylog.write_if_due()
    return response


def _outcome(found: SearchPage) -> querylog.Outcome:
    """How a search went; that one's own filters left nothing says nothing about the words."""
    blocked = not found.page.total and bool(found.notices)
    empty = not found.page.total and not blocked and found.is_available and not found.params.is_filtered
    return querylog.Outcome(empty, bool(found.corrected), found.is_relaxed, blocked)


@dataclass(frozen=True, slots=True)
class Links:
    """The page's own addresses, each ready for the parameter it is about, so that a page makes seven and not forty."""

    sort: str
    view: str
    size: str
    page: str
    cleared: str
    save: str
    pairs: list[tuple[str, str]]


def _links(params: SearchParams) -> Links:
    def open_address(**changes: Any) -> str:
        address = address_of(params, **changes)
        return f"{address}&" if "?" in address else f"{address}?"

    query = query_of(params, whole=False)
    return Links(
        sort=open_address(sort="relevance"), view=open_address(view="cards"), size=open_address(per_page=20), page=open_address(),
        cleared=address_of(cleared(params)), save=f"{url_for('catalog.save_search')}?{query}", pairs=pairs_of(replace(params, page=1)),
    )  # fmt: skip


@bp.get("/services/")
@public
@shared_page(_version)
def search() -> str:
    params, errors = read_search(request.args.items(multi=True))
    found = search_services(params, with_promoted=True)
    g.search_outcome = _outcome(found)
    params = found.params
    chips = chips_of(params, found.firm_names)
    query = query_of(params)
    return render_template(
        "catalog/search.html", found=found, page=found.page, params=params, errors=errors, sorts=list(SORT_LABELS.items()), links=_links(params),
        chips=[(label, address_of(without(params, param, value))) for label, param, value in chips], cap=EXPORT_CAP,
        sentence=sentence_of(params, chips),
        query_string=f"?{query}" if query else "",
        tops=() if found.page.total else [top for top in top_categories() if not top.is_retired],
        wider=list_widenings(params, found.firm_names) if not found.page.total and not found.notices else [],
        marked=favourite_ids(current_actor(), [c.id for c in (*found.promoted, *found.page.items)]),
    )  # fmt: skip


@bp.get("/services/ranking")
@public
@shared_page()
def ranking() -> str:
    """How results are ordered, in plain words: what counts, what does not, who comes first among equals (电子商务法 18、40；算法规定 16)."""
    return render_template("catalog/ranking.html", sorts=SORT_LABELS)


@bp.get("/services/export/<any(csv, xlsx):fmt>")
@public
@limiter.limit("30 per minute")
def export_search(fmt: str) -> Response:
    """The services of this very search in the page's order, up to a cap that the page names beside the link. Advertisements are not in it."""
    params, _errors = read_search(request.args.items(multi=True))
    cards, total = find_all(params)
    answer = download(fmt, CARD_COLUMNS, [_row(card) for card in cards], f"services-{clock.today():%Y%m%d}")
    answer.headers["X-Total-Count"] = str(total)
    return answer


def _row(card: Card) -> dict[str, Any]:
    model = PricingModel(card.pricing_model)
    low, high = card.price_min_fen, card.price_max_fen
    figures: dict[str, Any] = (
        {"rate_min": _percent(low), "rate_max": _percent(high)}
        if model.is_rate
        else {"price_min_yuan": low, "price_max_yuan": high}
    )
    return {
        "id": card.id, "title": card.title, "summary": card.summary, "category": card.category_label, "firm": card.firm_name,
        "cities": [regions.label(code) for code in card.city_codes], "pricing": str(model.label), "price": card.price,
        "unit": card.unit, **figures, "rating": card.rating, "ratings": card.rating_count, "orders": card.order_count,
        "licensed": card.is_verified, "demo": card.is_demo, "url": f"{request.host_url}services/{card.id}",
    }  # fmt: skip


def _percent(hundredths: int | None) -> str | None:
    return None if hundredths is None else f"{hundredths / 100:g}"


def download(fmt: str, columns: list[Column], rows: Any, name: str) -> Response:
    """Rows as a CSV or XLSX file to keep."""
    stream = io.BytesIO()
    write_table(stream, fmt, columns, rows, header="en" if is_english() else "zh")
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
        return _not_shown(listing_id)
    reviews = list_reviews(listing_id, request.args.get("page", 1, int))
    similar = list_similar(listing)
    return render_template(
        "catalog/show.html", reviews=reviews, summary=get_rating_summary(listing_id=listing_id), similar=similar,
        marked=favourite_ids(actor, [listing_id, *(c.id for c in similar)]),
        is_public=not can_see_unpublished_listing(actor, listing) or can_be_seen(listing), **describe_listing(listing),
    )  # fmt: skip


def _not_shown(listing_id: int) -> Any:
    """Taken down for good: gone (410), with date and reason. On line once and not now (a suspension, a lapsed licence): not found, since
    it may come back, on a page that says no more than that. Anything else never was: the ordinary 404."""
    gone = get_withdrawn_listing(listing_id)
    if gone is not None:
        similar = list_similar(gone)
        return render_template(
            "catalog/gone.html", listing=gone, firm_is_shown=firm_is_active(gone.firm), similar=similar,
            marked=favourite_ids(current_actor(), [c.id for c in similar]),
        ), 410  # fmt: skip
    if was_public(listing_id):
        return render_template("catalog/not_shown.html"), 404
    raise NotFound("listing.not_found", lazy("服务不存在，或您无权查看"))
