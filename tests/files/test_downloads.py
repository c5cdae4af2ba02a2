"""Every route that serves a stored file, found in the source: it asks permission each time, and what it sends can do no harm.

A new route of this kind needs a row in `ROUTES`, or the run fails.
"""

import ast
import inspect
import io
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
from flask import Flask
from sqlalchemy import select

from marketplace.accounts.models import User
from marketplace.core.actor import CLI
from marketplace.core.db import db, transaction
from marketplace.files import services, store
from marketplace.files.models import StoredFile
from marketplace.organisations.models import Organisation, VerificationCheck
from marketplace.organisations.services import (
    add_licence,
    approve_licence,
    propose_uscc_override,
    request_change,
)
from tests.architecture.checks import modules, of_kind
from tests.factories import actor_for, admin_of, make_client, make_firm, make_staff
from tests.factories.licences import faulty_uscc, make_evidence, make_licence, reviewer_actor
from tests.factories.orders import deliver, make_milestone
from tests.factories.standards import make_standard
from tests.files.corpus import pdf

CONTENT = pdf(b"<</Type/Catalog>>%downloads")


class Case(NamedTuple):
    """A file of somebody's: its address, who may have it, and who may not."""

    path: str
    file: StoredFile
    allowed: list[User]
    others: list[User]


def prepared() -> services.Prepared:
    return services.prepare(io.BytesIO(CONTENT), "扫描件 (1).pdf", "licence")


def licence_scan() -> Case:
    firm = make_firm(state="draft")
    with transaction():
        licence = add_licence(
            actor=CLI, organisation=firm, kind="HR_FILING", number="1", is_long_term=True, file=prepared()
        )
    others = [admin_of(make_firm()), admin_of(make_client()), make_staff("admin"), make_staff("security")]
    file = db.session.get_one(StoredFile, licence.file_id)
    return Case(f"/organisation/licences/{licence.id}/file", file, [admin_of(firm), make_staff()], others)


def delivered_file() -> Case:
    milestone = make_milestone("funded")
    order = milestone.order
    number, sides = order.number, [db.session.get_one(Organisation, i) for i in (order.firm_id, order.client_id)]
    deliver(milestone, files=[prepared()])
    file = db.session.scalars(select(StoredFile)).one()
    allowed = [*map(admin_of, sides), make_staff()]
    others = [admin_of(make_firm()), admin_of(make_client()), make_staff("admin"), make_staff("security")]
    return Case(f"/orders/{number}/files/{file.number}", file, allowed, others)


def strangers() -> list[User]:
    return [admin_of(make_firm()), admin_of(make_client()), make_staff("admin"), make_staff("security")]


def licence_page() -> Case:
    firm = make_firm(state="draft")
    with transaction():
        licence = add_licence(
            actor=CLI, organisation=firm, kind="HR_FILING", number="1", is_long_term=True, file=prepared(), pages=[prepared()]
        )  # fmt: skip
    file = db.session.get_one(StoredFile, licence.file_id)
    return Case(f"/organisation/licences/{licence.id}/files/2", file, [admin_of(firm), make_staff()], strangers())


def change_evidence() -> Case:
    firm = make_firm()
    with transaction():
        change = request_change(
            actor=actor_for(firm),
            organisation=firm,
            values={"name": "改名后的公司"},
            reason="工商变更",
            file=prepared(),
        )
    file = db.session.get_one(StoredFile, change.file_id)
    return Case(f"/organisation/changes/{change.id}/file", file, [admin_of(firm), make_staff("reviewer")], strangers())


def check_evidence() -> Case:
    licence, evidence = make_licence(state="pending"), make_evidence(content=CONTENT)
    with transaction():
        approve_licence(actor=reviewer_actor(), licence=licence, method="registry", evidence=evidence)
    check = db.session.scalars(select(VerificationCheck).where(VerificationCheck.evidence_file_id.is_not(None))).one()
    file = db.session.get_one(StoredFile, check.evidence_file_id)
    return Case(f"/operator/checks/{check.id}/evidence", file, [make_staff(), make_staff("auditor")], strangers())


def override_evidence() -> Case:
    with transaction():
        override = propose_uscc_override(
            actor=reviewer_actor(), uscc=faulty_uscc(), name="试点公司", reason="公示系统可查",
            evidence=make_evidence(content=CONTENT),
        )  # fmt: skip
    file = db.session.get_one(StoredFile, override.evidence_file_id)
    path = f"/operator/uscc-overrides/{override.id}/evidence"
    return Case(path, file, [make_staff(), make_staff("bureau")], strangers())


def standard_evidence() -> Case:
    standard = make_standard(content=CONTENT)
    file = db.session.get_one(StoredFile, standard.file_id)
    allowed = [admin_of(db.session.get_one(Organisation, standard.organisation_id)), make_staff("reviewer")]
    return Case(f"/organisation/standards/{standard.id}/file", file, allowed, strangers())


ROUTES: dict[str, Callable[[], Case]] = {
    "organisations.download_licence": licence_scan,
    "organisations.download_licence_page": licence_page,
    "organisations.download_change_file": change_evidence,
    "organisations.download_standard": standard_evidence,
    "operator.download_evidence": check_evidence,
    "operator.download_override_evidence": override_evidence,
    "orders.download": delivered_file,
}


def senders() -> Iterator[tuple[str, str]]:
    """Module and function of every view, and of every function of a routes module, that calls `files.web.send`."""
    for path, text in of_kind("routes"):
        tree = ast.parse(text)
        names = {
            alias.asname or alias.name
            for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == "marketplace.files.web"
            for alias in node.names if alias.name == "send"
        }  # fmt: skip
        dotted = {"web.send", "files.web.send"} if "marketplace.files" in text else set()
        functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
        found: set[str] = set()
        while True:  # a view may send through a function beside it
            reached = {
                function.name
                for function in functions
                for call in ast.walk(function)
                if isinstance(call, ast.Call) and ast.unparse(call.func) in names | dotted | found
            }
            if reached == found:
                break
            found = reached
        module = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        yield from ((module, name) for name in found)


def endpoints(app: Flask) -> set[str]:
    sending = set(senders())
    return {
        name
        for name, view in app.view_functions.items()
        if (inspect.unwrap(view).__module__, inspect.unwrap(view).__name__) in sending
    }


@pytest.mark.engine("sqlite")
def test_every_route_that_serves_a_file_is_tried_here(app: Flask) -> None:
    assert endpoints(app) == set(ROUTES)


def test_nobody_but_files_knows_where_the_bytes_lie() -> None:
    guilty = [
        path for path, text in modules()
        if "files import store" in text or "files.store import" in text or "path_of(" in text
    ]  # fmt: skip
    assert [path for path in guilty if not path.startswith("marketplace/files/")] == []


@pytest.mark.parametrize("route", ROUTES)
def test_a_file_is_served_to_its_people_only_and_asked_about_each_time(app: Flask, sign_in: Any, route: str) -> None:
    case = ROUTES[route]()
    assert app.test_client().get(case.path).location.startswith("/account/sign-in?next=")
    for user in case.others:
        # The operator's door answers 403 whatever stands behind it; elsewhere only the park's own are told that they may not.
        may_be_told = user.name.startswith("园区") or case.path.startswith("/operator/")
        assert sign_in(user).get(case.path).status_code in ((403, 404) if may_be_told else (404,)), user.name
    for user in case.allowed:
        with sign_in(user).get(case.path) as answer:
            assert (answer.status_code, answer.data) == (200, CONTENT), user.name
    leaver = sign_in(case.allowed[0])
    with leaver.get(case.path) as answer:
        assert answer.status_code == 200
    leaver.post("/account/sign-out")
    assert leaver.get(case.path).status_code == 302


@pytest.mark.parametrize("route", ROUTES)
def test_what_is_sent_is_an_attachment_that_runs_nothing_and_is_kept_nowhere(
    app: Flask, sign_in: Any, route: str
) -> None:
    case = ROUTES[route]()
    with sign_in(case.allowed[0]).get(case.path) as answer:
        headers = answer.headers
    assert headers["Content-Disposition"].startswith("attachment;") and "\n" not in headers["Content-Disposition"]
    assert headers["Content-Type"] == "application/pdf"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox; frame-ancestors 'none'"
    assert "no-store" in headers["Cache-Control"]
    assert headers["X-Frame-Options"] == "DENY"
    assert "ETag" not in headers and "Set-Cookie" not in headers


@pytest.mark.parametrize("route", ROUTES)
def test_what_is_missing_changed_in_length_or_in_quarantine_is_not_served(app: Flask, sign_in: Any, route: str) -> None:
    case = ROUTES[route]()
    client, path = sign_in(case.allowed[0]), store.path_of(case.file.sha256)
    path.chmod(0o600)
    path.write_bytes(CONTENT + b"x")
    assert client.get(case.path).status_code == 404
    path.unlink()
    assert client.get(case.path).status_code == 404
    path.write_bytes(CONTENT)
    with transaction():
        services.mark_scanned(actor=CLI, sha256=case.file.sha256, scanner="x", found="Eicar")
    answer = client.get(case.path)
    assert answer.status_code == 410 and "隔离" in answer.text
