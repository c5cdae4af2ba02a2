"""Reads of consents, exports, requests, holds and runs."""

from marketplace.duties.queries.consents import has_consented, list_consents, list_optional, select_consents
from marketplace.duties.queries.exports import (
    find_open_export,
    get_export,
    get_export_row,
    list_exports,
    list_unfinished_exports,
)
from marketplace.duties.queries.requests import (
    REQUEST_COLUMNS,
    count_open_requests,
    each_request,
    get_data_request,
    get_own_request,
    list_own_requests,
    list_requests,
)
from marketplace.duties.queries.retention import (
    Held,
    active_holds,
    count_rule,
    find_last_run,
    get_hold,
    held_subjects,
    list_due,
    list_holds,
    list_runs,
)

__all__ = [
    "REQUEST_COLUMNS",
    "Held",
    "active_holds",
    "count_open_requests",
    "count_rule",
    "each_request",
    "find_last_run",
    "find_open_export",
    "get_data_request",
    "get_export",
    "get_export_row",
    "get_hold",
    "get_own_request",
    "has_consented",
    "held_subjects",
    "list_consents",
    "list_due",
    "list_exports",
    "list_holds",
    "list_optional",
    "list_own_requests",
    "list_requests",
    "list_runs",
    "list_unfinished_exports",
    "select_consents",
]
