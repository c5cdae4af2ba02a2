"""Reads of requests to change an identity."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import contains_eager, joinedload

from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.core.i18n import lazy
from marketplace.core.paging import Page, paginate
from marketplace.organisations.access import can_view_change
from marketplace.organisations.models import ChangeRequest, Organisation
from marketplace.organisations.queries.desk import held_by_others
from marketplace.organisations.states import OPEN_CHANGES


def get_change(change_id: int, *, actor: Actor) -> ChangeRequest:
    """One request with its organisation and evidence, for its own people and the desk; for others it does not exist."""
    found = db.session.scalar(
        select(ChangeRequest)
        .where(ChangeRequest.id == change_id)
        .options(joinedload(ChangeRequest.organisation), joinedload(ChangeRequest.file))
        .execution_options(populate_existing=True)
    )
    if found is None or not can_view_change(actor, found.organisation):
        raise NotFound("change.missing", lazy("没有这份变更申请，或您无权查看"))
    return found


def find_open_change(organisation_id: int) -> ChangeRequest | None:
    """The request that is under way, if any."""
    query = select(ChangeRequest).where(
        ChangeRequest.organisation_id == organisation_id, ChangeRequest.state.in_(OPEN_CHANGES)
    )
    return db.session.scalar(query)


def list_own_changes(organisation_id: int, *, page: int | None = 1, per_page: int | None = 20) -> Page[ChangeRequest]:
    """An organisation's requests, newest first."""
    query = select(ChangeRequest).where(ChangeRequest.organisation_id == organisation_id)
    return paginate(query.order_by(ChangeRequest.id.desc()), page, per_page)


def select_changes(
    *, state: str = "submitted", kind: str = "", q: str = "", before: datetime | None = None
) -> Select[Any]:
    """The desk's queue of requests with their organisations, oldest first; `before`: sent in earlier than this."""
    query = (
        select(ChangeRequest)
        .join(Organisation, Organisation.id == ChangeRequest.organisation_id)
        .options(contains_eager(ChangeRequest.organisation))
    )
    if state != "all":
        query = query.where(ChangeRequest.state == state)
    if kind:
        query = query.where(Organisation.kind == kind)
    if q:
        query = query.where(or_(Organisation.name.icontains(q, autoescape=True), Organisation.uscc == q.upper()))
    if before is not None:
        query = query.where(ChangeRequest.submitted_at < before)
    return query.order_by(ChangeRequest.submitted_at, ChangeRequest.id)


def list_changes(
    *, state: str = "submitted", kind: str = "", q: str = "", before: datetime | None = None, page: int | None = 1,
    per_page: int | None = 20,
) -> Page[ChangeRequest]:  # fmt: skip
    return paginate(select_changes(state=state, kind=kind, q=q, before=before), page, per_page)


def each_change(
    *, state: str = "submitted", kind: str = "", q: str = "", before: datetime | None = None
) -> Iterator[ChangeRequest]:
    """The whole queue under these filters, for a file."""
    query = select_changes(state=state, kind=kind, q=q, before=before)
    return iter(db.session.scalars(query.execution_options(yield_per=500)))


def list_next_changes(actor: Actor, limit: int = 20) -> list[int]:
    """The oldest waiting requests that nobody else holds."""
    query = select_changes().where(ChangeRequest.id.not_in(held_by_others("change_request", actor))).limit(limit)
    return [one.id for one in db.session.scalars(query)]
