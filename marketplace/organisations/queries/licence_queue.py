"""Reads for the review of licences: the queue, one licence beside what it would replace, its history."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from marketplace.core import clock
from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.core.i18n import lazy
from marketplace.core.paging import Page, paginate
from marketplace.files.models import StoredFile
from marketplace.organisations.access import can_read_licence_file, can_read_verifications
from marketplace.organisations.models import Licence, LicencePage, Organisation, VerificationCheck
from marketplace.organisations.rules import REMIND_DAYS
from marketplace.organisations.states import LicenceState

ENDING = tuple(f"ending_{days}" for days in REMIND_DAYS)
QUEUES = ("pending", "applying", *ENDING, "lapsed", "returned", "valid", "revoked", "all")
REVIEWED_ALONE = ("approved", "suspended")
"""States of an organisation whose licences are reviewed one by one; the others' come with their application."""


def _select(state: str, kind: str, q: str) -> Select[Any]:
    today = clock.today()
    query = select(Licence).join(Licence.organisation).options(contains_eager(Licence.organisation))
    if state in ("pending", "applying"):
        with_application = state == "applying"
        query = query.where(
            Licence.state == LicenceState.PENDING,
            Organisation.state == "submitted" if with_application else Organisation.state.in_(REVIEWED_ALONE),
        ).order_by(Licence.submitted_at, Licence.id)
    elif state in ENDING:
        until = today + timedelta(days=int(state.removeprefix("ending_")))
        query = query.where(Licence.state == LicenceState.VALID, Licence.valid_to >= today, Licence.valid_to <= until)
        query = query.order_by(Licence.valid_to, Licence.id)
    elif state == "lapsed":
        query = query.where(Licence.state.in_((LicenceState.VALID, LicenceState.EXPIRED)), Licence.valid_to < today)
        query = query.order_by(Licence.valid_to.desc(), Licence.id.desc())
    elif state == "valid":
        query = query.where(Licence.counting_on(today)).order_by(Licence.id.desc())
    elif state in ("returned", "revoked"):
        query = query.where(Licence.state == state).order_by(Licence.id.desc())
    else:
        query = query.order_by(Licence.id.desc())
    if kind:
        query = query.where(Licence.kind == kind)
    if q:
        query = query.where(
            or_(
                Organisation.name.icontains(q, autoescape=True), Organisation.uscc == q.upper(),
                Licence.number.contains(q, autoescape=True),
            )
        )  # fmt: skip
    return query


def list_licence_queue(
    *, state: str = "pending", kind: str = "", q: str = "", page: int = 1, per_page: int = 20
) -> Page[Licence]:
    """Licences with their organisations. `pending`: to be reviewed, oldest first; `applying`: waiting with an application;
    `ending_30`: valid ones that end within 30 days; `lapsed`: past their day."""
    return paginate(_select(state, kind, q), page, per_page)


def rows_of_licence_queue(
    *, state: str = "pending", kind: str = "", q: str = "", limit: int = 100_000
) -> Sequence[Licence]:
    """The same for a file."""
    return db.session.scalars(_select(state, kind, q).limit(limit)).all()


def get_licence_file(licence: Licence, place: int, *, actor: Actor) -> StoredFile:
    """One of a licence's scans, counted from 1."""
    if not can_read_licence_file(actor, licence):
        raise NotFound("licence.missing", lazy("没有这份证照，或您无权查看"))
    found = licence.file if place == 1 else db.session.scalar(
        select(StoredFile).join(LicencePage, LicencePage.file_id == StoredFile.id)
        .where(LicencePage.licence_id == licence.id, LicencePage.place == place)
    )  # fmt: skip
    if found is None:
        raise NotFound("licence.no_file", lazy("这份证照没有扫描件"))
    return found


def list_licence_pages(licence_ids: Sequence[int]) -> dict[int, list[int]]:
    """The places of the further scans of each of these licences: one query for a whole page."""
    found: dict[int, list[int]] = {}
    if licence_ids:
        query = select(LicencePage.licence_id, LicencePage.place).where(LicencePage.licence_id.in_(licence_ids))
        for licence_id, place in db.session.execute(query.order_by(LicencePage.place)):
            found.setdefault(licence_id, []).append(place)
    return found


def find_standing_licence(licence: Licence) -> Licence | None:
    """What an approval of this licence would replace: the valid one of the same kind, for `OTHER` the one it was handed in to renew."""
    query = select(Licence).where(
        Licence.organisation_id == licence.organisation_id,
        Licence.state == LicenceState.VALID,
        Licence.id != licence.id,
    )
    query = query.where(Licence.id == licence.renews_id if licence.kind == "OTHER" else Licence.kind == licence.kind)
    return db.session.scalar(query.options(joinedload(Licence.file), selectinload(Licence.pages)).limit(1))


def find_waiting_renewals(organisation_id: int) -> dict[str, Licence]:
    """The licences of an organisation that wait for review, by kind."""
    query = select(Licence).where(Licence.organisation_id == organisation_id, Licence.state == LicenceState.PENDING)
    return {one.kind: one for one in db.session.scalars(query.order_by(Licence.id))}


def list_licence_checks(licence: Licence, limit: int = 50) -> Sequence[VerificationCheck]:
    """The decisions on a licence and on the one it was handed in to replace, newest first."""
    ids = [one for one in (licence.id, licence.renews_id) if one is not None]
    query = select(VerificationCheck).where(VerificationCheck.licence_id.in_(ids))
    return db.session.scalars(query.order_by(VerificationCheck.id.desc()).limit(limit)).all()


def get_check_evidence(check_id: int, *, actor: Actor) -> StoredFile:
    """The screenshot or PDF behind a decision; for those who may read verifications, nobody else."""
    found = db.session.scalar(
        select(StoredFile)
        .join(VerificationCheck, VerificationCheck.evidence_file_id == StoredFile.id)
        .where(VerificationCheck.id == check_id)
    )
    if found is None or not can_read_verifications(actor):
        raise NotFound("check.no_evidence", lazy("这条记录没有核验证据，或您无权查看"))
    return found


def count_pending_licences() -> int:
    """How many licences wait to be reviewed one by one."""
    return paginate(_select("pending", "", ""), 1, 1).total
