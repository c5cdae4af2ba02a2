"""Services side by side: one address is the whole state (`/services/compare?id=17&id=23&diff=1`)."""

from typing import Any

from flask import Response, render_template, request

from marketplace.catalog.queries import get_visible_listing
from marketplace.catalog.queries.similar import list_similar
from marketplace.core import settings
from marketplace.core.sharing import shared_page
from marketplace.core.tabular import Column, format_cell
from marketplace.core.web import current_actor, public
from marketplace.shortlists.queries import compare_services, favourite_ids
from marketplace.shortlists.routes import bp
from marketplace.shortlists.routes.keeping import download
from marketplace.shortlists.rules.comparing import compare as compare_columns
from marketplace.shortlists.rules.comparing import only_different
from marketplace.shortlists.rules.limits import COMPARED, read_ids

NAMED = 12
"""Of a longer selection this many are named, so that one can take some out."""


@bp.get("/services/compare")
@public
@shared_page()
def compare() -> Any:
    """Up to four services. A fifth is refused: the page says which stand in the table and what to take out."""
    ids = read_ids(request.args.getlist("id"))
    columns = compare_services(ids[:NAMED])
    shown, extra = columns[:COMPARED], columns[COMPARED:]
    blocks = compare_columns(shown)
    is_narrowed = request.args.get("diff") == "1" and sum(one.is_here for one in shown) > 1
    first = next((one for one in shown if one.is_here), None)
    similar = list_similar(get_visible_listing(first.id), 8) if first and len(ids) < COMPARED else []
    page = render_template(
        "shortlists/compare.html", columns=shown, extra=extra, ids=ids[:NAMED], chosen_ids=ids[:COMPARED], most=COMPARED,
        blocks=only_different(blocks) if is_narrowed else blocks, is_narrowed=is_narrowed,
        similar=[card for card in similar if card.id not in ids][:COMPARED], marked=favourite_ids(current_actor(), ids),
        answer_days=settings.get("orders.response_days"), different=sum(line.differs for block in blocks for line in block.lines),
    )  # fmt: skip
    return page, 422 if extra else 200


@bp.get("/services/compare/export/<any(csv, xlsx):fmt>")
@public
def export_comparison(fmt: str) -> Response:
    """The table of these services as a file: a row for each fact, a column for each service."""
    shown = compare_services(read_ids(request.args.getlist("id"))[:COMPARED])
    blocks = compare_columns(shown)
    if request.args.get("diff") == "1":
        blocks = only_different(blocks)
    columns = [
        Column("block", "分类"),
        Column("label", "对比项"),
        *(Column(f"s{one.id}", str(format_cell(one.title, "text"))) for one in shown),
        Column("differs", "是否不同", "bool"),
    ]
    rows: list[dict[str, Any]] = [{"block": "", "label": "服务编号", **{f"s{one.id}": str(one.id) for one in shown}}]
    rows += [
        {
            "block": block.title, "label": line.label, "differs": line.differs,
            **{
                f"s{one.id}": one.gone or f"{cell.text}{f'（{cell.mark}）' if cell.mark else ''}"
                for one, cell in zip(shown, line.cells, strict=True)
            },
        }
        for block in blocks for line in block.lines
    ]  # fmt: skip
    return download(fmt, columns, rows, "comparison")
