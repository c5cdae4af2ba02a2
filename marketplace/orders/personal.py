"""What orders hold of a person, and who may not leave an organisation yet because of them."""

from sqlalchemy import func, or_, select

from marketplace.core import retention
from marketplace.core.db import db
from marketplace.core.i18n import lazy
from marketplace.core.personal import Blocker, register_account_blocker, register_table
from marketplace.orders.models import Order, OrderRemark
from marketplace.orders.states import OPEN_STATES
from marketplace.organisations.queries.leaving import list_sole_admin_of

register_table(
    "orders", lazy("您提交或审批的订单（编号）"), Order, ("placed_by_id", "approved_by_id"),
    {"number": lazy("订单号"), "placed_at": lazy("下单时间"), "state": lazy("状态"), "client_id": lazy("客户编号"), "firm_id": lazy("机构编号")},
)  # fmt: skip
register_table(
    "order_remarks",
    lazy("您在订单中写下的说明"),
    OrderRemark,
    "user_id",
    {"order_id": lazy("订单内部编号"), "text": lazy("内容"), "created_at": lazy("时间")},
)


def _open_orders(user_id: int) -> list[Blocker]:
    found = []
    for one in list_sole_admin_of(user_id):
        side = or_(Order.client_id == one.organisation_id, Order.firm_id == one.organisation_id)
        number = db.session.scalar(select(func.count()).select_from(Order).where(side, Order.state.in_(OPEN_STATES)))
        if number:
            text = lazy(
                "“%(name)s”还有 %(n)s 笔未完成的订单，您是其唯一的管理员，请先了结或转交", name=one.name, n=number
            )
            found.append(Blocker("orders.open", text, f"orders.list_{one.kind}"))
    return found


register_account_blocker(_open_orders)
retention.keep(
    "orders", lazy("订单、里程碑、交付与验收记录"), "purchase_order", lazy("交易完成后至少三年"), "电子商务法第三十一条"
)
