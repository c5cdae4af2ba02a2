"""Signing an organisation up, and opening the first account of one that came by a file."""

from datetime import date
from typing import TypedDict, Unpack

from marketplace.accounts.models import User
from marketplace.accounts.queries import actor_of, get_user
from marketplace.accounts.services import create_user, greet, open_session
from marketplace.core import audit, clock, regions
from marketplace.core.access import require
from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid
from marketplace.core.i18n import lazy
from marketplace.core.uscc import UsccResult
from marketplace.duties.services import record_consents
from marketplace.organisations.access import can_register_organisation, can_verify_organisation
from marketplace.organisations.models import Organisation, OrganisationMember
from marketplace.organisations.queries import accept_uscc, find_by_uscc, member_user_ids
from marketplace.organisations.rules import KINDS, SIZES
from marketplace.organisations.services.membership import end_open_request


class OrganisationFacts(TypedDict, total=False):
    """What an organisation says about itself beside its name and code; capital in 分."""

    short_name: str
    address: str
    legal_representative: str
    established_on: date | None
    registered_capital_fen: int | None
    industry: str
    size: str
    contact_name: str
    contact_mobile: str
    intro: str
    registrar: str
    business_scope: str


def sign_up_organisation(
    *, actor: Actor, kind: str, uscc: str, name: str, city_code: str, person_name: str, email: str | None, mobile: str | None,
    password_hash: str, address: str = "", agent: str = "",
) -> tuple[Organisation, str]:  # fmt: skip
    """A new person signs up for a new organisation and is signed in at once; returns it and the session's token.

    `password_hash` comes from `accounts.services.prepare_password`; the consents that the form asked for are logged in the same
    transaction. Refused: whoever is signed in already; a login that is taken; a
    code that is wrong or registered.
    """
    require(not actor.is_signed_in)
    user = create_user(actor=actor, name=person_name, email=email, mobile=mobile, password_hash=password_hash)
    record_consents(actor=actor_of(user), user=user, address=address, how="sign_up")
    greet(user=user)
    contact: OrganisationFacts = {"contact_name": user.name, "contact_mobile": user.mobile or ""}
    organisation = register_organisation(
        actor=actor_of(user), kind=kind, uscc=uscc, name=name, city_code=city_code, **contact
    )
    return organisation, open_session(user=user, address=address, agent=agent)


def register_organisation(
    *, actor: Actor, kind: str, uscc: str, name: str, city_code: str, admin: User | None = None, source: str = "sign_up",
    is_demo: bool = False, in_park: bool = False, **facts: Unpack[OrganisationFacts],
) -> Organisation:  # fmt: skip
    """Register a firm or client as a draft, with the acting person (or `admin`) as its administrator.

    Refused: an unknown kind, a USCC that fails its check (dossier 2.1) or is registered already, a city outside the table, facts that
    `check_facts` refuses.
    """
    require(can_register_organisation(actor))
    if kind not in KINDS:
        raise Invalid("organisation.kind", lazy("请选择单位类型"), field="kind")
    code = accept_uscc(uscc)
    refuse_code(code)
    known = find_by_uscc(code.value)
    if known is not None:
        raise registered_already(known)
    check_facts(name, city_code, facts)
    organisation = Organisation(
        kind=kind, uscc=code.value, name=name.strip(), city_code=city_code, source=source, is_demo=is_demo, in_park=in_park,
        **facts,
    )  # fmt: skip
    organisation.spell()
    db.session.add(organisation)
    db.session.flush()
    member = admin or (get_user(actor.user_id) if actor.user_id is not None else None)
    if member is not None:
        db.session.add(OrganisationMember(organisation_id=organisation.id, user_id=member.id, role="admin"))
        db.session.flush()
        end_open_request(actor=actor, user_id=member.id)
    audit.record(
        "organisation.registered",
        "organisation",
        organisation.id,
        actor=actor,
        organisation_id=organisation.id,
        kind=kind,
    )
    return organisation


def refuse_code(code: UsccResult) -> None:
    """Refuse a code that fails its check and is not let pass by two people (dossier 2.1)."""
    if code.errors == ("checksum",):
        text = lazy("统一社会信用代码校验位不正确，请核对营业执照；如执照上确为此代码，请联系园区运营人员办理校验豁免")
        raise Invalid("organisation.uscc_checksum", text, field="uscc")
    if not code.is_valid:
        raise Invalid("organisation.uscc", lazy("统一社会信用代码不正确，请核对营业执照"), field="uscc")


def registered_already(known: Organisation) -> Conflict:
    """The refusal of a code that is taken: where the organisation has people, whoever comes may ask them to be let in."""
    if member_user_ids(known.id):
        text = lazy("该统一社会信用代码已注册。如您是本单位人员，可以申请加入，由本单位管理员审批")
        return Conflict("organisation.registered", text, field="uscc")
    text = lazy("该单位资料已由园区导入，请联系园区运营人员为贵单位开通账号")
    return Conflict("organisation.imported", text, field="uscc")


def check_facts(name: str, city_code: str, facts: OrganisationFacts) -> None:
    """Refuse an empty or endless name, a city outside the 41, a founding day to come, a negative capital, an unknown size."""
    if not 2 <= len(name.strip()) <= 100:
        raise Invalid("organisation.name", lazy("请填写营业执照上的单位全称（2 至 100 字）"), field="name")
    region = regions.get(city_code)
    if region is None or region.level != "city":
        raise Invalid("organisation.city", lazy("请选择所在城市"), field="city_code")
    founded = facts.get("established_on")
    if founded and founded > clock.today():
        raise Invalid("organisation.established", lazy("成立日期不能晚于今天"), field="established_on")
    capital = facts.get("registered_capital_fen")
    if capital is not None and capital < 0:
        raise Invalid("organisation.capital", lazy("注册资本不能为负数"), field="registered_capital_fen")
    if facts.get("size") and facts["size"] not in SIZES:
        raise Invalid("organisation.size", lazy("规模应为 微、小、中、大 之一"), field="size")


def open_organisation_account(
    *, actor: Actor, organisation: Organisation, name: str, email: str | None, mobile: str | None, password_hash: str
) -> User:
    """The operator opens the first administrator's account of an organisation that came by a file, after checking the person in hand.

    Refused: an organisation that has people already; a login that is taken.
    """
    require(can_verify_organisation(actor))
    if member_user_ids(organisation.id):
        raise Conflict("organisation.has_members", lazy("该单位已有账号，由其管理员自行管理成员"))
    user = create_user(actor=actor, name=name, email=email, mobile=mobile, password_hash=password_hash)
    db.session.add(OrganisationMember(organisation_id=organisation.id, user_id=user.id, role="admin"))
    db.session.flush()
    audit.record(
        "organisation.account_opened",
        "organisation",
        organisation.id,
        actor=actor,
        organisation_id=organisation.id,
        user=user.id,
    )
    return user
