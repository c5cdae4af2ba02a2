"""What the inbox holds of a person, and for how long."""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete

from marketplace.core import retention
from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.core.i18n import lazy
from marketplace.core.personal import register_account_leaver, register_table
from marketplace.notifications.models import Notification

register_table(
    "notifications", lazy("站内消息"), Notification, "user_id",
    {
        "created_at": lazy("时间"), "event": lazy("事件"), "params": lazy("内容参数"), "url": lazy("相关页面"), "read_at": lazy("阅读时间"),
    },
)  # fmt: skip


def _read_ones(before: datetime) -> Select[Any]:
    return retention.due_rows(Notification, Notification.read_at < before, user=Notification.user_id)


def _forget(actor: Actor, user_id: int) -> None:
    """Messages are for the person alone: they go with the account."""
    db.session.execute(
        delete(Notification).where(Notification.user_id == user_id).execution_options(synchronize_session=False)
    )


register_account_leaver(_forget)
retention.register(
    retention.Rule(
        "notifications", lazy("已读的站内消息"), "notification", lazy("阅读后"), "电子商务法第三十一条", "delete", _read_ones,
        retention.deleting(Notification),
    ),
    days=1095, minimum=1095,
)  # fmt: skip
