"""Files in and out from the shell: every format and both languages of headers, a bad file refused whole, nothing lost on the way."""

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from openpyxl import Workbook
from sqlalchemy import func, select

from marketplace.catalog.models import Listing
from marketplace.core.db import db
from marketplace.operator.transfer import KINDS
from marketplace.organisations.models import Organisation
from marketplace.reports.models import ReportLine
from tests.factories import make_client, make_firm, make_uscc
from tests.factories.catalog import make_listing
from tests.factories.reports import make_report

MODELS: dict[str, Any] = {"firms": Organisation, "clients": Organisation, "services": Listing, "reports": ReportLine}
FORMATS = ("utf8.csv", "bom.csv", "gb18030.csv", "xlsx")
ENCODINGS = {"utf8.csv": "utf-8", "bom.csv": "utf-8-sig", "gb18030.csv": "gb18030"}


def rows_of(kind: str) -> list[dict[str, str]]:
    """Two good rows as people type them."""
    if kind == "firms":
        common = {
            "city_code": "310000",
            "address": "青浦区测试路 8 号",
            "established_on": "2018-05-06",
            "registered_capital_wan": "500",
        }
        return [
            {"uscc": make_uscc(), "name": f"文件人力{n}有限公司", "hr_filing_no": f"备{n}", **common} for n in "甲乙"
        ]
    if kind == "clients":
        return [
            {
                "uscc": make_uscc(),
                "name": f"文件制造{n}有限公司",
                "city_code": "320500",
                "industry": "制造业",
                "size": "中",
            }
            for n in "甲乙"
        ]
    firm = make_firm().uscc
    if kind == "services":
        return [
            {
                "firm_uscc": firm, "category_code": "C0301", "title": f"文件社保代缴{n}", "summary": "按月代缴",
                "description": "专人对接", "pricing_model": "per_head_month", "price_min_yuan": "20.50", "price_max_yuan": "30",
                "city_codes": "310000;320500", "attributes": '{"own_or_partner": "own", "cutoff_day": 15}',
            }
            for n in "甲乙"
        ]  # fmt: skip
    return [
        {
            "firm_uscc": firm,
            "period": period,
            "revenue_yuan": "123456.78",
            "client_uscc": make_uscc(),
            "people_served": "12",
        }
        for period in ("2026-01", "2026-02")
    ]


def write(path: Path, kind: str, rows: list[dict[str, str]], fmt: str, chinese: bool) -> Path:
    """A file as a person's office program would save it."""
    columns = KINDS[kind].columns
    table = [[c.label_zh if chinese else c.key for c in columns], *([r.get(c.key, "") for c in columns] for r in rows)]
    target = path / f"{kind}-{fmt.replace('.csv', '')}.{fmt.rsplit('.', 1)[-1]}"
    if fmt == "xlsx":
        book = Workbook()
        for line in table:
            book.active.append(line)
        book.save(target)
    else:
        text = io.StringIO()
        csv.writer(text).writerows(table)
        target.write_bytes(text.getvalue().encode(ENCODINGS[fmt]))
    return target


def count(kind: str) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(MODELS[kind])) or 0


@pytest.fixture
def shell(app: Flask) -> Callable[..., Any]:
    """`shell("import", "firms", path)`: the command line on this application."""
    return lambda *words: run(app, *words)


def run(app: Flask, *words: Any) -> Any:
    db.session.rollback()
    return app.test_cli_runner().invoke(args=[str(word) for word in words])


@pytest.mark.parametrize("kind", KINDS)
def test_every_format_and_both_languages_are_read(kind: str, shell: Callable[..., Any], tmp_path: Path) -> None:
    for fmt in FORMATS:
        for chinese in (True, False):
            rows, before = rows_of(kind), count(kind)
            done = shell("import", kind, write(tmp_path, kind, rows, fmt, chinese))
            assert done.exit_code == 0, (fmt, chinese, done.output, done.exception)
            assert count(kind) == before + len(rows), (fmt, chinese)
    names = set(db.session.scalars(select(Organisation.name)))
    assert (
        kind not in ("firms", "clients")
        or {f"文件{'人力' if kind == 'firms' else '制造'}{n}有限公司" for n in "甲乙"} <= names
    )


BAD = {
    "firms": ({"city_code": "999999"}, "城市代码"),
    "clients": ({"uscc": "123"}, "统一社会信用代码"),
    "services": ({"price_min_yuan": "贵"}, "最低价"),
    "reports": ({"period": "2026-13"}, "期间"),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fmt", ["gb18030.csv", "xlsx"])
def test_a_bad_file_names_row_and_column_and_changes_nothing(
    kind: str, fmt: str, shell: Callable[..., Any], tmp_path: Path
) -> None:
    rows = rows_of(kind)
    wrong, column = BAD[kind]
    rows[1] |= wrong
    before = count(kind)
    done = shell("import", kind, write(tmp_path, kind, rows, fmt, True))
    assert done.exit_code == 1
    assert f"第 3 行 {column}" in done.stderr and "未导入任何内容" in done.stderr
    assert count(kind) == before


def test_a_file_of_another_kind_is_refused(shell: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "名单.csv"
    path.write_bytes(b"\x00\x01\x02 no table")
    done = shell("import", "firms", path)
    assert done.exit_code == 1 and "未导入任何内容" in done.stderr


def test_what_is_exported_comes_back_the_same_in_an_empty_park(app: Flask, live_app: Flask, tmp_path: Path) -> None:
    with app.app_context():
        firm = make_firm(
            name='晨星"人力",资源有限公司', intro='第一行\n第二行，含逗号,与"引号"', registered_capital_fen=12_345_600
        )
        make_firm(name="=SUM(A1)人力有限公司")
        buyer = make_client(name="𠮷野制造有限公司", city_code="320500", industry="制造业", size="小")
        make_listing(
            firm=firm, title="+86 社保代缴", price_min_fen=20_05, price_max_fen=30_00, city_codes=("310000", "320500")
        )
        make_report(firm, client_uscc=buyer.uscc, client_city_code="320500", category_code="C0301", people_served=7)
        make_report(firm, period="2026-09", revenue_yuan=1)
        for kind in KINDS:
            for suffix in ("csv", "xlsx"):
                assert run(app, "export", kind, tmp_path / f"{kind}.{suffix}").exit_code == 0
        first = {kind: KINDS[kind].bring_out() for kind in KINDS}
        db.session.rollback()
    for number, suffix in enumerate(("csv", "xlsx")):
        for kind in KINDS:  # the second time over, the same rows only update
            done = run(live_app, "import", kind, tmp_path / f"{kind}.{suffix}")
            assert done.exit_code == 0, (kind, suffix, done.output, done.exception)
        db.session.rollback()
        for kind in KINDS:
            assert sorted(map(str, KINDS[kind].bring_out())) == sorted(map(str, first[kind])), (kind, suffix, number)
