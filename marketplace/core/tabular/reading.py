"""Reading a file whole or not at all: measured before it is unpacked, decoded strictly, matched by its header."""

import csv
import io
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from marketplace.core.i18n import _
from marketplace.core.tabular.cells import cell_text, parse_cell, unescaped
from marketplace.core.tabular.columns import PROGRESS_EVERY, BadTable, CellError, Column, Progress, Row, plain, refused

MAX_BYTES = 100 * 1024 * 1024
MAX_ROWS = 1_000_000
MAX_COLUMNS = 200
MAX_ERRORS = 200
MAX_UNPACKED = 600 * 1024 * 1024
MAX_RATIO = 200


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
    if header is None or not any(cell_text(cell).strip() for cell in header):
        raise refused(_("文件是空的：第一行应为列名"))
    places = _match_header(header, columns)
    rows: list[Row] = []
    errors: list[CellError] = []
    for number, record in enumerate(records, start=2):
        if number > max_rows + 1:
            raise refused(_("文件超过 %(n)s 行，请分成几个文件导入", n=max_rows))
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
            raise refused(_("找不到文件 %(name)s", name=path.name))
        content = path.read_bytes() if path.stat().st_size <= max_bytes else b"\0" * (max_bytes + 1)
    if len(content) > max_bytes:
        raise refused(_("文件超过 %(n)s MB", n=max(1, max_bytes // (1024 * 1024))))
    return content


def _records(content: bytes, filename: str) -> tuple[Iterator[Sequence[Any]], int]:
    """The records of the file and about how many there are. The content decides the format, not the name."""
    if content[:4] == b"PK\x03\x04":
        return _xlsx_records(content)
    if content[:4] == b"\xd0\xcf\x11\xe0":
        raise refused(_("不支持旧版 .xls 文件，请在表格软件中另存为 .xlsx 或 CSV 后再导入"))
    if Path(filename).suffix.lower() not in (".csv", ".txt", ".tsv"):
        raise refused(_("只支持 CSV 和 XLSX 文件"))
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
    raise refused(_("无法识别文件编码：请保存为 UTF-8 或 GB18030（GBK）编码的 CSV，或使用 XLSX"))


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
                raise refused(_("这一行的引号或分隔不符合 CSV 格式"), number) from error

    return records(), text.count("\n")


def _xlsx_records(content: bytes) -> tuple[Iterator[Sequence[Any]], int]:
    """Rows of the first sheet; the file is measured before it is unpacked, so that a small file cannot unfold into gigabytes."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            sizes = [entry.file_size for entry in packed.infolist()]
    except zipfile.BadZipFile as error:
        raise refused(_("XLSX 文件已损坏，无法打开")) from error
    if sum(sizes) > min(MAX_UNPACKED, max(20 * 1024 * 1024, len(content) * MAX_RATIO)) or len(sizes) > 2000:
        raise refused(_("XLSX 文件解压后过大，已拒绝"))
    from openpyxl import load_workbook  # late: it takes a third of a second that no page should pay

    try:
        sheet = load_workbook(io.BytesIO(content), read_only=True, data_only=True).worksheets[0]
        total = sheet.max_row or 0
        sheet.reset_dimensions()
    except Exception as error:  # openpyxl raises many kinds on a damaged package
        raise refused(_("XLSX 文件已损坏，无法打开")) from error

    def records() -> Iterator[Sequence[Any]]:
        rows = sheet.iter_rows(values_only=True)
        while True:
            try:
                yield [unescaped(cell) if isinstance(cell, str) and "_x" in cell else cell for cell in next(rows)]
            except StopIteration:
                return
            except Exception as error:
                raise refused(_("XLSX 文件已损坏，无法打开")) from error

    return records(), total


def _match_header(header: Sequence[Any], columns: Sequence[Column]) -> list[int | None]:
    """The place of each column in the file. Unknown, doubled and missing columns are all reported together."""
    if len(header) > MAX_COLUMNS:
        raise refused(_("列数过多"), 1)
    known: dict[str, Column] = {}
    for column in columns:
        for name in column.names:
            known.setdefault(name, column)
    for column in columns:  # a full name always means its own column, whatever another one leaves in brackets
        known.update({plain(column.key): column, plain(column.label_zh): column})
    places: dict[str, int] = {}
    errors = []
    for place, cell in enumerate(header):
        title = cell_text(cell).strip()
        if not title:
            continue
        found = known.get(plain(title))
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
    if len(record) > width and any(cell_text(cell).strip() for cell in record[width:]):
        errors.append(CellError(number, "", _("这一行的单元格比列名多")))
    return Row(number, values)
