"""What accounts hold of a person, for how long, and who may not leave yet."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, delete, or_, select

from marketplace.accounts.models import (
    SIGN_INS_KEPT_DAYS,
    AccountToken,
    RecoveryCode,
    SecondFactor,
    SignInEvent,
    StaffRole,
    User,
    UserSession,
)
from marketplace.accounts.queries import has_staff_role
from marketplace.core import retention
from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.core.i18n import lazy
from marketplace.core.personal import (
    Blocker,
    exempt,
    register_account_blocker,
    register_account_leaver,
    register_table,
)

register_table(
    "account", lazy("账号资料"), User, "id",
    {
        "id": lazy("用户编号"), "name": lazy("姓名"), "email": lazy("邮箱"), "mobile": lazy("手机号码"), "locale": lazy("语言"),
        "created_at": lazy("注册时间"), "password_changed_at": lazy("密码修改时间"), "failed_count": lazy("连续输错次数"),
        "locked_until": lazy("暂停登录至"), "disabled_at": lazy("停用时间"), "agreed": lazy("已同意的规则版本"),
    },
)  # fmt: skip
register_table(
    "sessions", lazy("登录会话"), UserSession, "user_id",
    {
        "created_at": lazy("登录时间"), "last_seen_at": lazy("最近使用"), "expires_at": lazy("到期时间"), "revoked_at": lazy("退出时间"),
        "confirmed_at": lazy("身份验证时间"), "second_factor_at": lazy("双重验证时间"), "address": lazy("网络地址"), "agent": lazy("设备"),
    },
)  # fmt: skip
register_table(
    "sign_ins", lazy("登录历史"), SignInEvent, "user_id",
    {"created_at": lazy("时间"), "result": lazy("结果"), "address": lazy("网络地址"), "agent": lazy("设备")},
)  # fmt: skip
register_table(
    "staff_roles", lazy("园区岗位"), StaffRole, "user_id", {"role": lazy("角色"), "granted_at": lazy("授予时间")}
)
exempt(
    "account_token.user_id",
    "second_factor.user_id",
    "recovery_code.user_id",
    why="凭证的摘要或加密密钥，提供副本会削弱账号安全",
)
exempt(
    "staff_role.granted_by_id", "audit_check_run.requested_by_id", why="工作人员履职行为，其本人已可在操作记录中看到"
)


def _drop_credentials(actor: Actor, user_id: int) -> None:
    """What opens an account ends with it."""
    for model in (SecondFactor, RecoveryCode, AccountToken):
        db.session.execute(delete(model).where(model.user_id == user_id).execution_options(synchronize_session=False))


register_account_leaver(_drop_credentials)


def _staff(user_id: int) -> list[Blocker]:
    if not has_staff_role(user_id):
        return []
    return [Blocker("account.staff", lazy("您担任园区工作岗位，请先由安全管理员解除岗位"))]


register_account_blocker(_staff)


def _ended_sessions(before: datetime) -> Select[Any]:
    ended = or_(UserSession.expires_at < before, UserSession.revoked_at < before)
    return retention.due_rows(UserSession, ended, user=UserSession.user_id)


retention.register(
    retention.Rule(
        "sessions", lazy("登录会话（设备、网络地址）"), "user_session", lazy("会话结束后"), "网络安全法第二十一条；个人信息保护法第十九条", "delete",
        _ended_sessions, retention.deleting(UserSession),
    ),
    days=90,
)  # fmt: skip


def _old_sign_ins(before: datetime) -> Select[Any]:
    newest = db.session.scalar(select(SignInEvent.created_at).order_by(SignInEvent.id.desc()).limit(1))
    last = min(before, newest - timedelta(days=SIGN_INS_KEPT_DAYS + 1)) if newest else before
    return retention.due_rows(SignInEvent, SignInEvent.created_at < last, user=SignInEvent.user_id)


retention.register(
    retention.Rule(
        "sign_ins", lazy("登录与安全日志（结果、网络地址、设备）"), "sign_in_event", lazy("登录后"),
        "网络安全法第二十一条（不少于六个月）；个人信息保护法第十九条", "delete", _old_sign_ins, retention.deleting(SignInEvent),
    ),
    days=365, minimum=181,
)  # fmt: skip


def _spent_tokens(before: datetime) -> Select[Any]:
    return retention.due_rows(AccountToken, AccountToken.expires_at < before, user=AccountToken.user_id)


retention.register(
    retention.Rule(
        "tokens", lazy("一次性链接与验证码的摘要"), "account_token", lazy("到期后"), "个人信息保护法第十九条", "delete",
        _spent_tokens, retention.deleting(AccountToken),
    ),
    days=7,
)  # fmt: skip
retention.keep(
    "accounts", lazy("账号资料（姓名、邮箱、手机号码）"), "user_account", lazy("账号存续期间；注销时立即去标识化"),
    "电子商务法第二十四条；个人信息保护法第四十七条",
)  # fmt: skip
