"""The park's own people: list, accounts, roles, locks. What each administrator may do, the services of accounts decide (三员分立)."""

import io
from collections.abc import Callable
from typing import Any

from flask import Response, flash, redirect, render_template, request, send_file, url_for

from marketplace.accounts import queries, services
from marketplace.accounts.access import (
    can_create_staff_account,
    can_grant_staff_role,
    can_read_staff,
    can_secure_account,
)
from marketplace.accounts.models import User
from marketplace.core import clock
from marketplace.core.access import require, require_confirmed
from marketplace.core.actor import OFFICERS, STAFF_ROLES
from marketplace.core.errors import Conflict, ServiceError
from marketplace.core.forms import BaseForm
from marketplace.core.i18n import _, lazy
from marketplace.core.tabular import MEDIA_TYPES, Column, table_bytes
from marketplace.core.web import current_actor, roles, submit_once
from marketplace.operator.forms import StaffAccountForm
from marketplace.operator.queries import list_role_history
from marketplace.operator.routes import bp

READERS = ("admin", "security", "auditor")
ROLE_NAMES = {
    "service": lazy("客服"), "reviewer": lazy("审核员"), "operator": lazy("运营"), "finance": lazy("财务"), "bureau": lazy("人社主管部门"),
    "admin": lazy("系统管理员"), "security": lazy("安全管理员"), "auditor": lazy("审计员"),
}  # fmt: skip
ROLE_DUTIES = {
    "service": lazy("接待咨询，查看入驻、服务与订单，不作决定"),
    "reviewer": lazy("审核入驻、证照与服务"),
    "operator": lazy("审核员与客服的全部工作，并处理订单与争议"),
    "finance": lazy("银行流水、到账认领与退款，重要操作须两人"),
    "bureau": lazy("查看业务、指标与审计日志"),
    "admin": lazy("平台参数、开通账号，不看业务资料，不能授予角色"),
    "security": lazy("授予与撤销角色、解锁、停用，不看业务资料"),
    "auditor": lazy("只读查看业务与审计日志"),
}
STATE_NAMES = {
    "active": (lazy("正常"), "success"), "no_second_factor": (lazy("未启用两步验证"), "warning"), "locked": (lazy("已锁定"), "warning"),
    "no_role": (lazy("尚无角色"), "neutral"), "disabled": (lazy("已停用"), "danger"),
}  # fmt: skip
COLUMNS = [
    Column("name", "姓名"), Column("email", "邮箱", required=False), Column("roles", "角色", required=False), Column("state", "状态"),
    Column("second_factor", "两步验证"), Column("created_at", "开通时间"), Column("last_seen_at", "最近使用", required=False),
]  # fmt: skip
ACTIONS: dict[str, tuple[Callable[..., None], Any]] = {
    "unlock": (services.unlock_account, lazy("已解除锁定")),
    "reset-second-factor": (services.reset_second_factor, lazy("两步验证已重置，对方下次登录时重新设置")),
    "disable": (services.disable_account, lazy("账号已停用，其登录已全部退出")),
    "enable": (services.enable_account, lazy("账号已恢复")),
    "invite": (services.invite_again, lazy("设置密码的链接已重新发出，24 小时内有效")),
}


def _filters() -> dict[str, Any]:
    args = request.args
    role, state = args.get("role", ""), args.get("state", "")
    return {
        "role": role if role in STAFF_ROLES else "", "state": state if state in queries.STAFF_STATES else "",
        "q": args.get("q", "").strip()[:60],
    }  # fmt: skip


@bp.get("/operator/staff")
@roles(*READERS)
def list_staff() -> str:
    """The park's own people by role and state."""
    actor = current_actor()
    require(can_read_staff(actor))
    filters = _filters()
    page = queries.list_staff(
        **filters, page=request.args.get("page", 1, int), per_page=request.args.get("per_page", 20, int)
    )
    return render_template(
        "operator/staff_list.html", page=page, filters=filters, role_names=ROLE_NAMES, state_names=STATE_NAMES,
        seen=queries.last_seen([m.user.id for m in page.items]), may_create=can_create_staff_account(actor),
    )  # fmt: skip


@bp.get("/operator/staff/export")
@roles(*READERS)
def export_staff() -> Response:
    require(can_read_staff(current_actor()))
    kind = "xlsx" if request.args.get("format") == "xlsx" else "csv"
    members = queries.export_staff(**_filters())
    seen = queries.last_seen([m.user.id for m in members])

    def moment(value: Any) -> str | None:
        return clock.local(value).strftime("%Y-%m-%d %H:%M") if value else None

    rows = [
        {
            "name": m.user.name, "email": m.user.email, "roles": "、".join(str(ROLE_NAMES[r.role]) for r in m.roles),
            "state": str(STATE_NAMES[m.state][0]), "second_factor": _("已启用") if m.has_second_factor else _("未启用"),
            "created_at": moment(m.user.created_at), "last_seen_at": moment(seen.get(m.user.id)),
        }
        for m in members
    ]  # fmt: skip
    stream = io.BytesIO(table_bytes(kind, COLUMNS, rows))
    return send_file(
        stream, mimetype=MEDIA_TYPES[kind], as_attachment=True, download_name=f"staff-{clock.today()}.{kind}"
    )


@bp.route("/operator/staff/new", methods=["GET", "POST"])
@roles("admin", "security")
def create_staff_account() -> Any:
    """Open an account without a role; its person sets the password by a link."""
    actor, form = current_actor(), StaffAccountForm()
    require(can_create_staff_account(actor))
    require_confirmed(actor)
    if form.validate_on_submit():
        hashed = services.prepare_no_password()

        def work() -> str:
            user = services.create_staff_account(
                actor=actor, name=form.name.data or "", email=form.email.data or "", mobile=form.mobile.data or None,
                password_hash=hashed,
            )  # fmt: skip
            flash(_("账号已开通，设置密码的链接已发给本人，24 小时内有效"), "success")
            return url_for("operator.show_staff", user_id=user.id)

        try:
            return redirect(submit_once(form, work))
        except Conflict:
            raise
        except ServiceError as error:
            form.add_service_error(error)
    return render_template("operator/staff_new.html", form=form), 422 if form.is_submitted() else 200


@bp.get("/operator/staff/<int:user_id>")
@roles(*READERS)
def show_staff(user_id: int) -> Any:
    return _page(user_id)


def _page(user_id: int, refusal: str = "", status: int = 200) -> Any:
    actor = current_actor()
    require(can_read_staff(actor))
    member = queries.get_staff(user_id)
    held = {r.role for r in member.roles}
    history = list_role_history(user_id)
    people = {r.granted_by_id for r in member.roles} | {e.user_id for e in history}
    names = {u.id: u.name for u in queries.list_users([p for p in people if p is not None])}
    may = actor.user_id != user_id
    return render_template(
        "operator/staff_show.html", member=member, refusal=refusal, history=history, names=names, role_names=ROLE_NAMES,
        role_duties=ROLE_DUTIES, state_names=STATE_NAMES, seen=queries.last_seen([user_id]).get(user_id),
        grantable=[r for r in STAFF_ROLES if r not in held and not (r in OFFICERS and held & set(OFFICERS))],
        may_grant=may and can_grant_staff_role(actor), may_secure=may and can_secure_account(actor),
        may_invite=may and can_create_staff_account(actor) and queries.waits_for_password(member.user),
        itself=not may,
    ), status  # fmt: skip


def _change(user_id: int, work: Callable[[User], None], done: str) -> Any:
    """Change one of the park's own people under the button's form; a refusal stands at the top of the same page."""
    here = url_for("operator.show_staff", user_id=user_id)
    queries.get_staff(user_id)
    require_confirmed(current_actor())

    def once() -> str:
        work(queries.get_staff(user_id).user)
        flash(done, "success")
        return here

    try:
        return redirect(submit_once(BaseForm(), once))
    except Conflict as error:
        return _page(user_id, error.text, 409)


@bp.post("/operator/staff/<int:user_id>/roles/grant")
@roles("security")
def grant_staff_role(user_id: int) -> Any:
    role = request.form.get("role", "")
    return _change(
        user_id,
        lambda user: services.grant_staff_role(actor=current_actor(), user=user, role=role),
        _("已授予角色，对方下次打开页面时生效"),
    )


@bp.post("/operator/staff/<int:user_id>/roles/revoke")
@roles("security")
def revoke_staff_role(user_id: int) -> Any:
    role = request.form.get("role", "")
    return _change(
        user_id,
        lambda user: services.revoke_staff_role(actor=current_actor(), user=user, role=role),
        _("角色已撤销，立即生效"),
    )


@bp.post("/operator/staff/<int:user_id>/<any('unlock', 'reset-second-factor', 'disable', 'enable'):action>")
@roles("security")
def secure_account(user_id: int, action: str) -> Any:
    service, done = ACTIONS[action]
    return _change(user_id, lambda user: service(actor=current_actor(), user=user), str(done))


@bp.post("/operator/staff/<int:user_id>/invite")
@roles("admin", "security")
def invite_staff(user_id: int) -> Any:
    service, done = ACTIONS["invite"]
    return _change(user_id, lambda user: service(actor=current_actor(), user=user), str(done))
