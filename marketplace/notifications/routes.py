"""A person's inbox."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from marketplace.core.forms import BaseForm
from marketplace.core.i18n import _
from marketplace.core.web import current_actor, safe_next, signed_in, submit_once
from marketplace.notifications import queries, services
from marketplace.notifications.text import text_of

bp = Blueprint("notifications", __name__)


@bp.get("/account/messages/")
@signed_in
def inbox() -> Any:
    actor, unread = current_actor(), request.args.get("unread") == "1"
    page = queries.list_notifications(
        actor=actor,
        unread=unread,
        page=request.args.get("page", 1, int),
        per_page=request.args.get("per_page", 20, int),
    )
    messages = [(one, *text_of(one)) for one in page.items]
    return render_template("notifications/inbox.html", page=page, messages=messages, only_unread=unread)


@bp.post("/account/messages/<int:notification_id>/read")
@signed_in
def read(notification_id: int) -> Any:
    """Mark as read and go to the page that the message is about."""
    actor = current_actor()

    def work() -> str:
        message = services.read_notification(
            actor=actor, notification=queries.get_notification(notification_id, actor=actor)
        )
        return safe_next(message.url, url_for("notifications.inbox"))

    return redirect(submit_once(BaseForm(), work))


@bp.post("/account/messages/read-all")
@signed_in
def read_all() -> Any:
    def work() -> str:
        services.read_all_notifications(actor=current_actor())
        flash(_("已全部标为已读"), "success")
        return url_for("notifications.inbox")

    return redirect(submit_once(BaseForm(), work))
