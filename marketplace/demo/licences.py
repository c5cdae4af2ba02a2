"""The demo's licences and verification clock: one visible case of everything that the desk and the banners can show."""

import io
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select

from marketplace.accounts.models import User
from marketplace.accounts.queries import actor_of
from marketplace.accounts.services import create_user, grant_staff_role
from marketplace.core import clock, settings
from marketplace.core.actor import CLI, SCHEDULER, Actor
from marketplace.core.db import db, transaction
from marketplace.core.uscc import ALPHABET
from marketplace.demo.people import MARK, make_uscc
from marketplace.files import services as files
from marketplace.organisations import services as organisations
from marketplace.organisations.models import Licence, Organisation, OrganisationMember
from marketplace.organisations.queries import list_licences
from marketplace.organisations.services.due import recompute_due
from marketplace.organisations.states import LicenceState

ENDING = ((0, "DISPATCH", 55), (1, "HR_PERMIT", 5), (2, "DISPATCH", 25), (3, "HR_PERMIT", 85))
LAPSED, GRACE, OVER, CONFIRMED, SUSPENDED = 6, 8, 9, 10, 11
"""Places of the firms in the order of their ids; 0 and 1 have people who sign in and see the banner."""


def add_cases(picture: bytes) -> None:
    """Leave licences that end in 5, 25, 55 and 85 days, one lapsed, one returned, a renewal waiting, one firm 6 days overdue, one 20 days,
    one that declared its facts unchanged, one suspended, and a code that waits for its second approval. `picture` stands for a scan."""
    firms = list(
        db.session.scalars(
            select(Organisation.id).where(Organisation.kind == "firm", Organisation.is_demo, Organisation.state == "approved")
            .order_by(Organisation.id).limit(12)
        )
    )  # fmt: skip
    reviewer, operator = _reviewer(), _staff("operator")
    for place, kind, days in ENDING:
        _let_end(firms[place], kind, days, operator, picture)
    _hand_in(firms[0], firms[1], reviewer, picture)
    _let_lapse(firms[LAPSED])
    for place, overdue in ((GRACE, 6), (OVER, 20), (CONFIRMED, 3)):
        _let_come_due(firms[place], overdue)
    with transaction():
        for sent in (
            organisations.expire_licences,
            organisations.remind_of_expiry,
            organisations.remind_of_verification,
        ):
            sent(actor=SCHEDULER)
    with transaction():
        organisations.suspend_organisation(
            actor=operator,
            organisation=db.session.get_one(Organisation, firms[SUSPENDED]),
            reason="接到投诉，正在核查经营场所。",
        )
    _propose_override(reviewer, picture)


def _staff(name: str) -> Actor:
    user = db.session.scalars(select(User).where(User.email == f"{name}@demo.example")).one()
    return actor_of(user)


def _reviewer() -> Actor:
    """A colleague who reviews, since nobody decides on what they proposed themselves."""
    known = db.session.scalar(select(User).where(User.email == "reviewer@demo.example"))
    if known is not None:
        return actor_of(known)
    hashed = str(db.session.scalar(select(User.password_hash).where(User.email == "operator@demo.example")))
    with transaction():
        user = create_user(
            actor=CLI, name="沈审核", email="reviewer@demo.example", mobile=None, password_hash=hashed, is_demo=True
        )
        grant_staff_role(actor=CLI, user=user, role="reviewer")
    return actor_of(user)


def _member(firm_id: int) -> Actor:
    query = (
        select(User).join(OrganisationMember, OrganisationMember.user_id == User.id)
        .where(OrganisationMember.organisation_id == firm_id, OrganisationMember.role == "admin").order_by(User.id).limit(1)
    )  # fmt: skip
    return actor_of(db.session.scalars(query).one())


def _scan(picture: bytes, name: str, purpose: str = "licence") -> files.Prepared:
    return files.prepare(io.BytesIO(picture), name, purpose)


def _number(firm_id: int, kind: str) -> str:
    words = {"HR_PERMIT": "人服证字", "DISPATCH": "人社派许字", "ICP": "电信业务字"}
    return f"（演示）{words[kind]}〔2026〕第{firm_id:05d}号"


def _let_end(firm_id: int, kind: str, days: int, operator: Actor, picture: bytes) -> None:
    """A licence that was reviewed and ends in so many days."""
    scan, today = _scan(picture, "许可证.png"), clock.today()
    with transaction():
        firm = db.session.get_one(Organisation, firm_id)
        licence = organisations.add_licence(
            actor=CLI, organisation=firm, kind=kind, number=_number(firm_id, kind), file=scan,
            valid_to=today + timedelta(days=days), issued_on=clock.add_months(today + timedelta(days=days), -36),
            scope=("refer", "introduce", "headhunt") if kind == "HR_PERMIT" else (), issuing_code="310118",
            issuing_region="上海市青浦区人力资源和社会保障局", recognised_in=("310118", "320509", "330421"),
        )  # fmt: skip
        organisations.approve_licence(
            actor=operator, licence=licence, method="registry", evidence=_scan(picture, "公示系统查询.png", "evidence")
        )


def _hand_in(first: int, second: int, reviewer: Actor, picture: bytes) -> None:
    """The first firm's further licence was returned; the second firm's renewal waits."""
    scan = _scan(picture, "电信业务许可证.png")
    with transaction():
        firm = db.session.get_one(Organisation, first)
        returned = organisations.add_licence(
            actor=_member(first), organisation=firm, kind="OTHER", number=f"（演示）人才中介资质〔2026〕第{first:05d}号",
            is_long_term=True, file=scan, issuing_code="310118", issuing_region="上海市青浦区人力资源和社会保障局",
        )  # fmt: skip
        organisations.return_licence(actor=reviewer, licence=returned, reason="扫描件缺少副本页，请补充后重新提交。")
    scan = _scan(picture, "换发许可证.png")
    with transaction():
        firm = db.session.get_one(Organisation, second)
        old = next(x for x in list_licences(second, LicenceState.VALID) if x.kind == "HR_PERMIT")
        organisations.add_licence(
            actor=_member(second), organisation=firm, kind="HR_PERMIT", number=f"{old.number}（换发）", file=scan, renews=old,
            issued_on=clock.today() - timedelta(days=2), valid_to=clock.add_months(clock.today(), 60),
            scope=("refer", "introduce", "online", "headhunt"), issuing_code="310118",
            issuing_region="上海市青浦区人力资源和社会保障局", recognised_in=("310118", "320509", "330421"),
        )  # fmt: skip


def _let_lapse(firm_id: int) -> None:
    """The past, which no service writes: a dispatch permit whose last day was ten days ago. The scheduler's service lets it lapse."""
    with transaction():
        licence = next(x for x in list_licences(firm_id, LicenceState.VALID) if x.kind == "DISPATCH")
        licence.valid_to, licence.is_long_term = clock.today() - timedelta(days=10), False


def _let_come_due(firm_id: int, overdue: int) -> None:
    """The past again: a firm last verified so long ago that it is so many days overdue."""
    months = settings.get("organisations.firm_verify_months")
    with transaction():
        firm = db.session.get_one(Organisation, firm_id)
        due = clock.today() - timedelta(days=overdue)
        verified = clock.add_months(due, -months)
        while clock.add_months(verified, months) < due:
            verified += timedelta(days=1)
        firm.last_verified_at = clock.start_of_day(verified) + timedelta(hours=2)
        for licence in db.session.scalars(select(Licence).where(Licence.organisation_id == firm_id)):
            licence.reminded_days = None
        recompute_due(organisation=firm)
        if overdue == 3:
            firm.facts_confirmed_at = clock.now() - timedelta(days=1)


def _propose_override(reviewer: Actor, picture: bytes) -> None:
    """A made-up code whose check character is wrong by one, proposed by the reviewer; the operator may agree."""
    right = make_uscc(6_000, "310118")
    wrong = right[:17] + ALPHABET[(ALPHABET.index(right[17]) + 1) % len(ALPHABET)]
    evidence = _scan(picture, "公示系统查询.png", "evidence")
    with transaction():
        organisations.propose_uscc_override(
            actor=replace(reviewer, is_confirmed=True), uscc=wrong, name=f"上海示例试点人力资源有限公司{MARK}",
            reason="国家企业信用信息公示系统可查到该代码，登记机关为试点期核发（演示）。", evidence=evidence,
        )  # fmt: skip
