"""The authenticator: set up, turned off, recovery codes."""

from typing import Any

import segno
from flask import flash, redirect, render_template, request, url_for

from marketplace.accounts import queries, services
from marketplace.accounts.forms import EnrolForm
from marketplace.accounts.login import person, remember
from marketplace.accounts.routes import bp
from marketplace.accounts.rules import spaced_code
from marketplace.core.access import require_confirmed
from marketplace.core.db import transaction
from marketplace.core.errors import Invalid, NotFound
from marketplace.core.forms import BaseForm
from marketplace.core.i18n import _, lazy
from marketplace.core.web import current_actor, safe_next, signed_in, submit_once

PRIVATE = {"Cache-Control": "no-store"}


@bp.route("/account/security/second-factor", methods=["GET", "POST"])
@signed_in
def second_factor() -> Any:
    """Scan the QR code, prove it by a first code, keep the recovery codes."""
    actor, found, form = current_actor(), person(), EnrolForm()
    if found is None or found.has_second_factor or found.is_demo:
        return redirect(url_for("accounts.security"))
    require_confirmed(actor)
    user = queries.get_user(actor.user_id or 0)
    target = safe_next(form.next.data or request.args.get("next"), url_for("pages.desk"))
    ticket = None
    if form.is_submitted():
        try:
            ticket = services.read_ticket(user, form.ticket.data or "")
            if form.validate():
                seed = form.form_key.data or ""
                with transaction():
                    token = services.enrol_second_factor(
                        actor=actor, user=queries.get_user(user.id), ticket=ticket, code=form.code.data or "",
                        session_id=found.session_id, seed=seed,
                    )  # fmt: skip
                remember(token)
                return _codes_page(services.recovery_codes(user.id, seed), target)
        except Invalid as error:
            form.add_service_error(error)
    ticket = ticket or services.begin_enrolment(user)
    form.ticket.data, form.next.data, form.code.data = ticket.sealed, target, ""
    image = segno.make(ticket.uri, error="m").svg_data_uri(scale=5, border=2, dark="#10233f")
    page = render_template(
        "accounts/second_factor.html", form=form, image=image, secret=ticket.secret, must=found.needs_second_factor
    )
    return page, 422 if form.is_submitted() else 200, PRIVATE


def _codes_page(codes: list[str], target: str) -> Any:
    return (
        render_template("accounts/recovery_codes.html", codes=[spaced_code(c) for c in codes], target=target),
        200,
        PRIVATE,
    )


@bp.post("/account/security/second-factor/disable")
@signed_in
def disable_second_factor() -> Any:
    actor, found = current_actor(), person()
    require_confirmed(actor)

    def work() -> str:
        services.disable_second_factor(
            actor=actor, user=queries.get_user(actor.user_id or 0), keep_session_id=found.session_id if found else 0
        )
        flash(_("两步验证已关闭，其他设备上的登录已全部退出"), "success")
        return url_for("accounts.security")

    return redirect(submit_once(BaseForm(), work))


@bp.post("/account/security/second-factor/recovery-codes")
@signed_in
def regenerate_recovery_codes() -> Any:
    """Ten new codes, shown in the answer itself and nowhere again."""
    form, actor = BaseForm(), current_actor()
    require_confirmed(actor)
    if not form.form_key.data:
        raise NotFound("form.missing", lazy("页面已过期，请返回刷新后重新提交"))
    with transaction():
        codes = services.regenerate_recovery_codes(
            actor=actor, user=queries.get_user(actor.user_id or 0), seed=form.form_key.data
        )
    return _codes_page(codes, url_for("accounts.security"))
