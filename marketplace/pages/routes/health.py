"""For machines: is it alive, is it ready, what are its figures."""

import time
from pathlib import Path
from typing import Any

from flask import Response, current_app, g, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from sqlalchemy import text

from marketplace.core.db import db
from marketplace.core.web import limiter, public
from marketplace.pages.routes import bp
from marketplace.search import engine
from marketplace.search.status import read_status

REGISTRY = CollectorRegistry()
REQUESTS = Counter(
    "http_requests", "Requests by endpoint and status", ["endpoint", "method", "status"], registry=REGISTRY
)
SECONDS = Histogram("http_request_seconds", "Time to answer by endpoint", ["endpoint"], registry=REGISTRY)
SEARCH = {
    name: Gauge(f"search_{name}", text, registry=REGISTRY)
    for name, text in (
        ("generation", "Number of the index generation in use on this machine"),
        ("documents", "Documents that can be found"),
        ("segments", "Segments of the index"),
        ("changes_waiting", "Changes of the log that are not in this machine's index yet"),
        ("lag_seconds", "Age of the oldest change that is not in this machine's index yet"),
        ("built_timestamp_seconds", "When the last rebuild began"),
    )
}


@bp.before_app_request
def _start() -> None:
    g.started = time.perf_counter()


@bp.after_app_request
def _count(response: Response) -> Response:
    endpoint = request.endpoint or "none"
    REQUESTS.labels(endpoint, request.method, response.status_code).inc()
    if "started" in g:
        SECONDS.labels(endpoint).observe(time.perf_counter() - g.started)
    return response


@bp.get("/healthz")
@public
@limiter.exempt
def healthz() -> Any:
    return jsonify(status="alive")


def _worker_seen() -> bool:
    """Did this machine's worker write its heartbeat in the last minute?"""
    beat = Path(current_app.config["INSTANCE_DIR"]) / "worker.heartbeat"
    return beat.exists() and time.time() - beat.stat().st_mtime < 60


@bp.get("/readyz")
@public
@limiter.exempt
def readyz() -> Any:
    """Database, search index and worker of this machine; 503 names what is missing."""
    checks = {"database": False, "index": False, "worker": _worker_seen()}
    told: dict[str, Any] = {}
    try:
        checks["database"] = db.session.execute(text("SELECT 1")).scalar() == 1
        checks["index"] = engine.current().generation() is not None
        status = read_status(engine.current().root)
        if status is not None:
            told = {"generation": status.generation, "waiting": status.waiting, "lag_seconds": round(status.lag, 1)}
    except Exception:
        current_app.logger.exception("readiness check failed")
    ready = all(checks.values())
    return jsonify(status="ready" if ready else "not ready", checks=checks, search=told), 200 if ready else 503


def _measure_search() -> None:
    """Set the gauges of this machine's index; those of an index that cannot be read keep what they said, and documents say 0."""
    try:
        status = read_status(engine.current().root)
        documents = len(engine.current().snapshot()) if status is not None else 0
    except Exception:
        current_app.logger.exception("the search index could not be measured")
        status, documents = None, 0
    SEARCH["documents"].set(documents)
    if status is not None:
        for name, value in (
            ("generation", status.generation),
            ("changes_waiting", status.waiting),
            ("lag_seconds", status.lag),
        ):
            SEARCH[name].set(value)
        SEARCH["segments"].set(status.segments)
        SEARCH["built_timestamp_seconds"].set(status.built_at.timestamp() if status.built_at else 0)


@bp.get("/metrics")
@public
@limiter.exempt
def metrics() -> Response:
    _measure_search()
    return Response(generate_latest(REGISTRY), content_type=CONTENT_TYPE_LATEST)
