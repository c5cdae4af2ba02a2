"""The text of a message, from the same template that its mail is made of."""

from flask import current_app, render_template

from marketplace.notifications.models import Notification


def text_of(notification: Notification) -> tuple[str, str]:
    """Subject and body, in the reader's language."""
    values = {**notification.params, "url": notification.url}
    text = render_template(f"notifications/{notification.event}.txt", site_url=current_app.config["SITE_URL"], **values)
    subject, _, body = text.strip().partition("\n")
    return subject.strip(), body.strip()
