"""The steps of one milestone: deliver, accept, ask for changes, dispute, decide, and the delivered files."""

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, render_template, request, url_for

from marketplace.core import clock
from marketplace.core.access import require
from marketplace.core.actor import Actor
from marketplace.core.errors import ServiceError
from marketplace.core.forms import BaseForm
from marketplace.core.i18n import _
from marketplace.core.web import current_actor, roles, signed_in, submit_once
from marketplace.files.services import prepare
from marketplace.files.web import send
from marketplace.orders import access, services
from marketplace.orders.forms import DeliverMilestoneForm, ReasonForm, ResolveDisputeForm
from marketplace.orders.models import Order
from marketplace.orders.queries import get_delivery_file, get_milestone
from marketplace.orders.routes import bp

BASE = "/orders/<string:number>/milestones/<int:position>"


def _back(number: str, position: int) -> str:
    return url_for("orders.show", number=number, _anchor=f"milestone-{position}")


@bp.route(f"{BASE}/deliver", methods=["GET", "POST"])
@roles("firm")
def deliver(number: str, position: int) -> Any:
    """Files are checked and written before the transaction; a refused one says so beside the field and changes nothing."""
    actor = current_actor()
    milestone = get_milestone(number, position, actor=actor)
    require(access.can_deliver_milestone(actor, milestone.order))
    form = DeliverMilestoneForm()
    if form.validate_on_submit():
        try:
            address = submit_once(form, _delivery(number, position, form))
            flash(_("已提交交付，等待客户验收"), "success")
            return redirect(address)
        except ServiceError as error:
            form.add_service_error(error)
            milestone = get_milestone(number, position, actor=actor)
    elif request.method == "GET":
        form.people_served.data = milestone.people_served
        form.period_from.data, form.period_to.data = milestone.period_from, milestone.period_to
    page = render_template("orders/deliver.html", form=form, order=milestone.order, milestone=milestone)
    return page, 422 if form.is_submitted() else 200


def _delivery(number: str, position: int, form: DeliverMilestoneForm) -> Callable[[], str]:
    actor = current_actor()
    uploads = [f for f in form.files.data or [] if f and f.filename]
    try:
        files = [prepare(f.stream, f.filename, "delivery") for f in uploads]
    except ServiceError as error:
        error.field = "files"
        raise

    def work() -> str:
        services.deliver_milestone(
            actor=actor, milestone=get_milestone(number, position, actor=actor), people_served=form.people_served.data or 0,
            period_from=form.period_from.data or clock.today(), period_to=form.period_to.data or clock.today(), note=form.note.data or "", files=files,
        )  # fmt: skip
        return _back(number, position)

    return work


@bp.post(f"{BASE}/accept")
@roles("client")
def accept(number: str, position: int) -> Any:
    def work() -> str:
        actor = current_actor()
        services.accept_milestone(actor=actor, milestone=get_milestone(number, position, actor=actor))
        return _back(number, position)

    address = submit_once(BaseForm(), work)
    flash(_("已验收，款项已结算给机构"), "success")
    return redirect(address)


def _ask_reason(
    number: str, position: int, form: ReasonForm, allowed: Callable[[Actor, Order], bool], service: Callable[..., Any],
    words: dict[str, str], given: Callable[[], dict[str, Any]] = dict,
) -> Any:  # fmt: skip
    """A page that explains a step of a milestone, asks for the reason, and takes it."""
    actor = current_actor()
    milestone = get_milestone(number, position, actor=actor)
    require(allowed(actor, milestone.order))
    if form.validate_on_submit():

        def work() -> str:
            found = get_milestone(number, position, actor=actor)
            service(actor=actor, milestone=found, reason=form.reason.data or "", **given())
            return _back(number, position)

        try:
            address = submit_once(form, work)
            flash(words["done"], "success")
            return redirect(address)
        except ServiceError as error:
            form.add_service_error(error)
            milestone = get_milestone(number, position, actor=actor)
    page = render_template(
        "orders/reason.html",
        form=form,
        order=milestone.order,
        milestone=milestone,
        title=words["title"],
        text=words["text"],
    )
    return page, 422 if form.is_submitted() else 200


@bp.route(f"{BASE}/request-changes", methods=["GET", "POST"])
@roles("client")
def request_changes(number: str, position: int) -> Any:
    words = {
        "title": _("要求修改"), "text": _("请写明需要修改或补充的内容，机构修改后会重新交付。"), "done": _("已要求机构修改"),
    }  # fmt: skip
    return _ask_reason(number, position, ReasonForm(), access.can_request_changes, services.request_changes, words)


@bp.route(f"{BASE}/dispute", methods=["GET", "POST"])
@roles("client", "firm")
def dispute(number: str, position: int) -> Any:
    words = {
        "title": _("提请争议处理"), "text": _("园区运营人员将查看交付内容并裁定：验收通过，或由机构重新交付。"),
        "done": _("已提请平台处理"),
    }  # fmt: skip
    return _ask_reason(number, position, ReasonForm(), access.can_dispute_milestone, services.dispute_milestone, words)


@bp.route(f"{BASE}/resolve", methods=["GET", "POST"])
@roles("operator")
def resolve(number: str, position: int) -> Any:
    form = ResolveDisputeForm()
    words = {
        "title": _("争议裁定"), "text": _("裁定结果与理由会告知双方。裁定验收通过后，款项立即结算。"), "done": _("已作出裁定"),
    }  # fmt: skip
    return _ask_reason(
        number, position, form, access.can_resolve_dispute, services.resolve_dispute, words,
        lambda: {"accept": form.decision.data == "accept"},
    )  # fmt: skip


@bp.get("/orders/<string:number>/files/<string:file_number>")
@signed_in
def download(number: str, file_number: str) -> Any:
    """A delivered file, for those who may see the order."""
    return send(get_delivery_file(number, file_number, actor=current_actor()))
