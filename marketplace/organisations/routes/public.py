"""The public directory of firms and their shops."""

import io
from collections.abc import Iterator
from typing import Any

from flask import Response, render_template, request, send_file, url_for

from marketplace.catalog.queries import shop
from marketplace.core import clock, regions, settings
from marketplace.core.errors import NotFound
from marketplace.core.i18n import _
from marketplace.core.sharing import shared_page
from marketplace.core.tabular import MEDIA_TYPES, Column, table_bytes
from marketplace.core.web import current_actor, limiter, public
from marketplace.orders.queries import count_clients_served, response_times
from marketplace.organisations import queries
from marketplace.organisations.models import Organisation
from marketplace.organisations.queries import directory as firms
from marketplace.organisations.queries.desk import list_firm_sanctions
from marketplace.organisations.queries.standards import list_public_standards
from marketplace.organisations.routes import bp
from marketplace.organisations.rules import CHECK_METHODS, LETTERS, LICENCE_KINDS, MEASURE_RULES, MEASURES
from marketplace.organisations.rules.directory import RATINGS, SORTS, FirmFilters
from marketplace.organisations.rules.figures import answer_words, whole_years
from marketplace.organisations.rules.profile import highlights_of
from marketplace.organisations.rules.standards import KNOWN
from marketplace.organisations.states import LicenceState
from marketplace.reviews.queries import get_rating_summary, list_firm_reviews
from marketplace.shortlists.queries.favourites import favourite_ids

ASKED_KINDS = {kind: label for kind, label in LICENCE_KINDS.items() if kind not in ("business", "OTHER")}
TABS = ("services", "fees", "reviews")
COLUMNS = [
    Column("name", "机构名称"), Column("short_name", "简称", required=False), Column("uscc", "统一社会信用代码"), Column("letter", "拼音首字母"),
    Column("city", "城市"), Column("in_park", "在园", "bool"), Column("verified_on", "最近核验", "date", required=False),
    Column("licences", "有效资质", required=False), Column("standards", "标准与等级", required=False),
    Column("categories", "主要服务类目", required=False), Column("services", "在售服务", "int"), Column("rating", "评分", required=False),
    Column("rating_count", "评价数", "int"), Column("clients", "服务客户数", "int"), Column("response", "响应时间", required=False),
    Column("established_on", "成立日期", "date", required=False), Column("registered_capital_fen", "注册资本（元）", "yuan", required=False),
    Column("url", "店铺地址"),
]  # fmt: skip


def answers(minutes: int | None, count: int) -> str | None:
    """How fast a firm answers, in words; None while there are too few answers to say so (a setting)."""
    workday = 60 * (settings.get("orders.work_closes") - settings.get("orders.work_opens"))
    words = answer_words(minutes, count, settings.get("orders.response_least"), workday)
    return None if words is None else str(words)


def _filters() -> FirmFilters:
    found = FirmFilters.read(request.args, ASKED_KINDS)
    return found.without("category") if found.category and not shop.category_label(found.category) else found


@bp.get("/firms/")
@public
@shared_page(firms.figures_version)
def directory() -> Any:
    """Every approved firm by letter, under filters with exact counts; the address is the whole state."""
    filters, args = _filters(), request.args
    page = firms.list_directory(filters, args.get("page", 1, int), args.get("per_page", 20, int))
    return render_template(
        "organisations/directory.html", page=page, chosen=filters, letters=LETTERS, counts=firms.count_choices(filters), sorts=SORTS,
        licence_kinds=ASKED_KINDS, ratings=RATINGS, region=regions.label, label=shop.category_label, standards=KNOWN, answers=answers,
        chips=_chips(filters), cities=[city.code for city in regions.cities()],
    )  # fmt: skip


def _chips(filters: FirmFilters) -> list[tuple[str, str, Any]]:
    """What is asked for, in words, each to be taken out by itself."""
    found: list[tuple[str, str, Any]] = [
        (filters.q and f"“{filters.q}”", "q", None), (filters.letter and _("首字母 %(letter)s", letter=filters.letter), "letter", None),
        (filters.city and regions.label(filters.city), "city", None), (filters.licence and str(LICENCE_KINDS[filters.licence]), "licence", None),
        (filters.category and shop.category_label(filters.category), "category", None), (filters.standard, "standard", None),
        (filters.rating_min and _("%(n)s 分及以上", n=filters.rating_min), "rating_min", None),
        (_("在园机构") if filters.in_park else "", "in_park", None), (_("资质已核验") if filters.verified else "", "verified", None),
    ]  # fmt: skip
    return [one for one in found if one[0]]


@bp.get("/firms/export")
@public
@limiter.limit("30 per minute")
def export_firms() -> Response:
    """The directory under the present filters, as a file."""
    kind = "xlsx" if request.args.get("format") == "xlsx" else "csv"
    stream = io.BytesIO(table_bytes(kind, COLUMNS, _rows(_filters())))
    name = f"firms-{clock.today():%Y%m%d}.{kind}"
    return send_file(stream, mimetype=MEDIA_TYPES[kind], as_attachment=True, download_name=name)


def _rows(filters: FirmFilters) -> Iterator[dict[str, Any]]:
    for entry in firms.each_entry(filters):
        firm, figure = entry.firm, entry.figure
        yield {
            "name": firm.name, "short_name": firm.short_name or None, "uscc": firm.uscc, "letter": firm.pinyin_initial,
            "city": regions.label(firm.city_code), "in_park": firm.in_park,
            "verified_on": clock.local(firm.last_verified_at).date() if firm.last_verified_at else None,
            "licences": "、".join(str(LICENCE_KINDS[kind]) for kind in entry.licences) or None,
            "standards": "；".join(f"{one.standard_no} {one.level}".strip() for one in entry.standards) or None,
            "categories": "、".join(shop.category_label(code) for code, _number in entry.tops[:3]) or None,
            "services": figure.service_count if figure else 0, "rating": f"{figure.rating:.1f}" if figure and figure.rating else None,
            "rating_count": figure.rating_count if figure else 0, "clients": figure.clients_served if figure else 0,
            "response": answers(figure.response_minutes, figure.response_count) if figure else None,
            "established_on": firm.established_on, "registered_capital_fen": firm.registered_capital_fen,
            "url": url_for("organisations.show", firm_id=firm.id, _external=True),
        }  # fmt: skip


@bp.get("/firms/<int:firm_id>")
@public
@shared_page()
def show(firm_id: int) -> Any:
    """A firm's shop: who it is, its licences, prices and supervising authority (人力资源市场暂行条例 32), what it offers, how it is rated."""
    try:
        firm = queries.get_public_firm(firm_id)
    except NotFound:
        former = queries.find_former_firm(firm_id)
        if former is None:
            raise
        return _former(former)
    args, offers = request.args, shop.list_offers(firm_id)
    tab = args.get("tab", "") if args.get("tab") in TABS else TABS[0]
    rating = get_rating_summary(firm_id=firm_id)
    return render_template(
        "organisations/show.html", firm=firm, tab=tab, standing=queries.standing_of(firm), region=regions.label, offers=offers, rating=rating,
        licences=[x for x in firm.licences if x.state in (LicenceState.VALID, LicenceState.EXPIRED)],
        highlights=highlights_of(firm.service_highlights), standards=list_public_standards([firm_id]).get(firm_id, []),
        sanctions=list_firm_sanctions(firm.uscc), measures=MEASURES,
        measure_rules=MEASURE_RULES, look=firms.find_last_look(firm_id), methods=CHECK_METHODS,
        years=whole_years(firm.established_on, clock.today()) if firm.established_on else None,
        supervisor=settings.get("organisations.supervisor"), supervisor_phone=settings.get("organisations.supervisor_phone"),
        **_figures(firm), **_tab(tab, firm, offers),
    )  # fmt: skip


def _figures(firm: Organisation) -> dict[str, Any]:
    """The figures of the shop as they are at this moment."""
    response = response_times([firm.id]).get(firm.id)
    return {
        "clients": count_clients_served([firm.id]).get(firm.id, 0), "answer_count": response.count if response else 0,
        "answer": answers(response.minutes, response.count) if response else None,
        "answer_least": settings.get("orders.response_least"), "answer_days": settings.get("orders.response_days"),
    }  # fmt: skip


def _tab(tab: str, firm: Organisation, offers: list[shop.Offer]) -> dict[str, Any]:
    args = request.args
    number, size = args.get("page", 1, int), args.get("per_page", 10, int)
    if tab == "reviews":
        score = args.get("score", 0, int)
        score = score if score in (1, 2, 3, 4, 5) else 0
        return {"reviews": list_firm_reviews(firm.id, number, size, score or None), "score": score}
    if tab == "fees":
        return {"prices": shop.price_list(offers), "label": shop.category_label}
    sort = args.get("sort", "") if args.get("sort") in shop.SORTS else shop.SORTS[0]
    tops = shop.count_tops(offers)
    code = args.get("category", "")
    code = code if code in {top for top, _label, _number in tops} else ""
    cards = shop.page_offers(offers, code=code, sort=sort, page=number, per_page=size)
    marked = favourite_ids(current_actor(), [card.id for card in cards.items])
    return {"cards": cards, "marked": marked, "tops": tops, "code": code, "sort": sort}


def _former(firm: Organisation) -> Any:
    """A firm that was public once: gone for good (410), or suspended and perhaps back one day (404, as for what is not shown)."""
    has_left = firm.closed_at is not None
    page = render_template(
        "organisations/former.html", firm=firm, has_left=has_left, sanctions=list_firm_sanctions(firm.uscc),
        measures=MEASURES, measure_rules=MEASURE_RULES, moment=firm.closed_at if has_left else firm.suspended_at,
    )  # fmt: skip
    return page, 410 if has_left else 404
