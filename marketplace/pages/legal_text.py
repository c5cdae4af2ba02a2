"""The text of a version of a document: its page, and the Chinese file that people download and whose digest is published."""

import hashlib

from flask import current_app
from markupsafe import Markup

from marketplace.core.i18n import speaking
from marketplace.duties.rules.documents import Document, Version
from marketplace.duties.rules.texts import plain_text


def body_of(document: Document, version: Version) -> Markup:
    """The version's words as the page shows them, in the reader's language. Rendered bare: no frame, no facts that may change."""
    template = current_app.jinja_env.get_template(f"legal/{document.code}/{version.number}.html")
    return Markup(template.render())


def download_of(document: Document, version: Version) -> str:
    """The Chinese text with title, number and dates on top: the same letters for ever, whatever page or language shows them."""
    with speaking("zh_CN"):
        head = (
            f"{document.title}\n第 {version.number} 版\n{version.published_on} 公布，{version.effective_on} 起施行\n\n"
        )
        return head + plain_text(body_of(document, version))


def digest_of(document: Document, version: Version) -> str:
    """The SHA-256 of the download."""
    return hashlib.sha256(download_of(document, version).encode()).hexdigest()
