"""Files in and out by kind: the same formats from the shell and from the operator's page."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from marketplace.catalog import services as catalog
from marketplace.catalog.queries import refresh
from marketplace.catalog.rules.files import SERVICE_COLUMNS
from marketplace.core.actor import Actor
from marketplace.core.db import transaction
from marketplace.core.progress import Progress, silent
from marketplace.core.tabular import Column, read_table, write_table
from marketplace.organisations import services as organisations
from marketplace.organisations.rules import CLIENT_COLUMNS, FIRM_COLUMNS
from marketplace.reports import services as reports
from marketplace.reports.rules import REPORT_COLUMNS


@dataclass(frozen=True)
class Kind:
    columns: list[Column]
    bring_in: Callable[..., Any]
    bring_out: Callable[[], list[dict[str, Any]]]


KINDS: dict[str, Kind] = {
    "firms": Kind(FIRM_COLUMNS, organisations.import_firms, organisations.export_firms),
    "clients": Kind(CLIENT_COLUMNS, organisations.import_clients, organisations.export_clients),
    "services": Kind(SERVICE_COLUMNS, catalog.import_services, catalog.export_services),
    "reports": Kind(REPORT_COLUMNS, reports.import_reports, reports.export_reports),
}


def import_file(kind: str, path: Path, *, actor: Actor, verified: bool = False, progress: Progress = silent) -> Any:
    """Read a file whole and bring it in within one transaction; a bad one raises BadTable with every row and column and changes nothing."""
    refresh()
    entry = KINDS[kind]
    rows = read_table(path.read_bytes(), path.name, entry.columns)
    extra = {"verified": verified} if kind == "reports" else {}
    with transaction():
        return entry.bring_in(actor=actor, rows=rows, progress=progress, **extra)


def export_file(kind: str, path: Path, *, progress: Progress = silent) -> int:
    """Write everything of a kind in the columns that import reads; returns the number of rows."""
    refresh()
    entry = KINDS[kind]
    rows = entry.bring_out()
    suffix = "xlsx" if path.suffix.lower() == ".xlsx" else "csv"
    with path.open("wb") as stream:
        write_table(stream, suffix, entry.columns, rows)
    progress(len(rows), len(rows))
    return len(rows)
