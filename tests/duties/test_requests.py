"""Requests about one's data: due in fifteen working days, answered or refused with reasons."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from marketplace.accounts.queries import actor_of
from marketplace.core.db import db, transaction
from marketplace.core.errors import AccessDenied, Conflict, Invalid, NotFound
from marketplace.core.outbox import OutboxMessage, render
from marketplace.duties import queries, services
from marketplace.duties.models import DataRequest
from marketplace.duties.rules.requests import add_working_days
from tests.factories import make_staff, make_user


def ask(user: Any = None, kind: str = "correct", text: str = "请更正姓名中的错字") -> DataRequest:
    with transaction():
        return services.make_data_request(actor=actor_of(user or make_user()), kind=kind, text=text)


@given(st.dates(date(2020, 1, 1), date(2035, 1, 1)), st.integers(1, 40))
def test_working_days_skip_weekends_only(day: date, count: int) -> None:
    due = add_working_days(day, count)
    between = [day + timedelta(days=n) for n in range(1, (due - day).days + 1)]
    assert sum(d.weekday() < 5 for d in between) == count and due.weekday() < 5


def test_a_request_is_due_in_fifteen_working_days_and_the_park_is_told(app: Any, clock: Any) -> None:
    make_staff("service", email="desk@test.example")
    request = ask()
    assert request.due_on == date(2026, 12, 14)
    told = db.session.scalars(select(OutboxMessage).where(OutboxMessage.address == "desk@test.example")).one()
    assert request.number in render(told)[0] and "2026-12-14" in render(told)[1]


@pytest.mark.parametrize(
    ("kind", "text", "code"), [("x", "a", "kind"), ("query", "  ", "text"), ("query", "长" * 2001, "long")]
)
def test_a_request_without_kind_or_text_is_refused(app: Any, kind: str, text: str, code: str) -> None:
    with pytest.raises(Invalid, match=code):
        ask(kind=kind, text=text)


def test_ten_open_requests_are_enough(app: Any) -> None:
    user = make_user()
    for _ in range(10):
        ask(user)
    with pytest.raises(Conflict, match="many"):
        ask(user)


def test_a_request_goes_from_the_person_to_the_park_and_back(app: Any, sign_in: Any, clock: Any) -> None:
    person = make_user(name="张三", email="zhang@test.example")
    page, desk = sign_in(person), sign_in(make_staff("service"))
    answer = page.post("/account/requests", data={"kind": "correct", "text": "请把“张叁”改为“张三”"})
    assert answer.status_code == 302
    number = db.session.scalars(select(DataRequest.number)).one()
    queue = desk.get("/operator/data-requests").text
    assert number in queue and "2026-12-14" in queue
    shown = desk.get(f"/operator/data-requests/{number}").text
    assert "张**" in shown and "z***@test.example" in shown and "zhang@test.example" not in shown
    assert desk.post(f"/operator/data-requests/{number}/answer", data={"answer": ""}).status_code == 422
    assert desk.post(f"/operator/data-requests/{number}/answer", data={"answer": "已更正"}).status_code == 302
    own = page.get("/account/requests").text
    assert "已办结" in own and "已更正" in own
    assert db.session.scalars(select(OutboxMessage.event).where(OutboxMessage.user_id == person.id)).all() == [
        "data_request.answered"
    ]


def test_a_refusal_needs_its_reasons(app: Any) -> None:
    request, officer = ask(), actor_of(make_staff("operator"))
    with pytest.raises(Invalid, match="text"), transaction():
        services.refuse_data_request(actor=officer, request=request, answer=" ")
    with transaction():
        services.refuse_data_request(actor=officer, request=request, answer="交易记录依法保存三年")
    assert request.state == "refused"
    with pytest.raises(Conflict), transaction():
        services.answer_data_request(actor=officer, request=request, answer="又办了")


def test_a_person_takes_their_own_request_back_and_nobody_elses(app: Any, sign_in: Any) -> None:
    person, other = make_user(), make_user()
    request = ask(person)
    assert sign_in(other).post(f"/account/requests/{request.number}/withdraw").status_code == 404
    with pytest.raises(NotFound):
        queries.get_own_request(request.number, actor=actor_of(other))
    assert sign_in(person).post(f"/account/requests/{request.number}/withdraw").status_code == 302
    assert db.session.get_one(DataRequest, request.id, populate_existing=True).state == "withdrawn"


@pytest.mark.parametrize(
    ("role", "status"),
    [
        ("service", 200),
        ("operator", 200),
        ("auditor", 200),
        ("reviewer", 403),
        ("bureau", 403),
        ("admin", 403),
        ("security", 403),
        ("finance", 403),
    ],
)
def test_who_reads_the_queue(app: Any, sign_in: Any, role: str, status: int) -> None:
    number = ask().number
    page = sign_in(make_staff(role))
    for path in ("/operator/data-requests", f"/operator/data-requests/{number}", "/operator/data-requests/export/csv"):
        assert page.get(path).status_code == status, path


def test_the_auditor_reads_and_does_not_answer(app: Any, sign_in: Any) -> None:
    request = ask()
    page = sign_in(make_staff("auditor"))
    assert "答复对方" not in page.get(f"/operator/data-requests/{request.number}").text
    assert page.post(f"/operator/data-requests/{request.number}/answer", data={"answer": "x"}).status_code == 403
    with pytest.raises(AccessDenied), transaction():
        services.answer_data_request(actor=actor_of(make_staff("auditor")), request=request, answer="x")


def test_the_queue_is_filtered_paged_and_exported(app: Any, sign_in: Any, clock: Any, queries: Any) -> None:
    first = ask(kind="delete", text="请删除联系电话")
    clock.set("2027-01-10")
    second = ask(kind="complain", text="收到骚扰短信")
    page = sign_in(make_staff("operator"))

    def shown(query: str) -> list[bool]:
        text = page.get(f"/operator/data-requests{query}").text
        return [number in text for number in (first.number, second.number)]

    assert shown("") == [True, True] and shown("?state=overdue") == [True, False]
    assert shown("?kind=complain") == [False, True] and shown("?q=骚扰") == [False, True]
    assert shown(f"?q={first.number.lower()}") == [True, False] and shown("?state=answered") == [False, False]
    exported = page.get("/operator/data-requests/export/csv?state=all").data.decode("utf-8-sig")
    assert first.number in exported and "删除" in exported and "2026-12-14" in exported
    assert page.get("/operator/data-requests/export/xlsx").data.startswith(b"PK")
    with queries(at_most=12):
        page.get("/operator/data-requests")


def test_open_requests_stand_on_the_desk(app: Any, sign_in: Any) -> None:
    ask()
    assert "待答复的个人信息请求" in sign_in(make_staff("service")).get("/desk/").text
    assert "待答复的个人信息请求" not in sign_in(make_staff("finance")).get("/desk/").text
