"""Rating a finished order, replying, and the firm's list of its reviews."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from marketplace.core.access import require
from marketplace.core.errors import NotFound, ServiceError
from marketplace.core.i18n import _, lazy
from marketplace.core.web import current_actor, roles, submit_once
from marketplace.orders.models import Order
from marketplace.orders.queries import get_order
from marketplace.orders.states import OrderState
from marketplace.reviews.access import can_reply_to_review, can_write_review
from marketplace.reviews.forms import ReplyToReviewForm, WriteReviewForm
from marketplace.reviews.models import Review
from marketplace.reviews.queries import find_review, get_rating_summary, list_firm_reviews
from marketplace.reviews.services import reply_to_review, write_review

bp = Blueprint("reviews", __name__)


@bp.route("/orders/<string:number>/review", methods=["GET", "POST"])
@roles("client")
def write(number: str) -> Any:
    actor = current_actor()
    order = get_order(number, actor=actor)
    require(can_write_review(actor, order))
    form = WriteReviewForm()
    if request.method == "GET" and (order.state != OrderState.COMPLETED or find_review(order.id)):
        flash(_("订单完成后可以评价一次"), "info")
        return redirect(url_for("orders.show", number=number))
    if form.validate_on_submit():

        def work() -> str:
            found = get_order(number, actor=actor)
            write_review(actor=actor, order=found, score=int(form.score.data), text=form.text.data or "")
            return url_for("orders.show", number=number, _anchor="review")

        try:
            address = submit_once(form, work)
            flash(_("感谢评价，已公开显示在服务页面"), "success")
            return redirect(address)
        except ServiceError as error:
            form.add_service_error(error)
            order = get_order(number, actor=actor)
    return render_template("reviews/write.html", form=form, order=order), 422 if form.is_submitted() else 200


@bp.route("/orders/<string:number>/review/reply", methods=["GET", "POST"])
@roles("firm")
def reply(number: str) -> Any:
    actor = current_actor()
    order, review = _reviewed(number)
    require(can_reply_to_review(actor, review))
    form = ReplyToReviewForm()
    if form.validate_on_submit():

        def work() -> str:
            _order, written = _reviewed(number)
            reply_to_review(actor=actor, review=written, text=form.text.data or "")
            return url_for("orders.show", number=number, _anchor="review")

        try:
            address = submit_once(form, work)
            flash(_("回复已公开显示"), "success")
            return redirect(address)
        except ServiceError as error:
            form.add_service_error(error)
            order, review = _reviewed(number)
    return render_template(
        "reviews/reply.html", form=form, order=order, review=review
    ), 422 if form.is_submitted() else 200


def _reviewed(number: str) -> tuple[Order, Review]:
    order = get_order(number, actor=current_actor())
    review = find_review(order.id)
    if review is None:
        raise NotFound("review.missing", lazy("该订单还没有评价"))
    return order, review


@bp.get("/firm/reviews")
@roles("firm")
def list_firm() -> str:
    firm_id = current_actor().firm_id
    assert firm_id is not None
    page = list_firm_reviews(firm_id, request.args.get("page", 1, int), request.args.get("per_page", 20, int))
    return render_template("reviews/list.html", page=page, summary=get_rating_summary(firm_id=firm_id))
