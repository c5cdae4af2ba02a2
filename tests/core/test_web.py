"""What stands round every view: headers, hosts, error pages, safe redirects, repeated submissions."""

from threading import Thread
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from marketplace.core import audit
from marketplace.core.actor import CLI
from marketplace.core.audit import AuditEvent
from marketplace.core.db import db
from marketplace.core.errors import Invalid
from marketplace.core.web import safe_next, submit_once


def form(key: str = "k1") -> Any:
    return SimpleNamespace(form_key=SimpleNamespace(data=key))


def made() -> int:
    return db.session.scalar(select(func.count()).select_from(AuditEvent).where(AuditEvent.event == "thing.made")) or 0


def make() -> str:
    audit.record("thing.made", "thing", 1, actor=CLI)
    return "/things/1"


def test_a_repeated_submission_gets_the_first_result_and_does_the_work_once(app: Flask) -> None:
    with app.test_request_context():
        assert (submit_once(form(), make), submit_once(form(), make)) == ("/things/1", "/things/1")
        assert made() == 1


def test_a_submission_that_was_refused_can_be_sent_again(app: Flask) -> None:
    def refuse() -> str:
        raise Invalid("no", "no")

    with app.test_request_context():
        with pytest.raises(Invalid):
            submit_once(form(), refuse)
        assert submit_once(form(), make) == "/things/1"


def test_eight_simultaneous_clicks_do_the_work_once(live_app: Flask) -> None:
    answers: list[str] = []

    def click() -> None:
        with live_app.test_request_context():
            answers.append(submit_once(form("same"), make))

    threads = [Thread(target=click) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()
    assert answers == ["/things/1"] * 8
    assert made() == 1


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "\\\\evil",
        "javascript:alert(1)",
        "/a\r\nX: y",
        "",
        None,
        "evil",
    ],
)
def test_a_next_address_never_leaves_the_site(target: str | None) -> None:
    assert safe_next(target, "/desk/") == "/desk/"


def test_a_next_address_on_the_site_is_kept() -> None:
    assert safe_next("/services/?q=%E7%A4%BE%E4%BF%9D&page=2", "/") == "/services/?q=%E7%A4%BE%E4%BF%9D&page=2"


@pytest.mark.parametrize("path", ["/", "/services/", "/nowhere", "/static/css/theme.css"])
def test_every_answer_carries_the_security_headers(client: FlaskClient, path: str) -> None:
    with client.get(path) as answer:
        headers = answer.headers
    assert (
        "script-src 'self'" in headers["Content-Security-Policy"] and "unsafe" not in headers["Content-Security-Policy"]
    )
    assert headers["X-Content-Type-Options"] == "nosniff" and headers["X-Frame-Options"] == "DENY"


def test_an_unknown_page_is_a_chinese_404(client: FlaskClient) -> None:
    answer = client.get("/nowhere")
    assert answer.status_code == 404 and "页面不存在" in answer.text


def test_an_unknown_api_address_is_a_problem_document(client: FlaskClient) -> None:
    answer = client.get("/api/v1/nowhere")
    assert (
        answer.status_code == 404
        and answer.mimetype == "application/problem+json"
        and answer.json["code"] == "http.404"
    )


def test_a_host_that_is_not_trusted_is_refused(app: Flask) -> None:
    app.config["TRUSTED_HOSTS"] = ["market.example"]
    try:
        visitor = app.test_client()
        assert visitor.get("/", headers={"Host": "evil.example"}).status_code == 400
        assert visitor.get("/healthz", headers={"Host": "market.example"}).status_code == 200
    finally:
        app.config["TRUSTED_HOSTS"] = None


def test_a_post_without_csrf_token_is_refused(live_app: Flask) -> None:
    assert live_app.test_client().post("/account/sign-in", data={"login": "a", "password": "b"}).status_code == 400


def test_a_page_for_the_signed_in_sends_strangers_to_sign_in_and_back(client: FlaskClient) -> None:
    answer = client.get("/desk/")
    assert answer.status_code == 302 and answer.location.endswith("/account/sign-in?next=/desk/")
