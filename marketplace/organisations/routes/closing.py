"""Leaving the platform, as the organisation's own people announce it and take it back."""

from typing import Any

from flask import flash, redirect, render_template, url_for

from marketplace.core import settings
from marketplace.core.access import require, require_confirmed
from marketplace.core.errors import NotFound, ServiceError
from marketplace.core.forms import BaseForm
from marketplace.core.i18n import _, lazy
from marketplace.core.web import current_actor, roles, submit_once
from marketplace.organisations import queries, services
from marketplace.organisations.access import can_announce_closing
from marketplace.organisations.forms import ClosingForm
from marketplace.organisations.routes import bp
from marketplace.organisations.routes.own import own_organisation


@bp.route("/organisation/closing", methods=["GET", "POST"])
@roles("firm", "client")
def announce_closing() -> Any:
    """What stands between the organisation and its leaving; its administrators announce it here, the others read."""
    actor, organisation, form = current_actor(), own_organisation(), ClosingForm()
    notice = queries.find_closing(organisation.id)
    may = can_announce_closing(actor, organisation) and organisation.state != "closed"
    if may and notice is None:
        require_confirmed(actor)
    if form.validate_on_submit():
        try:
            return redirect(_announce(form))
        except ServiceError as error:
            form.add_service_error(error)
            organisation = own_organisation()
    page = render_template(
        "organisations/announce_closing.html", form=form, organisation=organisation, notice_of=queries.find_closing(organisation.id),
        may=may, blockers=services.list_closing_blockers(organisation.id), earliest=services.earliest_closing(organisation),
        days=settings.get("organisations.closing_days"), history=queries.list_closings(organisation.id),
    )  # fmt: skip
    return page, 422 if form.is_submitted() else 200


def _announce(form: ClosingForm) -> str:
    def work() -> str:
        notice = services.announce_closing(
            actor=current_actor(), organisation=own_organisation(), reason=form.reason.data or ""
        )
        flash(_("退出公告已发布，将于 %(day)s 退出平台；在此之前可以撤回", day=notice.closes_on.isoformat()), "success")
        return url_for("organisations.announce_closing")

    return submit_once(form, work)


@bp.post("/organisation/closing/withdraw")
@roles("firm", "client")
def withdraw_closing() -> Any:
    def work() -> str:
        organisation = own_organisation()
        require(can_announce_closing(current_actor(), organisation))
        notice = queries.find_closing(organisation.id)
        if notice is None:
            raise NotFound("closing.missing", lazy("没有正在公告的退出申请"))
        services.withdraw_closing(actor=current_actor(), notice=notice)
        flash(_("已撤回退出公告，可以继续接受新订单"), "success")
        return url_for("organisations.announce_closing")

    return redirect(submit_once(BaseForm(), work))
