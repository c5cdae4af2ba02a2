"""Signing in, by password and code, and out; showing once more that it is you."""

from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for

from marketplace.accounts import queries, services
from marketplace.accounts.forms import CodeForm, ConfirmForm, SignInForm
from marketplace.accounts.login import forget, half_way, person, remember, remember_half_way
from marketplace.accounts.routes import bp
from marketplace.accounts.services import Outcome
from marketplace.core import settings
from marketplace.core.db import transaction
from marketplace.core.i18n import _
from marketplace.core.web import current_actor, limiter, public, safe_next, signed_in


def where() -> dict[str, str]:
    """Address and device of the request, for the records."""
    return {"address": request.remote_addr or "", "agent": request.user_agent.string}


def failed(response: Response) -> bool:
    return response.status_code == 422


def resting(seconds: int) -> Any:
    """The answer while an address rests after too many failures."""
    page = render_template("accounts/resting.html", minutes=-(-seconds // 60))
    return page, 429, {"Retry-After": str(seconds), "Cache-Control": "no-store"}


@bp.route("/account/sign-in", methods=["GET", "POST"])
@public
def sign_in() -> Any:
    form = SignInForm()
    target = safe_next(form.next.data or request.args.get("next"), url_for("pages.desk"))
    if form.validate_on_submit():
        if rest := queries.address_rests_for(where()["address"]):
            return resting(rest)
        found = services.verify_credentials(login=form.email.data, password=form.password.data)
        with transaction():
            outcome = services.sign_in(actor=current_actor(), credentials=found, **where())
        if outcome.rests_for:
            return resting(outcome.rests_for)
        if outcome.half_way:
            remember_half_way(outcome.half_way)
            return redirect(url_for("accounts.sign_in_code", next=target))
        if outcome.token:
            remember(outcome.token)
            return redirect(target)
        form.form_errors.append(
            _(
                "账号或密码不正确。同一账号连续输错 %(n)s 次后会暂停登录 %(minutes)s 分钟",
                n=settings.get("accounts.lock_failures"),
                minutes=settings.get("accounts.lock_minutes"),
            )
        )
    elif request.method == "GET":
        if current_actor().is_signed_in:
            return redirect(target)
        form.next.data = request.args.get("next", "")
    demo = queries.list_demo_users()
    return render_template("accounts/sign_in.html", form=form, demo=demo), 422 if form.is_submitted() else 200


@bp.route("/account/sign-in/code", methods=["GET", "POST"])
@public
def sign_in_code() -> Any:
    """The second step: after the password, or in a session of the park's own people that began without one."""
    form, found = CodeForm(), person()
    lifting = found is not None and found.has_second_factor and found.second_factor_at is None
    target = safe_next(form.next.data or request.args.get("next"), url_for("pages.desk"))
    if not lifting and not half_way():
        return redirect(target if found else url_for("accounts.sign_in", next=target))
    if form.validate_on_submit():
        with transaction():
            outcome = _show_code(form.code.data or "", lifting)
        if outcome.rests_for:
            return resting(outcome.rests_for)
        if outcome.is_over:
            forget()
            flash(_("登录已超时，请重新输入账号和密码"), "warning")
            return redirect(url_for("accounts.sign_in", next=target))
        if outcome.token:
            remember(outcome.token)
            return redirect(target)
        form.code.errors = [_("验证码不正确或已使用过。连续输错会暂停登录")]
    elif request.method == "GET":
        form.next.data = request.args.get("next", "")
    form.code.data = ""
    page = render_template("accounts/sign_in_code.html", form=form, lifting=lifting)
    return page, 422 if form.is_submitted() else 200, {"Cache-Control": "no-store"}


def _show_code(code: str, lifting: bool) -> Outcome:
    found = person()
    if lifting and found is not None:
        return services.lift_session(actor=found.actor, session_id=found.session_id, code=code, **where())
    return services.sign_in_with_code(actor=current_actor(), half_way=half_way(), code=code, **where())


@bp.post("/account/sign-out")
@public
def sign_out() -> Any:
    found = person()
    if found:
        with transaction():
            services.sign_out(actor=found.actor, session_id=found.session_id)
    forget()
    flash(_("您已退出登录"), "success")
    return redirect(url_for("accounts.sign_in"))


@bp.route("/account/confirm", methods=["GET", "POST"])
@signed_in
@limiter.limit("10 per minute", methods=["POST"], deduct_when=failed)
def confirm() -> Any:
    """Show once more that it is you, by password or code, then go back to what needed it."""
    form, found = ConfirmForm(), person()
    target = safe_next(form.next.data or request.args.get("next"), url_for("pages.desk"))
    by_code = bool(found and found.has_second_factor)
    if form.validate_on_submit() and found:
        code = (form.code.data or "").strip() if by_code and not form.password.data else ""
        checked = None
        if not code:
            checked = services.verify_credentials(login=found.login, password=form.password.data or "")
        with transaction():
            right = services.confirm_identity(
                actor=found.actor, session_id=found.session_id, credentials=checked, code=code, **where()
            )
        if right:
            return redirect(target)
        wrong = form.code if code else form.password
        wrong.errors = [_("验证码不正确或已使用过。连续输错会暂停登录") if code else _("密码不正确")]
    elif request.method == "GET":
        form.next.data = request.args.get("next", "")
    page = render_template("accounts/confirm.html", form=form, by_code=by_code)
    return page, 422 if form.is_submitted() else 200


@bp.get("/account/sign-up")
@public
def sign_up() -> Any:
    """Which kind of organisation does the visitor come for? The form itself belongs to organisations."""
    if current_actor().is_signed_in:
        return redirect(url_for("pages.desk"))
    return render_template("accounts/sign_up.html")
