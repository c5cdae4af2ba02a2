"""Tables that people bring and take away: CSV (UTF-8 with or without BOM, GB18030) and XLSX, with Chinese or English headers.

A file is read whole or refused whole: every error names its row (the file's own numbering, the header is row 1) and its column.
What `write_table` writes, `read_table` reads back without loss, formula guards included.
"""

import csv
import io
import json
import re
import unicodedata
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import IO, Any

from marketplace.core.errors import Invalid
from marketplace.core.forms import uscc_error_text
from marketplace.core.i18n import _, lazy
from marketplace.core.money import parse_yuan
from marketplace.core.uscc import check_uscc

FORMATS = ("csv", "xlsx")
MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
MAX_BYTES = 100 * 1024 * 1024
MAX_ROWS = 1_000_000
MAX_COLUMNS = 200
MAX_ERRORS = 200
MAX_UNPACKED = 600 * 1024 * 1024
MAX_RATIO = 200
PROGRESS_EVERY = 1000
EXACT_IN_XLSX = 10**15  # a spreadsheet keeps 15 digits of a number; what has more is written as text

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Column:
    """One column: its English key, its Chinese label, its kind, and whether it may be missing or blank (`required=False`).

    Kinds and their values: `text` str, `int` int, `yuan` and `wan` 分 as int, `date` date, `period` "YYYY-MM", `bool` bool,
    `uscc` normalised str, `list` list[str] (`;` between items), `json` whatever the JSON holds. A blank cell is None.
    `minimum` bounds int, yuan (分) and wan (分); `max_length` bounds text.
    """

    key: str
    label_zh: str
    kind: str = "text"
    required: bool = True
    minimum: int | None = None
    max_length: int | None = None
    aliases: tuple[str, ...] = ()

    @cached_property
    def names(self) -> frozenset[str]:
        """Every header, made plain, that means this column; a note in brackets may be left out (`期间（2026-03）`)."""
        full = [self.key, self.label_zh, *self.aliases]
        return frozenset(_plain(n) for n in full) | {_plain(_without_note(n)) for n in full}


class Row(dict[str, Any]):
    """The values of one row by column key, and the row's number in the file."""

    __slots__ = ("row_number",)

    def __init__(self, row_number: int, values: Mapping[str, Any]) -> None:
        super().__init__(values)
        self.row_number = row_number


@dataclass(frozen=True, slots=True)
class CellError:
    """What is wrong in one cell: row of the file (the header is 1, the file as a whole is 0), the column's label, a sentence."""

    row: int
    column: str
    message: str

    def __str__(self) -> str:
        if not self.row:
            return self.message
        if not self.column:
            return _("第 %(row)s 行：%(message)s", row=self.row, message=self.message)
        return _("第 %(row)s 行“%(column)s”：%(message)s", row=self.row, column=self.column, message=self.message)


class BadTable(Invalid):
    """A file that is refused whole; `errors` says where and why (at most MAX_ERRORS of them)."""

    def __init__(self, errors: Iterable[CellError]) -> None:
        self.errors = list(errors)
        super().__init__(
            "table.bad", lazy("文件有 %(count)s 处错误，未导入任何数据：%(first)s"), field="file",
            count=len(self.errors), first=str(self.errors[0]) if self.errors else "",
        )  # fmt: skip


def _refused(message: str, row: int = 0, column: str = "") -> BadTable:
    return BadTable([CellError(row, column, message)])


def _plain(header: str) -> str:
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", header)).lower()


def _without_note(header: str) -> str:
    return re.sub(r"[（(][^（）()]*[）)]\s*$", "", header)


# --- reading -----------------------------------------------------------------------------------------------------------


def read_table(
    source: str | Path | bytes,
    filename: str,
    columns: Sequence[Column],
    *,
    progress: Progress | None = None,
    max_bytes: int = MAX_BYTES,
    max_rows: int = MAX_ROWS,
) -> list[Row]:
    """The rows of a CSV or XLSX file (a path or its bytes), values parsed by the columns' kinds; blank rows are left out.

    Refused as BadTable, whole: a file too large, of another type or encoding, with unknown, missing or doubled columns, or with any
    cell that does not hold what its column says. `progress(done, total)` is called now and then; total 0 means unknown.
    """
    content = _content(source, max_bytes)
    records, total = _records(content, filename)
    header = next(records, None)
    if header is None or not any(_text(cell).strip() for cell in header):
        raise _refused(_("文件是空的：第一行应为列名"))
    places = _match_header(header, columns)
    rows: list[Row] = []
    errors: list[CellError] = []
    for number, record in enumerate(records, start=2):
        if number > max_rows + 1:
            raise _refused(_("文件超过 %(n)s 行，请分成几个文件导入", n=max_rows))
        if progress and number % PROGRESS_EVERY == 0:
            progress(number - 1, max(total, number - 1) if total else 0)
        if all(cell is None or cell == "" or (isinstance(cell, str) and not cell.strip()) for cell in record):
            continue
        rows.append(_parse_record(number, record, places, columns, errors, len(header)))
        if len(errors) >= MAX_ERRORS:
            break
    if errors:
        raise BadTable(errors[:MAX_ERRORS])
    if progress:
        progress(len(rows), len(rows))
    return rows


def _content(source: str | Path | bytes, max_bytes: int) -> bytes:
    if isinstance(source, bytes):
        content = source
    else:
        path = Path(source)
        if not path.is_file():
            raise _refused(_("找不到文件 %(name)s", name=path.name))
        content = path.read_bytes() if path.stat().st_size <= max_bytes else b"\0" * (max_bytes + 1)
    if len(content) > max_bytes:
        raise _refused(_("文件超过 %(n)s MB", n=max(1, max_bytes // (1024 * 1024))))
    return content


def _records(content: bytes, filename: str) -> tuple[Iterator[Sequence[Any]], int]:
    """The records of the file and about how many there are. The content decides the format, not the name."""
    if content[:4] == b"PK\x03\x04":
        return _xlsx_records(content)
    if content[:4] == b"\xd0\xcf\x11\xe0":
        raise _refused(_("不支持旧版 .xls 文件，请在表格软件中另存为 .xlsx 或 CSV 后再导入"))
    if Path(filename).suffix.lower() not in (".csv", ".txt", ".tsv"):
        raise _refused(_("只支持 CSV 和 XLSX 文件"))
    return _csv_records(_decode(content))


def _decode(content: bytes) -> str:
    """Text by BOM, else strict UTF-8, else strict GB18030; anything else is refused."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        candidates: tuple[str, ...] = ("utf-16",)
    elif content[:3] == b"\xef\xbb\xbf":
        candidates = ("utf-8-sig",)
    else:
        candidates = ("utf-8", "gb18030")
    for encoding in candidates:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise _refused(_("无法识别文件编码：请保存为 UTF-8 或 GB18030（GBK）编码的 CSV，或使用 XLSX"))


def _csv_records(text: str) -> tuple[Iterator[Sequence[Any]], int]:
    first = text.split("\n", 1)[0]
    delimiter = "\t" if "\t" in first and "," not in first else ","
    csv.field_size_limit(1_000_000)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)

    def records() -> Iterator[Sequence[Any]]:
        number = 0
        while True:
            number += 1
            try:
                yield next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise _refused(_("这一行的引号或分隔不符合 CSV 格式"), number) from error

    return records(), text.count("\n")


def _xlsx_records(content: bytes) -> tuple[Iterator[Sequence[Any]], int]:
    """Rows of the first sheet; the file is measured before it is unpacked, so that a small file cannot unfold into gigabytes."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            sizes = [entry.file_size for entry in packed.infolist()]
    except zipfile.BadZipFile as error:
        raise _refused(_("XLSX 文件已损坏，无法打开")) from error
    if sum(sizes) > min(MAX_UNPACKED, max(20 * 1024 * 1024, len(content) * MAX_RATIO)) or len(sizes) > 2000:
        raise _refused(_("XLSX 文件解压后过大，已拒绝"))
    from openpyxl import load_workbook  # late: it takes a third of a second that no page should pay

    try:
        sheet = load_workbook(io.BytesIO(content), read_only=True, data_only=True).worksheets[0]
        total = sheet.max_row or 0
        sheet.reset_dimensions()
    except Exception as error:  # openpyxl raises many kinds on a damaged package
        raise _refused(_("XLSX 文件已损坏，无法打开")) from error

    def records() -> Iterator[Sequence[Any]]:
        rows = sheet.iter_rows(values_only=True)
        while True:
            try:
                yield [_unescaped(cell) if isinstance(cell, str) and "_x" in cell else cell for cell in next(rows)]
            except StopIteration:
                return
            except Exception as error:
                raise _refused(_("XLSX 文件已损坏，无法打开")) from error

    return records(), total


def _match_header(header: Sequence[Any], columns: Sequence[Column]) -> list[int | None]:
    """The place of each column in the file. Unknown, doubled and missing columns are all reported together."""
    if len(header) > MAX_COLUMNS:
        raise _refused(_("列数过多"), 1)
    known: dict[str, Column] = {}
    for column in columns:
        for name in column.names:
            known.setdefault(name, column)
    for column in columns:  # a full name always means its own column, whatever another one leaves in brackets
        known.update({_plain(column.key): column, _plain(column.label_zh): column})
    places: dict[str, int] = {}
    errors = []
    for place, cell in enumerate(header):
        title = _text(cell).strip()
        if not title:
            continue
        found = known.get(_plain(title))
        if found is None:
            errors.append(CellError(1, title, _("不认识的列")))
        elif found.key in places:
            errors.append(CellError(1, title, _("列重复出现")))
        else:
            places[found.key] = place
    errors += [CellError(1, c.label_zh, _("缺少这一列")) for c in columns if c.required and c.key not in places]
    if errors:
        raise BadTable(errors)
    return [places.get(c.key) for c in columns]


def _parse_record(
    number: int,
    record: Sequence[Any],
    places: list[int | None],
    columns: Sequence[Column],
    errors: list[CellError],
    width: int,
) -> Row:
    values: dict[str, Any] = {}
    for column, place in zip(columns, places, strict=True):
        cell = record[place] if place is not None and place < len(record) else None
        try:
            value = parse_cell(cell, column)
        except ValueError as error:
            errors.append(CellError(number, column.label_zh, str(error)))
            value = None
        values[column.key] = value
    if len(record) > width and any(_text(cell).strip() for cell in record[width:]):
        errors.append(CellError(number, "", _("这一行的单元格比列名多")))
    return Row(number, values)


def parse_cell(cell: Any, column: Column) -> Any:
    """The value of one cell by its column's kind; None for a blank one. ValueError carries the Chinese sentence for people."""
    value: Any
    if cell is None or cell == "":
        value = None
    elif column.kind == "text":
        value = _unguarded(_text(cell)) or None
    else:
        value = _PARSERS[column.kind](cell)
    if value is None and column.required:
        raise ValueError(_("不能为空"))
    if value is not None and column.minimum is not None and value < column.minimum:
        raise ValueError(_("不能为负数") if column.minimum == 0 else _("数值太小"))
    if column.max_length is not None and isinstance(value, str) and len(value) > column.max_length:
        raise ValueError(_("最多 %(n)s 个字，现为 %(m)s 个", n=column.max_length, m=len(value)))
    return value


def _text(cell: Any) -> str:
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
    return unicodedata.normalize("NFKC", _text(cell)).strip()


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


def _list(cell: Any) -> list[str] | None:
    return [item.strip() for item in re.split("[;；]", _unguarded(_text(cell))) if item.strip()] or None


def _json(cell: Any) -> Any:
    text = _unguarded(_text(cell)).strip()
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
    "list": _list, "json": _json,
}  # fmt: skip


# --- writing -----------------------------------------------------------------------------------------------------------


def _needs_guard(text: str) -> bool:
    """Would a spreadsheet run this as a formula, or a reader trim it? (also what already carries a guard of its own)"""
    return bool(re.match(r"'*[=+\-@\s]", text)) or text[-1:].isspace()


def _guarded(text: str) -> str:
    return f"'{text}" if _needs_guard(text) else text


def _unguarded(text: str) -> str:
    """Take the export's guard away; what carries none is trimmed."""
    return text[1:] if text.startswith("'") and _needs_guard(text) else text.strip()


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
        return _guarded(";".join(value))
    if kind == "json":
        return _guarded(json.dumps(value, ensure_ascii=False, sort_keys=True))
    return _guarded(str(value)) if kind == "text" else value


def write_table(
    target: str | Path | IO[bytes],
    fmt: str,
    columns: Sequence[Column],
    rows: Iterable[Mapping[str, Any]],
    *,
    header: str = "zh",
    progress: Progress | None = None,
) -> int:
    """Write rows (values as `read_table` gives them: money in 分) as `csv` (UTF-8 with BOM) or `xlsx`; returns how many.

    `header` is `zh` for labels, `en` for keys. Both formats guard texts that a spreadsheet would run; reading takes the guard away.
    """
    if fmt not in FORMATS:
        raise Invalid("table.format", lazy("只支持 CSV 和 XLSX 文件"), field="format")
    titles = [c.key if header == "en" else c.label_zh for c in columns]
    if isinstance(target, (str, Path)):
        with Path(target).open("wb") as stream:
            return _write(stream, fmt, columns, titles, rows, progress)
    return _write(target, fmt, columns, titles, rows, progress)


def table_bytes(fmt: str, columns: Sequence[Column], rows: Iterable[Mapping[str, Any]], *, header: str = "zh") -> bytes:
    """The whole file in memory, for a download."""
    stream = io.BytesIO()
    write_table(stream, fmt, columns, rows, header=header)
    return stream.getvalue()


def _write(
    stream: IO[bytes], fmt: str, columns: Sequence[Column], titles: list[str], rows: Iterable[Mapping[str, Any]],
    progress: Progress | None,
) -> int:  # fmt: skip
    count = 0

    def counted() -> Iterator[list[Any]]:
        nonlocal count
        for row in rows:
            count += 1
            if progress and count % PROGRESS_EVERY == 0:
                progress(count, 0)
            yield [format_cell(row.get(c.key), c.kind) for c in columns]

    (_write_csv if fmt == "csv" else _write_xlsx)(stream, titles, counted())
    return count


def _csv_cell(value: Any) -> Any:
    return format(value, "f") if isinstance(value, Decimal) else value


def _write_csv(stream: IO[bytes], titles: list[str], rows: Iterable[list[Any]]) -> None:
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(titles)
    for row in rows:
        writer.writerow([_csv_cell(value) for value in row])
    text.flush()
    text.detach()


def _xlsx_cell(value: Any) -> Any:
    if isinstance(value, str):
        return _escaped(value)
    if isinstance(value, Decimal) and abs(value) >= EXACT_IN_XLSX // 100:
        return format(value, "f")
    if isinstance(value, int) and abs(value) >= EXACT_IN_XLSX:
        return str(value)
    return value


def _escaped(text: str) -> str:
    """Control characters that XML forbids or folds (carriage return) in the spreadsheet's own `_x000D_` writing."""
    text = re.sub(r"_(?=x[0-9A-Fa-f]{4}_)", "_x005F_", text)
    return re.sub(r"[\x00-\x08\x0b-\x1f]", lambda found: f"_x{ord(found[0]):04X}_", text)


def _unescaped(text: str) -> str:
    return re.sub(r"_x([0-9A-Fa-f]{4})_", lambda found: chr(int(found[1], 16)), text)


def _write_xlsx(stream: IO[bytes], titles: list[str], rows: Iterable[list[Any]]) -> None:
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Sheet1")
    sheet.freeze_panes = "A2"
    for place, title in enumerate(titles):
        sheet.column_dimensions[chr(65 + place) if place < 26 else f"A{chr(65 + place - 26)}"].width = max(
            12, len(title) * 2 + 4
        )
    sheet.append(titles)
    for row in rows:
        sheet.append([_xlsx_cell(value) for value in row])
    book.save(stream)


__all__ = [
    "FORMATS", "MEDIA_TYPES", "BadTable", "CellError", "Column", "Row", "format_cell", "parse_cell", "read_table", "table_bytes",
    "write_table",
]  # fmt: skip
