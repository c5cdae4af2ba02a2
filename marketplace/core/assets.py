"""Style sheets, scripts and fonts: our own out of `static/`, others' straight out of the installed wheels.

Nothing of others is committed and nothing is fetched from outside. Each vendor file is known by its SHA-256: a file that is
missing or differs is left out, and the pages, which work without it, stay. Addresses carry the hash, so they never go stale.
"""

import hashlib
import logging
import mimetypes
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from wsgiref.headers import Headers

from flask import Blueprint, Flask, Response, abort, current_app, send_file, url_for
from werkzeug.exceptions import SecurityError
from werkzeug.wsgi import get_host

from marketplace.core.config import ROOT
from marketplace.core.web import public

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

log = logging.getLogger(__name__)
BUILT = ROOT / "static" / "vendor"
YEAR = 365 * 24 * 3600
_BOOTSTRAP = "static/bootstrap5"


@dataclass(frozen=True)
class VendorFile:
    """Where a wheel keeps the file, and the only content we accept. `owner`: the file whose address it hangs under."""

    package: str
    path: str
    sha256: str
    owner: str | None = None


VENDOR = {
    "bootstrap.min.css": VendorFile(
        "flask_bootstrap",
        f"{_BOOTSTRAP}/css/bootstrap.min.css",
        "d85327d99c7a3ee1f9b5d0500d1370acea3ad2db39c163c2f51f232baedbdede",
    ),
    "bootstrap-icons.min.css": VendorFile(
        "flask_bootstrap",
        f"{_BOOTSTRAP}/css/font/bootstrap-icons.min.css",
        "a5d6387a32ca3baec4d02336b5b3edab50c9dd518355576a011ea3dd9c1d884e",
    ),
    # the style sheet names its font relative to itself
    "fonts/bootstrap-icons.woff2": VendorFile(
        "flask_bootstrap",
        f"{_BOOTSTRAP}/css/font/fonts/bootstrap-icons.woff2",
        "6c75710364a1ca5604267716f6d28997b26319fdb078cf11e0b42ab66ff2ea61",
        owner="bootstrap-icons.min.css",
    ),
    "echarts.min.js": VendorFile(
        "xlsx2echarts",
        "static/echarts.min.js",
        "bf4a223524e40b77c304bec67e1222cf551f14880cf42c69dc046558e11c07b1",
    ),
}
bp = Blueprint("assets", __name__)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def source(file: VendorFile) -> Path | None:
    """The file inside its installed package (which is not imported), if it is there."""
    spec = find_spec(file.package)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder) / file.path
        if path.is_file():
            return path
    return None


@cache
def vendor_path(name: str) -> Path | None:
    """The file to serve under this logical name; None when it is unknown, missing or not what it should be."""
    file = VENDOR.get(name)
    path = source(file) if file else None
    if file is None or path is None:
        log.warning("vendor file %s is missing; pages go without it", name)
        return None
    if _digest(path) != file.sha256:
        log.error("vendor file %s has an unexpected content; pages go without it", name)
        return None
    return path


def _mark(name: str) -> str:
    file = VENDOR[name]
    return VENDOR[file.owner].sha256[:12] if file.owner else file.sha256[:12]


def vendor_url(name: str) -> str:
    """`/vendor/<hash>/<name>`, or nothing when the file cannot be trusted: write `{% if vendor_url(...) %}`."""
    if vendor_path(name) is None:
        return ""
    return url_for("assets.vendor", mark=_mark(name), name=name)


@bp.get("/vendor/<mark>/<path:name>")
@public
def vendor(mark: str, name: str) -> Response:
    """One vendor file, kept by browsers for good: its address changes with its content."""
    path = vendor_path(name) if name in VENDOR else None
    if path is None or mark != _mark(name):
        abort(404)
    response = send_file(path, mimetype=mimetypes.guess_type(name)[0] or "font/woff2", max_age=YEAR, conditional=True)
    response.headers["Cache-Control"] = f"public, max-age={YEAR}, immutable"
    return response


@cache
def _static_mark(path: str, _modified: float) -> str:
    return _digest(Path(path))[:12]


def asset_url(name: str) -> str:
    """The address of a file of ours in `static/`, with a mark of its content, so that it may be cached for good."""
    path = Path(current_app.static_folder or "static") / name
    if not path.is_file():
        return url_for("static", filename=name)
    return url_for("static", filename=name, v=_static_mark(str(path), path.stat().st_mtime))


def build(target: Path | None = None) -> list[Path]:
    """Copy the vendor files to `target/<hash>/<name>` (`static/vendor/`) and compress them there for production.

    A file that is missing or differs is left out and logged, as everywhere. Does nothing where all is in place.
    """
    from whitenoise.compress import Compressor

    compressor = Compressor(quiet=True)
    folder = target or BUILT
    written: list[Path] = []
    for name in VENDOR:
        path = vendor_path(name)
        copy = folder / _mark(name) / name
        if path is None or (copy.exists() and _digest(copy) == VENDOR[name].sha256):
            continue
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
        written.append(copy)
        if compressor.should_compress(name):
            written += [Path(made) for made in compressor.compress(str(copy))]
    return written


def _static_headers(headers: Headers, path: str, url: str) -> None:
    headers["X-Content-Type-Options"] = "nosniff"


def serve_built(app: Flask, built: Path | None = None) -> None:
    """Let WhiteNoise answer for `static/` and the built vendor files, ahead of Flask: compressed, and cached for good."""
    from whitenoise import WhiteNoise

    folder = built or BUILT
    # every link to a file of ours carries a mark of its content (asset_url), so a year is safe for them as well
    server = WhiteNoise(app.wsgi_app, max_age=YEAR, add_headers_function=_static_headers)
    server.add_files(str(app.static_folder), prefix="static/")
    if folder.is_dir():
        server.add_files(str(folder), prefix="vendor/")
    behind = app.wsgi_app

    def front(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        try:
            get_host(environ, app.config.get("TRUSTED_HOSTS"))
        except SecurityError:  # Flask says so itself
            return behind(environ, start_response)
        return server(environ, start_response)

    app.wsgi_app = front  # type: ignore[method-assign]


def init_app(app: Flask) -> None:
    """Add the `assets.vendor` endpoint and the template globals; in production, WhiteNoise in front."""
    app.register_blueprint(bp)
    app.jinja_env.globals.update(vendor_url=vendor_url, asset_url=asset_url)
    if app.config.get("APP_ENV") == "production":
        serve_built(app)
