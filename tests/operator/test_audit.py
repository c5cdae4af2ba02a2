"""The auditor's pages: found by what, whom and when; one row with its proof; copies that are themselves in the trail; the check."""

import csv
import io
import re
from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from openpyxl import load_workbook
from sqlalchemy import select, text

from marketplace.core import audit, refusals
from marketplace.core.actor import CLI, Actor
from marketplace.core.audit import AuditCheckRun, AuditEvent, AuditFilters
from marketplace.core.db import db, is_sqlite, transaction
from marketplace.core.jobs import sweep_audit_checks
from marketplace.operator.routes import audit as pages
from tests.factories import admin_of, make_firm, make_staff, make_user

PAGE = "/operator/audit"


def record(event: str = "order.placed", number: int = 1, actor: Actor = CLI, **values: Any) -> None:
    with transaction():
        audit.record(event, event.split(".")[0], number, actor=actor, **values)


def seal() -> None:
    with transaction():
        audit.seal_pending()


def shown(answer: Any) -> list[list[str]]:
    """The rows of the list, cell by cell."""
    page = BeautifulSoup(answer.text, "html.parser")
    return [[" ".join(c.get_text(" ").split()) for c in row.select("td")] for row in page.select("main tbody tr")]


def trail(event: str) -> list[AuditEvent]:
    db.session.rollback()
    return list(db.session.scalars(select(AuditEvent).where(AuditEvent.event == event).order_by(AuditEvent.id)))


@pytest.fixture
def auditor(app: Flask, sign_in: Any, clock: Any) -> Any:
    return sign_in(make_staff("auditor"))


def test_rows_stand_newest_first_with_labels_and_names(app: Flask, auditor: Any, clock: Any) -> None:
    firm, person = make_firm(name="青禾人力资源有限公司"), make_user(name="王经理")
    clock.advance(minutes=5)
    record(actor=Actor(user_id=person.id), organisation_id=firm.id, before="draft", after="placed")
    row = shown(auditor.get(PAGE))[0]
    assert "2026-11-23 10:05" in row[0] and f"王经理 #{person.id}" in row[1]
    assert "下单 order.placed" in row[2] and row[4] == "青禾人力资源有限公司" and "draft → placed" in row[5]
    assert row[6] == "待封存"
    english = auditor.get(PAGE, headers={"Cookie": "lang=en"})
    assert english.status_code == 200


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("event=order.placed", [5, 1]), ("event=order", [5, 2, 1]), ("event=unknown.event", []), ("result=refused", [4]),
        ("result=done&noun=listing", [3]), ("noun=order&ref_id=2", [2]), ("user=81", [4]), ("user=user%3A81", [4]), ("user=cli", [5, 3, 2, 1]),
        ("actor=user%3A81", [4]), ("organisation=71", [3]), ("organisation=nowhere", []), ("user=nobody%40test.example", []),
        ("since=2026-11-24&until=2026-11-24&noun=order", [5]), ("until=2026-11-23&event=order", [2, 1]), ("since=nonsense&event=order", [5, 2, 1]),
        ("ref_id=abc&event=order", [5, 2, 1]), ("before=nonsense&event=order", [5, 2, 1]), ("event=order&result=refused", []),
    ],
)  # fmt: skip
def test_filters_narrow_the_list(app: Flask, sign_in: Any, clock: Any, query: str, numbers: list[int]) -> None:
    record(number=1)
    record("order.confirmed", 2)
    record("listing.created", 3, organisation_id=71)
    record("access.denied", 4, Actor(user_id=81))
    clock.advance(days=1)
    record(number=5)
    answer = sign_in(make_staff("auditor")).get(f"{PAGE}?{query}&per_page=100")
    assert answer.status_code == 200
    rows = [row for row in shown(answer) if not re.search("机构|人员|登录", row[3])]
    assert [int(row[3].split("#")[1]) for row in rows] == numbers


def test_an_organisation_is_found_by_name_and_code_and_a_person_by_address(app: Flask, auditor: Any) -> None:
    firm, person = make_firm(name="安邦人力资源有限公司"), make_user(email="wang@test.example")
    record(number=7, organisation_id=firm.id, actor=Actor(user_id=person.id))
    for query in ("organisation=安邦", f"organisation={firm.uscc.lower()}", "user=Wang@Test.example"):
        answer = auditor.get(f"{PAGE}?event=order&{query}")
        assert [row[3] for row in shown(answer)] == ["订单 #7"], query


def test_pages_follow_the_last_row_seen_there_and_back(app: Flask, auditor: Any) -> None:
    for number in range(45):
        record(number=number)
    found: list[str] = []
    address, back = f"{PAGE}?event=order&per_page=20", ""
    for _page in range(3):
        answer = auditor.get(address)
        found += [row[3] for row in shown(answer)]
        soup = BeautifulSoup(answer.text, "html.parser")
        older, newer = soup.select_one("a[rel=next]"), soup.select_one("a[rel=prev]")
        address, back = (older["href"] if older else ""), (newer["href"] if newer else "")
    assert found == [f"订单 #{n}" for n in range(44, -1, -1)] and not address
    assert [row[3] for row in shown(auditor.get(back))] == [f"订单 #{n}" for n in range(24, 4, -1)]
    record(number=99)  # what comes meanwhile moves no page
    assert [row[3] for row in shown(auditor.get(back))] == [f"订单 #{n}" for n in range(24, 4, -1)]


def test_rows_of_one_moment_are_neither_lost_nor_shown_twice(app: Flask, clock: Any) -> None:
    for number in range(30):
        record(number=number)
    seen: list[int] = []
    cursor = ""
    while True:
        page = audit.page_of_events(AuditFilters(events=["order.placed"]), before=cursor, size=7)
        seen += [row.ref_id or 0 for row in page.items]
        if not page.older:
            break
        cursor = page.older
    assert seen == list(range(29, -1, -1))
    assert [row.ref_id for row in audit.iterate_events(AuditFilters(events=["order.placed"]), 12)] == seen[:12]


def test_counting_stops_where_the_page_says_more_than(
    app: Flask, auditor: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(12):
        record(number=number)
    filters = AuditFilters(events=["order.placed"])
    assert (audit.count_events(filters), audit.count_events(filters, at_most=10)) == (12, 11)
    monkeypatch.setattr(pages, "COUNTED", 10)
    assert "超过 10 条" in auditor.get(f"{PAGE}?event=order").text


def test_a_page_costs_the_same_few_statements_however_long_the_trail_is(app: Flask, auditor: Any, queries: Any) -> None:
    for number in range(60):
        record(number=number, actor=Actor(user_id=number))
    with queries(at_most=12):
        assert auditor.get(f"{PAGE}?event=order&per_page=50").status_code == 200


def test_one_row_shows_its_seal_computed_anew_and_its_neighbours(app: Flask, auditor: Any) -> None:
    for number in (1, 2, 3):
        record(number=number, colour="红色")
    seal()
    first, second, third = trail("order.placed")
    words = auditor.get(f"{PAGE}/{second.id}").text
    assert (
        "封存相符" in words
        and words.count(second.seal or "-") == 2
        and (first.seal or "-") in words
        and "红色" in words
    )
    assert f"{PAGE}/{first.id}" in words and f"{PAGE}/{third.id}" in words
    assert auditor.get(f"{PAGE}/999999").status_code == 404


def test_one_edited_row_says_that_its_seal_does_not_match(app: Flask, auditor: Any) -> None:
    record(number=1)
    seal()
    row = trail("order.placed")[0]
    with transaction():
        if is_sqlite():
            db.session.execute(text("DROP TRIGGER audit_event_no_update"))
        else:
            db.session.execute(text("ALTER TABLE audit_event DISABLE TRIGGER USER"))
        db.session.execute(text("UPDATE audit_event SET ref_id = 99 WHERE id = :id"), {"id": row.id})
    db.session.expire_all()
    assert "封存不符" in auditor.get(f"{PAGE}/{row.id}").text


def test_a_row_just_written_waits_for_its_seal(app: Flask, auditor: Any) -> None:
    record(number=1)
    assert "待封存" in auditor.get(f"{PAGE}/{trail('order.placed')[0].id}").text


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_copy_holds_what_was_filtered_and_is_itself_in_the_trail(app: Flask, sign_in: Any, kind: str) -> None:
    staff = make_staff("auditor")
    number, auditor = staff.id, sign_in(staff)
    for one in (1, 2, 3):
        record(number=one)
    record("listing.created", 9)
    with auditor.post(f"{PAGE}/export?event=order&since=2020-01-01", data={"format": kind}) as answer:
        content = answer.data
    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.headers["Content-Disposition"].startswith("attachment")
    if kind == "csv":
        lines = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    else:
        table = [[cell.value for cell in row] for row in load_workbook(io.BytesIO(content)).active.rows]
        lines = [dict(zip(map(str, table[0]), row, strict=True)) for row in table[1:]]
    assert [str(line["对象编号"]) for line in lines] == ["3", "2", "1"]
    assert lines[0]["事件名称"] == "下单"
    exported = trail("audit.exported")
    assert [row.user_id for row in exported] == [number]
    assert (
        exported[0].codes["rows"] == 3
        and exported[0].codes["format"] == kind
        and exported[0].codes["since"] == "2020-01-01"
    )


def test_what_is_typed_to_find_a_person_never_stands_in_the_trail(app: Flask, auditor: Any) -> None:
    make_user(email="wang@test.example")
    with auditor.post(f"{PAGE}/export?user=wang@test.example&organisation=某某公司", data={"format": "csv"}):
        pass
    assert "wang" not in str(trail("audit.exported")[0].codes) and "某某" not in str(trail("audit.exported")[0].codes)


def test_more_rows_than_allowed_are_refused_in_words_and_not_cut_off(
    app: Flask, auditor: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(pages.CAPS, "csv", 2)
    for number in (1, 2, 3):
        record(number=number)
    answer = auditor.post(f"{PAGE}/export?event=order", data={"format": "csv"}, follow_redirects=True)
    assert "超过 2 条" in answer.text and answer.request.args["event"] == "order"
    assert trail("audit.exported") == []


def test_looking_takes_nothing_away(app: Flask, auditor: Any) -> None:
    assert auditor.get(f"{PAGE}/export").status_code in (404, 405)


def test_the_whole_chain_is_proved_on_demand_and_the_result_stands_on_the_page(
    app: Flask, auditor: Any, jobs: Any
) -> None:
    record(number=1)
    seal()
    answer = auditor.post(f"{PAGE}/check", data={"form_key": "k1"}, follow_redirects=True)
    assert "校验进行中" in answer.text
    again = auditor.post(f"{PAGE}/check", data={"form_key": "k1"})
    assert again.status_code == 302
    assert (
        "正在进行"
        in auditor.post(
            f"{PAGE}/check",
            data={"form_key": "k2"},
            headers={"Referer": f"http://localhost{PAGE}"},
            follow_redirects=True,
        ).text
    )
    assert jobs() >= 1
    run = db.session.scalars(select(AuditCheckRun)).one()
    assert (
        run.finished_at and run.wrong_count == 0 and run.rows == run.head_no and run.head_seal == audit.find_head().seal
    )
    assert "校验通过" in auditor.get(PAGE).text
    assert len(trail("audit.check_requested")) == 1


def test_a_check_that_finds_something_says_so_and_its_result_cannot_be_changed(
    app: Flask, auditor: Any, jobs: Any
) -> None:
    for number in (1, 2, 3):
        record(number=number)
    seal()
    with transaction():
        if is_sqlite():
            db.session.execute(text("DROP TRIGGER audit_event_no_delete"))
        else:
            db.session.execute(text("ALTER TABLE audit_event DISABLE TRIGGER USER"))
        db.session.execute(text("DELETE FROM audit_event WHERE seal_no = 2"))
    auditor.post(f"{PAGE}/check", data={"form_key": "k1"})
    jobs()
    words = auditor.get(PAGE).text
    assert "发现 1 处不符" in words and "gap: seal 2 is missing" in words
    with pytest.raises(Exception, match=r"append-only|conflict"), transaction():
        db.session.execute(text("UPDATE audit_check_run SET wrong_count = 0, findings = ''"))


def test_a_check_that_the_queue_has_lost_is_queued_again(app: Flask, clock: Any, jobs: Any) -> None:
    with transaction():
        run = audit.request_run(actor=CLI)
    assert sweep_audit_checks() == 0
    clock.advance(minutes=11)
    assert sweep_audit_checks() == 1
    jobs()
    db.session.refresh(run)
    assert run.finished_at is not None and audit.find_open_run() is None


@pytest.mark.parametrize("role", ["operator", "reviewer", "service", "finance", "admin", "security"])
def test_whoever_runs_the_park_or_the_system_does_not_read_the_trail(app: Flask, sign_in: Any, role: str) -> None:
    record(number=1)
    client, number = sign_in(make_staff(role)), trail("order.placed")[0].id
    assert client.get(PAGE).status_code == 403
    assert client.get(f"{PAGE}/{number}").status_code == 403
    assert client.post(f"{PAGE}/export").status_code == 403
    assert client.post(f"{PAGE}/check", data={"form_key": "k"}).status_code == 403


def test_the_bureau_reads_and_takes_copies_but_leaves_the_check_to_the_auditor(app: Flask, sign_in: Any) -> None:
    bureau = sign_in(make_staff("bureau"))
    assert "校验全部审计链" not in bureau.get(PAGE).text
    with bureau.post(f"{PAGE}/export", data={"format": "csv"}) as answer:
        assert answer.status_code == 200
    assert bureau.post(f"{PAGE}/check", data={"form_key": "k"}).status_code == 403


# What was refused


def test_a_signed_in_person_who_asks_for_what_they_may_not_is_written_down(app: Flask, sign_in: Any) -> None:
    user = admin_of(make_firm())
    number, client = user.id, sign_in(user)
    assert client.get(PAGE).status_code == 403
    row = trail("access.denied")[0]
    assert (row.user_id, row.noun, row.codes) == (
        number,
        "page",
        {"page": "operator.list_audit", "method": "GET", "code": "access.role"},
    )


def test_a_visitor_and_a_page_that_is_not_there_leave_no_row(app: Flask, sign_in: Any) -> None:
    app.test_client().get(PAGE)
    assert sign_in(admin_of(make_firm())).get("/orders/nothing").status_code == 404
    assert trail("access.denied") == []


def test_knocking_does_not_fill_the_trail(
    app: Flask, sign_in: Any, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = sign_in(admin_of(make_firm()))
    for _ in range(5):
        client.get(PAGE)
    assert len(trail("access.denied")) == 1
    clock.advance(minutes=11)
    client.get(PAGE)
    assert len(trail("access.denied")) == 2
    monkeypatch.setattr(refusals, "PER_HOUR", 3)
    for path in ("/operator/settings", "/operator/outbox", "/operator/verifications"):
        client.get(path)
    assert len(trail("access.denied")) == 3
    clock.advance(hours=1, minutes=1)
    client.get("/operator/outbox")
    assert len(trail("access.denied")) == 4


def test_a_refusal_of_permission_inside_a_form_goes_on_to_where_it_is_written_down(app: Flask) -> None:
    from marketplace.core.errors import AccessDenied, ConfirmationNeeded, Invalid
    from marketplace.core.forms import BaseForm

    with app.test_request_context("/x", method="POST"):
        form = BaseForm(meta={"csrf": False})
        form.add_service_error(Invalid("a", "x"))
        for error in (ConfirmationNeeded("b", "x"), AccessDenied("c", "x")):
            with pytest.raises(AccessDenied):
                form.add_service_error(error)
        assert form.form_errors == ["x"]


def test_the_answer_stands_even_where_the_trail_cannot_be_written(
    app: Flask, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusals, "SAME_PAGE", "nonsense")
    client = sign_in(admin_of(make_firm()))
    client.get(PAGE)
    assert client.get("/operator/outbox").status_code == 403


def test_old_refusals_do_not_count_against_a_person(app: Flask, clock: Any) -> None:
    assert timedelta(minutes=10) == refusals.SAME_PAGE
