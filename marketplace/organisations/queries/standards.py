"""Reads of standards and grades: a firm's own, the public ones, the desk's queue, what ends."""

from collections.abc import Collection, Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import aliased, contains_eager, joinedload

from marketplace.core import clock
from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.core.i18n import lazy
from marketplace.core.paging import Page, paginate
from marketplace.files.models import StoredFile
from marketplace.organisations.access import can_read_standard
from marketplace.organisations.models import FirmStandard, Organisation
from marketplace.organisations.states import StandardState

OPEN = (StandardState.SUBMITTED, StandardState.RETURNED)


def get_standard(standard_id: int, *, actor: Actor) -> FirmStandard:
    """One standard with its firm and evidence, for the firm's own people and the desk; for others it does not exist."""
    found = db.session.scalar(
        select(FirmStandard)
        .where(FirmStandard.id == standard_id)
        .options(joinedload(FirmStandard.organisation), joinedload(FirmStandard.file))
        .execution_options(populate_existing=True)
    )
    if found is None or not can_read_standard(actor, found):
        raise NotFound("standard.missing", lazy("没有这份标准或等级，或您无权查看"))
    return found


def get_standard_file(standard_id: int, *, actor: Actor) -> StoredFile:
    """The evidence, for whoever may see the standard itself; never for the public."""
    found = get_standard(standard_id, actor=actor)
    if found.file is None:
        raise NotFound("standard.no_file", lazy("这份标准或等级没有证明文件"))
    return found.file


def list_own_standards(
    organisation_id: int, *, state: str = "", page: int | None = 1, per_page: int | None = 20
) -> Page[FirmStandard]:
    """A firm's own, in any state or in one, newest first."""
    return paginate(select_own_standards(organisation_id, state), page, per_page)


def select_own_standards(organisation_id: int, state: str = "") -> Select[Any]:
    query = select(FirmStandard).where(FirmStandard.organisation_id == organisation_id)
    if state in set(StandardState):
        query = query.where(FirmStandard.state == state)
    return query.options(joinedload(FirmStandard.file)).order_by(FirmStandard.id.desc())


def each_own_standard(organisation_id: int, state: str = "") -> Sequence[FirmStandard]:
    """The same for a file; a firm has few."""
    return db.session.scalars(select_own_standards(organisation_id, state)).all()


def list_public_standards(organisation_ids: Collection[int]) -> dict[int, list[FirmStandard]]:
    """What these firms hold today as everybody sees it, by number: one query."""
    found: dict[int, list[FirmStandard]] = {}
    if organisation_ids:
        query = select(FirmStandard).where(
            FirmStandard.organisation_id.in_(organisation_ids), FirmStandard.counting_on(clock.today())
        )
        for one in db.session.scalars(query.order_by(FirmStandard.standard_no, FirmStandard.id)):
            found.setdefault(one.organisation_id, []).append(one)
    return found


def find_approved_standard(organisation_id: int, standard_no: str) -> FirmStandard | None:
    """The one of this number that stands, if any."""
    return db.session.scalar(
        select(FirmStandard).where(
            FirmStandard.organisation_id == organisation_id, FirmStandard.standard_no == standard_no,
            FirmStandard.state == StandardState.APPROVED,
        )
    )  # fmt: skip


def find_open_standard(organisation_id: int, standard_no: str) -> FirmStandard | None:
    """The one of this number that waits for the desk or for the firm, if any."""
    return db.session.scalar(
        select(FirmStandard).where(
            FirmStandard.organisation_id == organisation_id, FirmStandard.standard_no == standard_no,
            FirmStandard.state.in_(OPEN),
        )
    )  # fmt: skip


def count_standards(organisation_id: int) -> int:
    query = select(func.count()).select_from(FirmStandard).where(FirmStandard.organisation_id == organisation_id)
    return db.session.scalar(query) or 0


def list_lapsed_standards(day: date) -> Sequence[FirmStandard]:
    """Those still marked approved whose last day is before this one."""
    query = select(FirmStandard).where(FirmStandard.state == StandardState.APPROVED, FirmStandard.valid_to < day)
    return db.session.scalars(query.order_by(FirmStandard.id)).all()


def list_ending_standards(day: date, days: int) -> Sequence[FirmStandard]:
    """Approved ones that end within so many days, of which their firm was not told yet and whose renewal does not wait already."""
    renewal = aliased(FirmStandard)
    waiting = select(renewal.id).where(
        renewal.organisation_id == FirmStandard.organisation_id, renewal.standard_no == FirmStandard.standard_no,
        renewal.state == StandardState.SUBMITTED,
    )  # fmt: skip
    query = select(FirmStandard).where(
        FirmStandard.state == StandardState.APPROVED, FirmStandard.valid_to >= day, FirmStandard.valid_to <= day + timedelta(days=days),
        FirmStandard.reminded_on.is_(None), ~waiting.exists(),
    )  # fmt: skip
    return db.session.scalars(query.order_by(FirmStandard.id)).all()


def _queue(state: str, q: str) -> Select[Any]:
    query = (
        select(FirmStandard)
        .join(Organisation, Organisation.id == FirmStandard.organisation_id)
        .options(contains_eager(FirmStandard.organisation))
    )
    if state in set(StandardState):
        query = query.where(FirmStandard.state == state)
    if q:
        query = query.where(
            or_(
                Organisation.name.icontains(q, autoescape=True), Organisation.uscc == q.upper(),
                FirmStandard.standard_no.icontains(q, autoescape=True), FirmStandard.title.contains(q, autoescape=True),
            )
        )  # fmt: skip
    return query.order_by(FirmStandard.submitted_at, FirmStandard.id)


def list_standard_queue(
    *, state: str = "submitted", q: str = "", page: int | None = 1, per_page: int | None = 20
) -> Page[FirmStandard]:
    """The desk's queue with the firms, oldest first; another state by name, `all` for every one."""
    return paginate(_queue(state, q), page, per_page)


def each_queued_standard(*, state: str = "submitted", q: str = "") -> Iterator[FirmStandard]:
    """The whole queue under these filters, for a file."""
    return iter(db.session.scalars(_queue(state, q).execution_options(yield_per=500)))


def find_standing_standard(standard: FirmStandard) -> FirmStandard | None:
    """What an approval of this one would replace."""
    found = find_approved_standard(standard.organisation_id, standard.standard_no)
    return None if found is None or found.id == standard.id else found
