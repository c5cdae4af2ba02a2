"""Which rules one has agreed to, being asked about new ones, and taking an optional yes back."""

from typing import Any

from flask import current_app, flash, redirect, render_template, request, url_for

from marketplace.accounts.login import person
from marketplace.accounts.queries import get_user
from marketplace.core import clock
from marketplace.core.errors import ServiceError
from marketplace.core.forms import BaseForm
from marketplace.core.i18n import _
from marketplace.core.web import current_actor, safe_next, signed_in, submit_once
from marketplace.duties import queries, services
from marketplace.duties.forms import ConsentForm
from marketplace.duties.routes import bp
from marketplace.duties.rules.documents import find_document, missing


@bp.before_app_request
def ask_for_consent() -> Any:
    """Whoever has not agreed to the rules in force is asked before anything else; costs no statement.

    One's own account pages, what is public (the rules among it) and signing out stay within reach. The park's own people act under their
    terms of employment (PIPL 13 ¶1 no. 2), so they are not asked.
    """
    found = person()
    if found is None or found.needs_second_factor or found.actor.is_staff() or request.path.startswith("/account/"):
        return None
    view: Any = current_app.view_functions.get(request.endpoint or "")
    if getattr(view, "access", ("public",)) == ("public",) or not missing(found.agreed, clock.today()):
        return None
    target = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("duties.consents", next=target))


def _page(form: ConsentForm, status: int = 200) -> Any:
    found, today = person(), clock.today()
    user_id = current_actor().user_id or 0
    is_staff = current_actor().is_staff() or bool(found and found.needs_second_factor)
    asked = [] if is_staff or found is None else missing(found.agreed, today)
    shown = [(document, version) for document in asked if (version := document.in_force(today))]
    form.shown.data = ",".join(f"{document.code}:{version.number}" for document, version in shown)
    page = queries.list_consents(user_id, request.args.get("page", 1, int), request.args.get("per_page", 20, int))
    return render_template(
        "duties/consents.html", form=form, asked=shown, agreed=found.agreed if found else {}, page=page, how=how_labels(),
        optional=queries.list_optional(user_id), document=find_document, today=today,
    ), status  # fmt: skip


def how_labels() -> dict[str, str]:
    """In which ways a consent comes to be, in the reader's language."""
    return {
        "sign_up": _("注册时勾选"), "invitation": _("接受邀请时勾选"), "asked_again": _("登录后勾选"), "settings": _("在本页选择"),
        "demo": _("演示数据"),
    }  # fmt: skip


@bp.route("/account/consents", methods=["GET", "POST"])
@signed_in
def consents() -> Any:
    form, actor = ConsentForm(), current_actor()
    target = safe_next(form.next.data or request.args.get("next"), url_for("pages.desk"))
    if form.validate_on_submit():

        def work() -> str:
            services.give_consents(
                actor=actor, user=get_user(actor.user_id or 0), shown=(form.shown.data or "").split(","), agreed=bool(form.agree.data),
                address=request.remote_addr or "",
            )  # fmt: skip
            return target

        try:
            return redirect(submit_once(form, work))
        except ServiceError as error:
            form.add_service_error(error)
    elif request.method == "GET":
        form.next.data = request.args.get("next", "")
    return _page(form, 422 if form.is_submitted() else 200)


@bp.post("/account/consents/<string:code>/<any(give, withdraw):decision>")
@signed_in
def set_consent(code: str, decision: str) -> Any:
    """Give or take back an optional consent."""
    actor = current_actor()

    def work() -> str:
        services.set_optional_consent(
            actor=actor,
            user=get_user(actor.user_id or 0),
            code=code,
            given=decision == "give",
            address=request.remote_addr or "",
        )
        flash(_("已记录您的同意") if decision == "give" else _("已撤回同意，此前依据同意进行的处理不受影响"), "success")
        return url_for("duties.consents")

    return redirect(submit_once(BaseForm(), work))
