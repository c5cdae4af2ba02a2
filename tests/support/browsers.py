"""A real browser on a live application: desktop and phone, console and CSP watched, accessibility checked by axe."""

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
FLAGS = [
    "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--disable-dev-shm-usage",
]  # fmt: skip
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def _refuse(reason: str) -> None:
    if os.environ.get("REQUIRE_BROWSER") == "1":
        pytest.fail(f"REQUIRE_BROWSER=1 but {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium of this machine, driven by Playwright; skipped with the reason where either is missing."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as missing:
        _refuse(f"no Playwright: {missing}")
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        _refuse("no Chromium on this machine's path")
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=FLAGS + (["--no-sandbox"] if root else []))
        yield browser
        browser.close()


def whole(app: Flask) -> Any:
    """The application with each answer read and closed before it is sent: the server forgets to close a file when a browser hangs up."""

    def answer(environ: Any, start_response: Any) -> list[bytes]:
        parts = app(environ, start_response)
        try:
            return [b"".join(parts)]
        finally:
            if hasattr(parts, "close"):
                parts.close()

    return answer


class LiveServer:
    """An application served on this machine in a thread of this process."""

    def __init__(self, app: Flask) -> None:
        from werkzeug.serving import make_server

        self.app = app
        self.server = make_server("127.0.0.1", 0, whole(app), threaded=True)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        app.config["SITE_URL"] = self.url
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)

    def __enter__(self) -> "LiveServer":
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.thread.join(10)
        self.server.server_close()


@pytest.fixture
def live_server(live_app: Flask) -> Iterator[LiveServer]:
    """`live_app` behind an address: `live_server.url`."""
    with LiveServer(live_app) as server:
        yield server


class Watched:
    """Pages of one test; what their consoles complain about is collected in `complaints`."""

    def __init__(self, browser: Any, base: str) -> None:
        self.browser, self.base = browser, base
        self.complaints: list[str] = []
        self.contexts: list[Any] = []

    def open(self, viewport: dict[str, int] | None = None, **options: Any) -> Any:
        """A new visitor with cookies of their own; `viewport=PHONE`, `java_script_enabled=False`, …"""
        context = self.browser.new_context(
            viewport=viewport or DESKTOP, base_url=self.base, locale="zh-CN", timezone_id="Asia/Shanghai", **options
        )
        context.set_default_timeout(15_000)
        self.contexts.append(context)
        page = context.new_page()
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.on("response", self._response)
        return page

    def _console(self, message: Any) -> None:
        # A failed answer is reported by _response, with its address; the console's line has none.
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self.complaints.append(f"{message.type}: {message.text}")

    def _response(self, response: Any) -> None:
        if response.status >= 500 or (response.status >= 400 and response.request.resource_type != "document"):
            self.complaints.append(f"{response.status}: {response.url}")

    def close(self) -> None:
        for context in self.contexts:
            context.close()


@pytest.fixture
def visitors(browser: Any, live_server: LiveServer) -> Iterator[Watched]:
    """`visitors.open()` for each person of a story. The test fails when a console complained or the CSP was violated."""
    watched = Watched(browser, live_server.url)
    yield watched
    watched.close()
    assert watched.complaints == []


@pytest.fixture
def page(visitors: Watched) -> Any:
    """One visitor at a desktop of 1440 pixels."""
    return visitors.open(DESKTOP)


@pytest.fixture
def phone(visitors: Watched) -> Any:
    """One visitor with a phone of 390 pixels."""
    return visitors.open(PHONE, has_touch=True)


@pytest.fixture
def axe() -> Callable[[Any], None]:
    """`axe(page)` fails on any violation of accessibility, naming rule and elements."""
    from axe_playwright_python.base import AXE_SCRIPT

    def check(page: Any) -> None:
        page.evaluate(AXE_SCRIPT)
        # Without `preload` axe does not fetch every style sheet again, which a third of its time goes into; only violations travel back.
        violations = page.evaluate(
            "axe.run({resultTypes: ['violations'], preload: false}).then(results => results.violations)"
        )
        found = [
            f"{violation['id']} ({violation['impact']}): {violation['help']}\n    "
            + "\n    ".join(node["html"][:200] for node in violation["nodes"][:5])
            for violation in violations
        ]
        assert not found, f"{page.url}\n" + "\n".join(found)

    return check


@pytest.fixture
def no_sideways_scroll() -> Callable[[Any], None]:
    """`no_sideways_scroll(page)` fails when the page is wider than its window."""

    def check(page: Any) -> None:
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{page.url} is {wide} pixels wider than the window"

    return check
