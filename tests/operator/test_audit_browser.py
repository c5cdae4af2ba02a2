"""The auditor's pages in a real browser: accessible, narrow enough for a phone, usable without script."""

import os
from typing import Any

import pytest

from marketplace.accounts.queries import get_user
from marketplace.accounts.services import open_session
from marketplace.core import audit, jobs, queue
from marketplace.core.actor import CLI, SCHEDULER, Actor
from marketplace.core.audit import AuditEvent
from marketplace.core.db import db, transaction
from tests.factories import admin_of, make_firm, make_staff
from tests.support.browsers import DESKTOP, PHONE

pytestmark = pytest.mark.browser


def trail() -> int:
    """A day's trail of every sort; the id of its last sealed row."""
    firm = make_firm(name="青禾人力资源服务有限公司")
    person = Actor(user_id=admin_of(firm).id)
    with transaction():
        audit.record(
            "listing.submitted", "listing", 31, actor=person, organisation_id=firm.id, before="draft", after="submitted"
        )
        audit.record(
            "access.denied", "page", None, actor=person, page="operator.list_audit", method="GET", code="access.role"
        )
        audit.record(
            "file.infected",
            "file",
            None,
            actor=person,
            sha256="0a" * 32,
            purpose="licence",
            scanner="clamd",
            found="Eicar",
        )
        audit.record("order.expired", "order", 7, actor=SCHEDULER, before="awaiting_payment", after="expired")
        audit.record("setting.changed", "setting", 3, actor=CLI, key="files.max_count")
    jobs.seal_audit()
    with transaction():
        audit.record("review.written", "review", 1, actor=person, organisation_id=firm.id, score=5)
    with transaction():
        run = audit.request_run(actor=CLI)
    queue.run("core.check_audit", run_id=run.id)
    row = db.session.query(AuditEvent).filter(AuditEvent.event == "file.infected").one()
    return row.id


def sign_in(app: Any, visitor: Any, url: str, user_id: int) -> None:
    with transaction():
        token = open_session(user=get_user(user_id), agent="Mozilla/5.0 (X11; Linux x86_64)", second_factor=True)
    db.session.remove()
    value = app.session_interface.get_signing_serializer(app).dumps({"_user_id": token, "_fresh": True})
    visitor.context.add_cookies([{"name": app.config["SESSION_COOKIE_NAME"], "value": value, "url": url}])


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_auditors_pages_are_accessible_and_fit_the_window(
    live_app: Any, visitors: Any, live_server: Any, axe: Any, no_sideways_scroll: Any, size: Any
) -> None:
    row, auditor = trail(), make_staff("auditor").id
    visitor = visitors.open(size)
    sign_in(live_app, visitor, live_server.url, auditor)
    paths = [
        "/operator/audit",
        f"/operator/audit/{row}",
        "/operator/audit?event=order.placed&since=2020-01-01&until=2020-01-02",
    ]
    for place, path in enumerate(paths):
        visitor.goto(path)
        if os.environ.get("SHOTS"):
            visitor.screenshot(path=f"{os.environ['SHOTS']}/audit-{size['width']}-{place}.png", full_page=True)
        axe(visitor)
        no_sideways_scroll(visitor)


def test_the_auditor_works_without_script(live_app: Any, visitors: Any, live_server: Any) -> None:
    trail()
    auditor = make_staff("auditor").id
    visitor = visitors.open(DESKTOP, java_script_enabled=False)
    sign_in(live_app, visitor, live_server.url, auditor)
    visitor.goto("/operator/audit")
    visitor.select_option("#f-result", "refused")
    visitor.click("main form.filter-form button[type=submit]")
    assert visitor.locator("main tbody tr").count() == 2
    with visitor.expect_download() as download:
        visitor.click("text=导出 CSV")
    assert download.value.suggested_filename.endswith(".csv")
    visitor.goto("/operator/audit")
    assert "导出审计日志" in visitor.inner_text("main tbody tr:first-child")
    visitor.click("text=校验全部审计链")
    assert "校验进行中" in visitor.inner_text("main")
