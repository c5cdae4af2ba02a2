"""What a bank's file must say: columns, the arithmetic of its balances, the key that makes a row count once."""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from marketplace.core.i18n import _
from marketplace.core.money import format_yuan
from marketplace.core.tabular import BadTable, CellError, Column, Row

BANK_COLUMNS = [
    Column("serial", "流水号", "text", required=False, max_length=100),
    Column("booked_on", "交易日期", "date"),
    Column("credit_yuan", "收入", "yuan", required=False, minimum=0),
    Column("debit_yuan", "支出", "yuan", required=False, minimum=0),
    Column("balance_yuan", "余额", "yuan"),
    Column("counterparty_name", "对方户名", "text", required=False, max_length=200),
    Column("counterparty_account", "对方账号", "text", required=False, max_length=60),
    Column("memo", "附言", "text", required=False, max_length=500),
]
MAX_BYTES = 20 * 1024 * 1024
MAX_ROWS = 5_000  # about 8 ms each while other writers wait; longer statements come in parts
MAX_FEN = 10**15
_LABELS = {column.key: column.label_zh for column in BANK_COLUMNS}
_REVERSAL = re.compile("冲正|冲销|冲账|抹账|退汇|红冲|撤销")


@dataclass(frozen=True, slots=True)
class StatementRow:
    """One row of a statement, its amounts in 分 and the key under which it counts once."""

    number: int
    key: str
    serial: str
    booked_on: date
    credit_fen: int
    debit_fen: int
    balance_fen: int
    counterparty_name: str
    counterparty_account: str
    memo: str

    @property
    def is_reversal(self) -> bool:
        """Does a debit say that it takes an earlier credit back?"""
        return self.debit_fen > 0 and bool(_REVERSAL.search(self.memo))


def check_rows(rows: Sequence[Row]) -> list[StatementRow]:
    """The rows of a file whose arithmetic holds; otherwise BadTable with row and column of every error.

    Each row has either a credit or a debit; each balance is the one before plus credit less debit; no serial stands twice.
    """
    if not rows:
        raise BadTable([CellError(0, "", _("文件中没有流水"))])
    errors: list[CellError] = []
    serials: dict[str, int] = {}
    balance: int | None = None
    for row in rows:
        errors += _row_errors(row, serials)
        credit, debit = row["credit_yuan"] or 0, row["debit_yuan"] or 0
        expected = None if balance is None else balance + credit - debit
        if expected is not None and expected != row["balance_yuan"]:
            text = _("余额不连续：按上一行余额与本行收支应为 %(n)s", n=format_yuan(expected))
            errors.append(CellError(row.row_number, _LABELS["balance_yuan"], text))
        balance = row["balance_yuan"]
    if errors:
        raise BadTable(errors[:200])
    return _keyed(rows)


def _row_errors(row: Row, serials: dict[str, int]) -> list[CellError]:
    wrong: list[CellError] = []
    credit, debit, serial = row["credit_yuan"] or 0, row["debit_yuan"] or 0, row["serial"] or ""
    if (credit > 0) == (debit > 0):
        wrong.append(CellError(row.row_number, _LABELS["credit_yuan"], _("收入与支出应恰好填写一项，且大于 0")))
    for key in ("credit_yuan", "debit_yuan", "balance_yuan"):
        if abs(row[key] or 0) > MAX_FEN:
            wrong.append(CellError(row.row_number, _LABELS[key], _("金额过大")))
    if serial and serial in serials:
        text = _("流水号与第 %(n)s 行重复", n=serials[serial])
        wrong.append(CellError(row.row_number, _LABELS["serial"], text))
    serials.setdefault(serial, row.row_number)
    return wrong


def _keyed(rows: Sequence[Row]) -> list[StatementRow]:
    """Rows with their keys: the bank's serial, else what the row says and which of several equal rows it is."""
    seen: Counter[str] = Counter()
    keyed = []
    for row in rows:
        texts = [
            row["serial"] or "",
            row["counterparty_name"] or "",
            row["counterparty_account"] or "",
            row["memo"] or "",
        ]
        credit, debit = row["credit_yuan"] or 0, row["debit_yuan"] or 0
        if texts[0]:
            key = f"serial:{texts[0]}"
        else:
            said = "\x1f".join(
                [row["booked_on"].isoformat(), str(credit), str(debit), str(row["balance_yuan"]), *texts[1:]]
            )
            digest = hashlib.sha256(said.encode()).hexdigest()
            seen[digest] += 1
            key = f"row:{digest}:{seen[digest]}"
        keyed.append(
            StatementRow(
                row.row_number,
                key,
                texts[0],
                row["booked_on"],
                credit,
                debit,
                row["balance_yuan"],
                texts[1],
                texts[2],
                texts[3],
            )
        )
    return keyed


def plain_name(name: str) -> str:
    """A registered name made comparable: width, case and spaces do not matter, anything else does."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", name)).casefold()
