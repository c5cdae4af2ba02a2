"""One's name, e-mail address and mobile number, and confirming the last two."""

from typing import Any

from flask import flash, redirect, render_template, url_for

from marketplace.accounts import queries, services
from marketplace.accounts.forms import CodeForm, ContactsForm, ProfileForm
from marketplace.accounts.models import User
from marketplace.accounts.routes import bp
from marketplace.accounts.routes.passwords import PRIVATE
from marketplace.accounts.routes.signing_in import failed
from marketplace.core.access import require_confirmed
from marketplace.core.db import transaction
from marketplace.core.errors import Invalid, NotFound, ServiceError
from marketplace.core.forms import BaseForm
from marketplace.core.i18n import _
from marketplace.core.web import current_actor, limiter, public, signed_in, submit_once


def _own() -> User:
    return queries.get_user(current_actor().user_id or 0)


@bp.route("/account/profile", methods=["GET", "POST"])
@signed_in
def profile() -> Any:
    actor, user = current_actor(), _own()
    form = ProfileForm(obj=user)
    if form.validate_on_submit():

        def work() -> str:
            services.edit_profile(actor=actor, user=_own(), name=form.name.data)
            flash(_("个人资料已保存"), "success")
            return url_for("accounts.profile")

        try:
            return redirect(submit_once(form, work))
        except ServiceError as error:
            form.add_service_error(error)
    return render_template("accounts/profile.html", form=form, user=user), 422 if form.is_submitted() else 200


@bp.route("/account/profile/contacts", methods=["GET", "POST"])
@signed_in
def change_contacts() -> Any:
    """Another address or number to sign in with: asks for the password first."""
    actor, user = current_actor(), _own()
    require_confirmed(actor)
    form = ContactsForm(obj=user)
    if form.validate_on_submit():

        def work() -> str:
            services.change_contacts(
                actor=actor, user=_own(), email=form.email.data or None, mobile=form.mobile.data or None
            )
            flash(_("登录邮箱和手机号码已保存。更换过的需要重新验证"), "success")
            return url_for("accounts.profile")

        try:
            return redirect(submit_once(form, work))
        except Invalid as error:
            form.add_service_error(error)
    return render_template("accounts/change_contacts.html", form=form), 422 if form.is_submitted() else 200


@bp.post("/account/profile/email/send")
@signed_in
def request_email_link() -> Any:
    def work() -> str:
        services.request_email_link(actor=current_actor(), user=_own())
        flash(_("验证邮件已发出，请打开邮件中的链接（24 小时内有效）"), "success")
        return url_for("accounts.profile")

    return _sent(work, url_for("accounts.profile"))


def _sent(work: Any, back: str) -> Any:
    """Send under the button's form; a refusal (too often) is said on the page one came from."""
    try:
        return redirect(submit_once(BaseForm(), work))
    except Invalid as error:
        flash(error.text, "warning")
        return redirect(back)


@bp.route("/account/confirm-email/<string:token>", methods=["GET", "POST"])
@public
@limiter.limit("60 per hour", methods=["POST"])
def confirm_email(token: str) -> Any:
    """Where the mail's link leads: a button, since mailboxes open links on their own."""
    form = BaseForm()
    if form.validate_on_submit():
        try:
            with transaction():
                services.confirm_email(actor=current_actor(), token=token)
        except NotFound as gone:
            return render_template("accounts/link_dead.html", message=gone.text), 404, PRIVATE
        flash(_("邮箱已验证"), "success")
        return redirect(url_for("accounts.profile" if current_actor().is_signed_in else "accounts.sign_in"))
    if queries.find_token(token, "email") is None:
        message = _("此链接已失效：每个链接只能使用一次，且有时间限制。请重新申请")
        return render_template("accounts/link_dead.html", message=message), 404, PRIVATE
    return render_template("accounts/confirm_email.html", form=form), 200, PRIVATE


@bp.post("/account/profile/mobile/send")
@signed_in
def request_mobile_code() -> Any:
    def work() -> str:
        services.request_mobile_code(actor=current_actor(), user=_own())
        flash(_("验证码已发送，5 分钟内有效"), "success")
        return url_for("accounts.confirm_mobile")

    return _sent(work, url_for("accounts.confirm_mobile"))


@bp.route("/account/profile/mobile", methods=["GET", "POST"])
@signed_in
@limiter.limit("20 per minute", methods=["POST"], deduct_when=failed)
def confirm_mobile() -> Any:
    """Give the six digits of the message back."""
    form, user = CodeForm(), _own()
    if not user.mobile or user.mobile_confirmed_at:
        return redirect(url_for("accounts.profile"))
    if form.validate_on_submit():
        with transaction():
            right = services.confirm_mobile(actor=current_actor(), user=_own(), code=form.code.data or "")
        if right:
            flash(_("手机号码已验证"), "success")
            return redirect(url_for("accounts.profile"))
        form.code.errors = [_("验证码不正确或已失效，每个验证码最多可试 5 次；可以重新发送")]
        form.code.data = ""
    return render_template("accounts/confirm_mobile.html", form=form, user=user), 422 if form.is_submitted() else 200
