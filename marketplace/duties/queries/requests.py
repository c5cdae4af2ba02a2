"""Reads of data requests: the person's own, and the park's queue."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select

from marketplace.accounts.models import User
from marketplace.core import clock
from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.core.i18n import lazy
from marketplace.core.paging import Page, paginate
from marketplace.core.tabular import Column
from marketplace.duties.access import can_read_data_requests
from marketplace.duties.models import DataRequest
from marketplace.duties.rules.requests import KINDS
from marketplace.duties.states import DataRequestState

REQUEST_COLUMNS = [
    Column("number", "编号"), Column("kind", "类型"), Column("state", "状态"), Column("created_at", "提出时间"), Column("due_on", "答复期限", "date"),
    Column("closed_at", "办结时间", required=False), Column("user_id", "用户编号", "int"), Column("text", "内容"),
    Column("answer", "答复", required=False),
]  # fmt: skip


def _missing() -> NotFound:
    return NotFound("data_request.missing", lazy("没有这项请求"))


def list_own_requests(user_id: int, page: int | None = 1, per_page: int | None = 20) -> Page[DataRequest]:
    query = select(DataRequest).where(DataRequest.user_id == user_id).order_by(DataRequest.id.desc())
    return paginate(query, page, per_page)


def get_own_request(number: str, *, actor: Actor) -> DataRequest:
    """One of the person's own requests."""
    found = db.session.scalar(select(DataRequest).where(DataRequest.number == number))
    if found is None or found.user_id != actor.user_id:
        raise _missing()
    return found


def get_data_request(number: str, *, actor: Actor) -> tuple[DataRequest, User]:
    """One request with its person, for the park's people who answer or watch."""
    row = db.session.execute(
        select(DataRequest, User).join(User, User.id == DataRequest.user_id).where(DataRequest.number == number)
    ).first()
    if row is None or not can_read_data_requests(actor):
        raise _missing()
    return row[0], row[1]


def _is_overdue() -> ColumnElement[bool]:
    return (DataRequest.state == DataRequestState.RECEIVED) & (DataRequest.due_on < clock.today())


def _selected(*, state: str = "", kind: str = "", q: str = "") -> Select[Any]:
    """What waits first, the nearest deadline on top; then what is closed, newest first."""
    query = select(DataRequest)
    if state == "overdue":
        query = query.where(_is_overdue())
    elif state in set(DataRequestState):
        query = query.where(DataRequest.state == state)
    if kind in KINDS:
        query = query.where(DataRequest.kind == kind)
    if q:
        query = query.where(or_(DataRequest.number == q.upper(), DataRequest.text.contains(q, autoescape=True)))
    return query.order_by(DataRequest.state != DataRequestState.RECEIVED, DataRequest.due_on, DataRequest.id.desc())


def list_requests(page: int | None = 1, per_page: int | None = 20, **filters: str) -> Page[DataRequest]:
    return paginate(_selected(**filters), page, per_page)


def each_request(**filters: str) -> Iterator[dict[str, Any]]:
    """The same requests as lines of a file; people by number only."""
    for one in db.session.scalars(_selected(**filters).execution_options(yield_per=500)):
        yield {c.key: getattr(one, c.key) for c in REQUEST_COLUMNS} | {
            "kind": str(KINDS[one.kind]), "state": str(DataRequestState(one.state).label),
            "created_at": _moment(one.created_at), "closed_at": _moment(one.closed_at),
        }  # fmt: skip


def _moment(moment: datetime | None) -> str | None:
    return clock.local(moment).strftime("%Y-%m-%d %H:%M") if moment else None


def count_open_requests() -> tuple[int, datetime | None]:
    """How many requests wait for an answer, and since when the oldest does."""
    row = db.session.execute(
        select(func.count(), func.min(DataRequest.created_at)).where(DataRequest.state == DataRequestState.RECEIVED)
    ).one()
    return row[0], row[1]
