"""One order for both its sides: its page, its printable sheet, and the steps of the whole order."""

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, render_template, url_for

from marketplace.accounts.queries import list_users
from marketplace.catalog.queries import definition_of
from marketplace.catalog.rules.facts import fact_rows
from marketplace.core import regions, settings
from marketplace.core.access import require
from marketplace.core.actor import Actor
from marketplace.core.errors import ServiceError
from marketplace.core.forms import BaseForm
from marketplace.core.i18n import _, lazy
from marketplace.core.web import current_actor, roles, signed_in, submit_once
from marketplace.orders import access, services
from marketplace.orders.forms import ReasonForm
from marketplace.orders.models import Order
from marketplace.orders.queries import get_order, list_history
from marketplace.orders.routes import bp
from marketplace.orders.states import EVENT_LABELS, INTERNAL_EVENTS, OrderState
from marketplace.payments.queries import pay_instructions
from marketplace.reviews.queries import find_review

TONES = {
    "milestone.accepted": "success",
    "order.completed": "success",
    "order.funded": "success",
    "order.confirmed": "success",
    "order.approved": "success",
    "order.rejected": "danger",
}
STEPS = (
    ("placed", lazy("提交订单")), ("awaiting_payment", lazy("机构确认")), ("funded", lazy("付款到账")),
    ("completed", lazy("验收完成")),
)  # fmt: skip


@bp.get("/orders/<string:number>")
@signed_in
def show(number: str) -> str:
    actor = current_actor()
    order = get_order(number, actor=actor)
    due = order.state == OrderState.AWAITING_PAYMENT and access.can_see_order_payment(actor, order)
    return render_template(
        "orders/show.html", order=order, **_facts(order), history=_timeline(order, actor), steps=_steps(order, actor),
        instructions=pay_instructions(order.payment_id or 0) if due else None, review=find_review(order.id),
        auto_accept_days=settings.get("orders.auto_accept_days"), submitter=_submitter(order),
    )  # fmt: skip


def _submitter(order: Order) -> str:
    """Who asks for the approval, while it is waited for; only the client's people see such an order."""
    if order.state != OrderState.AWAITING_APPROVAL or order.placed_by_id is None:
        return ""
    return next((user.name for user in list_users([order.placed_by_id])), "")


@bp.get("/orders/<string:number>/document")
@signed_in
def document(number: str) -> str:
    """The order as a sheet to print or keep (电子商务法 50)."""
    order = get_order(number, actor=current_actor())
    return render_template("orders/document.html", order=order, **_facts(order))


def _facts(order: Order) -> dict[str, Any]:
    listing = order.terms["listing"]
    kind = definition_of(order.category_code, listing.get("category_version", 1))
    return {
        "terms": order.terms, "category": kind, "attributes": fact_rows(kind, listing["attributes"]),
        "city": regions.label(order.city_code) if order.city_code else _("不限"),
    }  # fmt: skip


def _steps(order: Order, actor: Actor) -> list[tuple[Any, str]]:
    """The stations of an order, for the bar at the top of its page; the client's own approval is one for the client only."""
    approval = lazy("内部审批")
    if order.state == OrderState.AWAITING_APPROVAL:
        return [(approval, "current"), *((label, "todo") for _name, label in STEPS)]
    if order.state == OrderState.UNAPPROVED:
        return [(approval, "done"), (order.state_label, "current")]
    before: list[tuple[Any, str]] = []
    if order.requested_at and access.is_client_side(actor, order):
        before = [(approval, "done")]
    return [*before, *_stations(order)]


def _stations(order: Order) -> list[tuple[Any, str]]:
    reached = {"placed": 1, "awaiting_payment": 2, "funded": 3, "completed": 4}.get(order.state)
    if reached is None:
        done = 1 + sum(moment is not None for moment in (order.confirmed_at, order.funded_at))
        past: list[tuple[Any, str]] = [(label, "done") for _name, label in STEPS[:done]]
        return [*past, (order.state_label, "current")]
    return [
        (label, "done" if place < reached else "current" if place == reached else "todo")
        for place, (_name, label) in enumerate(STEPS)
    ]


def _timeline(order: Order, actor: Actor) -> list[dict[str, Any]]:
    who = {order.client_id: order.client_name, order.firm_id: order.firm_name}
    hidden = frozenset() if access.is_client_side(actor, order) else INTERNAL_EVENTS
    shown = [e for e in list_history(order) if e["event"] in EVENT_LABELS and e["event"] not in hidden]
    return [
        {
            "at": e["at"],
            "title": str(EVENT_LABELS[e["event"]]) + (f"：{e['milestone'].title}" if e["milestone"] else ""),
            "who": who.get(e["organisation_id"])
            or (_("系统自动") if not e["actor"].startswith("user:") else _("平台运营")),
            "text": e["text"],
            "tone": TONES.get(e["event"], "info"),
        }
        for e in shown
    ]


def act(number: str, service: Callable[..., Any], message: str, **given: Any) -> Any:
    """A button: run one step of an order once and go back to its page."""

    def work() -> str:
        service(actor=current_actor(), order=get_order(number, actor=current_actor()), **given)
        return url_for("orders.show", number=number)

    address = submit_once(BaseForm(), work)
    flash(message, "success")
    return redirect(address)


def ask_reason(
    number: str,
    allowed: Callable[[Actor, Order], bool],
    service: Callable[..., Any],
    *,
    title: str,
    text: str,
    done: str,
) -> Any:
    """A page that explains a step of an order, asks for the reason, and takes it."""
    actor = current_actor()
    order = get_order(number, actor=actor)
    require(allowed(actor, order))
    form = ReasonForm()
    if form.validate_on_submit():

        def work() -> str:
            service(actor=actor, order=get_order(number, actor=actor), reason=form.reason.data or "")
            return url_for("orders.show", number=number)

        try:
            address = submit_once(form, work)
            flash(done, "success")
            return redirect(address)
        except ServiceError as error:
            form.add_service_error(error)
            order = get_order(number, actor=actor)
    page = render_template("orders/reason.html", form=form, order=order, milestone=None, title=title, text=text)
    return page, 422 if form.is_submitted() else 200


@bp.post("/orders/<string:number>/approve")
@roles("client")
def approve(number: str) -> Any:
    return act(number, services.approve_order, _("已批准，订单已提交服务机构确认"))


@bp.route("/orders/<string:number>/reject", methods=["GET", "POST"])
@roles("client")
def reject(number: str) -> Any:
    return ask_reason(
        number, access.can_approve_order, services.reject_order, title=_("驳回采购"),
        text=_("订单将关闭，提交人会收到您填写的原因；服务机构不会知晓此订单。"), done=_("已驳回，并已告知提交人"),
    )  # fmt: skip


@bp.route("/orders/<string:number>/withdraw", methods=["GET", "POST"])
@roles("client")
def withdraw(number: str) -> Any:
    return ask_reason(
        number, access.can_withdraw_order, services.withdraw_order, title=_("撤回采购"),
        text=_("订单将关闭；服务机构不会知晓此订单。"), done=_("已撤回"),
    )  # fmt: skip


@bp.post("/orders/<string:number>/confirm")
@roles("firm")
def confirm(number: str) -> Any:
    return act(number, services.confirm_order, _("已确认订单，客户将收到付款信息"))


@bp.route("/orders/<string:number>/decline", methods=["GET", "POST"])
@roles("firm")
def decline(number: str) -> Any:
    return ask_reason(
        number, access.can_decline_order, services.decline_order, title=_("不接受订单"),
        text=_("订单将关闭，客户会收到您填写的原因。"), done=_("已告知客户不接受该订单"),
    )  # fmt: skip


@bp.route("/orders/<string:number>/cancel", methods=["GET", "POST"])
@roles("client", "operator")
def cancel(number: str) -> Any:
    return ask_reason(
        number, access.can_cancel_order, services.cancel_order, title=_("取消订单"),
        text=_("款项到账前可以取消。取消后付款参考号作废，请勿再转账。"), done=_("订单已取消"),
    )  # fmt: skip


@bp.route("/orders/<string:number>/terminate", methods=["GET", "POST"])
@roles("operator")
def terminate(number: str) -> Any:
    return ask_reason(
        number, access.can_terminate_order, services.terminate_order, title=_("终止订单"),
        text=_("已验收的里程碑不受影响；其余款项转入客户待退余额，由财务退回。"), done=_("订单已终止"),
    )  # fmt: skip
