"""The two processes of an order as data: the order itself, and each of its milestones."""

from enum import StrEnum

from marketplace.core.i18n import LazyString, lazy
from marketplace.core.lifecycle import Action, Process


class OrderState(StrEnum):
    AWAITING_APPROVAL = "awaiting_approval"  # above the client's limit: a second person of the client decides; the firm sees nothing yet
    PLACED = "placed"  # the client has submitted it; the firm is asked to confirm the terms
    AWAITING_PAYMENT = "awaiting_payment"  # both have confirmed: the contract stands, the client's transfer is due
    FUNDED = "funded"  # the money has arrived; the firm delivers milestone by milestone
    COMPLETED = "completed"  # every milestone accepted and released
    DECLINED = "declined"  # the firm said no, with a reason
    CANCELLED = "cancelled"  # called off before the money arrived
    EXPIRED = "expired"  # the firm did not confirm, or the client did not pay, in time
    TERMINATED = "terminated"  # ended by the operator under way: what was not released went back to the client
    UNAPPROVED = "unapproved"  # refused, taken back or not decided inside the client: it never reached the firm

    @property
    def label(self) -> LazyString:
        return _ORDER[self][0]

    @property
    def tone(self) -> str:
        return _ORDER[self][1]


_ORDER: dict[OrderState, tuple[LazyString, str]] = {
    OrderState.AWAITING_APPROVAL: (lazy("待内部审批"), "warning"),
    OrderState.PLACED: (lazy("待机构确认"), "warning"),
    OrderState.AWAITING_PAYMENT: (lazy("待付款"), "warning"),
    OrderState.FUNDED: (lazy("履行中"), "info"),
    OrderState.COMPLETED: (lazy("已完成"), "success"),
    OrderState.DECLINED: (lazy("机构未接受"), "neutral"),
    OrderState.CANCELLED: (lazy("已取消"), "neutral"),
    OrderState.EXPIRED: (lazy("超时关闭"), "neutral"),
    OrderState.TERMINATED: (lazy("已终止"), "danger"),
    OrderState.UNAPPROVED: (lazy("未获内部批准"), "neutral"),
}


class MilestoneState(StrEnum):
    PLANNED = "planned"  # agreed, not yet paid for
    FUNDED = "funded"  # paid for; the firm may deliver
    DELIVERED = "delivered"  # the client looks at it; silence counts as acceptance after some days
    CHANGES_REQUESTED = "changes_requested"  # sent back with a reason; the firm delivers again
    DISPUTED = "disputed"  # one side asked the operator to decide
    ACCEPTED = "accepted"  # accepted; its money is being released in the same transaction
    RELEASED = "released"  # the firm's share and the commission are posted
    CANCELLED = "cancelled"  # the order ended before this milestone was accepted

    @property
    def label(self) -> LazyString:
        return _MILESTONE[self][0]

    @property
    def tone(self) -> str:
        return _MILESTONE[self][1]


_MILESTONE: dict[MilestoneState, tuple[LazyString, str]] = {
    MilestoneState.PLANNED: (lazy("未开始"), "neutral"),
    MilestoneState.FUNDED: (lazy("待交付"), "info"),
    MilestoneState.DELIVERED: (lazy("待验收"), "warning"),
    MilestoneState.CHANGES_REQUESTED: (lazy("待修改"), "warning"),
    MilestoneState.DISPUTED: (lazy("争议处理中"), "danger"),
    MilestoneState.ACCEPTED: (lazy("已验收"), "success"),
    MilestoneState.RELEASED: (lazy("已验收并结算"), "success"),
    MilestoneState.CANCELLED: (lazy("已取消"), "neutral"),
}

# `waiting` names, for every state in which somebody waits, the operator's way out of it.
ORDER_PROCESS = Process(
    noun="order",
    initial="awaiting_approval",
    states=OrderState,
    actions=(
        # An order that needs no approval is placed in the transaction that makes it.
        Action(
            "place", ("awaiting_approval",), "placed", "order.placed", "can_place_order", lazy("提交订单"), "placed_at"
        ),
        Action(
            "approve",
            ("awaiting_approval",),
            "placed",
            "order.approved",
            "can_approve_order",
            lazy("批准采购"),
            "placed_at",
        ),
        Action(
            "reject",
            ("awaiting_approval",),
            "unapproved",
            "order.rejected",
            "can_approve_order",
            lazy("驳回采购"),
            "closed_at",
        ),
        Action(
            "withdraw",
            ("awaiting_approval",),
            "unapproved",
            "order.withdrawn",
            "can_withdraw_order",
            lazy("撤回采购"),
            "closed_at",
        ),
        Action(
            "lapse_approval",
            ("awaiting_approval",),
            "unapproved",
            "order.approval_lapsed",
            "can_expire_order",
            lazy("超时未审批"),
            "closed_at",
            "orders.approval_days",
        ),
        Action(
            "confirm",
            ("placed",),
            "awaiting_payment",
            "order.confirmed",
            "can_confirm_order",
            lazy("确认订单"),
            "confirmed_at",
        ),
        Action("decline", ("placed",), "declined", "order.declined", "can_decline_order", lazy("不接受"), "closed_at"),
        Action(
            "cancel",
            ("placed", "awaiting_payment"),
            "cancelled",
            "order.cancelled",
            "can_cancel_order",
            lazy("取消订单"),
            "closed_at",
        ),
        Action(
            "lapse",
            ("placed",),
            "expired",
            "order.lapsed",
            "can_expire_order",
            lazy("超时未确认"),
            "closed_at",
            "orders.confirm_days",
        ),
        Action(
            "expire",
            ("awaiting_payment",),
            "expired",
            "order.expired",
            "can_expire_order",
            lazy("超时未付款"),
            "closed_at",
            "orders.pay_days",
        ),
        Action(
            "fund", ("awaiting_payment",), "funded", "order.funded", "can_fund_order", lazy("款项到账"), "funded_at"
        ),
        Action(
            "complete",
            ("funded",),
            "completed",
            "order.completed",
            "can_accept_milestone",
            lazy("订单完成"),
            "completed_at",
        ),
        Action(
            "terminate",
            ("funded",),
            "terminated",
            "order.terminated",
            "can_terminate_order",
            lazy("终止订单"),
            "closed_at",
        ),
    ),
    waiting={"placed": "cancel", "awaiting_payment": "cancel", "funded": "terminate"},
)

MILESTONE_PROCESS = Process(
    noun="milestone",
    initial="planned",
    states=MilestoneState,
    actions=(
        Action("fund", ("planned",), "funded", "milestone.funded", "can_fund_order", lazy("款项到账"), "funded_at"),
        Action(
            "deliver",
            ("funded", "changes_requested"),
            "delivered",
            "milestone.delivered",
            "can_deliver_milestone",
            lazy("提交交付"),
            "delivered_at",
        ),
        Action(
            "request_changes",
            ("delivered",),
            "changes_requested",
            "milestone.changes_requested",
            "can_request_changes",
            lazy("要求修改"),
        ),
        Action(
            "accept",
            ("delivered",),
            "accepted",
            "milestone.accepted",
            "can_accept_milestone",
            lazy("验收通过"),
            "accepted_at",
            "orders.auto_accept_days",
        ),
        Action(
            "dispute",
            ("delivered", "changes_requested"),
            "disputed",
            "milestone.disputed",
            "can_dispute_milestone",
            lazy("提请争议处理"),
        ),
        Action(
            "resolve_accept",
            ("disputed",),
            "accepted",
            "milestone.resolved_accepted",
            "can_resolve_dispute",
            lazy("裁定验收"),
            "accepted_at",
        ),
        Action(
            "resolve_redeliver",
            ("disputed",),
            "funded",
            "milestone.resolved_redeliver",
            "can_resolve_dispute",
            lazy("裁定重新交付"),
        ),
        Action(
            "release",
            ("accepted",),
            "released",
            "milestone.released",
            "can_accept_milestone",
            lazy("结算"),
            "released_at",
        ),
        Action(
            "cancel",
            ("planned", "funded", "delivered", "changes_requested", "disputed"),
            "cancelled",
            "milestone.cancelled",
            "can_cancel_order",
            lazy("随订单取消"),
        ),
    ),
    waiting={
        "planned": "cancel",
        "funded": "cancel",
        "delivered": "cancel",
        "changes_requested": "cancel",
        "disputed": "resolve_accept",
        "accepted": "release",
    },
)

OPEN_STATES = (OrderState.PLACED, OrderState.AWAITING_PAYMENT, OrderState.FUNDED)
ACCEPTED_STATES = (MilestoneState.ACCEPTED, MilestoneState.RELEASED)

INTERNAL_EVENTS = frozenset(
    {"order.approval_requested", "order.approved", "order.rejected", "order.withdrawn", "order.approval_lapsed"}
)
"""What happened inside the client before the firm was told; the other side's timeline leaves it out."""

EVENT_LABELS: dict[str, LazyString] = {
    "order.approval_requested": lazy("采购人员提交，等待内部审批"),
    "order.approved": lazy("内部审批通过"),
    "order.rejected": lazy("内部审批驳回"),
    "order.withdrawn": lazy("提交人撤回"),
    "order.approval_lapsed": lazy("超时未审批，订单关闭"),
    "order.placed": lazy("客户提交订单"),
    "order.confirmed": lazy("机构确认订单，合同成立"),
    "order.declined": lazy("机构未接受订单"),
    "order.cancelled": lazy("订单取消"),
    "order.lapsed": lazy("机构超时未确认，订单关闭"),
    "order.expired": lazy("超时未付款，订单关闭"),
    "order.funded": lazy("款项到账，开始履行"),
    "order.completed": lazy("全部里程碑已验收，订单完成"),
    "order.terminated": lazy("平台终止订单，未结算款项退回客户"),
    "order.money_returned": lazy("款项转入客户待退余额"),
    "milestone.delivered": lazy("机构提交交付"),
    "milestone.changes_requested": lazy("客户要求修改"),
    "milestone.accepted": lazy("验收通过"),
    "milestone.disputed": lazy("提请平台处理争议"),
    "milestone.resolved_accepted": lazy("平台裁定：验收通过"),
    "milestone.resolved_redeliver": lazy("平台裁定：机构重新交付"),
    "milestone.released": lazy("款项已结算"),
}
"""What the timeline of an order says about each event; events without a sentence are not shown."""
