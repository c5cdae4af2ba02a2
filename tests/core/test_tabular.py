"""Files that people bring and take away: read whole or refused whole, and lossless there and back."""

import io
import zipfile
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from marketplace.core.tabular import BadTable, CellError, Column, read_table, table_bytes, write_table

COLUMNS = (
    Column("uscc", "统一社会信用代码", "uscc"),
    Column("name", "单位名称", max_length=20),
    Column("period", "期间（2026-03）", "period"),
    Column("revenue_yuan", "营业收入", "yuan", minimum=0),
    Column("capital_wan", "注册资本（万元）", "wan", required=False),
    Column("people", "服务人数", "int", required=False),
    Column("founded_on", "成立日期", "date", required=False),
    Column("in_park", "是否在园", "bool", required=False),
    Column("cities", "服务城市（;分隔）", "list", required=False),
    Column("attributes", "属性（JSON）", "json", required=False),
)
HEADER = "统一社会信用代码,单位名称,期间,营业收入"


def uscc() -> str:
    from marketplace.core.uscc import check_character, organisation_digit

    first = "91310118" + "MA1FL000" + organisation_digit("MA1FL000")
    return first + check_character(first)


CODE = uscc()
FULL = {
    "uscc": CODE, "name": "青浦示例", "period": "2026-03", "revenue_yuan": 123450, "capital_wan": 500_000_001, "people": 12,
    "founded_on": date(2020, 2, 29), "in_park": True, "cities": ["310000", "320500"], "attributes": {"a": 1, "b": ["是"]},
}  # fmt: skip


def errors_of(content: bytes | str, filename: str = "a.csv", columns: tuple[Column, ...] = COLUMNS) -> list[CellError]:
    with pytest.raises(BadTable) as caught:
        read_table(content.encode() if isinstance(content, str) else content, filename, columns)
    return caught.value.errors


def sheet(*rows: list[object]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_csv_is_read_in_every_encoding_people_save_it_in(encoding: str) -> None:
    rows = read_table(f"{HEADER}\n{CODE},龘䶮公司,2026-03,1234.5\n".encode(encoding), "a.csv", COLUMNS)
    assert rows[0]["name"] == "龘䶮公司"
    assert rows[0]["revenue_yuan"] == 123450


def test_bytes_in_no_known_encoding_are_refused() -> None:
    assert "编码" in errors_of(b"\xff\x00\x81\x20\xff")[0].message


def test_english_keys_and_chinese_labels_may_stand_side_by_side_in_any_order() -> None:
    rows = read_table(f"Revenue_Yuan,name,期间（2026-03）,USCC\n1,A,2026年3月,{CODE}\n".encode(), "a.csv", COLUMNS)
    assert rows[0] == {
        **dict.fromkeys(c.key for c in COLUMNS),
        "uscc": CODE,
        "name": "A",
        "period": "2026-03",
        "revenue_yuan": 100,
    }


def test_half_width_brackets_in_a_header_mean_the_same_column() -> None:
    assert (
        read_table(f"{HEADER},注册资本(万元)\n{CODE},A,2026-03,1,2\n".encode(), "a.csv", COLUMNS)[0]["capital_wan"]
        == 2_000_000
    )


def test_unknown_doubled_and_missing_columns_are_reported_together() -> None:
    found = errors_of("单位名称,name,备注\nA,B,C\n")
    assert [(e.row, e.column) for e in found] == [
        (1, "name"), (1, "备注"), (1, "统一社会信用代码"), (1, "期间（2026-03）"), (1, "营业收入"),
    ]  # fmt: skip


def test_every_wrong_cell_is_named_by_the_files_own_row_and_the_columns_label() -> None:
    found = errors_of(f"{HEADER}\n{CODE},A,2026-03,1\n\n123,,2026-13,-1\n")
    assert [(e.row, e.column) for e in found] == [
        (4, "统一社会信用代码"), (4, "单位名称"), (4, "期间（2026-03）"), (4, "营业收入"),
    ]  # fmt: skip
    assert str(found[1]) == "第 4 行“单位名称”：不能为空"


def test_a_cell_with_line_breaks_counts_as_one_row_of_the_file() -> None:
    rows = read_table(f'{HEADER}\n{CODE},"甲\n乙",2026-03,1\n{CODE},丙,2026-03,1\n'.encode(), "a.csv", COLUMNS)
    assert [r.row_number for r in rows] == [2, 3]


def test_a_broken_quotation_is_refused_with_its_row() -> None:
    assert errors_of(f'{HEADER}\n{CODE},"A"x,2026-03,1\n')[0].row == 2
    assert errors_of(f'{HEADER}\n{CODE},"A,2026-03,1\n')[0].row == 2


def test_a_cell_beyond_the_last_column_is_refused() -> None:
    assert errors_of(f"{HEADER}\n{CODE},A,2026-03,1,extra\n")[0].row == 2


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("int", "1,234", 1234), ("int", "１２", 12), ("int", "7.0", 7), ("yuan", "-0.01", -1), ("yuan", "¥1,234.5", 123450),
        ("wan", "50.000001", 50_000_001), ("wan", "500万元", 500_000_000), ("date", "2026/3/1", date(2026, 3, 1)),
        ("date", "20260301", date(2026, 3, 1)), ("date", "2026年3月1日", date(2026, 3, 1)), ("period", "2026/3", "2026-03"),
        ("period", "202603", "2026-03"), ("bool", "Yes", True), ("bool", "否", False), ("list", "a；b; ", ["a", "b"]),
        ("json", '{"x": [1, null]}', {"x": [1, None]}),
    ],
)  # fmt: skip
def test_people_write_a_value_in_several_ways(kind: str, text: str, value: object) -> None:
    quoted = text.replace('"', '""')
    assert read_table(f'x\n"{quoted}"\n'.encode(), "a.csv", [Column("x", "值", kind)])[0]["x"] == value


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("int", "1.5"), ("int", "一"), ("int", "1e3"), ("yuan", "1.005"), ("yuan", "NaN"), ("wan", "0.0000001"), ("date", "2026-02-30"),
        ("date", "3/1/2026"), ("period", "2026-00"), ("period", "Mar-26"), ("bool", "maybe"), ("json", "{a}"), ("json", "NaN"),
    ],
)  # fmt: skip
def test_what_is_not_of_the_columns_kind_is_refused(kind: str, text: str) -> None:
    assert errors_of(f"x\n{text}\n", columns=(Column("x", "值", kind),))[0].column == "值"


def test_typed_cells_of_a_workbook_become_the_same_values_as_their_text() -> None:
    content = sheet(
        ["uscc", "name", "period", "revenue_yuan", "people", "founded_on", "in_park"],
        [CODE, 12.0, datetime(2026, 3, 1), 0.1 + 0.2, 3.0, datetime(2020, 2, 29), True],
    )
    row = read_table(content, "any.name", COLUMNS)[0]
    assert (row["name"], row["period"], row["revenue_yuan"], row["people"]) == ("12", "2026-03", 30, 3)
    assert (row["founded_on"], row["in_park"]) == (date(2020, 2, 29), True)


def test_an_old_xls_file_is_refused_with_advice() -> None:
    assert "另存为" in errors_of(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a.xls")[0].message


def test_a_damaged_workbook_is_refused() -> None:
    assert "损坏" in errors_of(sheet(["x"])[:-30], "a.xlsx")[0].message
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as packed:
        packed.writestr("a.txt", "no workbook")
    assert "损坏" in errors_of(stream.getvalue(), "a.xlsx")[0].message


def test_a_small_file_that_would_unfold_into_a_huge_one_is_refused() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b"0" * 60_000_000)
    assert "解压后过大" in errors_of(stream.getvalue(), "a.xlsx")[0].message


def test_a_file_over_the_limits_is_refused() -> None:
    content = f"{HEADER}\n{CODE},A,2026-03,1\n{CODE},A,2026-03,1\n".encode()
    with pytest.raises(BadTable):
        read_table(content, "a.csv", COLUMNS, max_bytes=10)
    with pytest.raises(BadTable):
        read_table(content, "a.csv", COLUMNS, max_rows=1)
    assert len(read_table(content, "a.csv", COLUMNS, max_rows=2)) == 2


def test_an_empty_or_foreign_file_is_refused() -> None:
    assert "第一行" in errors_of("")[0].message
    assert "只支持" in errors_of("%PDF-1.4", "a.pdf")[0].message


def test_a_missing_path_is_refused_by_its_name_only(tmp_path: Path) -> None:
    with pytest.raises(BadTable) as caught:
        read_table(tmp_path / "none.csv", "none.csv", COLUMNS)
    assert str(tmp_path) not in str(caught.value)


def test_progress_is_told_while_reading_and_at_the_end() -> None:
    told: list[tuple[int, int]] = []
    read_table(
        ("x\n" + "1\n" * 2500).encode(), "a.csv", [Column("x", "值", "int")], progress=lambda d, t: told.append((d, t))
    )
    assert told == [(999, 2501), (1999, 2501), (2500, 2500)]


@pytest.mark.parametrize("fmt", ["csv", "xlsx"])
@pytest.mark.parametrize("header", ["zh", "en"])
def test_what_is_written_is_read_back_without_loss(fmt: str, header: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{fmt}"
    assert write_table(path, fmt, COLUMNS, [FULL, {**FULL, "capital_wan": None, "cities": None}], header=header) == 2
    assert read_table(path, path.name, COLUMNS) == [FULL, {**FULL, "capital_wan": None, "cities": None}]


@pytest.mark.parametrize("fmt", ["csv", "xlsx"])
@pytest.mark.parametrize(
    "text", ["=1+1", "+86", "-x", "@SUM(A1)", "\tx", "\rx", "'=x", "''", " padded ", "_x000D_", "a\r\nb\x1f"]
)
def test_a_dangerous_text_is_guarded_in_the_file_and_comes_back_unchanged(fmt: str, text: str) -> None:
    columns = [Column("x", "值")]
    content = table_bytes(fmt, columns, [{"x": text}])
    if fmt == "csv":
        assert (
            not content.decode("utf-8-sig").split("\r\n", 1)[1].lstrip('"').startswith(("=", "+", "-", "@", "\t", "\r"))
        )
    else:
        cell = load_workbook(io.BytesIO(content)).active["A2"]
        assert cell.data_type == "s" and not cell.value.startswith(("=", "+", "-", "@"))
    assert read_table(content, f"a.{fmt}", columns)[0]["x"] == text


def test_an_amount_with_more_digits_than_a_spreadsheet_keeps_is_still_exact() -> None:
    columns = [Column("x", "值", "yuan"), Column("n", "数", "int")]
    for fmt in ("csv", "xlsx"):
        row = {"x": -99_999_999_999_999_901, "n": 123_456_789_012_345_678}
        assert read_table(table_bytes(fmt, columns, [row]), f"a.{fmt}", columns) == [row]


def test_an_item_that_holds_the_lists_separator_cannot_be_written() -> None:
    with pytest.raises(ValueError):
        table_bytes("csv", [Column("x", "值", "list")], [{"x": ["a;b"]}])


visible = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0￾￿"), min_size=1, max_size=30)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries({"t": visible, "y": st.integers(-(10**16), 10**16), "d": st.dates(date(1990, 1, 1), date(2099, 1, 1))}),
        min_size=1, max_size=5,
    ),
    st.sampled_from(["csv", "xlsx"]),
)  # fmt: skip
def test_any_text_amount_and_day_survives_the_round_trip(rows: list[dict[str, object]], fmt: str) -> None:
    columns = [Column("t", "文"), Column("y", "金额", "yuan"), Column("d", "日", "date")]
    assert read_table(table_bytes(fmt, columns, rows), f"a.{fmt}", columns) == rows
