"""Signing in and out, one's profile, password and sessions."""

from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for

from marketplace.accounts import queries, services
from marketplace.accounts.forms import ChangePasswordForm, ConfirmForm, ProfileForm, SignInForm
from marketplace.accounts.login import forget, person, remember
from marketplace.core.db import transaction
from marketplace.core.errors import ServiceError
from marketplace.core.forms import BaseForm
from marketplace.core.i18n import _
from marketplace.core.web import current_actor, limiter, public, safe_next, signed_in, submit_once

bp = Blueprint("accounts", __name__)


def _failed(response: Response) -> bool:
    return response.status_code == 422


@bp.route("/account/sign-in", methods=["GET", "POST"])
@public
@limiter.limit("15 per minute;100 per hour", methods=["POST"], deduct_when=_failed)
def sign_in() -> Any:
    form = SignInForm()
    target = safe_next(form.next.data or request.args.get("next"), url_for("pages.desk"))
    if form.validate_on_submit():
        found = services.verify_credentials(login=form.email.data, password=form.password.data)
        with transaction():
            token = services.sign_in(
                actor=current_actor(),
                credentials=found,
                address=request.remote_addr or "",
                agent=request.user_agent.string,
            )
        if token:
            remember(token)
            return redirect(target)
        form.form_errors.append(_("账号或密码不正确。同一账号连续输错 5 次后会暂停登录 15 分钟"))
    elif request.method == "GET":
        if current_actor().is_signed_in:
            return redirect(target)
        form.next.data = request.args.get("next", "")
    demo = queries.list_demo_users()
    return render_template("accounts/sign_in.html", form=form, demo=demo), 422 if form.is_submitted() else 200


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
@limiter.limit("10 per minute", methods=["POST"], deduct_when=_failed)
def confirm() -> Any:
    """Show once more that it is you, then go back to what needed it."""
    form, found = ConfirmForm(), person()
    target = safe_next(form.next.data or request.args.get("next"), url_for("pages.desk"))
    if form.validate_on_submit() and found:
        checked = services.verify_credentials(login=found.login, password=form.password.data)
        try:
            with transaction():
                services.confirm_identity(actor=found.actor, session_id=found.session_id, credentials=checked)
            return redirect(target)
        except ServiceError as error:
            form.add_service_error(error)
    elif request.method == "GET":
        form.next.data = request.args.get("next", "")
    return render_template("accounts/confirm.html", form=form), 422 if form.is_submitted() else 200


@bp.get("/account/sign-up")
@public
def sign_up() -> Any:
    """Which kind of organisation does the visitor come for? The form itself belongs to organisations."""
    if current_actor().is_signed_in:
        return redirect(url_for("pages.desk"))
    return render_template("accounts/sign_up.html")


@bp.route("/account/profile", methods=["GET", "POST"])
@signed_in
def profile() -> Any:
    actor = current_actor()
    user = queries.get_user(actor.user_id or 0)
    form = ProfileForm(obj=user)
    if form.validate_on_submit():

        def work() -> str:
            services.edit_profile(
                actor=actor,
                user=user,
                name=form.name.data,
                email=form.email.data or None,
                mobile=form.mobile.data or None,
            )
            flash(_("个人资料已保存"), "success")
            return url_for("accounts.profile")

        try:
            return redirect(submit_once(form, work))
        except ServiceError as error:
            form.add_service_error(error)
    return render_template("accounts/profile.html", form=form), 422 if form.is_submitted() else 200


@bp.get("/account/security")
@signed_in
def security() -> Any:
    return _security_page(ChangePasswordForm(formdata=None))


def _security_page(form: ChangePasswordForm, status: int = 200) -> Any:
    actor, found = current_actor(), person()
    sessions = queries.list_sessions(actor.user_id or 0, staff=actor.is_staff())
    here = found.session_id if found else 0
    return render_template("accounts/security.html", form=form, sessions=sessions, here=here), status


@bp.post("/account/security/password")
@signed_in
@limiter.limit("10 per minute", deduct_when=_failed)
def change_password() -> Any:
    form, actor, found = ChangePasswordForm(), current_actor(), person()
    if form.validate_on_submit() and found:
        try:
            checked = services.verify_credentials(login=found.login, password=form.current.data)
            new_hash = services.prepare_password(form.password.data, found.login, found.name)
            with transaction():
                services.change_password(
                    actor=actor, user=queries.get_user(actor.user_id or 0), credentials=checked, new_hash=new_hash,
                    keep_session_id=found.session_id,
                )  # fmt: skip
            flash(_("密码已修改，其他设备上的登录已全部退出"), "success")
            return redirect(url_for("accounts.security"))
        except ServiceError as error:
            form.add_service_error(error)
    return _security_page(form, 422)


@bp.post("/account/security/sessions/<int:session_id>/revoke")
@signed_in
def revoke_session(session_id: int) -> Any:
    actor = current_actor()

    def work() -> str:
        services.revoke_session(actor=actor, session=queries.get_session(session_id, actor=actor))
        flash(_("该设备已退出登录"), "success")
        return url_for("accounts.security")

    return redirect(submit_once(BaseForm(), work))


@bp.post("/account/security/sessions/revoke-others")
@signed_in
def revoke_other_sessions() -> Any:
    found = person()

    def work() -> str:
        ended = services.revoke_other_sessions(
            actor=current_actor(), keep_session_id=found.session_id if found else None
        )
        flash(_("已退出其他 %(n)s 台设备上的登录", n=ended), "success")
        return url_for("accounts.security")

    return redirect(submit_once(BaseForm(), work))
