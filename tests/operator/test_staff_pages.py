"""The pages of the two administrators and the auditor, the operator's outbox with its secrets, and the shell."""

import re
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from marketplace.accounts import queries, services
from marketplace.core import outbox
from marketplace.core.audit import AuditEvent
from marketplace.core.db import db, transaction
from marketplace.core.outbox import OutboxMessage
from tests.factories import enrol, make_staff, make_user

NEW = {"name": "新同事", "email": "new@test.example", "mobile": ""}


def refusal(page: FlaskClient, path: str, **data: str) -> str:
    answer = page.post(path, data=data)
    assert answer.status_code == 409, answer.status_code
    found = BeautifulSoup(answer.text, "html.parser").select_one("main .alert-danger")
    assert found
    return found.get_text(" ", strip=True)


def last_message(event: str) -> OutboxMessage:
    db.session.rollback()
    return db.session.scalars(
        select(OutboxMessage).where(OutboxMessage.event == event).order_by(OutboxMessage.id.desc())
    ).first()  # type: ignore[return-value]


def test_three_people_bring_a_fourth_to_work(app: Flask, sign_in: Any, jobs: Any, client: FlaskClient) -> None:
    admin, officer, auditor = (sign_in(make_staff(role)) for role in ("admin", "security", "auditor"))
    page = admin.post("/operator/staff/new", data=NEW).location
    jobs()
    assert "尚无角色" in admin.get(page).text and "授予角色" not in admin.get(page).text
    message = last_message("account.invited")
    assert "••••••" in officer.get(f"/operator/outbox/{message.id}").text
    shown = officer.post(f"/operator/outbox/{message.id}/reveal").text
    link = re.search(r"/account/reset/[\w-]{20,}", shown)
    assert link
    answer = client.post(link.group(), data={"password": "violet harbour lantern", "repeat": "violet harbour lantern"})
    assert answer.status_code == 302
    assert officer.post(f"{page}/roles/grant", data={"role": "finance"}).location == page
    text = auditor.get(page).text
    assert "授予角色" in text and "园区security" in text and "撤销</button>" not in text
    assert "新同事" in auditor.get("/operator/staff?role=finance").text


def test_a_repeated_click_opens_one_account(app: Flask, sign_in: Any) -> None:
    admin = sign_in(make_staff("admin"))
    first = admin.post("/operator/staff/new", data={**NEW, "form_key": "one click"})
    again = admin.post("/operator/staff/new", data={**NEW, "form_key": "one click"})
    assert first.location == again.location
    taken = admin.post("/operator/staff/new", data={**NEW, "form_key": "another"})
    assert taken.status_code == 422 and "已注册" in taken.text and 'value="新同事"' in taken.text


def test_refusals_stand_on_the_page_in_chinese(app: Flask, sign_in: Any) -> None:
    one, other, auditor = make_staff("security"), make_staff("admin"), make_staff("auditor")
    page = sign_in(one)
    assert "三员分立" in refusal(page, f"/operator/staff/{auditor.id}/roles/grant", role="admin")
    assert "自己" in refusal(page, f"/operator/staff/{one.id}/roles/revoke", role="security")
    assert "尚未启用" in refusal(page, f"/operator/staff/{other.id}/reset-second-factor")


@pytest.mark.parametrize("role", ["operator", "finance", "bureau", "service", "reviewer"])
def test_others_of_the_park_see_nothing_of_it(app: Flask, sign_in: Any, role: str) -> None:
    page, user = sign_in(make_staff(role)), make_staff("admin")
    for path in ("/operator/staff", "/operator/staff/new", "/operator/staff/export", f"/operator/staff/{user.id}"):
        assert page.get(path).status_code == 403
    assert page.post(f"/operator/staff/{user.id}/disable").status_code == 403


def test_members_of_organisations_do_not_exist_there(app: Flask, sign_in: Any) -> None:
    page, member = sign_in(make_staff("security")), make_user()
    assert page.get(f"/operator/staff/{member.id}").status_code == 404
    assert page.post(f"/operator/staff/{member.id}/roles/grant", data={"role": "finance"}).status_code == 404


def test_a_role_change_asks_who_it_is_first(app: Flask, sign_in: Any, clock: Any) -> None:
    page, user = sign_in(make_staff("security")), make_staff("finance")
    clock.advance(minutes=11)
    answer = page.post(
        f"/operator/staff/{user.id}/roles/grant", data={"role": "service"},
        headers={"Referer": f"http://localhost/operator/staff/{user.id}"},
    )  # fmt: skip
    assert answer.location == f"/account/confirm?next=/operator/staff/{user.id}"
    assert page.get("/operator/staff/new").location.startswith("/account/confirm")


def test_the_list_is_exported_as_filtered(app: Flask, sign_in: Any) -> None:
    make_staff("finance", name="陆财务")
    make_staff("service", name="方客服")
    page = sign_in(make_staff("auditor"))
    text = page.get("/operator/staff/export?format=csv&role=finance").data.decode("utf-8-sig")
    assert "陆财务" in text and "方客服" not in text
    assert page.get("/operator/staff/export?format=xlsx").data[:2] == b"PK"


def test_the_list_stays_within_its_queries(app: Flask, sign_in: Any, queries: Any) -> None:
    for n in range(12):
        enrol(make_staff("finance", name=f"财务{n}"))
    page = sign_in(make_staff("security"))
    with queries(at_most=12):
        assert page.get("/operator/staff").status_code == 200


def code_for(user: Any) -> OutboxMessage:
    with transaction():
        services.request_mobile_code(actor=queries.actor_of(user), user=queries.get_user(user.id))
    outbox.deliver_outbox()
    return last_message("account.confirm_mobile")


def test_a_code_kept_for_want_of_a_sender_is_masked_and_revealed_on_record(app: Flask, sign_in: Any) -> None:
    operator, message = make_staff("operator"), code_for(make_user(mobile="19900003333"))
    page = sign_in(operator)
    masked = page.get(f"/operator/outbox/{message.id}").text
    assert message.status == "kept" and "••••••" in masked and not re.search(r"验证码 \d{6}", masked)
    revealed = page.post(f"/operator/outbox/{message.id}/reveal")
    assert re.search(r"验证码 \d{6}", revealed.text) and "no-store" in revealed.headers["Cache-Control"]
    rows = db.session.scalars(select(AuditEvent).where(AuditEvent.event == "outbox.revealed")).all()
    assert [(r.user_id, r.ref_id) for r in rows] == [(operator.id, message.id)]


def test_what_is_meant_for_staff_is_revealed_by_the_security_administrator_alone(app: Flask, sign_in: Any) -> None:
    message = code_for(make_staff("security", mobile="19900003333"))
    for role, status in (("operator", 403), ("admin", 403), ("security", 200)):
        assert sign_in(make_staff(role)).post(f"/operator/outbox/{message.id}/reveal").status_code == status, role


def test_a_security_administrator_sees_no_business_in_the_outbox(app: Flask, sign_in: Any) -> None:
    with transaction():
        outbox.send("mail", "someone@test.example", "report.verified", {"period": "2026-10"})
    code_for(make_user(mobile="19900003333"))
    message = last_message("report.verified")
    page = sign_in(make_staff("security"))
    text = page.get("/operator/outbox").text
    assert "report.verified" not in text and "account.confirm_mobile" in text
    assert page.get(f"/operator/outbox/{message.id}").status_code == 404


def test_an_expired_code_is_wiped_and_can_be_revealed_no_more(app: Flask, sign_in: Any, clock: Any) -> None:
    message = code_for(make_user(mobile="19900003333"))
    assert outbox.wipe_outbox_secrets() == 0
    clock.advance(minutes=5)
    assert outbox.wipe_outbox_secrets() == 1
    page = sign_in(make_staff("operator"))
    assert "已在发送后或到期后清除" in page.get(f"/operator/outbox/{message.id}").text
    assert page.post(f"/operator/outbox/{message.id}/reveal").status_code == 409


def run(app: Flask, *words: str) -> Any:
    return app.test_cli_runner().invoke(args=["users", *words])


@pytest.mark.live
def test_the_shell_makes_and_changes_the_parks_people(live_app: Flask) -> None:
    made = run(
        live_app, "create-operator", "--email", "boss@test.example", "--name", "安全", "--role", "security", "--role",
        "operator", "--password", "violet harbour lantern",
    )  # fmt: skip
    assert made.exit_code == 0, made.output
    assert run(live_app, "grant", "boss@test.example", "finance").exit_code == 0
    assert run(live_app, "grant", "boss@test.example", "auditor").exit_code == 1
    assert run(live_app, "revoke", "boss@test.example", "security").exit_code == 1
    assert run(live_app, "revoke", "boss@test.example", "finance").exit_code == 0
    listed = run(live_app, "list", "--role", "security").output
    assert "boss@test.example" in listed and "operator,security" in listed and "no_second_factor" in listed
    assert run(live_app, "reset-second-factor", "boss@test.example").exit_code == 1
    db.session.rollback()
    user = queries.find_user_by_login("boss@test.example")
    assert user
    enrol(user)
    assert run(live_app, "reset-second-factor", "boss@test.example").exit_code == 0
    assert run(live_app, "grant", "nobody@test.example", "finance").exit_code == 1


@pytest.mark.live
def test_the_shell_refuses_two_officers_in_one_person(live_app: Flask) -> None:
    made = run(
        live_app, "create-operator", "--email", "both@test.example", "--name", "双", "--role", "admin", "--role", "auditor",
        "--password", "violet harbour lantern",
    )  # fmt: skip
    assert made.exit_code == 1 and queries.find_user_by_login("both@test.example") is None
