"""Reads of organisations, licences and members."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Select, exists, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from marketplace.accounts.models import User
from marketplace.accounts.queries import register_memberships
from marketplace.core import clock
from marketplace.core.actor import Actor, Membership
from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.core.i18n import _, lazy
from marketplace.core.paging import Page, paginate
from marketplace.core.uscc import check_uscc
from marketplace.organisations.access import can_read_licence_file, can_view_organisation
from marketplace.organisations.models import Licence, Organisation, OrganisationMember, VerificationCheck
from marketplace.organisations.states import LicenceState, OrganisationState


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
    """May this firm's listings show, as far as the firm itself goes?"""
    return organisation.kind == "firm" and organisation.is_approved


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
        .options(joinedload(Licence.organisation), joinedload(Licence.file))
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


def list_lapsed_licences(day: date) -> list[Licence]:
    """Licences still marked valid whose last day is before this one."""
    query = select(Licence).where(Licence.state == LicenceState.VALID, Licence.valid_to < day).order_by(Licence.id)
    return list(db.session.scalars(query))


def member_user_ids(organisation_id: int) -> list[int]:
    """The people who act for an organisation."""
    query = select(OrganisationMember.user_id).where(OrganisationMember.organisation_id == organisation_id)
    return list(db.session.scalars(query.order_by(OrganisationMember.user_id)))


@dataclass(frozen=True, slots=True)
class Member:
    user_id: int
    name: str
    login: str
    role: str


def list_members(organisation_id: int) -> list[Member]:
    """The people of an organisation with their roles."""
    rows = db.session.execute(
        select(User.id, User.name, User.email, User.mobile, OrganisationMember.role)
        .join(User, User.id == OrganisationMember.user_id)
        .where(OrganisationMember.organisation_id == organisation_id)
        .order_by(OrganisationMember.created_at, User.id)
    )
    return [Member(r.id, r.name, r.email or r.mobile or "", r.role) for r in rows]


def list_memberships(user_id: int) -> tuple[Membership, ...]:
    """What a person acts for, as the actor of a request needs it: one query."""
    rows = db.session.execute(
        select(OrganisationMember.organisation_id, Organisation.kind, OrganisationMember.role, Organisation.state)
        .join(Organisation, Organisation.id == OrganisationMember.organisation_id)
        .where(OrganisationMember.user_id == user_id)
        .order_by(OrganisationMember.created_at, OrganisationMember.organisation_id)
    )
    return tuple(Membership(*row) for row in rows)


register_memberships(list_memberships)


def list_checks(organisation_id: int, limit: int = 100) -> Sequence[VerificationCheck]:
    """The operator's decisions on an organisation, newest first."""
    query = select(VerificationCheck).where(VerificationCheck.organisation_id == organisation_id)
    return db.session.scalars(query.order_by(VerificationCheck.id.desc()).limit(limit)).all()


def find_last_reason(organisation_id: int) -> str:
    """Why the organisation was last returned or suspended."""
    query = select(VerificationCheck.reason).where(
        VerificationCheck.organisation_id == organisation_id, VerificationCheck.licence_id.is_(None),
        VerificationCheck.result.in_(("returned", "suspended")),
    )  # fmt: skip
    return db.session.scalar(query.order_by(VerificationCheck.id.desc()).limit(1)) or ""


def list_verifications(
    *, state: str = "submitted", kind: str = "", q: str = "", page: int = 1, per_page: int = 20
) -> Page[Organisation]:
    """The operator's queue: what waits, oldest first. `licences`: approved ones with a licence to review; `overdue`: past their day."""
    query = select(Organisation)
    if state == "licences":
        waiting = select(Licence.organisation_id).where(Licence.state == LicenceState.PENDING)
        query = query.where(Organisation.state == OrganisationState.APPROVED, Organisation.id.in_(waiting)).order_by(
            Organisation.id
        )
    elif state == "overdue":
        query = query.where(Organisation.state == OrganisationState.APPROVED, Organisation.next_due_on < clock.today())
        query = query.order_by(Organisation.next_due_on, Organisation.id)
    elif state == "all":
        query = query.order_by(Organisation.id.desc())
    else:
        query = query.where(Organisation.state == state).order_by(Organisation.submitted_at, Organisation.id)
    if kind:
        query = query.where(Organisation.kind == kind)
    if q:
        query = query.where(or_(Organisation.name.icontains(q, autoescape=True), Organisation.uscc == q.upper()))
    if per_page > 100:
        rows = db.session.scalars(query.limit(per_page)).all()
        return Page(rows, len(rows), 1, per_page)
    return paginate(query, page, per_page)


def find_verification_problem(organisation: Organisation) -> str:
    """What the operator should look at before approving: a code that passes its check only with a warning."""
    warnings = check_uscc(organisation.uscc).warnings
    texts = {"region": _("登记机关行政区划未识别，请核对"), "organisation_digit": _("主体标识码校验位异常，请核对原件")}
    return "；".join(texts[w] for w in warnings)
