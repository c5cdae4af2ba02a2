"""Reads of organisations: one file, the directory, names by id."""

from collections.abc import Collection

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.core.i18n import lazy
from marketplace.core.paging import Page, paginate
from marketplace.organisations.access import can_view_organisation
from marketplace.organisations.models import Licence, Organisation
from marketplace.organisations.queries.directory import conditions_of
from marketplace.organisations.queries.standing import is_standing
from marketplace.organisations.rules.directory import FirmFilters
from marketplace.organisations.states import OrganisationState


def _missing() -> NotFound:
    return NotFound("organisation.missing", lazy("没有这个单位，或您无权查看"))


def get_organisation(organisation_id: int, actor: Actor) -> Organisation:
    """The whole file of one organisation with its licences; only for those who may see it."""
    found = db.session.scalar(
        select(Organisation)
        .where(Organisation.id == organisation_id)
        .options(selectinload(Organisation.licences).joinedload(Licence.file))
        .execution_options(populate_existing=True)
    )
    if found is None or not can_view_organisation(actor, found):
        raise _missing()
    return found


def find_by_uscc(uscc: str) -> Organisation | None:
    """The organisation with this normalised code."""
    return db.session.scalar(select(Organisation).where(Organisation.uscc == uscc))


def get_public_firm(firm_id: int) -> Organisation:
    """An approved firm as everybody sees it, with its licences."""
    found = db.session.scalar(
        select(Organisation)
        .where(
            Organisation.id == firm_id, Organisation.kind == "firm", Organisation.state == OrganisationState.APPROVED
        )
        .options(selectinload(Organisation.licences))
    )
    if found is None:
        raise NotFound("firm.missing", lazy("没有这家机构，或该机构已暂停服务"))
    return found


def find_former_firm(firm_id: int) -> Organisation | None:
    """A firm that was public once and is not now, because it is suspended or has left; to say so instead of hiding it."""
    return db.session.scalar(
        select(Organisation).where(
            Organisation.id == firm_id, Organisation.kind == "firm", Organisation.approved_at.is_not(None),
            Organisation.state.in_((OrganisationState.SUSPENDED, OrganisationState.CLOSED)),
        )
    )  # fmt: skip


def list_organisations(ids: Collection[int]) -> dict[int, Organisation]:
    """Organisations by id, for pages that show names beside other things (no permission asked: names only)."""
    if not ids:
        return {}
    return {o.id: o for o in db.session.scalars(select(Organisation).where(Organisation.id.in_(ids)))}


def list_by_uscc(usccs: Collection[str]) -> dict[str, Organisation]:
    """Organisations by code, in batches that every database takes."""
    wanted, found = list(dict.fromkeys(usccs)), {}
    for start in range(0, len(wanted), 500):
        query = select(Organisation).where(Organisation.uscc.in_(wanted[start : start + 500]))
        found.update({o.uscc: o for o in db.session.scalars(query)})
    return found


def firm_is_active(organisation: Organisation) -> bool:
    """May this firm's listings show, as far as the firm itself goes: approved, and its verification not overdue beyond the grace?"""
    return organisation.kind == "firm" and organisation.is_approved and is_standing(organisation)


def list_public_firms(
    *, q: str = "", letter: str = "", city: str = "", licence: str = "", page: int | None = 1, per_page: int | None = 20
) -> Page[Organisation]:
    """A page of approved firms in the order of the directory, without the figures of their cards."""
    filters = FirmFilters(q=q, letter=letter, city=city, licence=licence)
    query = select(Organisation).where(*conditions_of(filters))
    return paginate(query.order_by(Organisation.pinyin_key, Organisation.id), page, per_page)


def count_by_letter() -> dict[str, int]:
    """How many approved firms stand under each letter."""
    rows = db.session.execute(
        select(Organisation.pinyin_initial, func.count())
        .where(Organisation.kind == "firm", Organisation.state == OrganisationState.APPROVED)
        .group_by(Organisation.pinyin_initial)
    )
    return {row[0]: row[1] for row in rows}


def list_firm_cities() -> list[str]:
    """The cities in which approved firms are registered."""
    query = (
        select(Organisation.city_code)
        .where(Organisation.kind == "firm", Organisation.state == OrganisationState.APPROVED)
        .distinct()
        .order_by(Organisation.city_code)
    )
    return list(db.session.scalars(query))
