"""The operator's own tools: outbox, settings."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for

from marketplace.core import clock, settings
from marketplace.core.access import require
from marketplace.core.errors import Invalid, NotFound, ServiceError
from marketplace.core.i18n import _, lazy
from marketplace.core.outbox import render
from marketplace.core.web import current_actor, roles, submit_once
from marketplace.operator import queries
from marketplace.operator.access import can_read_outbox
from marketplace.operator.forms import ChangeSettingForm
from marketplace.operator.routes import bp


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
    message = queries.get_outbox_message(message_id)
    subject, body = render(message)
    return render_template("operator/show_outbox_message.html", message=message, subject=subject, body=body)


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
