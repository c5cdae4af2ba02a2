"""What templates show values with: filters for money, time and names, and the few globals that build addresses of the present page."""

import secrets
from collections.abc import Iterable
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from urllib.parse import urlencode

from flask import Flask, current_app, request, url_for

from marketplace.core import money, regions
from marketplace.core.clock import local
from marketplace.core.i18n import is_english, local_name

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
    """`138****5678`. Anything that is not eleven digits keeps only its last two signs."""
    if not mobile:
        return NOTHING
    if len(mobile) == 11 and mobile.isascii() and mobile.isdigit():
        return f"{mobile[:3]}****{mobile[-4:]}"
    return "*" * max(len(mobile) - 2, 3) + mobile[-2:]


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
    "mask_mobile": mask_mobile,
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
