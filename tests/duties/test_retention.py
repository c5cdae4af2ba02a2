"""Retention: what is due goes, what is younger, held, money, an order or the audit trail stays."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.exc import DBAPIError

from marketplace.accounts.models import User, UserSession
from marketplace.accounts.queries import actor_of
from marketplace.core import clock as real_clock
from marketplace.core import retention
from marketplace.core.actor import CLI, SCHEDULER, Actor
from marketplace.core.audit import AuditEvent
from marketplace.core.db import Base, db, transaction
from marketplace.core.errors import AccessDenied, ConfirmationNeeded, Conflict, Invalid
from marketplace.core.outbox import OutboxMessage
from marketplace.core.settings import change_setting
from marketplace.core.web import FormSubmission
from marketplace.duties import jobs, services
from marketplace.duties.models import Consent, DataExport, DataRequest, LegalHold, RetentionRun
from marketplace.duties.personal import MASKED
from marketplace.notifications.models import Notification
from marketplace.organisations.models import Organisation
from tests.factories import make_client, make_firm, make_staff, make_user
from tests.factories.orders import make_order

NEVER = {
    "audit_event", "purchase_order", "milestone", "order_remark", "payment", "ledger_transfer", "ledger_txn", "ledger_account", "bank_entry",
    "statement_import", "match_proposal", "review", "report_line", "verification_check", "setting_value", "retention_run", "legal_hold",
    "identity_export", "kpi_snapshot", "kpi_closing",
}  # fmt: skip


def ago(days: float) -> Any:
    return real_clock.now() - timedelta(days=days)


def add_session(user: User, ended_days_ago: float) -> UserSession:
    row = UserSession(
        token_hash=f"{user.id}-{ended_days_ago}", user_id=user.id, last_seen_at=ago(ended_days_ago + 7), expires_at=ago(ended_days_ago),
    )  # fmt: skip
    db.session.add(row)
    return row


def everything_old() -> User:
    """One person with a row for every rule, some due and some not."""
    with transaction():
        person = make_user()
        for days in (10, 89, 91, 400):
            add_session(person, days)
        for days in (1000, 1094, 1096, 3000):
            db.session.add(Notification(user_id=person.id, event="x", created_at=ago(days + 1), read_at=ago(days)))
        db.session.add(Notification(user_id=person.id, event="unread", created_at=ago(5000)))
        for days, status in ((59, "sent"), (61, "sent"), (61, "kept"), (61, "failed"), (90, "queued")):
            db.session.add(
                OutboxMessage(
                    channel="mail",
                    address="a@test.example",
                    user_id=person.id,
                    event="account.closed",
                    status=status,
                    created_at=ago(days),
                )
            )
        for number, days in enumerate((1, 6, 8, 30)):
            db.session.add(FormSubmission(key=f"k{number}", created_at=ago(days)))
        for days in (1000, 1100):
            request = DataRequest(
                user_id=person.id, kind="query", text="请查阅", answer="已查阅", due_on=ago(days).date()
            )
            db.session.add(request)
            request.closed_at = ago(days)
            db.session.add(DataExport(user_id=person.id, created_at=ago(days), ended_at=ago(days)))
        for days in (1000, 1100):
            gone = make_user()
            services.record_consents(actor=actor_of(gone), user=gone)
            gone.closed_at, gone.email = ago(days), None
        for days in (1000, 1100):
            firm = make_firm()
            firm.closed_at = ago(days)
        db.session.flush()
        return person


DUE = {
    "sessions": 2, "notifications": 2, "outbox": 3, "form_keys": 2, "data_requests": 1, "data_exports": 1, "consents": 3,
    "closed_organisations": 1, "closed_accounts": 0,
}  # fmt: skip


def figures(counts: dict[str, dict[str, int]], what: str) -> dict[str, int]:
    return {code: counts[code][what] for code in DUE}


def test_what_is_due_goes_and_what_is_younger_stays(app: Any, clock: Any) -> None:
    person = everything_old()
    counts = jobs.run_retention(actor=CLI)
    assert figures(counts, "due") == figures(counts, "done") == DUE
    assert figures(counts, "held") == dict.fromkeys(DUE, 0)
    assert db.session.scalar(select(func.count()).select_from(UserSession)) == 2
    assert db.session.scalar(select(func.count()).where(Notification.user_id == person.id)) == 3
    messages = db.session.scalars(select(OutboxMessage).order_by(OutboxMessage.id)).all()
    assert [m.address for m in messages if m.event == "account.closed"] == [
        "a@test.example",
        "",
        "",
        "",
        "a@test.example",
    ]
    assert sorted(r.text for r in db.session.scalars(select(DataRequest))) == sorted(["请查阅", MASKED])
    assert sorted(o.contact_mobile == "" for o in db.session.scalars(select(Organisation))) == [False, True]
    assert db.session.scalar(select(func.count()).select_from(Consent)) == 3


def test_a_dry_run_says_what_the_real_run_does_and_changes_nothing(app: Any, clock: Any) -> None:
    everything_old()

    def content() -> list[Any]:
        tables = [t for name, t in Base.metadata.tables.items() if name not in ("retention_run", "audit_event")]
        return [db.session.execute(select(t).order_by(*t.primary_key.columns)).all() for t in tables]

    before = content()
    dry = jobs.run_retention(actor=Actor(user_id=1), dry_run=True)
    assert content() == before
    real = jobs.run_retention(actor=CLI)
    assert figures(dry, "due") == figures(real, "due") == figures(real, "done")
    assert figures(dry, "done") == dict.fromkeys(DUE, 0)
    assert content() != before
    runs = db.session.scalars(select(RetentionRun).order_by(RetentionRun.id)).all()
    assert [(r.is_dry, r.actor) for r in runs] == [(True, "user:1"), (False, "cli")]


def test_running_again_finds_nothing_more(app: Any, clock: Any) -> None:
    everything_old()
    jobs.run_retention(actor=CLI)
    again = jobs.run_retention(actor=CLI)
    assert sum(c["due"] for c in again.values()) == 0


def test_orders_money_and_the_audit_trail_have_no_rule_that_removes_them(app: Any) -> None:
    carried_out = {rule.table for rule in retention.rules() if rule.due is not None}
    assert carried_out & NEVER == set()
    everything_old()
    with transaction():
        make_order("completed")
    counted = {
        name: db.session.scalar(select(func.count()).select_from(Base.metadata.tables[name]))
        for name in NEVER & set(Base.metadata.tables)
    }
    jobs.run_retention(actor=CLI)
    after = {name: db.session.scalar(select(func.count()).select_from(Base.metadata.tables[name])) for name in counted}
    assert (
        all(after[name] >= counted[name] for name in counted) and after["purchase_order"] == counted["purchase_order"]
    )


@pytest.mark.parametrize("subject", ["user", "noun"])
def test_what_is_held_is_skipped_and_counted(app: Any, clock: Any, subject: str) -> None:
    person = everything_old()
    officer = actor_of(make_staff("security"))
    chosen: dict[str, Any] = {"user_id": person.id} if subject == "user" else {"noun": "sessions"}
    with transaction():
        hold = services.place_hold(actor=officer, reason="（2026）沪0118民初1号", **chosen)
    counts = jobs.run_retention(actor=CLI)
    assert counts["sessions"] == {"due": 2, "held": 2, "done": 0}
    assert counts["form_keys"]["done"] == 2
    assert counts["notifications"]["held"] == (2 if subject == "user" else 0)
    with transaction():
        services.lift_hold(actor=officer, hold=hold, reason="已结案")
    assert jobs.run_retention(actor=CLI)["sessions"] == {"due": 2, "held": 0, "done": 2}


def test_an_organisation_that_is_held_keeps_its_contact(app: Any, clock: Any) -> None:
    with transaction():
        held, free = make_firm(), make_client()
        held.closed_at = free.closed_at = ago(1200)
        services.place_hold(actor=actor_of(make_staff("operator")), reason="来函", organisation_id=held.id)
    assert jobs.run_retention(actor=CLI)["closed_organisations"] == {"due": 2, "held": 1, "done": 1}
    assert db.session.get_one(Organisation, held.id, populate_existing=True).contact_mobile
    assert not db.session.get_one(Organisation, free.id, populate_existing=True).contact_mobile


def test_many_rows_go_in_batches(app: Any, clock: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(jobs, "BATCH", 7)
    with transaction():
        person = make_user()
        for number in range(40):
            add_session(person, 100 + number)
        add_session(person, 1)
    assert jobs.run_retention(actor=CLI)["sessions"]["done"] == 40
    assert db.session.scalar(select(func.count()).select_from(UserSession)) == 1


@pytest.mark.engine("sqlite")
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ages=st.lists(st.floats(0, 3000), max_size=12, unique=True))
def test_retention_never_touches_a_row_younger_than_its_rule(app: Any, ages: list[float]) -> None:
    with transaction():
        db.session.execute(delete(UserSession))
        db.session.execute(delete(Notification))
        person = make_user()
        for age in ages:
            add_session(person, age)
            db.session.add(Notification(user_id=person.id, event="x", read_at=ago(age)))
    moment = real_clock.now()
    jobs.run_retention(actor=CLI)
    kept_sessions = {round(age, 3) for age in ages if age < 90}
    found = {round((moment - s.expires_at) / timedelta(days=1), 3) for s in db.session.scalars(select(UserSession))}
    assert all(any(abs(k - f) < 0.01 for f in found) for k in kept_sessions)
    assert all(f < 90.01 for f in found)
    read = {
        round((moment - n.read_at) / timedelta(days=1), 3)
        for n in db.session.scalars(select(Notification))
        if n.read_at
    }
    assert all(any(abs(age - r) < 0.01 for r in read) for age in ages if age < 1094.9)


def test_a_person_runs_no_deletion_not_even_the_operator(app: Any) -> None:
    for role in ("operator", "security", "admin"):
        with pytest.raises(AccessDenied):
            jobs.run_retention(actor=actor_of(make_staff(role)))


def test_the_daily_run_happens_once_a_day(app: Any, clock: Any) -> None:
    assert jobs.retain_daily() is True
    clock.advance(hours=3)
    assert jobs.retain_daily() is False
    jobs.run_retention(actor=SCHEDULER, dry_run=True)
    clock.set("2026-11-24")
    assert jobs.retain_daily() is True


def test_a_period_is_changed_by_a_setting_but_not_below_the_law(app: Any, clock: Any) -> None:
    today = real_clock.today()
    with pytest.raises(Invalid, match="bounds"), transaction():
        change_setting(actor=CLI, key="retention.notifications_days", value=30, effective_on=today, reason="缩短")
    with transaction():
        change_setting(actor=CLI, key="retention.sessions_days", value=5, effective_on=today, reason="缩短")
    everything_old()
    assert jobs.run_retention(actor=CLI)["sessions"]["done"] == 4


@pytest.mark.parametrize(
    "statement",
    [
        update(RetentionRun).values(actor="x"),
        delete(RetentionRun),
        update(LegalHold).values(reason="x"),
        delete(LegalHold),
    ],
    ids=["run changed", "run deleted", "hold changed", "hold deleted"],
)
def test_runs_and_holds_are_never_changed(app: Any, statement: Any) -> None:
    jobs.run_retention(actor=CLI)
    with transaction():
        services.place_hold(actor=actor_of(make_staff("security")), reason="案号", noun="sessions")
    with pytest.raises((DBAPIError, Conflict)), transaction():
        db.session.execute(statement)


def test_a_hold_has_one_subject_a_reason_and_stands_once(app: Any) -> None:
    officer = actor_of(make_staff("security"))
    for given_, code in (({}, "subject"), ({"noun": "x", "user_id": 1}, "subject"), ({"noun": "x"}, "noun")):
        with pytest.raises(Invalid, match=code), transaction():
            services.place_hold(actor=officer, reason="案号", **given_)
    with pytest.raises(Invalid, match="reason"), transaction():
        services.place_hold(actor=officer, reason=" ", noun="sessions")
    with transaction():
        services.place_hold(actor=officer, reason="案号", noun="sessions")
    with pytest.raises(Conflict, match="exists"), transaction():
        services.place_hold(actor=officer, reason="案号", noun="sessions")
    with pytest.raises((DBAPIError, Conflict)), transaction():
        db.session.execute(text("INSERT INTO legal_hold (reason, created_at) VALUES ('x', '2026-01-01')"))


def test_lifting_a_hold_asks_who_it_is_and_happens_once(app: Any) -> None:
    officer = make_staff("operator")
    with transaction():
        hold = services.place_hold(actor=actor_of(officer), reason="案号", noun="sessions")
    with pytest.raises(ConfirmationNeeded), transaction():
        services.lift_hold(actor=Actor(user_id=officer.id, staff=frozenset({"operator"})), hold=hold, reason="结案")
    with transaction():
        services.lift_hold(actor=actor_of(officer), hold=hold, reason="结案")
    with pytest.raises(Conflict, match="lifted"), transaction():
        services.lift_hold(actor=actor_of(officer), hold=hold, reason="结案")


@pytest.mark.parametrize(
    ("role", "reads", "holds"),
    [("operator", True, True), ("security", True, True), ("auditor", True, False), ("admin", False, False), ("bureau", False, False),
     ("reviewer", False, False), ("finance", False, False), ("service", False, False)],
)  # fmt: skip
def test_who_reads_the_matrix_and_who_holds(app: Any, sign_in: Any, role: str, reads: bool, holds: bool) -> None:
    page = sign_in(make_staff(role))
    assert page.get("/operator/retention").status_code == (200 if reads else 403)
    assert page.get("/operator/retention/export/csv").status_code == (200 if reads else 403)
    data = {"subject": "noun", "noun": "sessions", "reason": "案号"}
    assert page.post("/operator/retention/holds", data=data).status_code == (302 if holds else 403)
    assert page.post("/operator/retention/rehearse").status_code == (302 if holds else 403)
    assert db.session.scalar(select(func.count()).select_from(LegalHold)) == int(holds)


def test_the_page_shows_matrix_runs_and_holds_and_takes_them_by_code_or_login(
    app: Any, sign_in: Any, jobs: Any
) -> None:
    firm, person = make_firm(), make_user(name="张三", email="zhang@test.example")
    page = sign_in(make_staff("operator"))
    path = "/operator/retention/holds"
    for data, wrong in (
        ({"subject": "organisation", "uscc": "x", "reason": "案号"}, "没有这个单位"),
        ({"subject": "user", "login": "x@y.example", "reason": "案号"}, "没有这个用户"),
        ({"subject": "noun", "reason": ""}, "保全依据"),
    ):
        answer = page.post(path, data=data)
        assert answer.status_code == 422 and wrong in answer.text
    for data in (
        {"subject": "organisation", "uscc": firm.uscc.lower(), "reason": "来函一"},
        {"subject": "user", "login": "zhang@test.example", "reason": "来函二"},
        {"subject": "noun", "noun": "outbox", "reason": "来函三"},
    ):
        assert page.post(path, data=data).status_code == 302
    page.post("/operator/retention/rehearse")
    jobs()
    shown = page.get("/operator/retention").text
    assert firm.name in shown and "张**" in shown and "试运行" in shown and "会话结束后 90 天" in shown
    hold = db.session.scalars(select(LegalHold).where(LegalHold.user_id == person.id)).one()
    assert page.post(f"{path}/{hold.id}/lift", data={"reason": ""}).status_code == 422
    assert page.post(f"{path}/{hold.id}/lift", data={"reason": "已结案"}).status_code == 302
    assert (
        "来函二" not in page.get("/operator/retention").text
        and "来函二" in page.get("/operator/retention?holds=all").text
    )
    assert page.get(f"{path}/99999/lift").status_code == 404
    events = db.session.scalars(
        select(AuditEvent.event).where(AuditEvent.noun == "legal_hold").order_by(AuditEvent.id)
    ).all()
    assert events == ["legal_hold.placed"] * 3 + ["legal_hold.lifted"]


def test_the_shell_runs_and_rehearses(app: Any, clock: Any) -> None:
    everything_old()
    runner = app.test_cli_runner()
    rehearsed = runner.invoke(args=["retention", "run", "--dry-run"])
    assert rehearsed.exit_code == 0 and "试运行" in rehearsed.output and "sessions" in rehearsed.output
    assert db.session.scalar(select(func.count()).select_from(UserSession)) == 4
    done = runner.invoke(args=["retention", "run"])
    assert done.exit_code == 0 and f"共处理 {sum(DUE.values())} 条" in done.output


def test_an_emptied_message_says_so_instead_of_its_text(app: Any, sign_in: Any, clock: Any) -> None:
    everything_old()
    jobs.run_retention(actor=CLI)
    page = sign_in(make_staff("operator"))
    emptied = db.session.scalars(select(OutboxMessage.id).where(OutboxMessage.address == "")).first()
    assert "（已清除）" in page.get("/operator/outbox").text
    assert "内容已按保存期限清除" in page.get(f"/operator/outbox/{emptied}").text
