"""Setting a password: knowing the present one, or through a one-time link."""

from typing import Any

from flask import flash, redirect, render_template, url_for

from marketplace.accounts import queries, services
from marketplace.accounts.forms import ChangePasswordForm, ForgotForm, ResetForm
from marketplace.accounts.login import forget, person
from marketplace.accounts.routes import bp
from marketplace.accounts.routes.security import security_page
from marketplace.accounts.routes.signing_in import failed, where
from marketplace.core.db import transaction
from marketplace.core.errors import NotFound, ServiceError
from marketplace.core.i18n import _
from marketplace.core.web import current_actor, limiter, public, signed_in

PRIVATE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


@bp.route("/account/forgot", methods=["GET", "POST"])
@public
@limiter.limit("20 per hour", methods=["POST"])
def forgot() -> Any:
    """Ask for a link; the answer is the same whoever exists."""
    form = ForgotForm()
    if form.validate_on_submit():
        with transaction():
            services.request_reset(actor=current_actor(), login=form.login.data or "")
        return render_template("accounts/forgot_sent.html")
    return render_template("accounts/forgot.html", form=form), 422 if form.is_submitted() else 200


@bp.route("/account/reset/<string:token>", methods=["GET", "POST"])
@public
@limiter.limit("30 per hour", methods=["POST"])
def reset(token: str) -> Any:
    """Set a password through the link of a mail or SMS; looking at the page does not use the link up."""
    form = ResetForm()
    try:
        link = services.get_password_link(token)
        user = queries.get_user(link.user_id or 0)
        if form.validate_on_submit():
            new_hash = services.prepare_password(form.password.data, user.email, user.mobile, user.name)
            with transaction():
                services.reset_password(actor=current_actor(), token=token, new_hash=new_hash)
            forget()
            flash(_("密码已设置，请用新密码登录。此前的登录已全部退出"), "success")
            return redirect(url_for("accounts.sign_in"))
    except NotFound as gone:
        return render_template("accounts/link_dead.html", message=gone.text), 404, PRIVATE
    except ServiceError as error:
        form.add_service_error(error)
    page = render_template("accounts/reset.html", form=form, invited=link.purpose == "invite", name=user.name)
    return page, 422 if form.is_submitted() else 200, PRIVATE


@bp.post("/account/security/password")
@signed_in
@limiter.limit("10 per minute", deduct_when=failed)
def change_password() -> Any:
    form, actor, found = ChangePasswordForm(), current_actor(), person()
    if form.validate_on_submit() and found:
        try:
            checked = services.verify_credentials(login=found.login, password=form.current.data)
            if not checked.is_right:
                with transaction():
                    services.count_wrong_password(actor=actor, credentials=checked, **where())
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
    return security_page(form, 422)
