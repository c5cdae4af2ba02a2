"""Requests that were not made on our pages: forged forms, foreign hosts, addresses that lead away, input nobody could have typed."""

import re
from functools import cache
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

import pytest
from itsdangerous import URLSafeTimedSerializer

from marketplace.core import web
from tests.access import matrix
from tests.access.checks import routes
from tests.access.forms import filled
from tests.access.matrix import Row
from tests.access.park import Park
from tests.access.people import PEOPLE

STRICTER = pytest.mark.engine("postgresql")  # refuses more of what people send: NUL, too long, too large
ONE_ENGINE = pytest.mark.engine("sqlite")  # what the web layer refuses does not depend on the database
ROWS = matrix.read_rows()
POSTS = [row for row in ROWS if row.method == "POST"]
GETS = [row for row in ROWS if row.method == "GET"]
OBJECTS = [row for row in ROWS if row.thing != "-"]
SOURCES = [*Path("marketplace").rglob("*.py"), *Path("templates").rglob("*.html")]
# Where a careless check of `next` would let a browser leave the site.
AWAY = (
    "https://evil.example/", "//evil.example/", "///evil.example", "/\\evil.example", "\\\\evil.example", "/%5cevil.example",
    "http:evil.example", "javascript:alert(1)", "/\t/evil.example", "/\r\nLocation: https://evil.example/", "/%09/evil.example",
    "https:/evil.example", "//evil.example@localhost/", "data:text/html,x", "/..//evil.example", "/.//evil.example", " //evil.example",
)  # fmt: skip


def permitted(row: Row) -> str:
    """The first person who gets through, a signed-in one if there is any."""
    through = [p for p in PEOPLE if row.expected[p] in ("ok", "409", "422", "in")]
    return next((p for p in through if p != "anonymous"), through[0] if through else "staff.admin")


@pytest.fixture
def guarded(park: Park, monkeypatch: pytest.MonkeyPatch) -> Park:
    """The park with tokens asked for, as it runs in life."""
    monkeypatch.setitem(park.app.config, "WTF_CSRF_ENABLED", True)
    return park


@ONE_ENGINE
@pytest.mark.parametrize("row", POSTS, ids=str)
def test_a_form_without_the_pages_own_token_is_refused_and_changes_nothing(guarded: Park, row: Row):
    park, person = guarded, permitted(row)
    url = park.url(row.endpoint, park.params(row, person))
    others = URLSafeTimedSerializer(str(park.app.secret_key), salt="wtf-csrf-token").dumps("b" * 40)
    for token in (None, "", "wrong", others):
        data = filled(row.endpoint, park.world) | ({} if token is None else {"csrf_token": token})
        with park.undone():
            answer = park.send(person, "POST", url, data=data)
        assert answer.status == 400, f"{row} with the token {token!r}"
        assert not [s for s in answer.statements if re.match(r"\s*(INSERT|UPDATE|DELETE)", s)]


@ONE_ENGINE
@pytest.mark.parametrize("row", POSTS, ids=str)
def test_with_the_token_the_same_form_is_taken(guarded: Park, row: Row):
    park, person = guarded, permitted(row)
    data = filled(row.endpoint, park.world) | {"csrf_token": park.csrf_token}
    with park.undone():
        answer = park.send(person, "POST", park.url(row.endpoint, park.params(row, person)), data=data)
    assert answer.code == row.expected[person]


@ONE_ENGINE
@pytest.mark.parametrize("row", POSTS, ids=str)
def test_another_content_type_does_not_get_round_the_token(guarded: Park, row: Row):
    park, person = guarded, permitted(row)
    url = park.url(row.endpoint, park.params(row, person))
    for kind in ("text/plain", "application/json"):
        with park.undone():
            assert park.send(person, "POST", url, data=b"{}", content_type=kind).status == 400, f"{row} as {kind}"


@ONE_ENGINE
@pytest.mark.parametrize(
    "row", [r for r in POSTS if (r.endpoint, "GET") not in {(g.endpoint, g.method) for g in GETS}], ids=str
)
def test_what_changes_something_cannot_be_done_by_a_link(park: Park, row: Row):
    person, rules = permitted(row), {rule.endpoint: rule.rule for rule, _method in routes(park.app)}
    if rules[row.endpoint] in {rules[g.endpoint] for g in GETS}:
        return  # a page of another name has this address, and looking at pages writes nothing
    with park.undone():
        assert park.send(person, "GET", park.url(row.endpoint, park.params(row, person))).status == 405


@ONE_ENGINE
def test_no_route_that_takes_forms_is_exempt_from_the_token(park: Park):
    exempt = {f"{name}" for name in web.csrf._exempt_views}
    blueprints = {str(getattr(b, "name", b)) for b in web.csrf._exempt_blueprints}
    assert not exempt and not [str(row) for row in POSTS if row.endpoint.split(".")[0] in blueprints]


@ONE_ENGINE
@pytest.mark.parametrize(
    "path", ["/", "/desk/", "/static/css/app.css", "/no-such-page", "/api/v1/categories", "/account/sign-in"]
)
@pytest.mark.parametrize(
    "host", ["evil.example", "park.example.evil.example", "park.example@evil.example", "localhost:80"]
)
def test_an_unknown_host_is_answered_400_whatever_is_asked(
    park: Park, monkeypatch: pytest.MonkeyPatch, path: str, host: str
):
    monkeypatch.setitem(park.app.config, "TRUSTED_HOSTS", ["park.example"])
    with park.undone():
        answer = park.send("firm.admin", "GET", path, headers={"Host": host})
    assert answer.status == 400 and "evil.example" not in answer.text


@ONE_ENGINE
@pytest.mark.parametrize(
    "path", ["/", "/account/sign-in", "/services/", "/no-such-page", "/api/v1/services", "/services/export/csv"]
)
def test_a_proxys_header_from_outside_changes_no_address(park: Park, path: str):
    """No proxy is trusted unless somebody says so: X-Forwarded-Host reaches no link, no redirect and no file."""
    headers = {
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "javascript",
        "Forwarded": "host=evil.example",
        "X-Host": "evil.example",
    }
    with park.undone():
        answer = park.send("anonymous", "GET", path, headers=headers)
    assert "evil.example" not in answer.text and "evil.example" not in str(answer.headers)


def leads_away(location: str) -> bool:
    """Would a browser leave the site? Backslashes count as slashes, blanks before and control characters do not count."""
    plain = re.sub(r"[\x00-\x20]", "", location).replace("\\", "/")
    return (
        plain.startswith("//")
        or bool(urlsplit(plain).scheme and urlsplit(plain).netloc not in ("localhost",))
        or ":" in plain.split("/")[0]
    )


@pytest.mark.parametrize("target", AWAY)
def test_what_leads_away_is_recognised(target: str):
    assert leads_away(target) or web.safe_next(target, "/") in ("/", target)


@pytest.mark.parametrize("target", AWAY)
def test_the_next_page_is_always_ours(target: str):
    assert not leads_away(web.safe_next(target, "/desk/"))


@ONE_ENGINE
@pytest.mark.parametrize("row", ROWS, ids=str)
def test_no_parameter_sends_anybody_off_the_site(park: Park, row: Row):
    """`next` and its like in the address and in the form, for who is signed in and for who is not."""
    for person in dict.fromkeys((permitted(row), "anonymous")):
        url = park.url(row.endpoint, park.params(row, person))
        reads = _reads_next(park.app.view_functions[row.endpoint].__module__)
        for target in AWAY if reads else AWAY[1:2]:
            query = "&".join(f"{name}={quote(target)}" for name in ("next", "url", "back", "return", "target"))
            data = filled(row.endpoint, park.world) | {"next": target} if row.method == "POST" else None
            with park.undone():
                answer = park.send(person, row.method, f"{url}?{query}", data=data)
            if 300 <= answer.status < 400:
                assert not leads_away(answer.location), f"{row} as {person}: {answer.location}"


@cache
def _reads_next(module: str) -> bool:
    """Does the source of a view's file mention `next`?"""
    source = Path(*module.split(".")).with_suffix(".py")
    return source.exists() and bool(re.search(r"""["']next["']|\.next\b""", source.read_text("utf-8")))


@ONE_ENGINE
@pytest.mark.parametrize(
    "referrer",
    ["https://evil.example/", "http://localhost//evil.example/", "http://localhost/\\evil.example", "//evil.example/x"],
)
def test_a_refused_form_leads_back_to_a_page_of_ours_only(park: Park, referrer: str):
    for row in POSTS:
        if "409" in row.expected.values():
            person = next(p for p in PEOPLE if row.expected[p] == "409")
            with park.undone():
                answer = park.send(
                    person,
                    "POST",
                    park.url(row.endpoint, park.params(row, person)),
                    data=filled(row.endpoint, park.world),
                    headers={"Referer": referrer},
                )
            assert not leads_away(answer.location), f"{row}: {answer.location}"
    with park.undone():  # a button pressed for the second time, from a page with this address
        number = park.world.things["order.funded"].params["number"]
        answer = park.send("firm.admin", "POST", f"/orders/{number}/confirm", data={}, headers={"Referer": referrer})
    assert answer.status in (302, 409) and not leads_away(answer.location)


@ONE_ENGINE
def test_no_address_makes_a_page_that_links_to_another_site(park: Park):
    for path in ("//evil.example/", "//evil.example", "/\\evil.example/", "///evil.example"):
        with park.undone():
            answer = park.send("anonymous", "GET", "/", environ_overrides={"PATH_INFO": path, "RAW_URI": path})
        links = re.findall(r'(?:href|action|src)="([^"]*)"', answer.text)
        assert not [link for link in (*links, answer.location) if leads_away(link)], path


def _words(pattern: str) -> list[str]:
    found: set[str] = set()
    for path in SOURCES:
        found.update(re.findall(pattern, path.read_text(encoding="utf-8")))
    return sorted(found)


PARAMETERS = _words(r"""args(?:\.get)?[\[(]["'](\w+)["']""")
QUEER = (
    "\x00", "9" * 30, "-1", "0", "1.5e9", "<script>", "'; DROP TABLE listing;--", "%", "2026-13-45", "0000-00-00", "\ud7ff\U0010ffff",
    "x" * 5_000, "all", "csv", "true", "\u202e", "９",
)  # fmt: skip


def mixed(names: list[str], rounds: int) -> list[dict[str, str]]:
    """Every name with queer values, in as many rounds; the first round is the NUL sign alone, which hides what comes after it."""
    found = [dict.fromkeys(names, QUEER[0])]
    for turn in range(1, rounds):
        found.append({name: QUEER[1 + (place + turn * 5) % (len(QUEER) - 1)] for place, name in enumerate(names)})
    return found


@pytest.fixture
def rounds(request: pytest.FixtureRequest) -> int:
    """A few in the suite; every value for every name with `--soak`."""
    return len(QUEER) if request.config.getoption("--soak") else 4


@STRICTER
@pytest.mark.parametrize("row", GETS, ids=str)
def test_no_query_breaks_a_page(park: Park, row: Row, rounds: int):
    """Whatever stands in the address, the answer is a page or a refusal, never an error of ours."""
    person = permitted(row)
    url = park.url(row.endpoint, park.params(row, person))
    for values in mixed(PARAMETERS, rounds):
        with park.undone():
            answer = park.send(person, "GET", f"{url}?{urlencode(values)}")
        assert answer.status < 500 or row.endpoint == "pages.readyz", f"{row} with {values}"


@STRICTER
@pytest.mark.parametrize("row", OBJECTS, ids=str)
def test_no_object_name_breaks_a_page(park: Park, row: Row):
    person = permitted(row)
    for name, own in park.own(row, person).items():
        for value in (2**63, 10**30) if isinstance(own, int) else ("\x00", "x" * 3_000):
            answer = park.ask(row, person, park.without(row, name, value, person))
            assert answer.status < 500, f"{row} with {name}={str(value)[:40]!r}"


@STRICTER
@pytest.mark.parametrize("row", POSTS, ids=str)
def test_no_form_breaks_on_what_is_typed(park: Park, row: Row, rounds: int):
    """Queer values in all fields at once, then the good form with one field spoilt."""
    person = permitted(row)
    url, names = park.url(row.endpoint, park.params(row, person)), park.fields(row)
    spoilt = mixed(names, rounds)
    spoilt += [
        {name: value}
        for place, name in enumerate(names)
        for value in (QUEER[1:] * 2)[place : place + max(1, rounds - 3)]
    ]
    for values in spoilt:
        with park.undone():
            answer = park.send(person, "POST", url, data=filled(row.endpoint, park.world) | values)
        assert answer.status < 500, f"{row}: {values}"
