"""One cell: from what people write to a value, and from a value to what reading takes back."""

import json
import re
import unicodedata
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from marketplace.core.forms import uscc_error_text
from marketplace.core.i18n import _
from marketplace.core.money import parse_yuan
from marketplace.core.tabular.columns import Column
from marketplace.core.uscc import check_uscc


def parse_cell(cell: Any, column: Column) -> Any:
    """The value of one cell by its column's kind; None for a blank one. ValueError carries the Chinese sentence for people."""
    value: Any
    if cell is None or cell == "":
        value = None
    elif column.kind == "text":
        value = unguarded(cell_text(cell)) or None
    else:
        value = _PARSERS[column.kind](cell)
    if value is None and column.required:
        raise ValueError(_("不能为空"))
    if value is not None and column.minimum is not None and value < column.minimum:
        raise ValueError(_("不能为负数") if column.minimum == 0 else _("数值太小"))
    if column.max_length is not None and isinstance(value, str) and len(value) > column.max_length:
        raise ValueError(_("最多 %(n)s 个字，现为 %(m)s 个", n=column.max_length, m=len(value)))
    return value


def cell_text(cell: Any) -> str:
    """A cell as text. A spreadsheet's number loses its `.0` and what lies beyond the 15 digits it keeps."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "1" if cell else "0"
    if isinstance(cell, float):
        return format(Decimal(format(cell, ".15g")), "f")
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == datetime.min.time() else cell.isoformat(" ")
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def _plain_text(cell: Any) -> str:
    return unicodedata.normalize("NFKC", cell_text(cell)).strip()


def _whole_number(cell: Any) -> int | None:
    text = _plain_text(cell)
    if not text:
        return None
    if not re.fullmatch(r"[+-]?([0-9]{1,3}(,[0-9]{3})+|[0-9]+)(\.0+)?", text) or len(text) > 24:
        raise ValueError(_("应为整数"))
    return int(text.split(".")[0].replace(",", ""))


def _yuan(cell: Any) -> int | None:
    text = _plain_text(cell)
    if not text:
        return None
    try:
        return parse_yuan(text, allow_negative=True)
    except ValueError as error:
        raise ValueError(_("应为金额（元），最多两位小数")) from error


def _wan(cell: Any) -> int | None:
    text = _plain_text(cell).removesuffix("万元").removesuffix("万").strip().replace(",", "")
    if not text:
        return None
    if not re.fullmatch(r"[+-]?[0-9]{1,12}(\.[0-9]{1,6})?", text):
        raise ValueError(_("应为金额（万元），最多六位小数"))
    return int(Decimal(text) * 1_000_000)


def _day(cell: Any) -> date | None:
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    text = _plain_text(cell)
    if not text:
        return None
    found = re.fullmatch(
        r"(\d{4})(?:[-/.年])(\d{1,2})(?:[-/.月])(\d{1,2})日?(?:[ T]00:00(?::00)?)?|(\d{4})(\d{2})(\d{2})", text
    )
    try:
        if found:
            return date(*(int(g) for g in found.groups() if g))
    except ValueError:
        pass  # a day that does not exist gets the same sentence as a text that is none
    raise ValueError(_("应为日期，例如 2026-03-31"))


def _period(cell: Any) -> str | None:
    if isinstance(cell, date):
        return f"{cell.year:04d}-{cell.month:02d}"
    text = _plain_text(cell)
    if not text:
        return None
    found = re.fullmatch(r"(\d{4})[-/.年](\d{1,2})月?|(\d{4})(\d{2})", text)
    if found:
        year, month = (int(g) for g in found.groups() if g)
        if 1 <= month <= 12 and year >= 1990:
            return f"{year:04d}-{month:02d}"
    raise ValueError(_("应为年月，例如 2026-03"))


_TRUTH = dict.fromkeys(("是", "true", "1", "y", "yes", "有", "√"), True) | dict.fromkeys(
    ("否", "false", "0", "n", "no", "无", "×"), False
)


def _bool(cell: Any) -> bool | None:
    text = _plain_text(cell).lower()
    if not text:
        return None
    if text not in _TRUTH:
        raise ValueError(_("应填“是”或“否”"))
    return _TRUTH[text]


def _uscc(cell: Any) -> str | None:
    text = _plain_text(cell)
    if not text:
        return None
    result = check_uscc(text)
    if result.errors:
        raise ValueError(uscc_error_text(result.errors[0], result.value))
    return result.value


def _known_uscc(cell: Any) -> str | None:
    text = _plain_text(cell)
    result = check_uscc(text)
    return result.value if result.errors == ("checksum",) else _uscc(cell)


def _list(cell: Any) -> list[str] | None:
    return [item.strip() for item in re.split("[;；]", unguarded(cell_text(cell))) if item.strip()] or None


def _json(cell: Any) -> Any:
    text = unguarded(cell_text(cell)).strip()
    if not text:
        return None

    def no_number(name: str) -> Any:
        raise ValueError(name)

    try:
        return json.loads(text, parse_constant=no_number)
    except (ValueError, RecursionError) as error:
        raise ValueError(_("不是有效的 JSON")) from error


_PARSERS: dict[str, Callable[[Any], Any]] = {
    "int": _whole_number, "yuan": _yuan, "wan": _wan, "date": _day, "period": _period, "bool": _bool, "uscc": _uscc,
    "known_uscc": _known_uscc, "list": _list, "json": _json,
}  # fmt: skip


def needs_guard(text: str) -> bool:
    """Would a spreadsheet run this as a formula, or a reader trim it? (also what already carries a guard of its own)"""
    return bool(re.match(r"'*[=+\-@\s]", text)) or text[-1:].isspace()


def guarded(text: str) -> str:
    """The text as it is written into a file: with a guard where it needs one."""
    return f"'{text}" if needs_guard(text) else text


def unguarded(text: str) -> str:
    """Take the export's guard away; what carries none is trimmed."""
    return text[1:] if text.startswith("'") and needs_guard(text) else text.strip()


def format_cell(value: Any, kind: str) -> Any:
    """A value as the plain text or number that `parse_cell` reads back: 分 become 元 or 万元, a dangerous text is guarded."""
    if value is None:
        return ""
    if kind == "yuan":
        return Decimal(value).scaleb(-2)
    if kind == "wan":
        return Decimal(value).scaleb(-6)
    if kind == "bool":
        return "是" if value else "否"
    if kind == "list":
        if any(";" in item or "；" in item for item in value):
            raise ValueError("an item of a list cannot hold its own separator")
        return guarded(";".join(value))
    if kind == "json":
        return guarded(json.dumps(value, ensure_ascii=False, sort_keys=True))
    return guarded(str(value)) if kind == "text" else value


def escaped(text: str) -> str:
    """Control characters that XML forbids or folds (carriage return) in the spreadsheet's own `_x000D_` writing."""
    text = re.sub(r"_(?=x[0-9A-Fa-f]{4}_)", "_x005F_", text)
    return re.sub(r"[\x00-\x08\x0b-\x1f]", lambda found: f"_x{ord(found[0]):04X}_", text)


def unescaped(text: str) -> str:
    """Undo `escaped`."""
    return re.sub(r"_x([0-9A-Fa-f]{4})_", lambda found: chr(int(found[1], 16)), text)
