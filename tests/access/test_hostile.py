"""Words that want to be markup, templates or formulas stand in every text of the park that people write; no page and no file runs them."""

import csv
import io
import re

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from marketplace.core.db import Base, db
from tests.access.park import Answer, Park
from tests.access.things import FORMULAS
from tests.access.walking import by_group, walk

pytestmark = pytest.mark.engine("sqlite")  # what a page shows does not depend on the database
PLANTED = ("<script>alert(1)</script>", '"><b>', "\\u003cscript", *FORMULAS)
# Columns that no person fills with words of their own: codes, numbers we make, digests. `table.*` where no column of a table is.
NOT_WRITTEN = {
    "account_token.*", "audit_anchor.*", "audit_check_run.*", "audit_event.*", "consent.*", "data_export.*", "recovery_code.*",
    "retention_run.*", "review_claim.*", "second_factor.*",
    "change_request.state", "closing_notice.state", "data_request.number", "data_request.state", "identity_export.actor",
    "identity_export.number", "identity_export.sha256", "legal_hold.noun", "licence.recognised_in", "licence.scope",
    "organisation.service_hotline", "organisation_bank_account.account_sealed", "organisation_invitation.address",
    "organisation_invitation.token_hash", "organisation_invoice_data.account_sealed", "organisation_invoice_data.email",
    "organisation_join_request.state", "organisation_snapshot.files", "organisation_snapshot.licences", "outbox_message.sealed", "outbox_message.secret_names",
    "sign_in_event.address", "sign_in_event.login_hash", "sign_in_event.result", "stored_file.scanner", "user_account.agreed",
    "uscc_override.evidence_sha256", "uscc_override.state", "verification_check.evidence_sha256", "verification_check.rule",
    "firm_standard.standard_no", "firm_standard.state", "organisation.pinyin_key", "organisation.pinyin_words",
    "form_submission.*", "kpi_client_total.*", "kpi_closing.*", "kpi_firm_month.*", "kpi_snapshot.*", "ledger_account.*",
    "ledger_txn.*", "listing_city.*", "milestone_file.*", "organisation_member.*", "report_line.*", "search_change.*", "staff_role.*",
    "bank_entry.number", "bank_entry.reason", "bank_entry.row_key", "bank_entry.state", "bank_entry.counterparty_account",
    "licence.state", "listing_change.state", "listing_reason.event", "listing.attributes", "listing.pricing_model", "listing.source", "listing.state",
    "match_proposal.number", "match_proposal.state", "milestone.state", "notification.event", "notification.url",
    "organisation.contact_mobile", "organisation.state", "outbox_message.event", "outbox_message.address",
    "payment.number", "payment.purpose", "payment.state", "purchase_order.number", "purchase_order.state", "report_import.number",
    "favourite.seen_pricing_model", "shortlist_item.seen_pricing_model",
    "setting_value.key", "setting_value.value", "statement_import.number", "statement_import.sha256",
    "saved_search.fresh", "saved_search.known", "saved_search.query", "search_word.key",
    "stored_file.media_type", "stored_file.number", "stored_file.purpose", "stored_file.sha256", "stored_file.filename",
    "user_account.email", "user_account.password_hash", "user_session.address", "user_session.token_hash",
}  # fmt: skip
SHORT = 20  # signs in which nothing can be said that a browser would run
RUN = re.compile(
    r'<script>alert\(1\)|<img src=x|"><b>|乙49'  # markup, or a template inside a text
    r'|"&gt;&lt;(script|img|b&gt;)'  # a quotation mark that ends an attribute
)
NUMBER = re.compile(r"[-+]?[0-9.,]+%?")


def _written() -> list[tuple[str, str]]:
    found = []
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            length = getattr(column.type, "length", None)
            is_text = any(kind in str(column.type).upper() for kind in ("CHAR", "TEXT", "JSON"))
            names = {f"{table.name}.*", f"{table.name}.{column.name}"}
            if is_text and (length is None or length >= SHORT) and not names & NOT_WRITTEN:
                found.append((table.name, column.name))
    return found


@pytest.mark.parametrize(("table", "column"), _written())
def test_every_text_that_people_write_holds_hostile_words(park: Park, table: str, column: str):
    """A new text column: plant `text(…)` in it in world.py, or say in `NOT_WRITTEN` that no person writes there."""
    values = [str(v) for v in db.session.scalars(select(Base.metadata.tables[table].c[column]))]
    assert any(mark in value for value in values for mark in PLANTED)


@by_group
def test_no_page_runs_what_people_wrote(park: Park, people: list[str]):
    run, shown = set(), 0
    for row, person, answer in walk(park, people):
        if answer.kind == "text/html":
            shown += "&lt;script&gt;alert(1)" in answer.text
            if found := RUN.search(answer.text):
                near = answer.text[max(0, found.start() - 80) : found.end() + 40]
                run.add(f"{row} (as {person}): …{near}…")
    assert not run, "\n".join(sorted(run)[:20])
    assert shown >= 5, "the hostile words are on hardly any page: is the park still planted?"


@by_group
def test_what_is_not_a_page_is_not_taken_for_one(park: Park, people: list[str]):
    """Hostile words in JSON and files are as they are; the browser must not guess that they are markup."""
    for row, person, answer in walk(park, people):
        if answer.kind != "text/html" and "<script>" in answer.text:
            assert answer.headers["X-Content-Type-Options"] == "nosniff", f"{row} as {person}"
            assert answer.kind in ("application/json", "text/csv"), f"{row} as {person}: {answer.kind}"


def _cells(answer: Answer) -> list[str]:
    """The texts of a file; a formula in a spreadsheet is an error at once."""
    if answer.kind == "text/csv":
        return [cell for line in csv.reader(io.StringIO(answer.text)) for cell in line]
    book = load_workbook(io.BytesIO(answer.body))
    cells = [cell for sheet in book for line in sheet.iter_rows() for cell in line]
    assert not [cell.value for cell in cells if cell.data_type == "f"]
    return [cell.value for cell in cells if isinstance(cell.value, str)]


@by_group
def test_no_file_holds_a_formula_that_somebody_wrote(park: Park, people: list[str]):
    """A cell that begins like a formula is guarded in CSV and XLSX alike (ASVS 1.2.10); negative numbers are numbers."""
    guarded, files = 0, set()
    for row, person, answer in walk(park, people):
        if answer.status == 200 and (answer.kind == "text/csv" or "spreadsheet" in answer.kind):
            files.add((row.endpoint, answer.kind))
            for cell in _cells(answer):
                guarded += cell.startswith(tuple("'" + formula for formula in FORMULAS))
                assert cell[:1] not in ("=", "+", "-", "@", "\t", "\r") or NUMBER.fullmatch(cell), (
                    f"{row} as {person}: {cell[:60]}"
                )
    assert guarded and files, "no file holds a planted formula: is the park still planted?"


def test_what_is_run_is_recognised():
    for bad in (
        "<p><script>alert(1)</script>",
        'title=""><b>',
        "乙49",
        'alt=""&gt;&lt;img src=x"',
        "<img src=x onerror=alert(1)>",
    ):
        assert RUN.search(bad)
    assert not RUN.search(
        '<p title="&#34;&gt;&lt;script&gt;alert(1)&lt;/script&gt;">&#34;&gt;&lt;img src=x onerror=alert(1)&gt;乙{{7*7}}</p>'
    )
