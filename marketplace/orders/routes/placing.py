"""Placing an order: fill in, check on a page where everything can still be corrected, submit once (电子商务法 50)."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for

from marketplace.catalog.models import Listing
from marketplace.catalog.queries import get_visible_listing
from marketplace.core import regions, settings
from marketplace.core.errors import AccessDenied, ServiceError
from marketplace.core.i18n import _, lazy
from marketplace.core.web import current_actor, roles, submit_once
from marketplace.orders.access import buying_membership
from marketplace.orders.forms import PlaceOrderForm
from marketplace.orders.routes import bp
from marketplace.orders.rules import needs_approval
from marketplace.orders.services import check_order, place_order, price_limits
from marketplace.organisations.queries import get_organisation

NOT_RESENT = ("csrf_token", "form_key", "step", "agree")


@bp.route("/services/<int:listing_id>/order", methods=["GET", "POST"])
@roles("firm", "client")
def place(listing_id: int) -> Any:
    """One address for three steps, told apart by the button pressed: add a row, go on to the check page (or back), submit."""
    actor = current_actor()
    if buying_membership(actor) is None:
        raise AccessDenied(
            "order.cannot_place",
            lazy("仅已通过认证的用工单位，由其管理员或采购人员下单；请先完成企业认证或联系本单位管理员"),
        )
    listing = get_visible_listing(listing_id)
    form = _form_for(listing)
    step = request.form.get("step", "check")
    if not form.is_submitted():
        _suggest(form, listing)
    elif step == "add_row":
        form.add_row()
    elif step != "edit" and form.validate():
        return _check_or_submit(form, listing, step)
    failed = form.is_submitted() and step not in ("add_row", "edit")
    return render_template(
        "orders/place.html", form=form, listing=listing, limits=price_limits(listing)
    ), 422 if failed else 200


def _check_or_submit(form: PlaceOrderForm, listing: Listing, step: str) -> Any:
    actor, listing_id = current_actor(), listing.id
    try:
        terms = check_order(actor=actor, listing=listing, **form.terms())
        if step == "place" and form.agree.data:
            address = submit_once(form, lambda: _place(listing_id, form))
            flash(_placed_words(terms.total_fen), "success")
            return redirect(address)
    except ServiceError as error:
        form.add_service_error(error)
        page = render_template("orders/place.html", form=form, listing=listing, limits=price_limits(listing))
        return page, 422
    if step == "place":
        form.agree.errors = [_("请核对后勾选确认")]
    typed = [(name, value) for name, value in request.form.items(multi=True) if name not in NOT_RESENT]
    page = render_template(
        "orders/check.html", form=form, listing=listing, terms=terms, typed=typed,
        city=regions.label(terms.city_code) if terms.city_code else _("不限"),
        confirm_days=settings.get("orders.confirm_days"), pay_days=settings.get("orders.pay_days"),
        auto_accept_days=settings.get("orders.auto_accept_days"), approval_days=settings.get("orders.approval_days"),
        limit_fen=_approval_limit(terms.total_fen),
    )  # fmt: skip
    return page, 422 if step == "place" else 200


def _approval_limit(total_fen: int) -> int | None:
    """The client's limit (分) that an order of this total exceeds, if its person needs a second one; None where the firm is told at once."""
    actor = current_actor()
    member = buying_membership(actor)
    if member is None:
        return None
    limit: int | None = get_organisation(member.organisation_id, actor).approval_above_fen
    return limit if needs_approval(total_fen, limit, member.role) else None


def _placed_words(total_fen: int) -> str:
    if _approval_limit(total_fen) is not None:
        return _("订单已提交，等待本单位管理员或财务审批；批准后送服务机构确认。")
    return _("订单已提交，等待机构确认。机构确认前无需付款。")


def _place(listing_id: int, form: PlaceOrderForm) -> str:
    order = place_order(actor=current_actor(), listing=get_visible_listing(listing_id), **form.terms())
    return url_for("orders.show", number=order.number)


def _form_for(listing: Listing) -> PlaceOrderForm:
    form = PlaceOrderForm()
    form.offer_cities([("", _("不限城市")), *((code, regions.label(code)) for code in listing.city_codes)])
    return form


def _suggest(form: PlaceOrderForm, listing: Listing) -> None:
    """What most orders begin with: one unit, the fixed price, the only city."""
    form.quantity.data = 1
    least, most = price_limits(listing)
    if least is not None and least == most:
        form.unit_price.data = least
    if len(listing.city_codes) == 1:
        form.city_code.data = listing.city_codes[0]
