"""Reads of licences: what counts on a day, what ends or has lapsed."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload

from marketplace.core import clock
from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.core.i18n import lazy
from marketplace.organisations.access import can_read_licence_file
from marketplace.organisations.models import Licence
from marketplace.organisations.rules import REMIND_DAYS
from marketplace.organisations.states import LicenceState


def valid_licence_kinds(organisation_id: int, on: date | None = None) -> set[str]:
    """The kinds of licences that count for an organisation on a day (today by default)."""
    return licence_kinds_of([organisation_id], on).get(organisation_id, set())


def licence_kinds_of(ids: Collection[int], on: date | None = None) -> dict[int, set[str]]:
    """The same for many organisations at once."""
    found: dict[int, set[str]] = {one: set() for one in ids}
    if found:
        query = select(Licence.organisation_id, Licence.kind).where(
            Licence.organisation_id.in_(found), Licence.counting_on(on or clock.today())
        )
        for organisation_id, kind in db.session.execute(query):
            found[organisation_id].add(kind)
    return found


def get_licence(licence_id: int, *, actor: Actor) -> Licence:
    """One licence with its file and organisation, for those who may open the scan."""
    found = db.session.scalar(
        select(Licence)
        .where(Licence.id == licence_id)
        .options(joinedload(Licence.organisation), joinedload(Licence.file), selectinload(Licence.pages))
        .execution_options(populate_existing=True)
    )
    if found is None or not can_read_licence_file(actor, found):
        raise NotFound("licence.missing", lazy("没有这份证照，或您无权查看"))
    return found


def list_licences(organisation_id: int, *states: LicenceState) -> list[Licence]:
    """An organisation's licences in these states."""
    query = select(Licence).where(Licence.organisation_id == organisation_id, Licence.state.in_(states))
    return list(db.session.scalars(query.order_by(Licence.id)))


def list_licences_of(ids: Sequence[int], *states: LicenceState) -> list[Licence]:
    """The licences of many organisations in these states, oldest first, in batches that every database takes."""
    found: list[Licence] = []
    for start in range(0, len(ids), 500):
        query = select(Licence).where(Licence.organisation_id.in_(ids[start : start + 500]), Licence.state.in_(states))
        found.extend(db.session.scalars(query.order_by(Licence.id)))
    return found


def count_licences(organisation_id: int) -> int:
    return (
        db.session.scalar(select(func.count()).select_from(Licence).where(Licence.organisation_id == organisation_id))
        or 0
    )


def list_ending_licences(day: date, days: int) -> list[Licence]:
    """Valid licences that end within some days from this one."""
    query = select(Licence).where(
        Licence.state == LicenceState.VALID, Licence.valid_to >= day, Licence.valid_to <= day + timedelta(days=days)
    )
    return list(db.session.scalars(query.order_by(Licence.id)))


def ending_of(licences: Iterable[Licence]) -> list[Licence]:
    """Of an organisation's licences those that people should renew: valid ones that end within 90 days, and lapsed ones that nothing
    in force or waiting of the same kind has replaced."""
    today, every = clock.today(), list(licences)
    covered = {x.kind for x in every if x.counts_on(today)}
    found = [
        x for x in every
        if (x.counts_on(today) and x.valid_to is not None and x.valid_to <= today + timedelta(days=max(REMIND_DAYS)))
        or (x.kind not in covered and _is_lapsed(x, today))
    ]  # fmt: skip
    return sorted(found, key=lambda x: (x.valid_to or date.max, x.id))


def _is_lapsed(licence: Licence, day: date) -> bool:
    dead = licence.state in (LicenceState.VALID, LicenceState.EXPIRED)
    return dead and licence.valid_to is not None and licence.valid_to < day


def list_ending_or_lapsed(organisation_id: int) -> list[Licence]:
    """The same for an organisation whose licences are not at hand: one query."""
    return ending_of(list_licences(organisation_id, LicenceState.VALID, LicenceState.EXPIRED))


def list_lapsed_licences(day: date) -> list[Licence]:
    """Licences still marked valid whose last day is before this one."""
    query = select(Licence).where(Licence.state == LicenceState.VALID, Licence.valid_to < day).order_by(Licence.id)
    return list(db.session.scalars(query))
