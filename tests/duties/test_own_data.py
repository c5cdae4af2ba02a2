"""A person's copy of their data: complete, theirs alone, taken once."""

import csv
import io
import json
import zipfile
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import BigInteger, Integer, func, select

from marketplace.accounts.models import UserSession
from marketplace.accounts.queries import actor_of
from marketplace.core import clock, personal, vault
from marketplace.core.actor import Actor
from marketplace.core.audit import AuditEvent
from marketplace.core.db import Base, db, transaction
from marketplace.core.errors import AccessDenied, ConfirmationNeeded, Conflict, NotFound
from marketplace.duties import jobs, queries, services
from marketplace.duties.models import DataExport
from marketplace.notifications.services import notify
from tests.factories import admin_of, make_client, make_staff, make_user
from tests.factories.orders import make_order
from tests.support.racing import write_at_once


def people_columns() -> set[str]:
    """Every column that names a person: by its foreign key, or by how it is called."""
    found = set()
    for table in Base.metadata.tables.values():
        for column in table.columns:
            targets = [key.target_fullname for key in column.foreign_keys]
            named = isinstance(column.type, (Integer, BigInteger)) and column.name.endswith(("user_id", "_by_id"))
            if "user_account.id" in targets or (named and not targets):
                found.add(f"{table.name}.{column.name}")
    return found


def test_no_table_that_names_a_person_is_forgotten_in_their_copy(app: Any) -> None:
    """Register a new table in its domain's `personal.py`, or exempt its column there with the reason."""
    covered = {column for part in personal.personal_data() for column in part.covers}
    assert people_columns() - covered - set(personal.exemptions()) == set()
    assert all(personal.exemptions().values())


def test_nothing_is_both_covered_and_exempt_or_gone(app: Any) -> None:
    covered = {column for part in personal.personal_data() for column in part.covers}
    known = {f"{t.name}.{c.name}" for t in Base.metadata.tables.values() for c in t.columns}
    assert (covered | set(personal.exemptions())) - known == set()
    assert covered & set(personal.exemptions()) == set()


def opened(content: bytes) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(content))


def rows_of(content: bytes, name: str) -> list[dict[str, Any]]:
    return json.loads(opened(content).read(f"json/{name}.json"))


def test_the_copy_holds_what_is_theirs_and_nothing_of_others(app: Any) -> None:
    with transaction():
        client = make_client()
        order = make_order(client=client)
        person = admin_of(client)
        other = make_user(name="别人", email="other@test.example")
        services.record_consents(actor=actor_of(person), user=person)
        notify(event="order.placed", params={"number": order.number, "title": "服务"}, user_id=person.id)
        notify(event="order.placed", params={"number": "OTHER"}, user_id=other.id)
    content = services.build_archive(person.id)
    assert [r["number"] for r in rows_of(content, "orders")] == [order.number]
    assert rows_of(content, "account")[0]["email"] == person.email
    assert rows_of(content, "memberships")[0]["role"] == "admin"
    assert len(rows_of(content, "consents")) == 3
    assert any(r["event"] == "user.created" for r in rows_of(content, "audit"))
    everything = b"".join(opened(content).read(name) for name in opened(content).namelist()).decode()
    assert "other@test.example" not in everything and "OTHER" not in everything
    assert "password_hash" not in everything and person.password_hash not in everything
    assert "token_hash" not in everything


def test_the_csv_says_the_same_with_chinese_headings_and_the_readme_counts(app: Any, clock: Any) -> None:
    person = make_user(name="张三")
    content = services.build_archive(person.id)
    lines = list(csv.reader(io.StringIO(opened(content).read("csv/account.csv").decode("utf-8-sig"))))
    assert lines[0][:2] == ["用户编号", "姓名"] and lines[1][:2] == [str(person.id), "张三"]
    readme = opened(content).read("README.txt").decode()
    assert "账号资料：1 行" in readme and "2026-11-23 10:00" in readme
    assert {n.split("/")[0] for n in opened(content).namelist()} == {"json", "csv", "README.txt"}


def test_a_text_that_a_spreadsheet_would_run_is_guarded_in_the_csv(app: Any) -> None:
    person = make_user(name="=HYPERLINK(1)")
    text = opened(services.build_archive(person.id)).read("csv/account.csv").decode("utf-8-sig")
    assert "\n" in text and ",=HYPERLINK" not in text


def test_a_person_takes_their_copy_once_from_the_page(app: Any, sign_in: Any, clock: Any) -> None:
    person = make_user()
    page = sign_in(person)
    assert page.post("/account/data").location == "/account/data"
    assert "待下载" in page.get("/account/data").text
    export = db.session.scalars(select(DataExport)).one()
    sealed = db.session.scalar(select(DataExport.archive))
    assert sealed is not None and not sealed.startswith(b"PK") and vault.unseal_bytes(sealed).startswith(b"PK")
    answer = page.post(f"/account/data/{export.number}/download")
    assert answer.status_code == 200 and opened(answer.data).testzip() is None
    assert answer.headers["Cache-Control"] == "no-store" and "attachment" in answer.headers["Content-Disposition"]
    assert db.session.scalar(select(DataExport.archive)) is None
    assert page.post(f"/account/data/{export.number}/download").status_code in (302, 409)
    events = db.session.scalars(select(AuditEvent.event).where(AuditEvent.noun == "data_export")).all()
    assert events == ["data_export.requested", "data_export.ready", "data_export.fetched"]


def test_a_copy_is_private_to_its_person(app: Any, sign_in: Any) -> None:
    person = make_user()
    sign_in(person).post("/account/data")
    export = db.session.scalars(select(DataExport)).one()
    for other in (make_user(), make_staff("admin"), make_staff("auditor"), make_staff("operator")):
        assert sign_in(other).post(f"/account/data/{export.number}/download").status_code == 404
    with pytest.raises(NotFound):
        queries.get_export(export.number, actor=actor_of(make_user()))
    with pytest.raises(AccessDenied), transaction():
        services.request_export(actor=actor_of(make_user()), user_id=person.id)
    with pytest.raises(AccessDenied), transaction():
        services.fetch_export(actor=actor_of(make_user()), export=db.session.get_one(DataExport, export.id))


def test_a_copy_asks_who_it_is_first(app: Any, sign_in: Any, clock: Any) -> None:
    person = make_user()
    page = sign_in(person)
    clock.advance(minutes=11)
    for answer in (page.get("/account/data"), page.post("/account/data")):
        assert answer.status_code == 302 and "/account/confirm" in answer.location
    with pytest.raises(ConfirmationNeeded), transaction():
        services.request_export(actor=Actor(user_id=person.id), user_id=person.id)


def test_a_copy_expires_after_a_day_and_leaves_no_bytes(app: Any, clock: Any) -> None:
    person = make_user()
    with transaction():
        export = services.request_export(actor=actor_of(person), user_id=person.id, archive=b"PK")
    clock.advance(hours=24)
    with pytest.raises(Conflict), transaction():
        services.fetch_export(actor=actor_of(person), export=export)
    assert jobs.drop_exports() == 1
    assert db.session.scalar(select(DataExport.archive)) is None
    with transaction():
        again = services.request_export(actor=actor_of(person), user_id=person.id, archive=b"PK")
    assert again.number != export.number


def test_an_expired_copy_makes_room_before_the_sweep(app: Any, clock: Any) -> None:
    person = make_user()
    with transaction():
        first = services.request_export(actor=actor_of(person), user_id=person.id, archive=b"PK")
    clock.advance(hours=25)
    with transaction():
        second = services.request_export(actor=actor_of(person), user_id=person.id, archive=b"PK")
    assert second.id != first.id and first.ended_at is not None


def test_much_data_is_made_by_a_job_with_progress(app: Any, sign_in: Any, jobs: Any, monkeypatch: Any) -> None:
    from marketplace.duties.services import exporting

    monkeypatch.setattr(exporting, "SMALL", 0)
    person = make_user()
    page = sign_in(person)
    page.post("/account/data")
    assert "正在生成" in page.get("/account/data").text
    page.post("/account/data")
    assert db.session.scalar(select(func.count()).select_from(DataExport)) == 1
    jobs()
    export = db.session.scalars(select(DataExport)).one()
    assert export.ready_at and export.done_parts == export.total_parts > 5
    assert page.post(f"/account/data/{export.number}/download").status_code == 200


def test_a_copy_whose_worker_died_is_made_by_the_sweep(app: Any, clock: Any) -> None:
    person = make_user()
    with transaction():
        export = services.request_export(actor=actor_of(person), user_id=person.id)
        assert services.claim_export(export_id=export.id) is not None
        assert services.claim_export(export_id=export.id) is None
    assert jobs.sweep_exports() == 0
    clock.advance(minutes=11)
    assert jobs.sweep_exports() == 1
    assert jobs.sweep_exports() == 0
    assert jobs.build_export(export.id) is False


def test_of_two_clicks_at_the_same_moment_one_gets_the_file(live_app: Flask) -> None:
    person = make_user()
    actor, user_id = actor_of(person), person.id
    with transaction():
        number = services.request_export(actor=actor, user_id=user_id, archive=b"PK").number
    fetch = lambda: services.fetch_export(actor=actor, export=queries.get_export(number, actor=actor))  # noqa: E731
    results = write_at_once(live_app, [fetch] * 4)
    assert sorted(type(r).__name__ for r in results) == ["Conflict", "Conflict", "Conflict", "bytes"]


def test_of_many_requests_at_the_same_moment_one_copy_is_made(live_app: Flask) -> None:
    person = make_user()
    actor, user_id = actor_of(person), person.id
    request = lambda: services.request_export(actor=actor, user_id=user_id, archive=b"PK").number  # noqa: E731
    write_at_once(live_app, [request] * 4)
    assert db.session.scalar(select(func.count()).select_from(DataExport)) == 1


def test_the_copy_is_read_in_few_statements(app: Any, queries: Any) -> None:
    person = admin_of(make_client())
    with queries(at_most=2 * len(personal.personal_data()) + 4):
        services.build_archive(person.id)


def test_sessions_in_the_copy_show_device_and_address_but_no_token(app: Any, sign_in: Any) -> None:
    person = make_user()
    sign_in(person)
    row = rows_of(services.build_archive(person.id), "sessions")[0]
    assert set(row) == {
        "created_at", "last_seen_at", "expires_at", "revoked_at", "confirmed_at", "second_factor_at", "address", "agent",
    }  # fmt: skip
    stored = db.session.scalars(select(UserSession)).one()
    assert row["created_at"].startswith(clock.local(stored.created_at).strftime("%Y-%m-%dT%H:%M"))
