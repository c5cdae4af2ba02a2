"""Writes of consents, exports, requests, closing, holds and the retention log."""

from marketplace.duties.services.answering import (
    answer_data_request,
    make_data_request,
    refuse_data_request,
    withdraw_data_request,
)
from marketplace.duties.services.closing import close_account, list_blockers
from marketplace.duties.services.consenting import give_consents, record_consents, set_optional_consent
from marketplace.duties.services.exporting import (
    build_archive,
    claim_export,
    drop_expired_exports,
    fetch_export,
    finish_export,
    note_progress,
    prepare_small_export,
    request_export,
)
from marketplace.duties.services.holding import lift_hold, place_hold
from marketplace.duties.services.retaining import apply_rule, record_run, rehearse_retention

__all__ = [
    "answer_data_request",
    "apply_rule",
    "build_archive",
    "claim_export",
    "close_account",
    "drop_expired_exports",
    "fetch_export",
    "finish_export",
    "give_consents",
    "lift_hold",
    "list_blockers",
    "make_data_request",
    "note_progress",
    "place_hold",
    "prepare_small_export",
    "record_consents",
    "record_run",
    "refuse_data_request",
    "rehearse_retention",
    "request_export",
    "set_optional_consent",
    "withdraw_data_request",
]
