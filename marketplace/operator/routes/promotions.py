"""Advertisements on the search page: the operator's list, placing one, ending one (电子商务法 40)."""

import io
from typing import Any

from flask import Response, flash, redirect, render_template, request, send_file, url_for

from marketplace.catalog.access import can_manage_promotion, can_read_promotions
from marketplace.catalog.forms import PromotionForm, ReasonForm
from marketplace.catalog.queries.promotions import (
    get_promotion,
    promotion_state,
    rows_of_promotions,
)
from marketplace.catalog.queries.promotions import (
    list_promotions as list_matching,
)
from marketplace.catalog.rules.promoting import PromotionState
from marketplace.catalog.rules.taxonomy import categories, find_category, top_categories
from marketplace.catalog.services.promotions import create_promotion, end_promotion
from marketplace.core import clock, settings
from marketplace.core.access import require
from marketplace.core.errors import NotFound, ServiceError
from marketplace.core.i18n import _, is_english
from marketplace.core.tabular import MEDIA_TYPES, Column, table_bytes
from marketplace.core.web import current_actor, roles, submit_once
from marketplace.operator.routes import bp

READERS = ("operator", "reviewer", "service", "bureau", "auditor")
COLUMNS = [
    Column("id", "广告编号", "int"), Column("listing_id", "服务编号", "int"), Column("title", "服务"), Column("firm", "机构"),
    Column("place", "投放位置"), Column("first_day", "开始日期", "date"), Column("last_day", "结束日期", "date"),
    Column("state", "状态"), Column("note", "备注", required=False), Column("end_reason", "终止原因", required=False),
]  # fmt: skip


def _filters() -> dict[str, str]:
    args = request.args
    state, category = args.get("state", ""), args.get("category", "")
    return {
        "state": state if state in set(PromotionState) else "", "q": args.get("q", "").strip()[:60],
        "category": category if category == "all" or find_category(category) else "",
    }  # fmt: skip


def _place(code: str) -> str:
    found = find_category(code)
    return found.label if found else _("全部类目")


@bp.get("/operator/promotions/")
@roles(*READERS)
def list_promotions() -> str:
    """All advertisements, newest first."""
    require(can_read_promotions(current_actor()))
    filters = _filters()
    page = list_matching(
        **filters, page=request.args.get("page", 1, int), per_page=request.args.get("per_page", 20, int)
    )
    return render_template(
        "operator/promotions_list.html", page=page, filters=filters, states=list(PromotionState), tops=top_categories(),
        state_of=promotion_state, place=_place, most=settings.get("catalog.promotions_shown"),
    )  # fmt: skip


@bp.get("/operator/promotions/export/<any(csv, xlsx):fmt>")
@roles(*READERS)
def export_promotions(fmt: str) -> Response:
    """The list under the present filters, as a file."""
    require(can_read_promotions(current_actor()))
    rows = (
        {
            "id": one.id, "listing_id": one.listing_id, "title": one.listing.title, "firm": one.listing.firm.name,
            "place": _place(one.category_code), "first_day": one.first_day, "last_day": one.last_day,
            "state": str(promotion_state(one).label), "note": one.note or None, "end_reason": one.end_reason or None,
        }
        for one in rows_of_promotions(**_filters())
    )  # fmt: skip
    stream = io.BytesIO(table_bytes(fmt, COLUMNS, rows, header="en" if is_english() else "zh"))
    name = f"promotions-{clock.today():%Y%m%d}.{fmt}"
    return send_file(stream, mimetype=MEDIA_TYPES[fmt], as_attachment=True, download_name=name)


@bp.route("/operator/promotions/new", methods=["GET", "POST"])
@roles("operator")
def create_promotion_page() -> Any:
    """Place an advertisement for a published listing."""
    require(can_manage_promotion(current_actor()))
    form = PromotionForm()
    form.category_code.choices = [
        ("", _("全部类目")), *((c.code, c.label if not c.parent else f"　{c.label}") for c in categories().values())
    ]  # fmt: skip
    if request.method == "GET":
        form.listing_id.data, form.first_day.data = request.args.get("listing", "")[:12], clock.today()
    if form.validate_on_submit():
        try:
            address = submit_once(form, lambda: _create(form))
            flash(_("广告已登记，开始日期起展示"), "success")
            return redirect(address)
        except ServiceError as error:
            form.add_service_error(error)
    return render_template("operator/promotions_new.html", form=form), 422 if form.is_submitted() else 200


def _create(form: PromotionForm) -> str:
    number = (form.listing_id.data or "").strip()
    first_day, last_day = form.first_day.data, form.last_day.data
    assert first_day is not None and last_day is not None, "both are required"
    create_promotion(
        actor=current_actor(), listing_id=int(number) if number.isascii() and number.isdigit() and len(number) < 18 else 0,
        category_code=form.category_code.data or "", first_day=first_day, last_day=last_day,
        note=form.note.data or "",
    )  # fmt: skip
    return url_for("operator.list_promotions")


@bp.route("/operator/promotions/<int:promotion_id>/end", methods=["GET", "POST"])
@roles("operator")
def end_promotion_page(promotion_id: int) -> Any:
    """End an advertisement before its last day."""
    actor, form = current_actor(), ReasonForm()
    require(can_manage_promotion(actor))
    promotion = get_promotion(promotion_id)

    def work() -> str:
        end_promotion(actor=actor, promotion=get_promotion(promotion_id), reason=form.reason.data or "")
        return url_for("operator.list_promotions")

    if form.validate_on_submit():
        try:
            address = submit_once(form, work)
            flash(_("广告已终止"), "success")
            return redirect(address)
        except NotFound:
            raise
        except ServiceError as error:
            form.add_service_error(error)
            promotion = get_promotion(promotion_id)
    page = render_template(
        "operator/promotions_end.html", form=form, promotion=promotion, state=promotion_state(promotion), place=_place
    )
    return page, 422 if form.is_submitted() else 200
