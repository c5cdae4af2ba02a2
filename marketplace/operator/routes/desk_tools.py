"""The operator's own tools: outbox, audit trail, settings."""

import io
from typing import Any

from flask import Response, flash, redirect, render_template, request, send_file, url_for

from marketplace.core import clock, settings
from marketplace.core.access import require
from marketplace.core.db import transaction
from marketplace.core.errors import Invalid, NotFound, ServiceError
from marketplace.core.i18n import _, lazy
from marketplace.core.outbox import OutboxMessage, render
from marketplace.core.tabular import Column, write_table
from marketplace.core.web import current_actor, roles, submit_once
from marketplace.operator import queries, services
from marketplace.operator.access import can_read_audit, can_read_outbox
from marketplace.operator.forms import ChangeSettingForm
from marketplace.operator.routes import bp

AUDIT_COLUMNS = [
    Column("id", "序号", "int"), Column("created_at", "时间", "text"), Column("actor", "操作者", "text"), Column("event", "事件", "text"),
    Column("noun", "对象", "text"), Column("ref_id", "对象编号", "int", required=False),
    Column("organisation_id", "机构编号", "int", required=False), Column("codes", "内容", "json"),
    Column("seal_no", "封存序号", "int", required=False), Column("seal", "封存摘要", "text", required=False),
]  # fmt: skip


@bp.get("/operator/outbox")
@roles("operator", "admin")
def list_outbox() -> str:
    require(can_read_outbox(current_actor()))
    args = request.args
    page = queries.list_outbox(
        channel=args.get("channel", ""), status=args.get("status", ""), address=args.get("address", "").strip(),
        page=args.get("page", 1, int), per_page=args.get("per_page", 20, int),
    )  # fmt: skip
    return render_template("operator/list_outbox.html", page=page)


@bp.get("/operator/outbox/<int:message_id>")
@roles("operator", "admin")
def show_outbox_message(message_id: int) -> str:
    require(can_read_outbox(current_actor()))
    return _message_page(queries.get_outbox_message(message_id))


def _message_page(message: OutboxMessage, revealed: bool = False) -> str:
    """A message; what retention has emptied says so instead of its text."""
    subject, body = render(message) if message.address else (message.event, _("内容已按保存期限清除"))
    return render_template(
        "operator/show_outbox_message.html", message=message, subject=subject, body=body, revealed=revealed
    )


@bp.post("/operator/outbox/<int:message_id>/reveal")
@roles("operator", "admin")
def reveal_outbox_address(message_id: int) -> str:
    """The whole address, for who must pass a message on by hand; that it was looked at is written down."""
    message = queries.get_outbox_message(message_id)
    with transaction():
        services.reveal_outbox_address(actor=current_actor(), message=message)
    return _message_page(message, revealed=True)


def _audit_filters() -> dict[str, Any]:
    args = request.args

    def day(name: str) -> object:
        try:
            return clock.date.fromisoformat(args[name]) if args.get(name) else None
        except ValueError:
            return None

    return {
        "event": args.get("event", "").strip(), "noun": args.get("noun", "").strip(), "ref_id": args.get("ref_id", None, int),
        "actor_name": args.get("actor", "").strip(), "since": day("since"), "until": day("until"),
    }  # fmt: skip


@bp.get("/operator/audit")
@roles("auditor", "bureau")
def list_audit() -> str:
    require(can_read_audit(current_actor()))
    page = queries.list_audit(
        request.args.get("page", 1, int), request.args.get("per_page", 50, int), **_audit_filters()
    )
    return render_template("operator/list_audit.html", page=page)


@bp.get("/operator/audit/export")
@roles("auditor", "bureau")
def export_audit() -> Response:
    require(can_read_audit(current_actor()))
    kind = "xlsx" if request.args.get("format") == "xlsx" else "csv"
    rows = [
        {c.key: getattr(r, c.key) for c in AUDIT_COLUMNS} | {"created_at": clock.local(r.created_at).isoformat()}
        for r in queries.export_audit(**_audit_filters())
    ]
    stream = io.BytesIO()
    write_table(stream, kind, AUDIT_COLUMNS, rows)
    stream.seek(0)
    return send_file(stream, as_attachment=True, download_name=f"audit-{clock.today()}.{kind}")


@bp.get("/operator/settings")
@roles("operator", "finance", "bureau", "auditor", "admin", "security")
def list_settings() -> str:
    rows = [(d, settings.get(d.key), settings.history(d.key)) for d in settings.definitions()]
    return render_template("operator/list_settings.html", rows=rows)


@bp.route("/operator/settings/<string:key>", methods=["GET", "POST"])
@roles("admin")
def change_setting(key: str) -> Any:
    definition = next((d for d in settings.definitions() if d.key == key), None)
    if definition is None:
        raise NotFound("setting.unknown", lazy("没有这个设置项"))
    form = ChangeSettingForm()
    if form.validate_on_submit():
        try:
            return redirect(submit_once(form, lambda: _change(definition, form)))
        except ServiceError as error:
            form.add_service_error(error)
    elif request.method == "GET":
        form.value.data, form.effective_on.data = str(settings.get(key)), clock.today()
    page = render_template(
        "operator/change_setting.html",
        form=form,
        definition=definition,
        present=settings.get(key),
        history=settings.history(key),
    )
    return page, 422 if form.is_submitted() else 200


def _change(definition: settings.Definition, form: ChangeSettingForm) -> str:
    value: object = form.value.data.strip()
    if definition.kind == "bool":
        value = form.value.data.strip().lower() in ("1", "true", "yes", "是")
    elif definition.kind != "text":
        try:
            value = int(form.value.data)
        except ValueError as error:
            raise Invalid("setting.number", lazy("请输入整数"), field="value") from error
    settings.change_setting(
        actor=current_actor(),
        key=definition.key,
        value=value,
        effective_on=form.effective_on.data or clock.today(),
        reason=form.reason.data,
    )
    flash(_("设置已保存，将自生效日期起使用"), "success")
    return url_for("operator.list_settings")
