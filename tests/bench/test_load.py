"""The benchmark measures what it says: failures are counted, statements and CPU are the server's, forms are filled as a browser would."""

import threading

import pytest
from werkzeug.serving import make_server

from marketplace.bench.floor import create_floor
from marketplace.bench.load import Load, Result, run_page
from marketplace.bench.measured import measured
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
