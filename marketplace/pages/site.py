"""What every page's frame shows: names, legal facts of the footer, demo mark, desk menu. One short memory per process, few queries."""

import time
from typing import Any

from flask import current_app, request, url_for

from marketplace.accounts.queries import has_demo_users
from marketplace.core import clock, settings
from marketplace.core.actor import Actor, current_actor
from marketplace.core.i18n import lazy
from marketplace.duties.rules.documents import upcoming
from marketplace.pages.queries import Task, count_waiting

settings.define("site.operator_name", "text", "", lazy("运营单位名称"), "电子商务法第十五条")
settings.define("site.icp_number", "text", "", lazy("ICP 备案号"), "互联网信息服务管理办法第四、十二条")
settings.define("site.police_number", "text", "", lazy("公安备案号"), "计算机信息网络国际联网安全保护管理办法第十二条")
settings.define("site.hotline", "text", "", lazy("服务与举报电话"), "电子商务法第五十九条")
FOOTER = ("operator_name", "icp_number", "police_number", "hotline")
MEMORY_SECONDS = 30.0


def frame() -> dict[str, Any]:
    """Demo mark and footer facts, remembered for half a minute per process since they change a few times a year."""
    memory: dict[str, Any] = current_app.extensions.setdefault("site_frame", {})
    if memory.get("until", 0.0) < time.monotonic() or current_app.testing:
        memory.update({f"site_{name}": settings.get(f"site.{name}") for name in FOOTER})
        memory["demo_mode"] = has_demo_users()
        memory["until"] = time.monotonic() + MEMORY_SECONDS
    return memory


def context() -> dict[str, Any]:
    """The frame's template values; unread messages and the menu's badges only for people who are signed in, in one statement."""
    actor = current_actor()
    values = {k: v for k, v in frame().items() if k != "until"}
    values["coming_documents"] = upcoming(clock.today())
    if actor.is_signed_in:
        values["unread_notifications"], tasks = count_waiting(actor)
        values["waiting"] = _counts(tasks)
        values["desk_menu"] = desk_menu(actor, _badges(values["waiting"]))
    return values


MENU: tuple[tuple[Any, tuple[str, ...], tuple[tuple[str, Any, str, tuple[str, ...]], ...]], ...] = (
    (lazy("工作台"), (), (
        ("pages.desk", lazy("待办与概览"), "speedometer2", ()),
        ("operator.desk", lazy("运营工作台"), "kanban", ("operator", "reviewer", "service", "bureau", "auditor")),
        ("notifications.inbox", lazy("消息"), "bell", ()),
    )),
    (lazy("机构业务"), ("firm",), (
        ("catalog.list_own", lazy("服务管理"), "box-seam", ()),
        ("orders.list_firm", lazy("订单"), "receipt", ()),
        ("reports.list_own", lazy("经营月报"), "bar-chart-line", ()),
        ("organisations.firm_profile", lazy("机构与资质"), "building-check", ()),
        ("organisations.list_standards", lazy("标准与等级"), "award", ()),
        ("organisations.members", lazy("成员与权限"), "people", ()),
    )),
    (lazy("选服务"), ("private",), (
        ("catalog.search", lazy("找服务"), "search", ()),
        ("shortlists.show_favourites", lazy("我的收藏"), "star", ()),
        ("shortlists.list_own", lazy("备选清单"), "list-check", ()),
        ("catalog.list_saved", lazy("已保存的搜索"), "bookmark", ()),
    )),
    (lazy("采购"), ("client",), (
        ("orders.list_client", lazy("我的订单"), "receipt", ()),
        ("organisations.client_profile", lazy("企业资料"), "building", ()),
        ("organisations.members", lazy("成员与权限"), "people", ()),
    )),
    (lazy("机构审核"), ("operator", "reviewer", "service", "bureau", "auditor"), (
        ("operator.list_verifications", lazy("入驻与资质审核"), "patch-check", ()),
        ("operator.list_changes", lazy("变更申请"), "pencil-square", ()),
        ("operator.list_standards", lazy("标准与等级"), "award", ()),
        ("operator.list_licences", lazy("证照核验"), "file-earmark-check", ()),
        ("operator.list_overdue", lazy("定期复核"), "calendar-check", ()),
        ("operator.list_uscc_overrides", lazy("代码校验豁免"), "key", ()),
    )),
    (lazy("服务与搜索"), ("operator", "reviewer", "service", "bureau", "auditor"), (
        ("operator.list_listings", lazy("服务审核"), "clipboard-check", ()),
        ("operator.list_categories", lazy("服务类目"), "diagram-3", ()),
        ("operator.list_search_queries", lazy("搜索与词表"), "search-heart", ("operator", "service")),
        ("operator.list_promotions", lazy("广告投放"), "megaphone", ()),
    )),
    (lazy("交易与报送"), ("operator", "reviewer", "service", "bureau", "auditor"), (
        ("operator.list_orders", lazy("订单监管"), "receipt", ("operator", "service", "auditor")),
        ("reports.list_all", lazy("月报核验"), "bar-chart-line", ("operator", "reviewer", "bureau", "auditor")),
        ("operator.list_data_requests", lazy("个人信息请求"), "chat-square-text", ("service", "operator", "auditor")),
        ("operator.list_identity_reports", lazy("身份信息报送"), "file-earmark-lock", ("operator", "bureau", "auditor")),
    )),
    (lazy("财务"), ("finance", "operator", "bureau", "auditor"), (
        ("operator.list_statements", lazy("银行流水"), "bank", ()),
        ("operator.list_credits", lazy("待认领款项"), "question-diamond", ()),
        ("operator.show_ledger", lazy("台账"), "journal-text", ()),
    )),
    (lazy("平台"), ("operator", "finance", "bureau", "auditor", "admin", "security"), (
        ("operator.list_staff", lazy("园区人员"), "person-badge", ("admin", "security", "auditor")),
        ("operator.list_outbox", lazy("消息发件箱"), "send", ("operator", "admin", "security")),
        ("operator.show_retention", lazy("保存期限与保全"), "hourglass-split", ("operator", "security", "auditor")),
        ("operator.list_settings", lazy("平台参数"), "sliders", ()),
        ("operator.list_audit", lazy("审计日志"), "shield-check", ("auditor", "bureau")),
    )),
    (lazy("账号"), (), (
        ("accounts.profile", lazy("个人资料"), "person", ()),
        ("accounts.security", lazy("登录安全"), "shield-lock", ()),
        ("duties.own_data", lazy("我的数据"), "file-earmark-zip", ()),
        ("duties.consents", lazy("同意记录"), "journal-check", ()),
        ("duties.requests", lazy("个人信息请求"), "chat-square-text", ()),
    )),
)  # fmt: skip
SAME_PLACE = {"operator.list_listing_changes": "operator.list_listings"}
"""Two lists that are tabs of one place of the menu: what waits in both is counted there."""
ALL_OPEN = 18
"""A menu of so many entries stands open; of a longer one only the first and the groups where something waits or where the person is."""


def _may(actor: Actor, names: tuple[str, ...]) -> bool:
    return (
        not names
        or ("firm" in names and actor.firm_id is not None)
        or ("client" in names and actor.client_id is not None)
        or ("private" in names and not actor.staff)
        or bool(actor.staff & set(names))
    )


def _counts(tasks: list[Task]) -> dict[str, int]:
    """How much waits on each list, by endpoint."""
    found: dict[str, int] = {}
    for task in tasks:
        found[task.endpoint] = found.get(task.endpoint, 0) + task.count
    return found


def _badges(waiting: dict[str, int]) -> dict[str, int]:
    """How much waits behind each entry of the menu: all tabs of one place together."""
    found: dict[str, int] = {}
    for endpoint, count in waiting.items():
        place = SAME_PLACE.get(endpoint, endpoint)
        found[place] = found.get(place, 0) + count
    return found


def _badge(number: int) -> str | None:
    return None if not number else str(number) if number < 1000 else "999+"


Entry = tuple[str, str, str, str | None, str]
"""Label, address, icon, badge, and `page` where it is this page, `true` where this page lies under it, else nothing (aria-current)."""


def desk_menu(actor: Actor, counts: dict[str, int]) -> list[tuple[str, list[Entry], bool]]:
    """The side menu of the desk: groups of entries for what the person's roles reach, and whether the group stands open."""
    groups = [
        (str(label), [(endpoint, str(text), url_for(endpoint), icon) for endpoint, text, icon, who in entries if _may(actor, who)])
        for label, roles, entries in MENU if _may(actor, roles)
    ]  # fmt: skip
    here = _here([address for _label, rows in groups for _endpoint, _text, address, _icon in rows])
    is_short = sum(len(rows) for _label, rows in groups) <= ALL_OPEN
    menu: list[tuple[str, list[Entry], bool]] = []
    for label, rows in groups:
        entries = [
            (text, address, icon, _badge(counts.get(endpoint, 0)), ("page" if address == request.path else "true") if address == here else "")
            for endpoint, text, address, icon in rows
        ]  # fmt: skip
        is_used = not menu or any(badge or current for _t, _a, _i, badge, current in entries)
        menu.append((label, entries, is_short or is_used))
    return menu


def _here(addresses: list[str]) -> str | None:
    """The entry where this page is: its own, else the longest that it lies under (the pages of one category under all categories)."""
    place = SAME_PLACE.get(request.endpoint or "")
    path = url_for(place) if place else request.path
    under = [one for one in addresses if path == one or path.startswith(f"{one.rstrip('/')}/")]
    return max(under, key=len, default=None)
