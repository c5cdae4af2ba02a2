"""The benchmark measures what it says: failures are counted, statements and CPU are the server's, forms are filled as a browser would."""

import re
import threading

import pytest
from werkzeug.serving import make_server

from marketplace.bench.floor import create_floor
from marketplace.bench.load import Load, Result, run_page
from marketplace.bench.measured import measured
from marketplace.bench.pages import STAFF_PAGES, Facts
from marketplace.bench.signing import cookie_of, sign_in_many
from marketplace.bench.visitor import Forms


@pytest.fixture
def floor_port(tmp_path):
    app = create_floor(f"sqlite:///{tmp_path / 'floor.sqlite3'}")
    server = make_server("127.0.0.1", 0, measured(app), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_floor_is_one_statement_a_page_and_never_fails(floor_port):
    result = run_page("floor", floor_port, lambda n: f"/{n % 1000 + 1}", Load(0.5, 2))
    assert result.requests > 10 and result.failed == 0
    assert result.statements == pytest.approx(1, abs=0.01)
    assert result.cpu_ms > 0
    assert result.percentile(0.5) <= result.percentile(0.95)


def test_a_page_that_is_not_there_counts_as_failed(floor_port):
    result = run_page("gone", floor_port, lambda n: "/nowhere", Load(0.2, 1))
    assert result.failed == result.requests > 0
    assert "404 /nowhere" in result.errors


def test_rates_and_percentiles_are_of_all_requests():
    result = Result("x", requests=100, seconds=4.0, times=[n / 1000 for n in range(1, 101)])
    assert result.rate == 25
    assert result.percentile(0.95) == pytest.approx(96)


def test_a_form_is_sent_as_an_untouched_browser_would():
    page = Forms()
    page.feed(
        '<form action="/a"><input name="csrf_token" value="t"><input type="checkbox" name="agree" value="y">'
        '<select name="city"><option value="">全部</option><option value="1" selected>沪</option></select>'
        '<textarea name="note">好</textarea><input type="submit" name="go" value="1"></form>'
    )
    assert page.actions == ["/a"]
    assert page.forms == [{"csrf_token": "t", "city": "1", "note": "好"}]


class Site:
    """As much of the product as signing in needs: a form with a token, and a page for who holds the cookie."""

    def __init__(self):
        self.asked = []

    def __call__(self, environ, start):
        path, method, cookie = environ["PATH_INFO"], environ["REQUEST_METHOD"], environ.get("HTTP_COOKIE", "")
        self.asked.append((method, path))
        if method == "POST":
            body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])).decode()
            good = "password=right" in body and "csrf_token=t" in body and "anonymous=1" in cookie
            start(
                "302 Found",
                [("Location", "/desk/" if good else "/account/sign-in"), ("Set-Cookie", "session=s; Path=/")],
            )
            return [b""]
        if path == "/account/sign-in":
            form = b'<form><input name="csrf_token" value="t"><input name="email"><input name="password" type="password"></form>'
            start("200 OK", [("Set-Cookie", "anonymous=1; Path=/"), ("Content-Length", str(len(form)))])
            return [form]
        status = "200 OK" if "session=s" in cookie else "403 Forbidden"
        start(status, [("Content-Length", "2")])
        return [b"ok"]


@pytest.fixture
def site():
    site = Site()
    server = make_server("127.0.0.1", 0, measured(site), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    site.port = server.server_port
    yield site
    server.shutdown()
    thread.join()
    server.server_close()


def test_signing_in_is_measured_without_the_page_before_it_and_says_argon2s_share(site):
    result = sign_in_many(site.port, login="a@demo.example", password="right", clients=2, each=3)
    assert (result.requests, result.failed) == (6, 0)
    assert site.asked[:6] == [("GET", "/account/sign-in")] * 6
    assert re.fullmatch(r"sign-in \(argon2 is \d+ % of CPU\)", result.name)


def test_a_sign_in_that_is_sent_back_to_the_form_counts_as_failed(site):
    assert sign_in_many(site.port, login="a@demo.example", password="wrong", clients=1, each=2).failed == 2


def test_a_page_of_the_staff_is_asked_for_with_their_cookie(site):
    headers = cookie_of(site.port, login="a@demo.example", password="right")
    assert run_page("own", site.port, lambda n: "/own", Load(0.2, 1), headers).failed == 0
    assert run_page("own", site.port, lambda n: "/own", Load(0.2, 1)).failed > 0


def test_every_page_of_the_staff_has_an_address():
    facts = Facts(listings=(1,), categories=("C01",), cities=("310000",), priced=())
    assert all(page.address(facts, 7).startswith("/operator/") for _login, page in STAFF_PAGES)
