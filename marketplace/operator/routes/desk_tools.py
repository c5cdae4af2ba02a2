"""The operator's own tools: outbox, settings."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for

from marketplace.accounts.access import can_reveal_message
from marketplace.accounts.queries import is_park_staff
from marketplace.accounts.services import reveal_message
from marketplace.core import clock, settings
from marketplace.core.access import require
from marketplace.core.db import transaction
from marketplace.core.errors import Invalid, NotFound, ServiceError
from marketplace.core.i18n import _, lazy
from marketplace.core.outbox import OutboxMessage, has_sender, render
from marketplace.core.web import current_actor, roles, submit_once
from marketplace.operator import queries, services
from marketplace.operator.access import can_read_business_outbox, can_read_outbox
from marketplace.operator.forms import ChangeSettingForm
from marketplace.operator.routes import bp


@bp.get("/operator/outbox")
@roles("operator", "admin", "security")
def list_outbox() -> str:
    actor = current_actor()
    require(can_read_outbox(actor))
    args = request.args
    page = queries.list_outbox(
        channel=args.get("channel", ""), status=args.get("status", ""), address=args.get("address", "").strip(),
        accounts_only=not can_read_business_outbox(actor), page=args.get("page", 1, int), per_page=args.get("per_page", 20, int),
    )  # fmt: skip
    return render_template("operator/list_outbox.html", page=page)


@bp.get("/operator/outbox/<int:message_id>")
@roles("operator", "admin", "security")
def show_outbox_message(message_id: int) -> Any:
    message = _message(message_id)
    return _message_page(message, *_masked(message))


@bp.post("/operator/outbox/<int:message_id>/reveal")
@roles("operator", "security")
def reveal_outbox_message(message_id: int) -> Any:
    """Read a code or link out, on record; the answer is kept nowhere."""
    with transaction():
        message = _message(message_id)
        subject, body = reveal_message(actor=current_actor(), message=message)
    return _message_page(message, subject, body, revealed=True)


@bp.post("/operator/outbox/<int:message_id>/reveal-address")
@roles("operator", "admin")
def reveal_outbox_address(message_id: int) -> Any:
    """The whole address, for who must pass a message on by hand; that it was looked at is written down."""
    message = _message(message_id)
    with transaction():
        services.reveal_outbox_address(actor=current_actor(), message=message)
    return _message_page(message, *_masked(message), with_address=True)


def _masked(message: OutboxMessage) -> tuple[str, str]:
    """A message as it may be looked through; what retention has emptied says so instead of its text."""
    return render(message, masked=True) if message.address else (message.event, _("内容已按保存期限清除"))


def _message(message_id: int) -> OutboxMessage:
    actor, message = current_actor(), queries.get_outbox_message(message_id)
    require(can_read_outbox(actor))
    if not message.event.startswith("account.") and not can_read_business_outbox(actor):
        raise NotFound("outbox.missing", lazy("没有这条消息"))
    return message


def _message_page(
    message: OutboxMessage, subject: str, body: str, revealed: bool = False, with_address: bool = False
) -> Any:
    may_reveal = (
        message.is_secret and message.sealed is not None and not revealed and not has_sender(message.channel)
        and can_reveal_message(current_actor(), is_park_staff(message.user_id))
    )  # fmt: skip
    page = render_template(
        "operator/show_outbox_message.html", message=message, subject=subject, body=body, revealed=revealed,
        may_reveal=may_reveal, with_address=with_address,
    )  # fmt: skip
    return page, 200, {"Cache-Control": "no-store"}


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
