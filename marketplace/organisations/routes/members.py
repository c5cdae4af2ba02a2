"""The people of an organisation: who is in, in which role, who is invited and who asks to come in."""

import io
from typing import Any

from flask import Response, flash, redirect, render_template, request, send_file, session, url_for

from marketplace.core import clock
from marketplace.core.access import require, require_confirmed
from marketplace.core.errors import ConfirmationNeeded, Invalid, ServiceError
from marketplace.core.forms import BaseForm
from marketplace.core.i18n import _, lazy
from marketplace.core.tabular import MEDIA_TYPES, Column, table_bytes
from marketplace.core.web import current_actor, limiter, roles, submit_once
from marketplace.organisations import queries, services
from marketplace.organisations.access import can_manage_members, can_view_members
from marketplace.organisations.forms import ReasonForm
from marketplace.organisations.forms.members import ApproveJoinForm, InviteForm, RoleForm
from marketplace.organisations.models import Organisation
from marketplace.organisations.routes import bp
from marketplace.organisations.routes.own import own_organisation
from marketplace.organisations.rules import ROLES
from marketplace.organisations.rules.joining import INVITATION_DAYS
from marketplace.organisations.rules.roles import ROLE_NOTES, powers_of

COLUMNS = [
    Column("name", "姓名"), Column("login", "登录账号"), Column("role", "角色"), Column("joined_at", "加入时间"), Column("state", "状态"),
]  # fmt: skip
NEW_LINK = "new_invitation"


def _filters() -> dict[str, str]:
    args = request.args
    return {"q": args.get("q", "").strip()[:60], "role": args.get("role", "") if args.get("role") in ROLES else ""}


def _managed() -> Organisation:
    organisation = own_organisation()
    require(can_manage_members(current_actor(), organisation))
    return organisation


@bp.get("/organisation/members")
@roles("firm", "client")
def members() -> str:
    """Everybody who acts for the organisation; for its administrators also what waits for them. A new link is shown this once."""
    actor, organisation, chosen = current_actor(), own_organisation(), _filters()
    require(can_view_members(actor, organisation))
    manages = can_manage_members(actor, organisation)
    fresh = session.pop(NEW_LINK, None) if manages else None
    page = queries.page_members(
        organisation.id, **chosen, page=request.args.get("page", 1, int), per_page=request.args.get("per_page", 20, int)
    )
    return render_template(
        "organisations/members.html", organisation=organisation, page=page, chosen=chosen, roles=ROLES, notes=ROLE_NOTES,
        powers=powers_of(organisation.kind), manages=manages, now=clock.now(),
        requests=queries.list_join_requests(organisation.id) if manages else [],
        invitations=queries.list_invitations(organisation.id) if manages else [],
        is_last_admin=queries.is_last_admin(actor, organisation.id),
        link=url_for("organisations.accept_invitation", token=fresh, _external=True) if fresh else "",
    )  # fmt: skip


@bp.get("/organisation/members/export")
@roles("firm", "client")
def export_members() -> Response:
    organisation = _managed()
    kind = "xlsx" if request.args.get("format") == "xlsx" else "csv"
    chosen = _filters()
    rows = [
        {
            "name": m.name, "login": m.login, "role": str(ROLES[m.role]), "joined_at": clock.local(m.joined_at).strftime("%Y-%m-%d %H:%M"),
            "state": _("已停用") if m.is_disabled else _("正常"),
        }
        for m in queries.list_members(organisation.id, **chosen)
    ]  # fmt: skip
    stream = io.BytesIO(table_bytes(kind, COLUMNS, rows))
    return send_file(
        stream, mimetype=MEDIA_TYPES[kind], as_attachment=True, download_name=f"members-{clock.today()}.{kind}"
    )


@bp.route("/organisation/members/invite", methods=["GET", "POST"])
@roles("firm", "client")
@limiter.limit("60 per hour", methods=["POST"], deduct_when=lambda response: response.status_code == 302)
def invite() -> Any:
    organisation, form = _managed(), InviteForm()
    if form.validate_on_submit():
        try:
            return redirect(submit_once(form, lambda: _invite(form)))
        except ConfirmationNeeded:
            return redirect(url_for("accounts.confirm", next=url_for("organisations.invite", role=form.role.data)))
        except ServiceError as error:
            form.add_service_error(error)
            organisation = own_organisation()
    elif request.method == "GET" and request.args.get("role") in ROLES:
        form.role.data = request.args["role"]
    page = render_template(
        "organisations/invite.html",
        form=form,
        organisation=organisation,
        roles=ROLES,
        notes=ROLE_NOTES,
        days=INVITATION_DAYS,
    )
    return page, 422 if form.is_submitted() else 200


def _invite(form: InviteForm) -> str:
    email, mobile = form.email.data or "", form.mobile.data or ""
    if email and mobile:
        raise Invalid("invitation.two", lazy("邮箱与手机号码请只填一项"), field="mobile")
    _invitation, token = services.invite_member(
        actor=current_actor(), organisation=own_organisation(), role=form.role.data, address=email or mobile
    )
    session[NEW_LINK] = token
    flash(_("邀请已生成并发送") if email or mobile else _("邀请已生成，请复制链接发给对方"), "success")
    return url_for("organisations.members")


@bp.post("/organisation/members/invitations/<int:invitation_id>/revoke")
@roles("firm", "client")
def revoke_invitation(invitation_id: int) -> Any:
    def work() -> str:
        actor, organisation = current_actor(), _managed()
        invitation = queries.get_invitation(invitation_id, actor=actor)
        services.revoke_invitation(actor=actor, organisation=organisation, invitation=invitation)
        flash(_("邀请已撤销，链接失效"), "success")
        return url_for("organisations.members")

    return redirect(submit_once(BaseForm(), work))


@bp.route("/organisation/members/requests/<int:request_id>", methods=["GET", "POST"])
@roles("firm", "client")
def decide_join_request(request_id: int) -> Any:
    """One request to join: let the person in with a role, or say why not."""
    actor, organisation = current_actor(), _managed()
    asked = queries.get_join_request(request_id, actor=actor)
    approve, decline = ApproveJoinForm(prefix="approve-"), ReasonForm(prefix="decline-")
    declining = "decline-form_key" in request.form
    form: Any = decline if declining else approve
    if form.validate_on_submit():
        try:
            return redirect(submit_once(form, lambda: _decide(request_id, form, declining)))
        except Invalid as error:
            form.add_service_error(error)
            organisation, asked = own_organisation(), queries.get_join_request(request_id, actor=actor)
    person = next((a for a in queries.list_join_requests(organisation.id) if a.request_id == request_id), None)
    page = render_template(
        "organisations/decide_join_request.html", organisation=organisation, asked=asked, person=person, approve=approve,
        decline=decline, roles=ROLES, notes=ROLE_NOTES,
    )  # fmt: skip
    return page, 422 if form.is_submitted() else 200


def _decide(request_id: int, form: Any, declining: bool) -> str:
    actor, organisation = current_actor(), own_organisation()
    asked = queries.get_join_request(request_id, actor=actor)
    if declining:
        services.decline_join_request(
            actor=actor, organisation=organisation, request=asked, reason=form.reason.data or ""
        )
        flash(_("已婉拒，并已告知对方原因"), "success")
    else:
        services.approve_join_request(actor=actor, organisation=organisation, request=asked, role=form.role.data)
        flash(_("已同意加入，并已通知对方"), "success")
    return url_for("organisations.members")


@bp.route("/organisation/members/<int:user_id>", methods=["GET", "POST"])
@roles("firm", "client")
def edit_member(user_id: int) -> Any:
    """One member's role, and the end of it. Who comes here confirms first, so that nobody chooses in vain."""
    actor, organisation = current_actor(), _managed()
    member = queries.get_member(organisation.id, user_id)
    require_confirmed(actor)
    form = RoleForm(role=member.role)
    if form.validate_on_submit():
        try:
            return redirect(submit_once(form, lambda: _change_role(user_id, form)))
        except ServiceError as error:
            form.add_service_error(error)
            organisation = own_organisation()
            member = queries.get_member(organisation.id, user_id)
    page = render_template(
        "organisations/edit_member.html", organisation=organisation, member=member, form=form, roles=ROLES, notes=ROLE_NOTES,
        is_last=member.role == "admin" and not queries.has_other_admin(organisation.id, user_id),
    )  # fmt: skip
    return page, 422 if form.is_submitted() else 200


def _change_role(user_id: int, form: RoleForm) -> str:
    services.change_role(actor=current_actor(), organisation=own_organisation(), user_id=user_id, role=form.role.data)
    flash(_("角色已变更，即时生效"), "success")
    return url_for("organisations.members")


@bp.post("/organisation/members/<int:user_id>/remove")
@roles("firm", "client")
def remove_member(user_id: int) -> Any:
    def work() -> str:
        organisation = _managed()
        queries.get_member(organisation.id, user_id)
        services.remove_member(actor=current_actor(), organisation=organisation, user_id=user_id)
        flash(_("成员已移除，其权限即时终止"), "success")
        return url_for("organisations.members")

    return redirect(submit_once(BaseForm(), work))


@bp.post("/organisation/members/leave")
@roles("firm", "client")
def leave() -> Any:
    def work() -> str:
        services.leave_organisation(actor=current_actor(), organisation=own_organisation())
        flash(_("您已退出该单位"), "success")
        return url_for("organisations.joining")

    return redirect(submit_once(BaseForm(), work))
