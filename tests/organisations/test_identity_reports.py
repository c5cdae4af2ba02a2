"""The half-year report of identities: who is in it, encrypted, its password shown once, every report on record."""

import io
import zipfile
from datetime import date
from typing import Any

import pytest
import pyzipper
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.exc import DBAPIError

from marketplace.accounts.queries import actor_of
from marketplace.core.actor import CLI, Actor
from marketplace.core.audit import AuditEvent
from marketplace.core.db import db, transaction
from marketplace.core.errors import AccessDenied, ConfirmationNeeded, Conflict, Invalid
from marketplace.organisations import jobs
from marketplace.organisations.halves import Half, half_due, half_of, parse_half, recent_halves
from marketplace.organisations.models import IdentityArchive, IdentityExport, Organisation
from marketplace.organisations.queries import identities
from marketplace.organisations.services import reporting
from tests.factories import make_client, make_firm, make_staff

FORM = {"half": "2026H2", "recipient": "青浦区市场监督管理局", "reason": "半年报送"}


def prepare(half: Half = Half(2026, 2)) -> reporting.PreparedReport:
    return reporting.prepare_identity_report(actor=CLI, half=half)


def read(content: bytes, password: str, name: str) -> bytes:
    with pyzipper.AESZipFile(io.BytesIO(content)) as archive:
        archive.setpassword(password.encode())
        return archive.read(name)


@given(st.dates(date(2021, 1, 1), date(2039, 12, 31)))
def test_every_day_lies_in_one_half_and_the_report_follows_in_january_and_july(day: date) -> None:
    half = half_of(day)
    assert half.first <= day and parse_half_or_none(half.code, day) in (half, None)
    assert half.before.end == half.start and half.before < half
    due = half_due(day)
    assert (due is not None) == (day.month in (1, 7)) and due in (None, half.before)


def parse_half_or_none(code: str, day: date) -> Half | None:
    try:
        return parse_half(code)
    except Invalid:
        return None


@pytest.mark.parametrize("bad", ["", "2026", "2026H3", "H12026", "2099H1", "2026h1x"])
def test_a_half_year_that_is_none_or_has_not_begun_is_refused(app: Any, clock: Any, bad: str) -> None:
    with pytest.raises(Invalid):
        parse_half(bad)
    assert parse_half("2026h1") == Half(2026, 1)
    assert [h.code for h in recent_halves(3)] == ["2026H2", "2026H1", "2025H2"]


def test_the_report_holds_every_firm_that_stood_in_the_half_year_and_no_client(app: Any, clock: Any) -> None:
    with transaction():
        here = make_firm(name="在营机构有限公司", contact_mobile="19900001234")
        gone, later, draft = (
            make_firm(name="早已退出有限公司"),
            make_firm(name="以后入驻有限公司"),
            make_firm(state="draft"),
        )
        left = make_firm(name="期内退出有限公司")
        make_client(name="不是卖方有限公司")
        gone.closed_at = Half(2026, 1).start
        left.closed_at = Half(2026, 2).start
        later.approved_at = Half(2026, 2).end
    rows = {row["name"]: row for row in identities.list_identities(Half(2026, 2))}
    assert set(rows) == {"在营机构有限公司", "期内退出有限公司"} and draft.name not in rows
    row = rows["在营机构有限公司"]
    assert row["uscc"] == here.uscc and row["contact_mobile"] == "19900001234" and row["address"] == here.address
    assert (
        "营业执照 business-" in row["licences"]
        and "劳务派遣经营许可证" in row["licences"]
        and "2099-12-31" in row["licences"]
    )
    assert row["state"] == "已认证" and "2026-11-23 通过核验" in row["changes"]
    assert rows["期内退出有限公司"]["closed_on"] is not None


def test_a_report_is_read_in_few_statements(app: Any, clock: Any, queries: Any) -> None:
    with transaction():
        for _ in range(12):
            make_firm()
    with queries(at_most=4):
        assert len(list(identities.list_identities(Half(2026, 2)))) == 12


def test_the_archive_opens_with_its_password_only(app: Any, clock: Any) -> None:
    make_firm(name="在营机构有限公司")
    prepared = prepare()
    assert b"uscc" not in prepared.content and "在营机构".encode() not in prepared.content
    assert "在营机构有限公司" in read(prepared.content, prepared.password, "identities-2026H2.csv").decode("utf-8-sig")
    sheet = load_workbook(io.BytesIO(read(prepared.content, prepared.password, "identities-2026H2.xlsx"))).active
    assert sheet["A2"].value == "在营机构有限公司"
    for wrong in ("", "x", prepared.password[:-1], prepare().password):
        with pytest.raises((RuntimeError, zipfile.BadZipFile)):
            read(prepared.content, wrong, "identities-2026H2.csv")
    with pyzipper.AESZipFile(io.BytesIO(prepared.content)) as archive:
        assert all(entry.wz_aes_strength == 3 for entry in archive.infolist())  # 3: AES-256


def test_two_reports_have_two_passwords_of_twenty_signs(app: Any, clock: Any) -> None:
    passwords = {prepare().password for _ in range(5)}
    assert len(passwords) == 5 and all(len(p.replace("-", "")) == 20 for p in passwords)


def test_the_page_shows_the_password_once_and_stores_it_nowhere(app: Any, sign_in: Any, clock: Any) -> None:
    make_firm(name="在营机构有限公司")
    page = sign_in(make_staff("operator"))
    answer = page.post("/operator/identity-reports", data=FORM)
    shown = BeautifulSoup(answer.text, "html.parser")
    password = shown.select_one(".copyable code").get_text()
    assert answer.status_code == 200 and answer.headers["Cache-Control"] == "no-store"
    export = db.session.scalars(select(IdentityExport)).one()
    assert (export.period, export.row_count, export.recipient) == ("2026H2", 1, FORM["recipient"])
    assert password not in page.get("/operator/identity-reports").text
    fetched = page.post(f"/operator/identity-reports/{export.number}/download")
    assert "在营机构有限公司" in read(fetched.data, password, "identities-2026H2.csv").decode("utf-8-sig")
    stored = " ".join(
        str(row) for table in ("identity_export", "audit_event", "form_submission", "outbox_message")
        for row in db.session.execute(text(f"SELECT * FROM {table}"))
    )  # fmt: skip
    assert password not in stored and password.encode() not in db.session.scalars(select(IdentityArchive.content)).one()
    events = db.session.scalars(
        select(AuditEvent.event).where(AuditEvent.noun == "identity_export").order_by(AuditEvent.id)
    ).all()
    assert events == ["identity_export.made", "identity_export.fetched"]


def test_an_archive_waits_a_day(app: Any, sign_in: Any, clock: Any) -> None:
    staff = make_staff("bureau")
    sign_in(staff).post("/operator/identity-reports", data=FORM)
    number = db.session.scalars(select(IdentityExport.number)).one()
    clock.advance(hours=24, minutes=1)
    page = sign_in(staff)
    assert page.post(f"/operator/identity-reports/{number}/download").status_code == 404
    assert jobs.drop_old_identity_archives() == 1
    assert db.session.scalar(select(func.count()).select_from(IdentityArchive)) == 0
    assert db.session.scalar(select(func.count()).select_from(IdentityExport)) == 1


@pytest.mark.parametrize(
    ("role", "reads", "makes"),
    [("operator", True, True), ("bureau", True, True), ("auditor", True, False), ("reviewer", False, False), ("service", False, False),
     ("finance", False, False), ("admin", False, False), ("security", False, False)],
)  # fmt: skip
def test_who_sees_the_log_and_who_reports(app: Any, sign_in: Any, role: str, reads: bool, makes: bool) -> None:
    with transaction():
        export = reporting.record_identity_report(
            actor=CLI, prepared=prepare(Half(2026, 1)), recipient="局", reason="报送"
        )
    page = sign_in(make_staff(role))
    assert page.get("/operator/identity-reports").status_code == (200 if reads else 403)
    assert page.get("/operator/identity-reports/export/xlsx").status_code == (200 if reads else 403)
    data = {**FORM, "half": recent_halves()[0].code}
    assert page.post("/operator/identity-reports", data=data).status_code == (200 if makes else 403)
    answer = page.post(f"/operator/identity-reports/{export.number}/download")
    assert answer.status_code == (200 if makes else 403)


def test_reporting_asks_who_it_is_first(app: Any, sign_in: Any, clock: Any) -> None:
    staff = make_staff("operator")
    page = sign_in(staff)
    clock.advance(minutes=11)
    assert "/account/confirm" in page.post("/operator/identity-reports", data=FORM).location
    with pytest.raises(ConfirmationNeeded):
        reporting.prepare_identity_report(
            actor=Actor(user_id=staff.id, staff=frozenset({"operator"})), half=Half(2026, 1)
        )
    with pytest.raises(AccessDenied):
        reporting.prepare_identity_report(actor=actor_of(make_staff("admin")), half=Half(2026, 1))


@pytest.mark.parametrize("missing", ["recipient", "reason"])
def test_a_report_says_for_whom_and_why(app: Any, sign_in: Any, clock: Any, missing: str) -> None:
    assert sign_in(make_staff()).post("/operator/identity-reports", data={**FORM, missing: ""}).status_code == 422
    with pytest.raises(Invalid), transaction():
        reporting.record_identity_report(
            actor=CLI, prepared=prepare(), **{"recipient": "局", "reason": "报送", missing: " "}
        )
    assert db.session.scalar(select(func.count()).select_from(IdentityExport)) == 0


@pytest.mark.parametrize(
    "statement", [update(IdentityExport).values(row_count=0), delete(IdentityExport)], ids=["update", "delete"]
)
def test_the_log_is_never_changed(app: Any, clock: Any, statement: Any) -> None:
    with transaction():
        reporting.record_identity_report(actor=CLI, prepared=prepare(), recipient="局", reason="报送")
    with pytest.raises((DBAPIError, Conflict)), transaction():
        db.session.execute(statement)


def test_january_and_july_remind_on_the_desk_until_the_report_is_made(app: Any, sign_in: Any, clock: Any) -> None:
    staff = make_staff("operator")
    assert "身份信息待报送" not in sign_in(staff).get("/desk/").text
    clock.set("2027-01-04")
    page = sign_in(staff)
    assert "2026 年下半年身份信息待报送" in page.get("/desk/").text
    assert "本月应报送" in page.get("/operator/identity-reports").text
    assert page.post("/operator/identity-reports", data=FORM).status_code == 200
    assert "身份信息待报送" not in page.get("/desk/").text
    clock.set("2027-02-01")
    assert "身份信息待报送" not in sign_in(staff).get("/desk/").text


def test_a_report_made_before_the_half_year_ended_does_not_count(app: Any, clock: Any) -> None:
    with transaction():
        reporting.record_identity_report(actor=CLI, prepared=prepare(), recipient="局", reason="报送")
    clock.set("2027-01-04")
    assert identities.find_report_due() == Half(2026, 2)


def test_the_shell_writes_the_archive_and_prints_its_password(app: Any, clock: Any, tmp_path: Any) -> None:
    make_firm(name="在营机构有限公司")
    file = tmp_path / "report.zip"
    done = app.test_cli_runner().invoke(args=["export", "identities", "--half", "2026H2", str(file)])
    assert done.exit_code == 0, done.output
    password = done.output.strip().rsplit("：", 1)[1]
    assert "在营机构有限公司" in read(file.read_bytes(), password, "identities-2026H2.csv").decode("utf-8-sig")
    export = db.session.scalars(select(IdentityExport)).one()
    assert export.actor == "cli" and db.session.scalar(select(func.count()).select_from(IdentityArchive)) == 0
    bad = app.test_cli_runner().invoke(args=["export", "identities", "--half", "2099H1", str(tmp_path / "x.zip")])
    assert bad.exit_code == 1 and not (tmp_path / "x.zip").exists()
    assert db.session.scalar(select(func.count()).select_from(Organisation)) == 1
