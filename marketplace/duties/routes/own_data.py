"""A person's copy of their data: ask for it, see how far it is, take it away once."""

import io
from typing import Any

from flask import Response, flash, redirect, render_template, send_file, url_for

from marketplace.core import clock, settings
from marketplace.core.access import require_confirmed
from marketplace.core.db import transaction
from marketplace.core.forms import BaseForm
from marketplace.core.i18n import _
from marketplace.core.personal import personal_data
from marketplace.core.web import current_actor, limiter, signed_in, submit_once
from marketplace.duties import queries, services
from marketplace.duties.routes import bp


@bp.get("/account/data")
@signed_in
def own_data() -> str:
    actor = current_actor()
    require_confirmed(actor)
    return render_template(
        "duties/own_data.html", parts=personal_data(), exports=queries.list_exports(actor.user_id or 0), now=clock.now(),
        hours=settings.get("duties.export_hours"),
    )  # fmt: skip


@bp.post("/account/data")
@signed_in
@limiter.limit("10 per hour")
def request_own_data() -> Any:
    """Little data is ready at once, much is made by a job."""
    actor = current_actor()
    archive = services.prepare_small_export(actor=actor, user_id=actor.user_id or 0)

    def work() -> str:
        export = services.request_export(actor=actor, user_id=actor.user_id or 0, archive=archive)
        flash(_("副本已生成，请下载") if export.ready_at else _("已开始生成，完成后在本页下载"), "success")
        return url_for("duties.own_data")

    return redirect(submit_once(BaseForm(), work))


@bp.post("/account/data/<string:number>/download")
@signed_in
def fetch_own_data(number: str) -> Response:
    """The file, once. A POST, since it uses the copy up."""
    actor = current_actor()
    with transaction():
        archive = services.fetch_export(actor=actor, export=queries.get_export(number, actor=actor))
    answer = send_file(
        io.BytesIO(archive),
        mimetype="application/zip",
        as_attachment=True,
        download_name=f"my-data-{clock.today():%Y%m%d}.zip",
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer
