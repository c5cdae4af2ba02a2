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
        target = "onboarding" if current_actor().memberships else "register"
        return redirect(
            url_for(f"organisations.{target}", kind=None if target == "onboarding" else request.args.get("kind"))
        )
    form, offers_join = SignUpForm(), False
    if form.validate_on_submit():
        try:
            return redirect(_sign_up(form))
        except ServiceError as error:
            form.add_service_error(error)
            offers_join = error.code == "organisation.registered" or "join" in request.form
    elif request.method == "GET":
        form.kind.data = request.args.get("kind") if request.args.get("kind") in KINDS else "firm"
    page = render_template("organisations/sign_up.html", form=form, offers_join=offers_join)
    return page, 422 if form.is_submitted() else 200


def _sign_up(form: SignUpForm) -> str:
    """Make person and organisation (or the request to join one) in one transaction, then put the new session into the cookie."""
    login = (form.email.data or None, form.mobile.data or None)
    hashed = prepare_password(form.password.data, *login, form.person_name.data)
    person: Any = {
        "actor": current_actor(), "uscc": form.uscc.data, "person_name": form.person_name.data, "email": login[0], "mobile": login[1],
        "password_hash": hashed, "address": request.remote_addr or "", "agent": request.user_agent.string,
    }  # fmt: skip
    joins, tokens = "join" in request.form, []

    def work() -> str:
        if joins:
            _request, token = services.sign_up_to_join(**person, message=form.message.data or "")
        else:
            _organisation, token = services.sign_up_organisation(
                **person, kind=form.kind.data, name=form.name.data, city_code=form.city_code.data
            )
        tokens.append(token)
        return url_for("organisations.joining" if joins else "organisations.onboarding")

    target = submit_once(form, work)
    if tokens:
        remember(tokens[0])
        done = (
            _("账号已建立，加入申请已发送给该单位的管理员")
            if joins
            else _("账号已建立。请完善资料、上传证照，然后提交审核")
        )
        flash(done, "success")
    return target
