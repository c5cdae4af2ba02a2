"""create_app(): configuration, extensions, error pages, the list of blueprints. Everything else lives in its domain."""

import importlib
import logging
import pkgutil
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

import structlog
from apiflask import APIFlask
from flask import Flask
from flask_compress import Compress
from flask_migrate import Migrate
from werkzeug.middleware.proxy_fix import ProxyFix

import marketplace
from marketplace.core import assets, filters, i18n, incoming, queue, web
from marketplace.core.actor import current_actor
from marketplace.core.config import ROOT, load_config
from marketplace.core.db import db
from marketplace.translations import catalog

PAGES = (
    "pages", "accounts", "notifications", "duties", "organisations", "catalog", "orders", "shortlists", "reviews", "reports",
    "kpi", "operator",
)  # fmt: skip
DOMAINS = (
    "files", "accounts", "notifications", "duties", "organisations", "catalog", "payments", "reports", "orders", "shortlists",
    "reviews", "kpi",
)  # fmt: skip


def create_app(overrides: Mapping[str, Any] | None = None) -> Flask:
    """The application, configured from the environment; `overrides` are for tests and benchmarks."""
    app = APIFlask(
        "marketplace",
        title="长三角（青浦）数字人力资源产业园 API",
        version="1",
        spec_path="/api/v1/openapi.json",
        docs_path=None,
        json_errors=False,
        static_folder=str(ROOT / "static"),
        template_folder=str(ROOT / "templates"),
        instance_path=str(ROOT / "instance"),
    )
    config = {**load_config(), **(overrides or {})}
    app.config.update(config)
    # Without this all visitors would share the proxy's address, and one attacker's failures would rest everybody.
    if config["TRUSTED_PROXIES"]:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=config["TRUSTED_PROXIES"], x_proto=1, x_host=0)  # type: ignore[method-assign]
    app.config["OPENAPI_VERSION"] = "3.1.0"
    app.config["COMPRESS_MIMETYPES"] = ["text/html", "application/json", "application/problem+json"]
    app.config["COMPRESS_ALGORITHM"] = ["br", "gzip"]
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    _logging(config["LOG_LEVEL"])
    db.init_app(app)
    import_domains()
    Migrate(app, db, directory=str(ROOT / "marketplace" / "migrations"), render_as_batch=True, compare_type=True)
    catalog.compile_all()
    i18n.init_app(app)
    filters.init_app(app)
    incoming.init_app(app)
    assets.init_app(app)
    queue.init_app(app)
    web.init_app(app)
    Compress(app)
    importlib.import_module("marketplace.accounts.login").init_app(app)
    _blueprints(app)
    _template_globals(app)
    importlib.import_module("marketplace.cli").init_app(app)
    return app


def import_domains() -> None:
    """Import every domain's models, settings, jobs and providers, so that tables, jobs and guards are known."""
    importlib.import_module("marketplace.core.jobs")
    importlib.import_module("marketplace.search.models")
    importlib.import_module("marketplace.search.jobs")
    for name in DOMAINS:
        for part in ("rules", "models", "services", "jobs", "personal"):
            module = f"marketplace.{name}.{part}"
            if find_spec(module):
                importlib.import_module(module)


def _blueprints(app: APIFlask) -> None:
    for name in PAGES:
        routes = importlib.import_module(f"marketplace.{name}.routes")
        app.register_blueprint(routes.bp)
    api = importlib.import_module("marketplace.api.blueprint")
    app.register_blueprint(api.bp)
    web.csrf.exempt(api.bp)


def permissions() -> dict[str, Any]:
    """Every `can_…` of every domain by its name, which is unique (tested), since pages see them all."""
    found: dict[str, Any] = {}
    for package in pkgutil.iter_modules(marketplace.__path__):
        name = f"marketplace.{package.name}.access"
        if package.ispkg and find_spec(name):
            module = importlib.import_module(name)
            found.update({k: v for k, v in vars(module).items() if k.startswith("can_") and v.__module__ == name})
    return found


def _template_globals(app: Flask) -> None:
    app.jinja_env.globals.update(permissions())
    site = importlib.import_module("marketplace.pages.site")

    @app.context_processor
    def _context() -> dict[str, Any]:
        return {"actor": current_actor(), **site.context()}


def _logging(level: str) -> None:
    """One line of structured log per event, on standard error; nothing personal is ever logged."""
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    for chatty in ("werkzeug", "huey", "alembic"):
        logging.getLogger(chatty).setLevel("WARNING")
    structlog.configure(logger_factory=structlog.stdlib.LoggerFactory())
