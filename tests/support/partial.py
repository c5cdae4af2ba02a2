"""The application with whatever parts import so far; only for the days before all parts exist."""

import importlib
import logging
from importlib.util import find_spec
from typing import Any

from apiflask import APIFlask
from flask import Flask
from flask_migrate import Migrate

from marketplace.core.config import ROOT, load_config
from marketplace.core.db import db

DOMAINS = (
    "files",
    "accounts",
    "notifications",
    "organisations",
    "catalog",
    "payments",
    "reports",
    "orders",
    "reviews",
    "kpi",
)
PAGES = (
    "pages",
    "accounts",
    "notifications",
    "organisations",
    "catalog",
    "orders",
    "reviews",
    "reports",
    "kpi",
    "operator",
)
import os  # noqa: E402

if os.environ["TEST_PARTIAL"] != "1":
    DOMAINS = PAGES = tuple(os.environ["TEST_PARTIAL"].split(","))
log = logging.getLogger(__name__)


def create_partial_app(overrides: dict[str, Any]) -> Flask:
    app = APIFlask(
        "marketplace",
        json_errors=False,
        docs_path=None,
        spec_path="/api/v1/openapi.json",
        static_folder=str(ROOT / "static"),
        template_folder=str(ROOT / "templates"),
    )
    app.config.update({**load_config(), **overrides})
    app.config["OPENAPI_VERSION"] = "3.1.0"
    app.url_build_error_handlers.append(lambda error, endpoint, values: f"/missing/{endpoint}")
    db.init_app(app)
    Migrate(app, db, directory=str(ROOT / "marketplace" / "migrations"), render_as_batch=True, compare_type=True)

    def attempt(what: str, work: Any) -> None:
        try:
            work()
        except Exception as missing:
            print(f"[partial app] {what}: {missing!r}")

    for part in ("i18n", "filters", "assets", "queue", "web"):
        attempt(part, lambda part=part: importlib.import_module(f"marketplace.core.{part}").init_app(app))
    attempt("core.jobs", lambda: importlib.import_module("marketplace.core.jobs"))
    attempt("search.models", lambda: importlib.import_module("marketplace.search.models"))
    for name in DOMAINS:
        for part in ("rules", "models", "services", "jobs"):
            try:
                if find_spec(f"marketplace.{name}.{part}"):
                    attempt(f"{name}.{part}", lambda n=name, p=part: importlib.import_module(f"marketplace.{n}.{p}"))
            except ModuleNotFoundError:
                continue
    attempt("login", lambda: importlib.import_module("marketplace.accounts.login").init_app(app))
    for name in PAGES:
        attempt(
            f"{name}.routes",
            lambda n=name: app.register_blueprint(importlib.import_module(f"marketplace.{n}.routes").bp),
        )
    attempt("api", lambda: app.register_blueprint(importlib.import_module("marketplace.api.blueprint").bp))
    if len(PAGES) < 8:
        return app
    attempt("globals", lambda: importlib.import_module("marketplace.app")._template_globals(app))
    attempt("cli", lambda: importlib.import_module("marketplace.cli").init_app(app))
    return app


def fill_gaps() -> None:
    """Stand-in tables for foreign keys whose target's model does not exist yet."""
    from sqlalchemy import Column, Table

    from marketplace.core.db import BIG, Base

    for table in list(Base.metadata.tables.values()):
        for key in table.foreign_keys:
            name, column = key._colspec.rsplit(".", 1) if isinstance(key._colspec, str) else (None, None)
            if name and name not in Base.metadata.tables:
                Table(name, Base.metadata, Column(column, BIG, primary_key=True))
