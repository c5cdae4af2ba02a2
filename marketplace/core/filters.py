"""What templates show values with: filters for money, time and names, and the few globals that build addresses of the present page."""

import secrets
from collections.abc import Iterable
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from urllib.parse import urlencode

from flask import Flask, current_app, request, url_for

from marketplace.core import money, regions
from marketplace.core.clock import local, now
from marketplace.core.i18n import _, is_english, listed, local_name

NOTHING = "—"


def yuan(fen: int | None) -> str:
    """`1,234.50`; a dash for no amount."""
    return NOTHING if fen is None else money.format_yuan(fen)


def short_yuan(fen: int | None) -> str:
    """`12.35亿元`, for English readers `CNY 1.24B`; a dash for no amount."""
    if fen is None:
        return NOTHING
    return money.short_yuan_en(fen) if is_english() else money.short_yuan(fen)


def capitals(fen: int | None) -> str:
    """The amount in 大写, in either language: contracts and invoices are Chinese documents."""
    return NOTHING if fen is None else money.capitals(fen)


def show_datetime(moment: datetime | None) -> str:
    """`2026-11-23 17:30` in Asia/Shanghai; a dash for never. A naive moment is a mistake and refused."""
    if moment is None:
        return NOTHING
    if moment.tzinfo is None:
        raise ValueError("a naive datetime cannot be shown: its time zone is unknown")
    return local(moment).strftime("%Y-%m-%d %H:%M")


def show_date(day: date | datetime | None) -> str:
    """`2026-11-23`; a moment is cut to its day in Asia/Shanghai."""
    if day is None:
        return NOTHING
    return show_datetime(day)[:10] if isinstance(day, datetime) else day.isoformat()


def number(value: int | float | Decimal | None, digits: int | None = None) -> str:
    """`1,284`; with `digits`, rounded half up to that many decimals."""
    if value is None:
        return NOTHING
    if digits is None:
        return f"{value:,}"
    return f"{_half_up(value, digits):,}"


def percent(share: float | Decimal | None, digits: int = 1) -> str:
    """A share of one as `97.2%`, half up."""
    return NOTHING if share is None else f"{_half_up(Decimal(str(share)) * 100, digits)}%"


def _half_up(value: int | float | Decimal, digits: int) -> Decimal:
    return Decimal(str(value)).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)


def filesize(size: int) -> str:
    """`820 B`, `12.4 KB`, `3.1 MB`."""
    if size < 1024:
        return f"{size} B"
    return f"{_half_up(size / 1024, 1)} KB" if size < 1024 * 1024 else f"{_half_up(size / 1024 / 1024, 1)} MB"


def mask_mobile(mobile: str | None) -> str:
    """`138****5678`. Anything that is not eleven digits keeps only its last two signs, and none if it is hardly longer."""
    if not mobile:
        return NOTHING
    if len(mobile) == 11 and mobile.isascii() and mobile.isdigit():
        return f"{mobile[:3]}****{mobile[-4:]}"
    return _tail(mobile, 2)


def mask_email(email: str | None) -> str:
    """`z***@example.com`: the first sign and the domain. What is no address keeps only its last two signs."""
    if not email:
        return NOTHING
    local, at, domain = email.rpartition("@")
    if not at or not local or not domain:
        return _tail(email, 2)
    return f"{local[0] if len(local) > 1 else ''}***@{domain}"


def mask_login(login: str | None) -> str:
    """An e-mail address or a mobile number, whichever it is."""
    return mask_email(login) if login and "@" in login else mask_mobile(login)


def mask_id(number: str | None) -> str:
    """An identity number: `310***********1234`, region and last four. Anything shorter than fifteen signs keeps its last two."""
    if not number:
        return NOTHING
    if len(number) < 15:
        return _tail(number, 2)
    return number[:3] + "*" * (len(number) - 7) + number[-4:]


def mask_account(number: str | None) -> str:
    """A bank account: `**** 1234`, whatever its length; of one shorter than eight signs the last two."""
    if not number:
        return NOTHING
    plain = "".join(number.split())
    return f"**** {plain[-4:]}" if len(plain) >= 8 else _tail(plain, 2)


def mask_name(name: str | None) -> str:
    """A person's name: `王**`, whatever its length; a single sign is hidden too."""
    if not name:
        return NOTHING
    return f"{name[0]}**" if len(name) > 1 else "**"


def _tail(text: str, shown: int) -> str:
    """Only the last signs of a text, and none of one that is hardly longer."""
    return "*" * max(len(text) - shown, 3) + (text[-shown:] if len(text) > 2 * shown else "")


def waited(since: datetime | None) -> str:
    """How long something has waited, in the largest unit that fits: `不到 1 分钟`, `12 分钟`, `3 小时`, `2 天`."""
    if since is None:
        return NOTHING
    minutes = max(int((now() - since).total_seconds() // 60), 0)
    if not minutes:
        return _("不到 1 分钟")
    if minutes < 60:
        return _("%(n)s 分钟", n=minutes)
    return _("%(n)s 小时", n=minutes // 60) if minutes < 24 * 60 else _("%(n)s 天", n=minutes // 1440)


def _address(pairs: Iterable[tuple[str, str]]) -> str:
    query = urlencode(list(pairs))
    return f"{request.path}?{query}" if query else request.path


def url_with(**changes: Any) -> str:
    """This page's address with these parameters changed; None takes one out, a list repeats it."""
    kept = [(key, value) for key, value in request.args.items(multi=True) if key not in changes]
    for key, value in changes.items():
        values = value if isinstance(value, (list, tuple)) else [] if value is None else [value]
        kept += [(key, str(one)) for one in values]
    return _address(kept)


def url_at(endpoint: str, **changes: Any) -> str:
    """Another page's address with this page's parameters, some changed: the file of a filtered list. Never spread `request.args` into
    `url_for`, which would take a visitor's `_scheme` or `endpoint` for its own."""
    kept = [(key, value) for key, value in request.args.items(multi=True) if key not in changes]
    return f"{url_for(endpoint)}?{urlencode([*kept, *changes.items()])}"


def url_without(param: str, value: Any = None) -> str:
    """This page's address without one value of a parameter (or without the parameter), from its first page on."""
    return _address(
        (key, found)
        for key, found in request.args.items(multi=True)
        if key != "page" and not (key == param and (value is None or found == str(value)))
    )


def page_numbers(page: int, pages: int) -> list[int | None]:
    """The numbers a pager shows: the ends and the neighbours; None stands for a gap."""
    shown = sorted({1, pages, *range(max(1, page - 2), min(pages, page + 2) + 1)})
    numbers: list[int | None] = []
    for this in shown:
        last = numbers[-1] if numbers else 0
        if last is not None and this - last == 2:
            numbers.append(this - 1)
        elif last is not None and this - last > 2:
            numbers.append(None)
        numbers.append(this)
    return numbers


def has_endpoint(name: str) -> bool:
    """Whether the site has this page. The frame asks, since error pages are drawn with it whatever else is broken."""
    return name in current_app.view_functions


def new_form_key() -> str:
    """A fresh key for a form that is only a button."""
    return secrets.token_urlsafe(18)


def region_name(code: str | None) -> str:
    """The city's or district's name in the reader's language."""
    return regions.label(code) if code else NOTHING


FILTERS = {
    "yuan": yuan,
    "region_name": region_name,
    "short_yuan": short_yuan,
    "capitals": capitals,
    "datetime": show_datetime,
    "date": show_date,
    "number": number,
    "percent": percent,
    "filesize": filesize,
    "local_name": local_name,
    "listed": listed,
    "mask_mobile": mask_mobile,
    "mask_email": mask_email,
    "mask_login": mask_login,
    "mask_id": mask_id,
    "mask_account": mask_account,
    "mask_name": mask_name,
    "waited": waited,
}
GLOBALS = {
    "url_at": url_at,
    "url_with": url_with,
    "url_without": url_without,
    "page_numbers": page_numbers,
    "has_endpoint": has_endpoint,
    "new_form_key": new_form_key,
}


def init_app(app: Flask) -> None:
    """Give the filters and globals to every template."""
    app.jinja_env.filters.update(FILTERS)
    app.jinja_env.globals.update(GLOBALS)
