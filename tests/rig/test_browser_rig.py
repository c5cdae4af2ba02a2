"""The browser rig: that it sees what it is there to see."""

import pytest
from flask import Flask

from tests.support.browsers import PHONE, LiveServer, Watched

pytestmark = pytest.mark.browser

GOOD = '<!doctype html><html lang="zh-CN"><head><title>好</title></head><body><main><h1>好</h1></main></body></html>'
BAD = GOOD.replace("<h1>好</h1>", '<h1>坏</h1><input name="x"><img alt="" src="/missing.png"><script>1</script>')


@pytest.fixture
def site(browser):
    app = Flask("rig", static_folder=None)
    app.add_url_rule("/good", "good", lambda: GOOD)
    app.add_url_rule("/bad", "bad", lambda: (BAD, {"Content-Security-Policy": "default-src 'self'"}))
    app.add_url_rule("/favicon.ico", "icon", lambda: ("", 404))
    with LiveServer(app) as server:
        watched = Watched(browser, server.url)
        yield watched
        watched.close()


def test_a_good_page_passes(site, axe, no_sideways_scroll):
    page = site.open(PHONE)
    page.goto("/good")
    axe(page)
    no_sideways_scroll(page)
    assert site.complaints == []


def test_a_bad_page_is_caught(site, axe):
    page = site.open()
    page.goto("/bad")
    page.wait_for_load_state("networkidle")
    assert any("Content Security Policy" in complaint for complaint in site.complaints)
    assert any(complaint.startswith("404") for complaint in site.complaints)
    with pytest.raises(AssertionError, match="label"):
        axe(page)
