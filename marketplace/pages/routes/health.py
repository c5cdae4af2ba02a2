"""For machines: is it alive, is it ready, what are its figures."""

import time
from pathlib import Path
from typing import Any

from flask import Response, current_app, g, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from sqlalchemy import text

from marketplace.core.db import db
from marketplace.core.web import limiter, public
from marketplace.pages.routes import bp
from marketplace.search import engine

REGISTRY = CollectorRegistry()
REQUESTS = Counter(
    "http_requests", "Requests by endpoint and status", ["endpoint", "method", "status"], registry=REGISTRY
)
SECONDS = Histogram("http_request_seconds", "Time to answer by endpoint", ["endpoint"], registry=REGISTRY)


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
    try:
        checks["database"] = db.session.execute(text("SELECT 1")).scalar() == 1
        checks["index"] = engine.current().generation() is not None
    except Exception:
        current_app.logger.exception("readiness check failed")
    return jsonify(status="ready" if all(checks.values()) else "not ready", checks=checks), 200 if all(
        checks.values()
    ) else 503


@bp.get("/metrics")
@public
@limiter.exempt
def metrics() -> Response:
    return Response(generate_latest(REGISTRY), content_type=CONTENT_TYPE_LATEST)
