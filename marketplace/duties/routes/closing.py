"""Closing one's account."""

from typing import Any

from flask import flash, redirect, render_template, url_for

from marketplace.accounts.login import forget
from marketplace.accounts.queries import get_user
from marketplace.core.access import require_confirmed
from marketplace.core.errors import ConfirmationNeeded, ServiceError
from marketplace.core.i18n import _
from marketplace.core.web import current_actor, signed_in, submit_once
from marketplace.duties import services
from marketplace.duties.forms import CloseAccountForm
from marketplace.duties.routes import bp


@bp.route("/account/close", methods=["GET", "POST"])
@signed_in
def close_account() -> Any:
    """What stands against it, what happens, and the button; nothing else is asked of the person (电子商务法 24)."""
    form, actor = CloseAccountForm(), current_actor()
    require_confirmed(actor)
    if form.validate_on_submit():

        def work() -> str:
            services.close_account(actor=actor, user=get_user(actor.user_id or 0))
            return url_for("pages.home")

        try:
            target = submit_once(form, work)
            forget()
            flash(_("账号已注销。同一邮箱或手机号码可以重新注册"), "success")
            return redirect(target)
        except ConfirmationNeeded:
            raise
        except ServiceError as error:
            form.add_service_error(error)
    blockers = services.list_blockers(actor=actor, user_id=actor.user_id or 0)
    return render_template(
        "duties/close_account.html", form=form, blockers=blockers
    ), 422 if form.is_submitted() else 200
