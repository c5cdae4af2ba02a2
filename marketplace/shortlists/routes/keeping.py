"""What the pages of kept services have in common: narrowing, paging, the file."""

import io
from collections.abc import Sequence
from typing import Any

from flask import Response, request, send_file

from marketplace.catalog.rules.taxonomy import category
from marketplace.core import clock
from marketplace.core.paging import Page, clamp
from marketplace.core.tabular import MEDIA_TYPES, Column, table_bytes
from marketplace.shortlists.queries import with_changes
from marketplace.shortlists.rules.keeping import SHOWING, SORTS, Kept, chosen_of, move_text, read_choice

COLUMNS = [
    Column("id", "服务编号", "int"), Column("title", "标题"), Column("category", "类目"), Column("firm", "机构"),
    Column("cities", "服务城市"), Column("status", "状态"), Column("since", "状态日期", required=False), Column("seen_price", "加入时价格"),
    Column("price", "现价"), Column("changes", "加入后的变化", required=False), Column("rating", "评分", required=False),
    Column("orders", "成交单数", "int"), Column("licensed", "资质已核验", "bool"), Column("note", "备注", required=False),
    Column("added", "加入日期"), Column("seen_version", "看过的版本", "int"), Column("url", "链接", required=False),
]  # fmt: skip


def kept_page(kept: Sequence[Kept]) -> dict[str, Any]:
    """The template's values for a list of kept services: the page under the address's choice, and the choices there are."""
    choice = read_choice(request.args)
    rows = chosen_of(kept, choice)
    number, size = clamp(request.args.get("page", 1, int), request.args.get("per_page", 20, int))
    number = min(number, max(1, -(-len(rows) // size)))
    page = Page(with_changes(rows[(number - 1) * size : number * size]), len(rows), number, size)
    tops = sorted({one.category_code[:3] for one in kept})
    firms = dict(sorted({one.firm_id: one.firm_name for one in kept}.items(), key=lambda pair: pair[1]))
    return {
        "page": page, "choice": choice, "all_of_them": len(kept), "tops": [category(code) for code in tops], "firms": firms,
        "showing": SHOWING, "sorts": list(SORTS.items()), "move_text": move_text, "updated": sum(one.is_updated for one in kept),
        "gone": sum(not one.is_shown for one in kept),
    }  # fmt: skip


def download(fmt: str, columns: list[Column], rows: Any, name: str) -> Response:
    """Rows as a CSV or XLSX file to keep."""
    stream = io.BytesIO(table_bytes(fmt, columns, rows))
    return send_file(
        stream, mimetype=MEDIA_TYPES[fmt], as_attachment=True, download_name=f"{name}-{clock.today():%Y%m%d}.{fmt}"
    )


def kept_file(fmt: str, kept: Sequence[Kept], name: str) -> Response:
    """All kept services under the address's choice, however many, as a file."""
    rows = with_changes(chosen_of(kept, read_choice(request.args)))
    return download(fmt, COLUMNS, map(_row, rows), name)


def _row(one: Kept) -> dict[str, Any]:
    return {
        "id": one.listing_id, "title": one.title, "category": one.category_label, "firm": one.firm_name, "cities": one.cities or None,
        "status": str(one.availability.label), "since": clock.local(one.since).date().isoformat() if one.since else None,
        "seen_price": one.row.seen_price, "price": one.price if one.is_shown else None, "changes": one.changes_text or None,
        "rating": f"{one.rating}" if one.rating else None, "orders": one.order_count if one.is_shown else None,
        "licensed": one.is_verified if one.is_shown else None, "note": getattr(one.row, "note", None) or None,
        "added": clock.local(one.row.created_at).date().isoformat(), "seen_version": one.row.seen_version,
        "url": f"{request.host_url}services/{one.listing_id}" if one.is_shown else None,
    }  # fmt: skip
