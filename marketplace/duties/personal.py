"""What duties and core hold of a person, and the retention rules of their tables."""

from collections.abc import Generator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, select

from marketplace.accounts.models import User
from marketplace.core import retention
from marketplace.core.audit import AuditEvent
from marketplace.core.db import db
from marketplace.core.i18n import lazy
from marketplace.core.outbox import OutboxMessage
from marketplace.core.personal import (
    Blocker,
    exempt,
    own_rows,
    plain,
    register_account_blocker,
    register_personal_data,
    register_table,
)
from marketplace.core.web import FormSubmission
from marketplace.duties.models import Consent, DataExport, DataRequest, LegalHold

_AUDIT = {
    "id": lazy("序号"), "created_at": lazy("时间"), "actor": lazy("操作者"), "event": lazy("事件"), "noun": lazy("对象"),
    "ref_id": lazy("对象编号"), "organisation_id": lazy("单位编号"), "codes": lazy("内容"),
}  # fmt: skip


def _audit(user_id: int) -> Generator[dict[str, Any], None, None]:
    """What the person did, and what others did to their account."""
    yield from own_rows(AuditEvent, ("user_id",), tuple(_AUDIT))(user_id)
    query = (
        select(*(getattr(AuditEvent, name) for name in _AUDIT))
        .where(AuditEvent.noun == "user", AuditEvent.ref_id == user_id, AuditEvent.user_id.is_distinct_from(user_id))
        .order_by(AuditEvent.id)
    )
    for row in db.session.execute(query):
        yield {name: plain(value) for name, value in zip(_AUDIT, row, strict=True)}


register_personal_data("audit", lazy("操作记录（审计日志）"), _AUDIT, _audit, ["audit_event.user_id"])
register_table(
    "mail", lazy("发给您的邮件与短信"), OutboxMessage, "user_id",
    {
        "created_at": lazy("时间"), "channel": lazy("通道"), "address": lazy("收件地址"), "event": lazy("事件"), "status": lazy("状态"),
        "sent_at": lazy("发送时间"),
    },
)  # fmt: skip
register_table(
    "consents", lazy("同意记录"), Consent, "user_id",
    {
        "created_at": lazy("时间"), "document": lazy("文件"), "document_version": lazy("版本"), "decision": lazy("决定"), "how": lazy("方式"),
        "scope": lazy("范围"), "address": lazy("网络地址"),
    },
)  # fmt: skip
register_table(
    "data_exports",
    lazy("数据副本申请"),
    DataExport,
    "user_id",
    {
        "number": lazy("编号"),
        "created_at": lazy("申请时间"),
        "ready_at": lazy("生成时间"),
        "fetched_at": lazy("下载时间"),
    },
)
register_table(
    "data_requests", lazy("个人信息请求"), DataRequest, "user_id",
    {
        "number": lazy("编号"), "kind": lazy("类型"), "text": lazy("内容"), "state": lazy("状态"), "created_at": lazy("提出时间"),
        "due_on": lazy("答复期限"), "answer": lazy("答复"), "closed_at": lazy("办结时间"),
    },
)  # fmt: skip
_WORK = "工作人员履职行为，其本人已可在操作记录中看到"
exempt(
    "setting_value.set_by_id",
    "data_request.answered_by_id",
    "legal_hold.placed_by_id",
    "legal_hold.lifted_by_id",
    why=_WORK,
)
exempt("legal_hold.user_id", why="依法保全记录，公开可能妨碍调查（个人信息保护法第十八条、第三十五条）")


def _held(user_id: int) -> list[Blocker]:
    held = select(LegalHold.id).where(LegalHold.user_id == user_id, LegalHold.lifted_at.is_(None)).limit(1)
    if db.session.scalar(held) is None:
        return []
    text = lazy("您的账号资料因法律程序须保持原状，暂不能注销，请联系园区运营人员")
    return [Blocker("account.held", text, "duties.requests")]


register_account_blocker(_held)


def _outbox(before: datetime) -> Select[Any]:
    finished = OutboxMessage.status.in_(("sent", "kept", "failed"))
    return retention.due_rows(
        OutboxMessage,
        finished,
        OutboxMessage.created_at < before,
        OutboxMessage.address != "",
        user=OutboxMessage.user_id,
    )


def _form_keys(before: datetime) -> Select[Any]:
    return retention.due_rows(FormSubmission, FormSubmission.created_at < before)


def _consents(before: datetime) -> Select[Any]:
    return retention.due_rows(
        Consent, Consent.user_id.in_(select(User.id).where(User.closed_at < before)), user=Consent.user_id
    )


def _requests(before: datetime) -> Select[Any]:
    return retention.due_rows(
        DataRequest, and_(DataRequest.closed_at < before, DataRequest.text != MASKED), user=DataRequest.user_id
    )


def _exports(before: datetime) -> Select[Any]:
    return retention.due_rows(DataExport, DataExport.ended_at < before, user=DataExport.user_id)


def _leftovers(before: datetime) -> Select[Any]:
    """Mails to people who have closed their account meanwhile."""
    closed = OutboxMessage.user_id.in_(select(User.id).where(User.closed_at < before))
    finished = OutboxMessage.status.in_(("sent", "kept", "failed"))
    return retention.due_rows(OutboxMessage, closed, finished, OutboxMessage.address != "", user=OutboxMessage.user_id)


MASKED = "（已按保存期限清除）"
_mask_outbox = retention.masking(OutboxMessage, address="", params={}, error=None)


def _mask_requests(ids: Sequence[Any]) -> int:
    return retention.masking(DataRequest, text=MASKED, answer=MASKED)(ids)


retention.register(
    retention.Rule(
        "outbox", lazy("邮件与短信的地址和内容"), "outbox_message", lazy("发送后"), "互联网信息服务管理办法第十四条；个人信息保护法第十九条", "mask",
        _outbox, _mask_outbox,
    ),
    days=60,
)  # fmt: skip
retention.register(
    retention.Rule(
        "closed_accounts", lazy("已注销账号的邮件与短信"), "outbox_message", lazy("注销后"), "个人信息保护法第四十七条", "mask", _leftovers,
        _mask_outbox,
    ),
    days=30,
)  # fmt: skip
retention.register(
    retention.Rule(
        "form_keys", lazy("表单防重复提交标识"), "form_submission", lazy("提交后"), "个人信息保护法第十九条", "delete", _form_keys,
        retention.deleting(FormSubmission),
    ),
    days=7,
)  # fmt: skip
retention.register(
    retention.Rule(
        "consents", lazy("同意记录"), "consent", lazy("账号注销后"), "个人信息保护法第十三至十七条", "delete", _consents, retention.deleting(Consent)
    ),
    days=1095, minimum=1095,
)  # fmt: skip
retention.register(
    retention.Rule(
        "data_requests", lazy("个人信息请求的内容与答复"), "data_request", lazy("办结后"), "个人信息保护法第五十、五十六条", "mask", _requests,
        _mask_requests,
    ),
    days=1095, minimum=1095,
)  # fmt: skip
retention.register(
    retention.Rule(
        "data_exports", lazy("数据副本的申请记录（副本本身下载后或逾期即删除）"), "data_export", lazy("下载或逾期后"), "网络安全法第二十一条", "delete",
        _exports, retention.deleting(DataExport),
    ),
    days=1095, minimum=180,
)  # fmt: skip
retention.keep(
    "audit",
    lazy("审计日志（只含编号，不含姓名地址）"),
    "audit_event",
    lazy("长期保存，不删除"),
    "网络安全法第二十一条（不少于六个月）",
)
retention.keep(
    "documents",
    lazy("平台规则的各版本"),
    "templates/legal",
    lazy("全部版本长期公开"),
    "网络交易监督管理办法；收费合规指南（不少于三年）",
)
retention.keep(
    "retention_runs",
    lazy("保存期限执行记录与法律保全记录"),
    "retention_run",
    lazy("长期保存"),
    "个人信息保护法第五十六条（不少于三年）",
)
