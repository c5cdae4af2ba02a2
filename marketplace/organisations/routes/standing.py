"""What an organisation does about its own verification clock."""

from typing import Any

from flask import flash, redirect, url_for

from marketplace.core.errors import Conflict
from marketplace.core.forms import BaseForm
from marketplace.core.i18n import _
from marketplace.core.web import current_actor, roles, submit_once
from marketplace.organisations import services
from marketplace.organisations.routes import bp
from marketplace.organisations.routes.own import own_organisation


@bp.post("/organisation/confirm-facts")
@roles("firm", "client")
def confirm_facts() -> Any:
    """Declare 资料无变化 and ask to be verified again."""
    organisation = own_organisation()

    def work() -> str:
        services.confirm_facts(actor=current_actor(), organisation=organisation)
        flash(_("已收到贵单位“资料无变化”的声明，园区将安排复核"), "success")
        return url_for("organisations.onboarding")

    try:
        return redirect(submit_once(BaseForm(), work))
    except Conflict as error:
        flash(error.text, "danger")
        return redirect(url_for("organisations.onboarding"))
