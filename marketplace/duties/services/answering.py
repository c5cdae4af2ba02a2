"""Requests about one's data, and the park's answers (PIPL 44–50)."""

from sqlalchemy import func, select

from marketplace.accounts.models import User
from marketplace.core import audit, clock, settings
from marketplace.core.access import require
from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid
from marketplace.core.i18n import lazy
from marketplace.core.lifecycle import advance
from marketplace.duties.access import can_answer_data_request, can_make_data_request, can_withdraw_data_request
from marketplace.duties.models import DataRequest
from marketplace.duties.rules.requests import KINDS, MAX_OPEN, MAX_TEXT, add_working_days
from marketplace.duties.states import DataRequestState
from marketplace.notifications.services import notify


def make_data_request(*, actor: Actor, kind: str, text: str) -> DataRequest:
    """Ask about one's data what one cannot settle alone; due in the working days of the setting (15).

    Refused: an unknown kind, an empty or endless text, an eleventh request while ten are open.
    """
    require(can_make_data_request(actor))
    if kind not in KINDS:
        raise Invalid("data_request.kind", lazy("请选择请求类型"), field="kind")
    _check_text(text, "text")
    open_ones = select(func.count()).where(
        DataRequest.user_id == actor.user_id, DataRequest.state == DataRequestState.RECEIVED
    )
    if (db.session.scalar(open_ones) or 0) >= MAX_OPEN:
        raise Conflict("data_request.many", lazy("您有多项请求尚待答复，请等待答复后再提出新的请求"))
    due_on = add_working_days(clock.today(), settings.get("duties.request_days"))
    request = DataRequest(user_id=actor.user_id, kind=kind, text=text.strip(), due_on=due_on)
    db.session.add(request)
    db.session.flush()
    audit.record("data_request.received", "data_request", request.id, actor=actor, kind=kind)
    params = {"number": request.number, "due_on": due_on.isoformat()}
    url = f"/operator/data-requests/{request.number}"
    for role in ("service", "operator"):
        notify(event="data_request.received", params=params, url=url, staff_role=role)
    return request


def _check_text(text: str, field: str) -> None:
    if not text.strip():
        raise Invalid("data_request.text", lazy("请填写内容"), field=field)
    if len(text.strip()) > MAX_TEXT:
        raise Invalid("data_request.long", lazy("内容最多 %(n)s 字"), field=field, n=MAX_TEXT)


def withdraw_data_request(*, actor: Actor, request: DataRequest) -> DataRequest:
    """Take one's own open request back."""
    require(can_withdraw_data_request(actor, request))
    advance(request, "withdraw", actor=actor)
    return request


def answer_data_request(*, actor: Actor, request: DataRequest, answer: str) -> DataRequest:
    """Say what was done. Refused: an empty answer, a request that is closed already."""
    require(can_answer_data_request(actor))
    return _close(actor, request, "answer", answer)


def refuse_data_request(*, actor: Actor, request: DataRequest, answer: str) -> DataRequest:
    """Refuse with reasons (PIPL 50). Refused: without reasons."""
    require(can_answer_data_request(actor))
    return _close(actor, request, "refuse", answer)


def _close(actor: Actor, request: DataRequest, action: str, answer: str) -> DataRequest:
    _check_text(answer, "answer")
    advance(request, action, actor=actor)
    request.answer, request.answered_by_id = answer.strip(), actor.user_id
    db.session.flush()
    person = db.session.get_one(User, request.user_id)
    if person.closed_at is None:
        event = "data_request.answered" if action == "answer" else "data_request.refused"
        notify(event=event, params={"number": request.number}, url="/account/requests", user_id=person.id)
    return request
