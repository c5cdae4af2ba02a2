"""What each role of an organisation may do, as one table: the members page shows it, a test holds it against the `can_…` functions."""

from dataclasses import dataclass

from marketplace.core.i18n import LazyString, lazy

ALL = frozenset({"admin", "business", "purchasing", "finance", "viewer"})
BOTH = ("firm", "client")
ROLE_NOTES: dict[str, LazyString] = {
    "admin": lazy("全部权限，并管理成员、角色与单位资料；每个单位至少保留一名"),
    "business": lazy("日常业务：机构的服务、订单与交付，企业的验收与评价"),
    "purchasing": lazy("企业的下单、验收与评价"),
    "finance": lazy("银行账户、开票资料、月报与采购审批"),
    "viewer": lazy("只能查看，不能办理业务"),
}


@dataclass(frozen=True, slots=True)
class Power:
    """Something a role may do: the permission function that decides, what it is called, whose it is and in which kinds of organisation."""

    can: str
    label: LazyString
    roles: frozenset[str]
    kinds: tuple[str, ...] = BOTH


def _roles(*names: str) -> frozenset[str]:
    return frozenset({"admin", *names})  # an organisation's administrator has every role (core.actor)


POWERS = (
    Power("can_view_organisation", lazy("查看单位资料与审核意见"), ALL),
    Power("can_view_order", lazy("查看本单位订单"), ALL),
    Power("can_edit_organisation", lazy("填写主体信息与联系人"), _roles()),
    Power("can_add_licence", lazy("上传证照"), _roles()),
    Power("can_submit_verification", lazy("提交入驻审核"), _roles()),
    Power("can_manage_members", lazy("邀请、审批、移除成员，调整角色"), _roles()),
    Power("can_edit_public_profile", lazy("修改对外展示资料"), _roles("business")),
    Power("can_change_bank_account", lazy("查看与变更银行账户"), _roles("finance")),
    Power("can_change_invoice_data", lazy("查看与修改开票资料"), _roles("finance")),
    Power("can_edit_listing", lazy("发布与维护服务"), _roles("business"), ("firm",)),
    Power("can_confirm_order", lazy("确认或谢绝订单"), _roles("business"), ("firm",)),
    Power("can_deliver_milestone", lazy("提交交付"), _roles("business"), ("firm",)),
    Power("can_declare_report", lazy("申报经营月报"), _roles("business", "finance"), ("firm",)),
    Power("can_reply_to_review", lazy("回复评价"), _roles("business"), ("firm",)),
    Power("can_place_order", lazy("下单采购"), _roles("purchasing"), ("client",)),
    Power("can_cancel_order", lazy("取消未付款的订单"), _roles("purchasing"), ("client",)),
    Power("can_approve_order", lazy("审批超额采购（不能审批自己提交的）"), _roles("finance"), ("client",)),
    Power("can_see_order_payment", lazy("查看付款信息"), ALL, ("client",)),
    Power("can_accept_milestone", lazy("验收交付"), _roles("purchasing", "business"), ("client",)),
    Power("can_write_review", lazy("评价服务"), _roles("purchasing", "business"), ("client",)),
    Power("can_edit_shortlist", lazy("维护本企业的备选清单"), _roles("purchasing", "business"), ("client",)),
    Power("can_change_approval_limit", lazy("设置采购审批额度"), _roles(), ("client",)),
)


def powers_of(kind: str) -> tuple[Power, ...]:
    """The rows of the table for a firm or a client."""
    return tuple(power for power in POWERS if kind in power.kinds)
