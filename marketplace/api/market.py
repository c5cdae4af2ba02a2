"""Services: search with facets, suggestions, one service."""

from typing import Any

from flask import Response, request

from marketplace.api import schemas
from marketplace.api.blueprint import bad_parameters, bp, listed
from marketplace.catalog.queries import (
    Card,
    SearchPage,
    describe_listing,
    get_visible_listing,
    get_withdrawn_listing,
    list_cards,
    search_services,
    suggest_services,
    was_public,
)
from marketplace.catalog.rules.pricing import PricingModel
from marketplace.catalog.rules.search import read_search
from marketplace.catalog.rules.taxonomy import categories
from marketplace.core import clock, regions
from marketplace.core.errors import NotFound
from marketplace.core.i18n import _
from marketplace.core.web import problem, public

FACET_NAMES = {"rating_min": "rating"}
ALWAYS = ("category", "city", "pricing", "price", "rating")


def _item(card: Card) -> dict[str, Any]:
    is_rate = PricingModel(card.pricing_model).is_rate
    return {
        "id": card.id, "title": card.title, "summary": card.summary, "category_code": card.category_code,
        "category_name": card.category_label, "firm_id": card.firm_id, "firm_name": card.firm_name, "cities": card.city_codes,
        "city_names": [regions.label(code) for code in card.city_codes], "pricing_model": card.pricing_model,
        "price_min_fen": None if is_rate else card.price_min_fen, "price_max_fen": None if is_rate else card.price_max_fen,
        "rate_min_bps": card.price_min_fen if is_rate else None, "rate_max_bps": card.price_max_fen if is_rate else None,
        "price_text": card.price, "unit": card.unit, "rating": card.rating, "rating_count": card.rating_count,
        "order_count": card.order_count, "licensed": card.is_verified, "is_demo": card.is_demo, "url": f"/services/{card.id}",
    }  # fmt: skip


def _facets(found: SearchPage) -> dict[str, list[dict[str, Any]]]:
    """Every facet of the page by the name of its parameter; the categories as the whole tree, not only its open branches."""
    facets: dict[str, list[dict[str, Any]]] = {name: [] for name in ALWAYS}
    for facet in found.facets:
        name = FACET_NAMES.get(facet.param, facet.param)
        facets[name] = [{"value": o.value, "label": o.label, "count": o.count} for o in facet.options]
    counted = found.counts.get("category", {})
    facets["category"] = [
        {"value": code, "label": one.label, "count": counted[code]}
        for code, one in categories().items()
        if code in counted
    ]
    return facets


@bp.get("/services")
@public
@bp.doc(summary="Search services", responses={422: "A parameter cannot be read"})
@bp.input(schemas.SearchQuery, location="query", validation=False)
@bp.output(schemas.ServicePage)
def list_services(query_data: Any) -> Any:
    """The search of the market page. A category's filterable attributes are parameters too, by their key (`GET /categories`)."""
    params, errors = read_search(request.args.items(multi=True))
    if errors:
        return bad_parameters(errors)
    found = search_services(params, clamp=False)
    if not found.is_available:
        answer = problem(503, "search.unavailable", _("索引正在建立，请稍后重试"))
        answer.headers["Retry-After"] = "5"
        return answer
    return listed(
        [_item(card) for card in found.page.items], found.page.total, found.page.page, found.page.per_page,
        facets=_facets(found), corrected_query=found.corrected, took_ms=round(found.took_ms, 3),
        notices=[{"code": code, "text": text} for code, text in found.notices],
    )  # fmt: skip


@bp.get("/services/suggest")
@public
@bp.doc(summary="Suggestions while typing: Chinese, full pinyin, initials")
@bp.input(schemas.SuggestQuery, location="query", validation=False)
@bp.output(schemas.Suggestions)
def suggest(query_data: Any) -> Any:
    found = suggest_services(request.args.get("q", ""))
    return {"suggestions": [{"text": text, "kind": kind, "url": url} for text, kind, url in found]}


@bp.get("/services/<int:listing_id>")
@public
@bp.doc(summary="One service", responses={404: "No such service", 410: "Taken down for good"})
@bp.output(schemas.ServiceDetail)
def get_service(listing_id: int) -> Any:
    try:
        listing = get_visible_listing(listing_id)
    except NotFound:
        return _gone(listing_id)
    [card] = list_cards([listing_id])
    return {
        **_item(card), "description": listing.description, "billing_note": listing.billing_note, "attributes": listing.attributes,
        "facts": [{"label": label, "value": value} for label, value in describe_listing(listing)["facts"]],
        "published_at": clock.local(listing.published_at) if listing.published_at else None,
    }  # fmt: skip


def _gone(listing_id: int) -> Response:
    """410 for what was taken down for good, with the reason where it is the firm's own; 404 with a code of its own for what was on line
    once and is not now; the ordinary 404 for what never was."""
    gone = get_withdrawn_listing(listing_id)
    if gone is None:
        if was_public(listing_id):
            return problem(404, "listing.not_shown", _("该服务目前暂不展示"))
        raise NotFound("listing.not_found", _("服务不存在，或您无权查看"))
    at = clock.local(gone.withdrawn_at).isoformat() if gone.withdrawn_at else None
    return problem(
        410, "listing.withdrawn", _("该服务已下架"), withdrawn_at=at, reason=gone.public_reason, withdrawn_by=gone.withdrawn_by or None,
        service_title=gone.title, firm_id=gone.firm_id, category_code=gone.category_code,
    )  # fmt: skip
