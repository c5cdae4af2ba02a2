"""What the auditor reads instead of codes: a label for every event and noun of the trail, in both languages (tested).

Events of a lifecycle are named after their process and action; all others stand in the table. A new `audit.record("noun.verb", …)`
needs a line here.
"""

import importlib
import pkgutil
from collections.abc import Collection
from functools import cache
from importlib.util import find_spec
from typing import Any

import marketplace
from marketplace.core.i18n import lazy
from marketplace.core.lifecycle import Action, Process

NOUNS: dict[str, Any] = {
    "audit": lazy("审计日志"), "audit_check": lazy("审计链校验"), "bank_account": lazy("银行账户"),
    "bank_entry": lazy("银行流水行"), "category": lazy("服务类目"), "category_draft": lazy("服务类目草稿"),
    "change_request": lazy("主体信息变更"), "closing_notice": lazy("退出公告"), "data_export": lazy("个人数据导出"),
    "data_request": lazy("个人信息请求"), "demo": lazy("演示数据"), "file": lazy("文件"),
    "firm_standard": lazy("标准与等级"), "identity_export": lazy("身份信息报送"), "invitation": lazy("成员邀请"),
    "join_request": lazy("加入申请"), "kpi_closing": lazy("指标关账"), "legal_hold": lazy("法定保全"),
    "licence": lazy("证照"), "listing": lazy("服务"), "listing_change": lazy("服务修改申请"),
    "match_proposal": lazy("款项认领"), "milestone": lazy("里程碑"), "order": lazy("订单"),
    "organisation": lazy("机构"), "outbox_message": lazy("外发消息"), "page": lazy("页面"), "payment": lazy("付款"),
    "promotion": lazy("广告"), "report_import": lazy("经营月报"), "retention_run": lazy("到期清理"),
    "review": lazy("评价"), "saved_search": lazy("保存的搜索"), "search_word": lazy("搜索词条"),
    "session": lazy("登录会话"), "setting": lazy("平台参数"), "shortlist": lazy("备选清单"), "sign_in": lazy("登录"),
    "statement_import": lazy("银行对账单"), "uscc_override": lazy("信用代码例外"), "user": lazy("人员"),
}  # fmt: skip
EVENTS: dict[str, Any] = {
    "access.denied": lazy("越权访问被拒绝"), "address.rested": lazy("来源地址暂停登录"),
    "audit.check_requested": lazy("发起审计链校验"), "audit.exported": lazy("导出审计日志"),
    "case.claimed": lazy("领取办理"), "case.released": lazy("释放办理"), "category.draft_discarded": lazy("放弃类目草稿"),
    "category.draft_edited": lazy("修改类目草稿"), "category.draft_opened": lazy("开始编辑类目"),
    "category.published": lazy("发布类目新版本"), "change.submitted": lazy("提交主体信息变更"),
    "clients.imported": lazy("批量导入用工企业"), "closing.announced": lazy("公告退出"),
    "consent.given": lazy("同意法律文件"), "consent.withdrawn": lazy("撤回同意"),
    "data_export.fetched": lazy("下载个人数据"), "data_export.ready": lazy("个人数据已备妥"),
    "data_export.requested": lazy("申请导出个人数据"), "data_request.received": lazy("收到个人信息请求"),
    "demo.loaded": lazy("载入演示数据"), "file.infected": lazy("上传文件含病毒被拒绝"), "file.quarantined": lazy("文件被隔离"),
    "firm_standard.added": lazy("申报标准或等级"), "firms.imported": lazy("批量导入机构"),
    "firms.spelled": lazy("补充机构名称拼音"), "identity_export.fetched": lazy("下载身份信息报送文件"),
    "identity_export.made": lazy("生成身份信息报送文件"), "invitation.accepted": lazy("接受成员邀请"),
    "invitation.revoked": lazy("撤销成员邀请"), "invitation.sent": lazy("发出成员邀请"),
    "join_request.requested": lazy("申请加入机构"), "kpi.closed": lazy("指标关账"),
    "legal_hold.lifted": lazy("解除法定保全"), "legal_hold.placed": lazy("设置法定保全"), "licence.added": lazy("上传证照"),
    "listing.copied": lazy("复制服务"), "listing.created": lazy("新建服务"), "listing.edited": lazy("修改服务"),
    "listing.updated_by_import": lazy("导入更新服务"), "listing_change.saved": lazy("填写服务修改申请"),
    "match.proposed": lazy("提出款项认领"), "member.left": lazy("成员离开机构"),
    "order.approval_requested": lazy("提交采购审批"), "order.money_returned": lazy("订单退款"),
    "order.placed": lazy("下单"), "organisation.account_opened": lazy("开通机构账号"),
    "organisation.approval_limit_changed": lazy("调整采购审批额度"),
    "organisation.bank_account_changed": lazy("变更银行账户"),
    "organisation.bank_account_revealed": lazy("查看完整银行账号"),
    "organisation.contact_revealed": lazy("查看完整联系方式"), "organisation.edited": lazy("修改机构资料"),
    "organisation.facts_confirmed": lazy("确认资料无变化"), "organisation.identity_changed": lazy("主体信息已变更"),
    "organisation.invoice_account_revealed": lazy("查看完整开票账号"),
    "organisation.invoice_data_changed": lazy("变更开票信息"), "organisation.member_added": lazy("加入成员"),
    "organisation.member_removed": lazy("移除成员"), "organisation.registered": lazy("机构注册"),
    "organisation.role_changed": lazy("调整成员角色"), "outbox.revealed": lazy("查看外发消息原文"),
    "payment.given_back": lazy("款项退回"), "payment.opened": lazy("生成付款"), "payment.released": lazy("款项结算"),
    "promotion.created": lazy("登记广告"), "promotion.ended": lazy("终止广告"), "report.imported": lazy("导入经营月报"),
    "report.verified": lazy("核验经营月报"), "retention.rehearsed": lazy("到期清理试运行"),
    "retention.run": lazy("到期清理"), "review.replied": lazy("回复评价"), "review.written": lazy("发表评价"),
    "saved_search.changed": lazy("修改保存的搜索"), "saved_search.created": lazy("保存搜索"),
    "saved_search.deleted": lazy("删除保存的搜索"), "search_word.changed": lazy("修改搜索词条"),
    "session.confirmed": lazy("再次验证身份"), "session.opened": lazy("登录"), "session.revoked": lazy("注销登录会话"),
    "setting.changed": lazy("调整平台参数"), "shortlist.archived": lazy("归档备选清单"),
    "shortlist.created": lazy("新建备选清单"), "shortlist.edited": lazy("修改备选清单"),
    "shortlist.listing_accepted": lazy("备选清单确认新版本"), "shortlist.listing_added": lazy("备选清单加入服务"),
    "shortlist.listing_noted": lazy("备选清单修改备注"), "shortlist.listing_removed": lazy("备选清单移除服务"),
    "shortlist.reopened": lazy("恢复备选清单"), "statement.imported": lazy("导入银行流水"),
    "uscc_override.proposed": lazy("提出信用代码例外"), "user.closed": lazy("注销账号"), "user.created": lazy("创建账号"),
    "user.disabled": lazy("停用账号"), "user.edited": lazy("修改个人资料"), "user.email_changed": lazy("变更邮箱"),
    "user.email_confirmed": lazy("验证邮箱"), "user.enabled": lazy("启用账号"), "user.invited": lazy("邀请工作人员"),
    "user.locked": lazy("账号因多次失败被锁定"), "user.mobile_changed": lazy("变更手机号"),
    "user.mobile_confirmed": lazy("验证手机号"), "user.password_changed": lazy("修改密码"),
    "user.password_reset": lazy("重置密码"), "user.recovery_code_used": lazy("使用恢复码"),
    "user.recovery_codes_made": lazy("生成恢复码"), "user.reset_requested": lazy("申请重置密码"),
    "user.second_factor_disabled": lazy("停用二次验证"), "user.second_factor_enrolled": lazy("启用二次验证"),
    "user.second_factor_reset": lazy("重置二次验证"), "user.staff_role_granted": lazy("授予工作人员角色"),
    "user.staff_role_revoked": lazy("撤销工作人员角色"), "user.unlocked": lazy("解除锁定"),
    "verification.reminded": lazy("发出复核提醒"),
}  # fmt: skip
REFUSED = frozenset({"access.denied", "address.rested", "file.infected", "file.quarantined", "user.locked"})
"""Events that say that something was stopped; all others say that it was done."""
ACTORS: dict[str, Any] = {
    "scheduler": lazy("定时任务"), "cli": lazy("命令行"), "stripe": lazy("支付通道"), "anonymous": lazy("未登录访客"),
}  # fmt: skip


@cache
def _lifecycle() -> dict[str, tuple[Process, Action]]:
    """The events of every process, by name."""
    found: dict[str, tuple[Process, Action]] = {}
    for package in pkgutil.iter_modules(marketplace.__path__, "marketplace."):
        if package.ispkg and find_spec(f"{package.name}.states"):
            for process in vars(importlib.import_module(f"{package.name}.states")).values():
                if isinstance(process, Process):
                    found.update({action.event: (process, action) for action in process.actions})
    return found


def known_events() -> set[str]:
    """Every event that has a label."""
    return {*EVENTS, *_lifecycle()}


def event_label(event: str) -> str:
    """`订单：受理`, `修改密码`; the event's own name where it has no label."""
    if event in EVENTS:
        return str(EVENTS[event])
    if event in _lifecycle():
        process, action = _lifecycle()[event]
        return f"{noun_label(process.noun)}：{action.label}" if action.label else event
    return event


def noun_label(noun: str) -> str:
    return str(NOUNS.get(noun, noun))


def actor_label(name: str) -> str:
    """How a part of the system is called; a person's `user:7` stays."""
    return str(ACTORS.get(name, name))


def event_groups() -> list[tuple[str, str, list[tuple[str, str]]]]:
    """For a menu: prefix, its label, and its events with theirs, sorted by label."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for event in known_events():
        groups.setdefault(event.split(".", 1)[0], []).append((event, event_label(event)))
    rows = [(prefix, _prefix_label(prefix), sorted(events, key=lambda e: e[1])) for prefix, events in groups.items()]
    return sorted(rows, key=lambda row: row[1])


_PREFIXES: dict[str, Any] = {
    "access": lazy("越权访问"), "address": lazy("来源地址"), "case": lazy("办理"), "change": NOUNS["change_request"], "clients": lazy("批量导入"),
    "closing": NOUNS["closing_notice"], "consent": lazy("同意记录"), "firms": lazy("批量导入机构"), "kpi": NOUNS["kpi_closing"],
    "match": NOUNS["match_proposal"], "member": lazy("成员"), "outbox": NOUNS["outbox_message"], "report": NOUNS["report_import"],
    "retention": NOUNS["retention_run"], "statement": NOUNS["statement_import"], "verification": lazy("复核"),
}  # fmt: skip


def _prefix_label(prefix: str) -> str:
    return str(_PREFIXES.get(prefix) or noun_label(prefix))


def events_asked(chosen: str, result: str) -> Collection[str] | None:
    """The events that a choice of event (`order.placed`, or `order` for all of them) and of result mean; None for all."""
    known = known_events()
    events: frozenset[str] | None = None
    if chosen:
        meant = {event for event in known if event == chosen or event.startswith(f"{chosen}.")}
        events = frozenset(meant or {chosen})
    if result in ("refused", "done"):
        wanted = REFUSED if result == "refused" else frozenset(known - REFUSED)
        events = wanted if events is None else events & wanted
    return events


def is_refusal(event: str) -> bool:
    return event in REFUSED
