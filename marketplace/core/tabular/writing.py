"""Writing a table that reading takes back without loss."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

from marketplace.core.errors import Invalid
from marketplace.core.i18n import lazy
from marketplace.core.tabular.cells import escaped, format_cell
from marketplace.core.tabular.columns import PROGRESS_EVERY, Column, Progress

FORMATS = ("csv", "xlsx")
MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
EXACT_IN_XLSX = 10**15  # a spreadsheet keeps 15 digits of a number; what has more is written as text


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
        return escaped(value)
    if isinstance(value, Decimal) and abs(value) >= EXACT_IN_XLSX // 100:
        return format(value, "f")
    if isinstance(value, int) and abs(value) >= EXACT_IN_XLSX:
        return str(value)
    return value


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
