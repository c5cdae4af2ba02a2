"""Requests of people about their data, and the days the platform has for them."""

from datetime import date, timedelta
from typing import Any

from marketplace.core import settings
from marketplace.core.i18n import lazy

KINDS: dict[str, Any] = {
    "query": lazy("查阅、复制"), "correct": lazy("更正、补充"), "delete": lazy("删除"), "complain": lazy("投诉、其他"),
}  # fmt: skip
MAX_TEXT = 2000
MAX_OPEN = 10

settings.define(
    "duties.request_days",
    "int",
    15,
    lazy("个人信息请求答复期限（工作日）"),
    "个人信息保护法第五十条",
    minimum=1,
    maximum=60,
)
settings.define(
    "duties.export_hours",
    "int",
    24,
    lazy("个人数据副本可下载时间（小时）"),
    "个人信息保护法第四十五条",
    minimum=1,
    maximum=168,
)


def add_working_days(day: date, count: int) -> date:
    """The day some working days later. Saturdays and Sundays do not count; public holidays do, so that the day is never too late."""
    while count > 0:
        day += timedelta(days=1)
        count -= day.weekday() < 5
    return day
