"""Declared figures: whole or not at all, corrected by superseding, verified with evidence."""

from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from marketplace.accounts.queries import actor_of
from marketplace.core import clock as real_clock
from marketplace.core.actor import CLI
from marketplace.core.db import db, transaction
from marketplace.core.errors import AccessDenied, Conflict, Invalid
from marketplace.core.tabular import BadTable, read_table, write_table
from marketplace.reports.models import ReportLine
from marketplace.reports.queries import export_rows, get_firm_month
from marketplace.reports.rules import REPORT_COLUMNS
from marketplace.reports.services import declare_reports, import_reports, verify_firm_month
from tests.factories import actor_for, make_firm, make_staff, make_uscc
from tests.factories.reports import make_report, report_row


def in_force() -> int:
    return (
        db.session.scalar(select(func.count()).select_from(ReportLine).where(ReportLine.superseded_at.is_(None))) or 0
    )


def test_a_line_sent_again_adds_nothing(app: Flask) -> None:
    firm = make_firm()
    make_report(firm)
    assert str(make_report(firm)) == "新增 0 行，更正 0 行，重复 1 行"


def test_other_figures_for_the_same_key_supersede_the_old_line_and_keep_it(app: Flask) -> None:
    firm = make_firm()
    make_report(firm)
    make_report(firm, revenue_yuan=2_000_000)
    assert get_firm_month(firm_id=firm.id, period="2026-10").revenue_fen == 2_000_000
    assert db.session.scalar(select(func.count()).select_from(ReportLine)) == 2 and in_force() == 1


def test_sending_a_verified_line_again_unverified_does_not_lower_its_grade(app: Flask) -> None:
    firm = make_firm()
    make_report(firm, verified=True)
    make_report(firm, verified=False)
    assert get_firm_month(firm_id=firm.id, period="2026-10").unverified == 0


@pytest.mark.parametrize(
    ("values", "column"),
    [
        ({"firm_uscc": "91310118MA0000015P"}, "机构统一社会信用代码"),
        ({"period": "2022-12"}, "期间"),
        ({"period": "2999-01"}, "期间"),
        ({"pass_through_yuan": 1_000_001}, "代收代付"),
        ({"category_code": "C9999"}, "类目代码"),
        ({"client_city_code": "沪"}, "客户城市代码"),
    ],
)
def test_one_bad_row_refuses_the_whole_file_with_its_row_and_column(
    app: Flask, values: dict[str, Any], column: str
) -> None:
    firm = make_firm()
    rows = [report_row(firm, 2), report_row(firm, 3, client_uscc=make_uscc(), **values)]
    with pytest.raises(BadTable) as bad, transaction():
        import_reports(actor=CLI, rows=rows)
    assert [(e.row, e.column) for e in bad.value.errors] == [(3, column)]
    assert in_force() == 0


def test_two_rows_with_the_same_key_are_refused(app: Flask) -> None:
    firm = make_firm()
    with pytest.raises(BadTable) as bad, transaction():
        import_reports(actor=CLI, rows=[report_row(firm, 2), report_row(firm, 3)])
    assert bad.value.errors[0].row == 3


def test_a_firm_declares_its_own_lines_only(app: Flask) -> None:
    firm, other = make_firm(), make_firm()
    actor = actor_for(firm)
    with pytest.raises(BadTable), transaction():
        declare_reports(actor=actor, firm_id=firm.id, rows=[report_row(other)])
    with pytest.raises(AccessDenied), transaction():
        declare_reports(actor=actor, firm_id=other.id, rows=[report_row(other)])


def test_verifying_makes_grade_b_and_needs_evidence(app: Flask) -> None:
    firm, operator = make_firm(), actor_of(make_staff("operator"))
    make_report(firm, verified=False)
    with pytest.raises(Invalid), transaction():
        verify_firm_month(actor=operator, firm_id=firm.id, period="2026-10", evidence=" ")
    with transaction():
        assert verify_firm_month(actor=operator, firm_id=firm.id, period="2026-10", evidence="审计报告 2026-17") == 1
    assert get_firm_month(firm_id=firm.id, period="2026-10").unverified == 0
    with pytest.raises(Conflict), transaction():
        verify_firm_month(actor=operator, firm_id=firm.id, period="2026-10", evidence="再次")


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_what_is_exported_is_imported_again_without_loss(app: Flask, tmp_path: Path, suffix: str) -> None:
    firm = make_firm()
    make_report(
        firm,
        client_uscc=make_uscc(),
        client_city_code="320500",
        category_code="C0301",
        people_served=12,
        pass_through_yuan=3,
    )
    make_report(firm, period="2026-09")
    rows = export_rows()
    path = tmp_path / f"out.{suffix}"
    with path.open("wb") as stream:
        write_table(stream, suffix, REPORT_COLUMNS, rows)
    again = read_table(path.read_bytes(), path.name, REPORT_COLUMNS)
    with transaction():
        result = import_reports(actor=CLI, rows=again, verified=True)
    assert (result.added, result.corrected, result.known) == (0, 0, 2)


def test_the_present_month_may_be_declared(app: Flask) -> None:
    firm = make_firm()
    assert make_report(firm, period=real_clock.month_of(real_clock.today())).added == 1


def test_a_month_of_many_lines_is_verified_whole(app: Flask) -> None:
    firm = make_firm()
    rows = [report_row(firm, n + 2, client_uscc=make_uscc(), revenue_yuan=n + 1) for n in range(230)]
    with transaction():
        import_reports(actor=CLI, rows=rows)
    with transaction():
        assert verify_firm_month(actor=CLI, firm_id=firm.id, period="2026-10", evidence="审计报告 2026-17") == 230
    assert get_firm_month(firm_id=firm.id, period="2026-10").unverified == 0
    assert in_force() == 230


def test_a_file_without_rows_is_refused(app: Flask) -> None:
    with pytest.raises(BadTable), transaction():
        import_reports(actor=CLI, rows=[])


def test_twenty_thousand_lines_take_few_statements(app: Flask, queries: Any) -> None:
    firm = make_firm()
    clients = [make_uscc(number) for number in range(600)]
    rows = [
        report_row(
            firm,
            n + 2,
            client_uscc=clients[n % 600],
            period=f"{2023 + n // 7200}-{n // 600 % 12 + 1:02d}",
            revenue_yuan=n + 1,
        )
        for n in range(20_000)
    ]
    with queries(at_most=80), transaction():
        assert import_reports(actor=CLI, rows=rows).added == 20_000


def test_two_imports_of_the_same_lines_at_once_end_as_one(live_app: Flask) -> None:
    firm = make_firm()
    clients = [make_uscc() for _ in range(40)]
    rows = [report_row(firm, n + 2, client_uscc=client) for n, client in enumerate(clients)]
    together = Barrier(2)

    def bring() -> None:
        with live_app.app_context():
            together.wait()
            with transaction():
                import_reports(actor=CLI, rows=rows)
            db.session.remove()

    threads = [Thread(target=bring) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(ReportLine)) == 40
