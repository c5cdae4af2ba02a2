"""Reads of copies of people's data."""

from sqlalchemy import select

from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.core.i18n import lazy
from marketplace.duties.access import can_fetch_export
from marketplace.duties.models import DataExport


def find_open_export(user_id: int) -> DataExport | None:
    """The person's copy that is being made or waits to be fetched; the database lets there be one."""
    return db.session.scalar(select(DataExport).where(DataExport.user_id == user_id, DataExport.ended_at.is_(None)))


def list_exports(user_id: int, limit: int = 10) -> list[DataExport]:
    """The person's latest copies."""
    query = select(DataExport).where(DataExport.user_id == user_id).order_by(DataExport.id.desc()).limit(limit)
    return list(db.session.scalars(query))


def get_export(number: str, *, actor: Actor) -> DataExport:
    """One of the person's own copies; anybody else's does not exist."""
    found = db.session.scalar(select(DataExport).where(DataExport.number == number))
    if found is None or not can_fetch_export(actor, found):
        raise NotFound("export.missing", lazy("没有这份数据副本"))
    return found


def get_export_row(export_id: int) -> DataExport:
    """The copy as the database has it now, for the worker that makes it."""
    return db.session.get_one(DataExport, export_id, populate_existing=True)


def list_unfinished_exports(limit: int = 20) -> list[int]:
    """Copies that wait for a worker, the oldest first."""
    query = (
        select(DataExport.id)
        .where(DataExport.ended_at.is_(None), DataExport.ready_at.is_(None))
        .order_by(DataExport.id)
        .limit(limit)
    )
    return list(db.session.scalars(query))
