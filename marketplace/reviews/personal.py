"""What reviews hold of a person: what they wrote for their organisation. Reviews are never deleted (电子商务法 39)."""

from marketplace.core import retention
from marketplace.core.i18n import lazy
from marketplace.core.personal import register_table
from marketplace.reviews.models import Review

register_table(
    "reviews", lazy("您写的评价与回复"), Review, ("created_by_id", "replied_by_id"),
    {
        "order_id": lazy("订单内部编号"), "score": lazy("评分"), "text": lazy("评价"), "created_at": lazy("时间"), "reply": lazy("回复"),
        "replied_at": lazy("回复时间"),
    },
)  # fmt: skip
retention.keep("reviews", lazy("评价与回复"), "review", lazy("长期公示，不删除"), "电子商务法第三十九条")
