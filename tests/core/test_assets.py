"""Vendor files come out of the wheels, are served only with the content we know, and are cached for good."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from marketplace.core import assets
from marketplace.core.assets import VENDOR, VendorFile


@pytest.fixture
def site(tmp_path: Path) -> Flask:
    """A bare site with one style sheet of its own."""
    (tmp_path / "own.css").write_text("body{}", "utf-8")
    app = Flask("site", static_folder=str(tmp_path), static_url_path="/static")
    assets.init_app(app)
    return app


@pytest.fixture
def forged(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A registered file whose content is not what it should be."""
    real = VENDOR["echarts.min.js"]
    monkeypatch.setitem(VENDOR, "forged.js", VendorFile(real.package, real.path, "0" * 64))
    monkeypatch.setitem(VENDOR, "absent.js", VendorFile("no_such_package", "a.js", "0" * 64))
    assets.vendor_path.cache_clear()
    yield "forged.js"
    assets.vendor_path.cache_clear()


@pytest.mark.parametrize("name", VENDOR)
def test_the_installed_wheels_hold_the_very_files_we_name(name: str) -> None:
    path = assets.vendor_path(name)
    assert path is not None
    assert hashlib.sha256(path.read_bytes()).hexdigest() == VENDOR[name].sha256


@pytest.mark.parametrize("name", VENDOR)
def test_a_vendor_file_is_served_for_good_under_its_hash(site: Flask, name: str) -> None:
    with site.test_request_context():
        url = assets.vendor_url(name)
    with site.test_client().get(url) as response:
        assert response.status_code == 200
        assert hashlib.sha256(response.data).hexdigest() == VENDOR[name].sha256
        assert "immutable" in response.headers["Cache-Control"]


def test_the_icon_font_stands_where_its_style_sheet_looks_for_it(site: Flask) -> None:
    with site.test_request_context():
        sheet, font = assets.vendor_url("bootstrap-icons.min.css"), assets.vendor_url("fonts/bootstrap-icons.woff2")
    assert font == sheet.replace("bootstrap-icons.min.css", "fonts/bootstrap-icons.woff2")


@pytest.mark.parametrize(
    "path",
    ["000000000000/echarts.min.js", "bf4a223524e4/other.js", "bf4a223524e4/../../etc/passwd", "x/echarts.min.js"],
)
def test_an_unknown_name_or_another_hash_is_not_found(site: Flask, path: str) -> None:
    assert site.test_client().get(f"/vendor/{path}").status_code == 404


@pytest.mark.parametrize("name", ["forged.js", "absent.js"])
def test_a_file_that_is_missing_or_differs_is_left_out(site: Flask, forged: str, name: str) -> None:
    with site.test_request_context():
        assert assets.vendor_url(name) == ""
    assert site.test_client().get(f"/vendor/000000000000/{name}").status_code == 404


def test_the_address_of_our_own_file_changes_with_its_content(site: Flask, tmp_path: Path) -> None:
    with site.test_request_context():
        before = assets.asset_url("own.css")
        (tmp_path / "own.css").write_text("body{color:red}", "utf-8")
        assert before.startswith("/static/own.css?v=")
        assert assets.asset_url("own.css") != before


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One build for all tests that look at one, since compressing takes seconds."""
    folder = tmp_path_factory.mktemp("assets") / "built"
    assets.build(folder)
    return folder


def test_a_build_copies_and_compresses_once(built: Path) -> None:
    names = {path.name for path in built.rglob("*")}
    assert {"echarts.min.js", "echarts.min.js.br", "echarts.min.js.gz", "bootstrap-icons.woff2"} <= names
    assert assets.build(built) == []


def test_a_build_goes_on_without_a_forged_file(built: Path, forged: str) -> None:
    assert assets.build(built) == [] and forged not in {path.name for path in built.rglob("*")}


def test_production_serves_the_built_file_compressed_and_for_good(site: Flask, built: Path) -> None:
    with site.test_request_context():
        url = assets.vendor_url("bootstrap.min.css")
    assets.serve_built(site, built)
    response = site.test_client().get(url, headers={"Accept-Encoding": "br"})
    assert response.status_code == 200
    assert response.headers["Content-Encoding"] == "br"
    assert f"max-age={assets.YEAR}" in response.headers["Cache-Control"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    response.close()


def test_production_serves_no_file_under_a_foreign_host_either(site: Flask, built: Path) -> None:
    with site.test_request_context():
        url = assets.vendor_url("bootstrap.min.css")
    assets.serve_built(site, built)
    site.config["TRUSTED_HOSTS"] = ["park.example"]
    for host, status in (("park.example", 200), ("evil.example", 400)):
        with site.test_client().get(url, headers={"Host": host}) as response:
            assert response.status_code == status
