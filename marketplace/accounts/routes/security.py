"""What guards the account: devices that are signed in, the sign-in history, password, second factor."""

import io
from typing import Any

from flask import Response, flash, redirect, render_template, request, send_file, url_for

from marketplace.accounts import queries, services
from marketplace.accounts.forms import ChangePasswordForm
from marketplace.accounts.login import person
from marketplace.accounts.routes import bp
from marketplace.accounts.rules import RESULTS, device_name
from marketplace.core import clock
from marketplace.core.forms import BaseForm
from marketplace.core.i18n import _
from marketplace.core.tabular import MEDIA_TYPES, Column, table_bytes
from marketplace.core.web import current_actor, signed_in, submit_once

HISTORY = [
    Column("at", "时间"),
    Column("result", "结果"),
    Column("device", "设备", required=False),
    Column("address", "网络地址", required=False),
]


@bp.get("/account/security")
@signed_in
def security() -> Any:
    return security_page(ChangePasswordForm(formdata=None))


def security_page(form: ChangePasswordForm, status: int = 200) -> Any:
    actor, found = current_actor(), person()
    user_id = actor.user_id or 0
    roles = queries.list_roles(user_id)
    enrolled = bool(found and found.has_second_factor)
    page = render_template(
        "accounts/security.html", form=form, sessions=queries.list_sessions(user_id, staff=bool(roles)),
        here=found.session_id if found else 0, device=device_name, enrolled=enrolled, is_staff=bool(roles),
        is_demo=bool(found and found.is_demo), codes_left=queries.count_recovery_codes(user_id) if enrolled else 0,
        recent=queries.list_sign_ins(user_id, per_page=5).items, results=RESULTS,
    )  # fmt: skip
    return page, status


@bp.get("/account/security/history")
@signed_in
def history() -> Any:
    """What happened at the sign-in page under one's own account."""
    failures = request.args.get("result") == "failures"
    page = queries.list_sign_ins(
        current_actor().user_id or 0, failures=failures, page=request.args.get("page", 1, int),
        per_page=request.args.get("per_page", 20, int),
    )  # fmt: skip
    return render_template("accounts/history.html", page=page, failures=failures, results=RESULTS, device=device_name)


@bp.get("/account/security/history/export")
@signed_in
def export_history() -> Response:
    kind = "xlsx" if request.args.get("format") == "xlsx" else "csv"
    found = queries.export_sign_ins(current_actor().user_id or 0, failures=request.args.get("result") == "failures")
    rows = [
        {
            "at": clock.local(e.created_at).strftime("%Y-%m-%d %H:%M:%S"), "result": str(RESULTS.get(e.result, e.result)),
            "device": device_name(e.agent) or e.agent[:80], "address": e.address,
        }
        for e in found
    ]  # fmt: skip
    stream = io.BytesIO(table_bytes(kind, HISTORY, rows))
    return send_file(
        stream, mimetype=MEDIA_TYPES[kind], as_attachment=True, download_name=f"sign-ins-{clock.today()}.{kind}"
    )


@bp.post("/account/security/sessions/<int:session_id>/revoke")
@signed_in
def revoke_session(session_id: int) -> Any:
    actor = current_actor()

    def work() -> str:
        services.revoke_session(actor=actor, session=queries.get_session(session_id, actor=actor))
        flash(_("该设备已退出登录"), "success")
        return url_for("accounts.security")

    return redirect(submit_once(BaseForm(), work))


@bp.post("/account/security/sessions/revoke-others")
@signed_in
def revoke_other_sessions() -> Any:
    found = person()

    def work() -> str:
        ended = services.revoke_other_sessions(
            actor=current_actor(), keep_session_id=found.session_id if found else None
        )
        flash(_("已退出其他 %(n)s 台设备上的登录", n=ended), "success")
        return url_for("accounts.security")

    return redirect(submit_once(BaseForm(), work))
