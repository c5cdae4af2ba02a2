"""Signing an organisation up."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for

from marketplace.accounts.login import remember
from marketplace.accounts.services import prepare_password
from marketplace.core.errors import ServiceError
from marketplace.core.i18n import _
from marketplace.core.web import current_actor, limiter, public, submit_once
from marketplace.organisations import services
from marketplace.organisations.forms import SignUpForm
from marketplace.organisations.routes import bp
from marketplace.organisations.rules import KINDS


@bp.route("/account/sign-up/organisation", methods=["GET", "POST"])
@public
@limiter.limit("30 per hour", methods=["POST"], deduct_when=lambda response: response.status_code == 302)
def sign_up() -> Any:
    if current_actor().is_signed_in:
        return redirect(url_for("organisations.onboarding"))
    form = SignUpForm()
    if form.validate_on_submit():
        try:
            return redirect(_sign_up(form))
        except ServiceError as error:
            form.add_service_error(error)
    elif request.method == "GET":
        form.kind.data = request.args.get("kind") if request.args.get("kind") in KINDS else "firm"
    return render_template("organisations/sign_up.html", form=form), 422 if form.is_submitted() else 200


def _sign_up(form: SignUpForm) -> str:
    """Make person and organisation in one transaction, then put the new session into the cookie."""
    login = (form.email.data or None, form.mobile.data or None)
    hashed = prepare_password(form.password.data, *login, form.person_name.data)
    tokens: list[str] = []

    def work() -> str:
        _organisation, token = services.sign_up_organisation(
            actor=current_actor(), kind=form.kind.data, uscc=form.uscc.data, name=form.name.data, city_code=form.city_code.data,
            person_name=form.person_name.data, email=login[0], mobile=login[1], password_hash=hashed,
            address=request.remote_addr or "", agent=request.user_agent.string,
        )  # fmt: skip
        tokens.append(token)
        return url_for("organisations.onboarding")

    target = submit_once(form, work)
    if tokens:
        remember(tokens[0])
        flash(_("账号已建立。请完善资料、上传证照，然后提交审核"), "success")
    return target
