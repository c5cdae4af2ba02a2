"""Rules of what an organisation says about itself in public, apart from its verified identity."""

from urllib.parse import urlsplit

from marketplace.core.errors import Invalid
from marketplace.core.i18n import lazy

MAX_HIGHLIGHTS, MAX_HIGHLIGHT = 6, 40


def checked_website(text: str) -> str:
    """An address of the web that a link may lead to; `https://` is put before a bare host. Refused: any other scheme, no host."""
    address = text.strip()
    if not address:
        return ""
    if "://" not in address:
        address = f"https://{address}"
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        parts, host = urlsplit(""), ""
    good = parts.scheme in ("http", "https") and "." in host and not parts.username and not parts.password
    if not good or any(c.isspace() or ord(c) < 32 for c in address):
        raise Invalid("profile.website", lazy("请输入有效的网址，例如 https://www.example.com"), field="website")
    return address


def checked_hotline(text: str) -> str:
    """A telephone number as people print it: digits, spaces, hyphens, brackets, an extension."""
    number = text.strip()
    if number and (
        not 5 <= sum(c.isdigit() for c in number) <= 20 or not set(number) <= set("0123456789 -+()（）转#,/、")
    ):
        raise Invalid("profile.hotline", lazy("请输入有效的电话号码，例如 021-12345678"), field="service_hotline")
    return number


def highlights_of(text: str) -> list[str]:
    """The highlights, one a line, without empty ones."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def checked_highlights(text: str) -> str:
    """At most six highlights of forty characters, one a line."""
    lines = highlights_of(text)
    if len(lines) > MAX_HIGHLIGHTS:
        raise Invalid(
            "profile.highlights", lazy("服务亮点最多 %(n)s 条，每行一条"), field="service_highlights", n=MAX_HIGHLIGHTS
        )
    if any(len(line) > MAX_HIGHLIGHT for line in lines):
        raise Invalid(
            "profile.highlight", lazy("每条服务亮点最多 %(n)s 字"), field="service_highlights", n=MAX_HIGHLIGHT
        )
    return "\n".join(lines)
