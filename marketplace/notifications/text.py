"""The text of a message, from the same template that its mail is made of."""

from flask import current_app

from marketplace.notifications.models import Notification


def text_of(notification: Notification) -> tuple[str, str]:
    """Subject and body, in the reader's language. Rendered bare: what every page's frame needs would be asked for each message."""
    values = {**notification.params, "url": notification.url}
    template = current_app.jinja_env.get_template(f"notifications/{notification.event}.txt")
    text = template.render(site_url=current_app.config["SITE_URL"], **values)
    subject, _, body = text.strip().partition("\n")
    return subject.strip(), body.strip()
