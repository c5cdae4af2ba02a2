"""Rows of the report file, and lines in force."""

from typing import Any

from marketplace.core.actor import CLI
from marketplace.core.tabular import Row
from marketplace.organisations.models import Organisation
from marketplace.reports.services import ReportResult, import_reports
from tests.factories.accounts import writing


def report_row(firm: Organisation, number: int = 2, **values: Any) -> Row:
    """One row as the file reader gives it; amounts in 分."""
    given = {
        "firm_uscc": firm.uscc, "period": "2026-10", "revenue_yuan": 1_000_000, "pass_through_yuan": 0, "client_uscc": None,
        "client_city_code": None, "category_code": None, "people_served": None,
    }  # fmt: skip
    return Row(number, given | values)


def make_report(firm: Organisation, verified: bool = True, **values: Any) -> ReportResult:
    """Bring one line in, verified (grade B) unless told otherwise."""
    with writing():
        return import_reports(actor=CLI, rows=[report_row(firm, **values)], verified=verified)
