"""Reads of organisations: one file, the directory, names by id."""

from collections.abc import Collection

from sqlalchemy import Select, exists, func, or_, select
from sqlalchemy.orm import selectinload

from marketplace.core import clock
from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.core.i18n import lazy
from marketplace.core.paging import Page, paginate
from marketplace.organisations.access import can_view_organisation
from marketplace.organisations.models import Licence, Organisation
from marketplace.organisations.queries.standing import is_standing
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


def select_public_firms(
    *, q: str = "", letter: str = "", city: str = "", licence: str = ""
) -> Select[tuple[Organisation]]:
    """Approved firms by letter of the directory, then name."""
    query = select(Organisation).where(Organisation.kind == "firm", Organisation.state == OrganisationState.APPROVED)
    if q:
        query = query.where(
            or_(Organisation.name.contains(q, autoescape=True), Organisation.short_name.contains(q, autoescape=True))
        )
    if letter:
        query = query.where(Organisation.pinyin_initial == letter)
    if city:
        query = query.where(Organisation.city_code == city)
    if licence:
        query = query.where(
            exists().where(
                Licence.organisation_id == Organisation.id, Licence.kind == licence, Licence.counting_on(clock.today())
            )
        )
    return query.order_by(Organisation.pinyin_initial, Organisation.name, Organisation.id)


def list_public_firms(
    *, q: str = "", letter: str = "", city: str = "", licence: str = "", page: int | None = 1, per_page: int | None = 20
) -> Page[Organisation]:
    """A page of the public directory."""
    return paginate(select_public_firms(q=q, letter=letter, city=city, licence=licence), page, per_page)


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
