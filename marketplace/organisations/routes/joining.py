"""Coming into an organisation: the page of a person who acts for nobody yet, registering one, and accepting an invitation."""

from typing import Any

from flask import Response, flash, make_response, redirect, render_template, request, url_for

from marketplace.accounts.login import remember
from marketplace.accounts.services import prepare_password
from marketplace.core import clock
from marketplace.core.access import require
from marketplace.core.errors import NotFound, ServiceError
from marketplace.core.forms import BaseForm
from marketplace.core.i18n import _, lazy
from marketplace.core.web import current_actor, limiter, public, signed_in, submit_once
from marketplace.organisations import queries, services
from marketplace.organisations.access import can_join_organisation
from marketplace.organisations.forms.members import AskToJoinForm, JoinForm, RegisterOrganisationForm
from marketplace.organisations.routes import bp
from marketplace.organisations.rules import KINDS, ROLES
from marketplace.organisations.rules.roles import ROLE_NOTES
from marketplace.organisations.states import JoinState


def _made(response: Response) -> bool:
    return response.status_code == 302


@bp.route("/organisation/joining", methods=["GET", "POST"])
@signed_in
def joining() -> Any:
    """For a person without an organisation: how far their request is, and the ways on. Sending the form asks to join one."""
    actor, form = current_actor(), AskToJoinForm()
    if actor.memberships or actor.is_staff():
        return redirect(url_for("pages.desk"))
    if form.validate_on_submit():
        try:
            return redirect(submit_once(form, lambda: _ask(form.uscc.data, form.message.data or "")))
        except ServiceError as error:
            form.add_service_error(error)
    last = queries.find_join_request(actor.user_id or 0)
    waiting = last is not None and last[0].state == JoinState.REQUESTED
    page = render_template("organisations/joining.html", form=form, last=last, waiting=waiting)
    return page, 422 if form.is_submitted() else 200


def _ask(uscc: str, message: str) -> str:
    services.ask_to_join(actor=current_actor(), uscc=uscc, message=message)
    flash(_("加入申请已发送给该单位的管理员"), "success")
    return url_for("organisations.joining")


@bp.post("/organisation/joining/<int:request_id>/withdraw")
@signed_in
def withdraw_join_request(request_id: int) -> Any:
    def work() -> str:
        actor = current_actor()
        asked = queries.get_join_request(request_id, actor=actor)
        services.withdraw_join_request(actor=actor, request=asked)
        flash(_("申请已撤回"), "success")
        return url_for("organisations.joining")

    return redirect(submit_once(BaseForm(), work))


@bp.route("/organisation/register", methods=["GET", "POST"])
@signed_in
def register() -> Any:
    """A person who has an account registers another organisation, or asks to join the one that the code belongs to already."""
    actor, form, offers_join = current_actor(), RegisterOrganisationForm(), False
    if actor.memberships or actor.is_staff():
        return redirect(url_for("pages.desk"))
    if form.validate_on_submit():
        try:
            return redirect(submit_once(form, lambda: _register(form)))
        except ServiceError as error:
            form.add_service_error(error)
            offers_join = error.code == "organisation.registered" or "join" in request.form
    elif request.method == "GET":
        form.kind.data = request.args.get("kind") if request.args.get("kind") in KINDS else "firm"
    page = render_template("organisations/register.html", form=form, offers_join=offers_join)
    return page, 422 if form.is_submitted() else 200


def _register(form: RegisterOrganisationForm) -> str:
    if "join" in request.form:
        return _ask(form.uscc.data, form.message.data or "")
    services.register_organisation(
        actor=current_actor(), kind=form.kind.data, uscc=form.uscc.data, name=form.name.data, city_code=form.city_code.data,
        contact_name=current_actor().name,
    )  # fmt: skip
    flash(_("单位已登记。请完善资料、上传证照，然后提交审核"), "success")
    return url_for("organisations.onboarding")


@bp.route("/join/<string:token>", methods=["GET", "POST"])
@public
@limiter.limit("60 per hour", methods=["POST"], deduct_when=_made)
def accept_invitation(token: str) -> Any:
    """An invitation's link. A dead one says so and no more; who is signed in joins with one click, others make an account first."""
    answer = make_response(_invitation_page(token))
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


def _invitation_page(token: str) -> Any:
    actor, form = current_actor(), JoinForm()
    if len(token) > 100:
        raise NotFound("invitation.missing", lazy("邀请链接不正确，请核对是否复制完整"))
    if actor.is_signed_in:
        form = BaseForm()  # type: ignore[assignment]
    invitation, _organisation = queries.find_invitation(token)
    if not invitation.is_open(clock.now()) and not form.is_submitted():
        return _gone()
    if form.validate_on_submit():
        try:
            return redirect(
                _sign_up(token, form) if not actor.is_signed_in else submit_once(form, lambda: _accept(token))
            )
        except ServiceError as error:
            if error.code == "invitation.dead":
                return _gone()
            form.add_service_error(error)
    invitation, organisation = queries.find_invitation(token)
    if not invitation.is_open(clock.now()):
        return _gone()
    if request.method == "GET" and not actor.is_signed_in and invitation.address:
        field = form.email if "@" in invitation.address else form.mobile
        field.data = invitation.address
    page = render_template(
        "organisations/accept_invitation.html", form=form, invitation=invitation, organisation=organisation, token=token, kinds=KINDS,
        roles=ROLES, notes=ROLE_NOTES, may_join=can_join_organisation(actor),
    )  # fmt: skip
    return page, 422 if form.is_submitted() else 200


def _gone() -> Any:
    return render_template("organisations/invitation_gone.html"), 410


def _accept(token: str) -> str:
    actor = current_actor()
    require(can_join_organisation(actor))
    organisation = services.accept_invitation(actor=actor, token=token)
    flash(_("您已加入 %(name)s", name=organisation.name), "success")
    return url_for("pages.desk")


def _sign_up(token: str, form: JoinForm) -> str:
    login = (form.email.data or None, form.mobile.data or None)
    hashed = prepare_password(form.password.data, *login, form.person_name.data)
    tokens: list[str] = []

    def work() -> str:
        _user, opened = services.sign_up_by_invitation(
            actor=current_actor(), token=token, person_name=form.person_name.data, email=login[0], mobile=login[1], password_hash=hashed,
            address=request.remote_addr or "", agent=request.user_agent.string,
        )  # fmt: skip
        tokens.append(opened)
        return url_for("pages.desk")

    target = submit_once(form, work)
    if tokens:
        remember(tokens[0])
        flash(_("账号已建立，您已加入该单位"), "success")
    return target
