"""What stands round every view: who may knock, error pages, security headers, CSRF, rate limits, and forms that are safe to repeat."""

import hashlib
import logging
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, flash, jsonify, redirect, render_template, request, url_for
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_wtf.csrf import CSRFError, CSRFProtect
from sqlalchemy import String, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Mapped, mapped_column
from werkzeug.exceptions import HTTPException

from marketplace.core import refusals
from marketplace.core.actor import Actor, current_actor
from marketplace.core.db import Base, CreatedAt, abandon, db, transaction
from marketplace.core.errors import AccessDenied, ConfirmationNeeded, Conflict, ServiceError
from marketplace.core.i18n import _

log = logging.getLogger(__name__)
csrf = CSRFProtect()
limiter = Limiter(get_remote_address, default_limits=[])
View = TypeVar("View", bound=Callable[..., Any])

CSP = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
SAME_FOR_ALL = ("static", "assets.vendor")


def public(view: View) -> View:
    """Anybody may knock."""
    cast(Any, view).access = ("public",)
    return view


def signed_in(view: View) -> View:
    """Only people who have signed in; others are sent to the sign-in page and back."""
    return _guarded(view, ("signed_in",), lambda actor: True)


def roles(*names: str) -> Callable[[View], View]:
    """Only members of a `firm` or `client`, or staff of one of the roles named; what one may do there, the services decide."""

    def decorate(view: View) -> View:
        return _guarded(view, names, lambda actor: _has_any(actor, names))

    return decorate


def _has_any(actor: Actor, names: tuple[str, ...]) -> bool:
    return (
        ("firm" in names and actor.firm_id is not None)
        or ("client" in names and actor.client_id is not None)
        or actor.is_staff(*(set(names) - {"firm", "client"} or {"-"}))
    )


def _guarded(view: View, names: tuple[str, ...], allowed: Callable[[Actor], bool]) -> View:
    @wraps(view)
    def guard(*args: Any, **kwargs: Any) -> Any:
        actor = current_actor()
        if not actor.is_signed_in:
            target = request.full_path.rstrip("?") if request.method == "GET" else None
            return redirect(url_for("accounts.sign_in", next=target))
        if not allowed(actor):
            raise AccessDenied("access.role", _("您的账号没有此页面的权限"))
        return view(*args, **kwargs)

    cast(Any, guard).access = names
    return cast(View, guard)


def safe_next(target: str | None, default: str) -> str:
    """A path on this site to go to next; anything that could leave the site becomes the default."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")) or "\\" in target:
        return default
    parts = urlsplit(target)
    if parts.scheme or parts.netloc or any(ord(c) < 32 for c in target):
        return default
    return target


class FormSubmission(Base):
    """What a form key led to, so that a repeated click is answered with the first result."""

    __tablename__ = "form_submission"
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    location: Mapped[str] = mapped_column(String(500), default="")
    created_at: Mapped[CreatedAt]


def submit_once(form: Any, work: Callable[[], str]) -> str:
    """Run `work` in one transaction under the form's unique key; a repeat, even a simultaneous one, gets the first result's address.

    The key is bound to the person, so one person's key never answers another.
    """
    key = hashlib.sha256(f"{current_actor().audit_name}:{form.form_key.data}".encode()).hexdigest()
    first = db.session.scalar(select(FormSubmission.location).where(FormSubmission.key == key))
    if first:
        return first
    try:
        with transaction():
            again = db.session.scalar(select(FormSubmission.location).where(FormSubmission.key == key))
            if again:
                return again
            submission = FormSubmission(key=key)
            db.session.add(submission)
            db.session.flush()
            submission.location = work()
            return submission.location
    except Conflict:
        first = db.session.scalar(select(FormSubmission.location).where(FormSubmission.key == key))
        if first:
            return first
        raise


def wants_json() -> bool:
    return request.path.startswith("/api/")


def problem(status: int, code: str, detail: str, **extra: Any) -> Response:
    """An RFC 9457 answer with a stable code."""
    answer = jsonify(
        {"type": "about:blank", "title": detail, "status": status, "code": code, "detail": detail, **extra}
    )
    answer.status_code = status
    answer.mimetype = "application/problem+json"
    return answer


def _answer(status: int, code: str, detail: str) -> Any:
    if wants_json():
        return problem(status, code, detail)
    if request.url_rule is None and status == 400:  # a host we do not trust: no address can be built for a page's links
        return Response(detail, status, mimetype="text/plain")
    return render_template("errors/error.html", status=status, code=code, message=detail), status


def _came_from() -> str | None:
    """The page of this site on which a form was sent."""
    back = urlsplit(request.referrer or "")
    if back.netloc != request.host:
        return None
    return safe_next(back.path + (f"?{back.query}" if back.query else ""), "") or None


def _service_error(error: ServiceError) -> Any:
    abandon()
    refusals.note_denied(error)
    if isinstance(error, ConfirmationNeeded) and not wants_json() and current_actor().is_signed_in:
        target = request.full_path.rstrip("?") if request.method == "GET" else _came_from()
        return redirect(url_for("accounts.confirm", next=target))
    if error.status == 409 and not wants_json() and request.method == "POST":
        flash(error.text, "danger")
        if back := _came_from():
            return redirect(back)
    return _answer(error.status, error.code, error.text)


def _http_error(error: HTTPException) -> Any:
    status = error.code or 500
    if status < 400 or error.response is not None:
        return error
    texts = {
        400: _("请求格式不正确"), 401: _("请先登录"), 403: _("您没有此页面的权限"), 404: _("页面不存在，或您无权查看"),
        405: _("不支持此操作方式"), 410: _("该内容已下架"), 413: _("上传的文件过大"), 422: _("提交的内容有误"),
        429: _("操作过于频繁，请稍后再试"),
    }  # fmt: skip
    return _answer(status, f"http.{status}", texts.get(status, error.description or ""))


def _csrf_error(error: CSRFError) -> Any:
    return _answer(400, "csrf", _("页面已过期，请返回刷新后重新提交"))


def _busy(error: OperationalError) -> Any:
    log.exception("the database did not answer")
    abandon()
    body, status = _answer(503, "busy", _("系统繁忙，请稍后重试")), 503
    answer = current_app.make_response(body)
    answer.status_code, answer.headers["Retry-After"] = status, "5"
    return answer


def _crash(error: Exception) -> Any:
    log.exception("unhandled error on %s %s", request.method, request.path)
    return _answer(500, "internal", _("系统出错了，我们已记录该问题，请稍后重试"))


def _secure(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if current_app.config["SESSION_COOKIE_SECURE"]:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
    if request.endpoint not in SAME_FOR_ALL and current_actor().is_signed_in:
        response.headers["Cache-Control"] = "no-store"  # also over the no-cache of a download, which a browser may keep
    return response


def init_app(app: Flask) -> None:
    """Wire guards, handlers and headers into the app."""
    csrf.init_app(app)
    limiter.init_app(app)
    app.register_error_handler(ServiceError, _service_error)
    app.register_error_handler(CSRFError, _csrf_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(OperationalError, _busy)
    if not app.testing:
        app.register_error_handler(Exception, _crash)
    app.after_request(refusals.write_noted)
    app.after_request(_secure)


__all__ = [
    "csrf", "current_actor", "init_app", "limiter", "problem", "public", "roles", "safe_next", "signed_in", "submit_once",
    "wants_json",
]  # fmt: skip
