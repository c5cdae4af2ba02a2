"""What holds for every page whatever it is about, seen as everybody: headers, caching, no writing, no flood of statements."""

import re
from collections import defaultdict

import pytest

from marketplace.core.web import HEADERS
from tests.access import matrix
from tests.access.park import Park
from tests.access.people import group_of
from tests.access.walking import by_group, walk

pytestmark = pytest.mark.engine("sqlite")  # what a page shows does not depend on the database
# The named after-response writers: throttled, and never in the way of the page.
WRITERS = ("UPDATE user_session SET last_seen_at=",)
WRITES = re.compile(
    r"\s*(WITH\b.*\b)?(INSERT|UPDATE|DELETE|MERGE|REPLACE|TRUNCATE|CREATE|ALTER|DROP)\b", re.IGNORECASE | re.DOTALL
)
MOST_STATEMENTS = 40
FILES = {
    "operator.download_evidence", "operator.download_override_evidence", "orders.download", "organisations.download_change_file",
    "organisations.download_licence", "organisations.download_licence_page",
}  # fmt: skip


@by_group
def test_looking_at_a_page_writes_nothing(park: Park, people: list[str]):
    found = {
        f"{row} as {person}: {statement[:120]}"
        for row, person, answer in walk(park, people)
        for statement in answer.statements
        if WRITES.match(statement) and not statement.startswith(WRITERS)
    }
    assert not found, "\n".join(sorted(found))


@by_group
def test_no_page_asks_the_database_too_often(park: Park, people: list[str]):
    counts = sorted(
        ((len(answer.statements), str(row), person) for row, person, answer in walk(park, people)), reverse=True
    )
    worst: dict[str, tuple[int, str, str]] = {}
    for one in counts:
        worst.setdefault(one[1], one)
    report = "\n".join(f"{number:4} {row} as {person}" for number, row, person in list(worst.values())[:10])
    print(report)
    assert counts[0][0] <= MOST_STATEMENTS, f"more than {MOST_STATEMENTS} statements for one page; the worst:\n{report}"


@by_group
def test_every_answer_carries_the_security_headers(park: Park, people: list[str]):
    missing = defaultdict(set)
    for row, _person, answer in walk(park, people):
        for name, value in HEADERS.items():
            strict = {"Content-Security-Policy": "default-src 'none'", "Referrer-Policy": "no-referrer"}.get(name, "")
            given = answer.headers.get(name, "")
            if given != value and not (strict and given.startswith(strict)):
                missing[name].add(str(row))
    assert not missing, dict(missing)


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/no-such-page"), ("POST", "/"), ("GET", "/api/v1/nothing"), ("GET", "/static/css/none.css")],
)
def test_refusals_carry_the_security_headers_too(park: Park, method: str, path: str):
    with park.undone():
        answer = park.send("anonymous", method, path)
    assert answer.status in (404, 405)
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS


@by_group
def test_what_a_signed_in_person_sees_is_stored_nowhere(park: Park, people: list[str]):
    """Pages and files alike: a shared browser's cache, or a proxy's, must not keep them (ASVS 14.3.2)."""
    kept = {
        f"{row}: {answer.headers.get('Cache-Control')}"
        for row, person, answer in walk(park, people)
        if person != "anonymous" and "no-store" not in answer.headers.get("Cache-Control", "")
    }
    assert not kept, "\n".join(sorted(kept))


def test_a_page_for_strangers_is_not_kept_by_proxies_beyond_its_minute(park: Park):
    """What is public may be kept, but nothing says so for longer than the data's version holds."""
    for row, person, answer in walk(park, ["anonymous"]):
        assert "max-age=31536000" not in answer.headers.get("Cache-Control", ""), f"{row} as {person}"


@by_group
def test_no_answer_names_the_software_or_shows_a_trace(park: Park, people: list[str]):
    for row, person, answer in walk(park, people):
        assert "Traceback" not in answer.text and "X-Powered-By" not in answer.headers, f"{row} as {person}"


@by_group
def test_cookies_stay_out_of_reach_of_scripts(park: Park, people: list[str]):
    for row, person, answer in walk(park, people):
        for cookie in answer.headers.getlist("Set-Cookie"):
            if cookie.startswith(park.app.config["SESSION_COOKIE_NAME"] + "="):
                assert "HttpOnly" in cookie and "SameSite=Lax" in cookie, f"{row} as {person}"


def test_a_file_that_people_uploaded_is_never_shown_as_a_page(park: Park):
    """As an attachment, its type not guessed, nothing in it run (ASVS 3.2.1, 5.4)."""
    files = [
        (row, answer)
        for row, _person, answer in walk(park, ["firm.admin", "staff.reviewer"])
        if row.endpoint in FILES and answer.status == 200
    ]
    assert {row.endpoint for row, _answer in files} == FILES & {row.endpoint for row in matrix.read_rows()}
    for row, answer in files:
        assert answer.headers["Content-Disposition"].startswith("attachment"), str(row)
        assert "sandbox" in answer.headers["Content-Security-Policy"], str(row)


@by_group
def test_nobody_but_staff_is_offered_the_parks_own_pages(park: Park, people: list[str]):
    """A link that leads to a refusal is a promise broken, and tells where the doors are."""
    offered = {
        f"{row} as {person}"
        for row, person, answer in walk(park, people)
        if group_of(person) != "staff"
        and answer.status == 200
        and answer.kind == "text/html"
        and 'href="/operator/' in answer.text
    }
    assert not offered, "\n".join(sorted(offered))
