"""Columns, rows, and what is wrong in a file."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from marketplace.core.errors import Invalid
from marketplace.core.i18n import _, lazy

PROGRESS_EVERY = 1000
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Column:
    """One column: its English key, its Chinese label, its kind, and whether it may be missing or blank (`required=False`).

    Kinds and their values: `text` str, `int` int, `yuan` and `wan` 分 as int, `date` date, `period` "YYYY-MM", `bool` bool,
    `uscc` normalised str (`known_uscc` leaves a wrong check character to the domain that knows the exceptions), `list`
    list[str] (`;` between items), `json` whatever the JSON holds. A blank cell is None.
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
        return frozenset(plain(n) for n in full) | {plain(without_note(n)) for n in full}


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
    """A file that is refused whole; `errors` says where and why (the first two hundred of them)."""

    def __init__(self, errors: Iterable[CellError]) -> None:
        self.errors = list(errors)
        super().__init__(
            "table.bad", lazy("文件有 %(count)s 处错误，未导入任何数据：%(first)s"), field="file",
            count=len(self.errors), first=str(self.errors[0]) if self.errors else "",
        )  # fmt: skip


def refused(message: str, row: int = 0, column: str = "") -> BadTable:
    """A refusal for one reason."""
    return BadTable([CellError(row, column, message)])


def plain(header: str) -> str:
    """A header as it is compared: half-width, without spaces, lower case."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", header)).lower()


def without_note(header: str) -> str:
    """A header without the note in brackets at its end."""
    return re.sub(r"[（(][^（）()]*[）)]\s*$", "", header)
