"""An organisation's own facts, step by step: who it is, whom to reach, and what it says about itself in public."""

from datetime import date
from typing import TypedDict, Unpack

from marketplace.core import audit
from marketplace.core.access import require
from marketplace.core.actor import Actor
from marketplace.core.errors import Conflict, Invalid
from marketplace.core.i18n import lazy
from marketplace.core.uscc import check_uscc
from marketplace.organisations.access import can_edit_organisation, can_edit_public_profile
from marketplace.organisations.models import Organisation
from marketplace.organisations.queries import accept_uscc, find_by_uscc
from marketplace.organisations.rules import SIZES
from marketplace.organisations.rules.profile import checked_highlights, checked_hotline, checked_website
from marketplace.organisations.services.registering import check_facts, refuse_code, registered_already
from marketplace.organisations.states import OrganisationState
from marketplace.search.changes import touch

OPEN = (OrganisationState.DRAFT, OrganisationState.RETURNED)


class IdentityFacts(TypedDict, total=False):
    """What the business licence says beside name, code and city (dossier 2.4); capital in 分."""

    address: str
    established_on: date | None
    registered_capital_fen: int | None
    legal_representative: str
    registrar: str
    business_scope: str
    industry: str
    size: str


def edit_identity(
    *, actor: Actor, organisation: Organisation, name: str, city_code: str, uscc: str | None = None, **facts: Unpack[IdentityFacts]
) -> Organisation:  # fmt: skip
    """Fill in who the organisation is, as its business licence says. What is still empty may stay so until it is submitted.

    Refused: while the operator is reviewing; once verified, since from then on identity changes only by a reviewed request
    (电子商务法 27: what was verified stays verified); a code that is wrong or taken; what `check_facts` refuses.
    """
    require(can_edit_organisation(actor, organisation))
    if organisation.state == OrganisationState.SUBMITTED:
        raise Conflict("organisation.locked", lazy("资料正在审核中，审核完成前不能修改"))
    if organisation.state not in OPEN:
        raise Conflict("organisation.identity", lazy("主体信息已通过核验并锁定，变更须提交变更申请，由园区审核"))
    code = check_uscc(uscc).value if uscc else organisation.uscc
    if code != organisation.uscc:
        _change_code(organisation, code)
    check_facts(name, city_code, {**facts})
    organisation.name, organisation.city_code = name.strip(), city_code
    for key, value in facts.items():
        setattr(organisation, key, value.strip() if isinstance(value, str) else value)
    organisation.spell()
    _note(actor, organisation, "organisation.identity_edited")
    return organisation


def _change_code(organisation: Organisation, code: str) -> None:
    refuse_code(accept_uscc(code))
    known = find_by_uscc(code)
    if known is not None:
        raise registered_already(known)
    organisation.uscc = code


def edit_contacts(*, actor: Actor, organisation: Organisation, contact_name: str, contact_mobile: str) -> Organisation:
    """Say whom the park reaches. Refused: while the operator is reviewing; after leaving; both emptied once verified."""
    require(can_edit_organisation(actor, organisation))
    if organisation.state in (OrganisationState.SUBMITTED, OrganisationState.CLOSED):
        raise Conflict("organisation.locked", lazy("资料正在审核中，审核完成前不能修改"))
    name, mobile = contact_name.strip(), contact_mobile.strip()
    if organisation.state not in OPEN:
        if not name:
            raise Invalid("organisation.contact_name", lazy("请填写联系人"), field="contact_name")
        if not mobile:
            raise Invalid("organisation.contact_mobile", lazy("请填写联系电话"), field="contact_mobile")
    organisation.contact_name, organisation.contact_mobile = name, mobile
    _note(actor, organisation, "organisation.contacts_edited")
    return organisation


def edit_public_profile(
    *, actor: Actor, organisation: Organisation, short_name: str, intro: str, website: str = "", service_hotline: str = "",
    service_highlights: str = "", industry: str | None = None, size: str | None = None,
) -> Organisation:  # fmt: skip
    """Change what the organisation says about itself in its shop, at any time and without review: the verified identity stands apart.

    Refused: after leaving; a website that is no address of the web, a hotline that is no number, more than six highlights, an
    unknown size. `industry` and `size` are a client's own words about itself, None leaves them as they are.
    """
    require(can_edit_public_profile(actor, organisation))
    if organisation.state == OrganisationState.CLOSED:
        raise Conflict("organisation.closed", lazy("单位已退出，不能再修改展示资料"))
    organisation.website = checked_website(website)
    organisation.service_hotline = checked_hotline(service_hotline)
    organisation.service_highlights = checked_highlights(service_highlights)
    if industry is not None:
        organisation.industry = industry.strip()[:60]
    if size is not None:
        if size and size not in SIZES:
            raise Invalid("organisation.size", lazy("规模应为 微、小、中、大 之一"), field="size")
        organisation.size = size
    organisation.short_name, organisation.intro = short_name.strip(), intro.strip()
    organisation.spell()
    _note(actor, organisation, "organisation.profile_edited")
    return organisation


def _note(actor: Actor, organisation: Organisation, event: str) -> None:
    audit.record(event, "organisation", organisation.id, actor=actor, organisation_id=organisation.id)
    if organisation.is_firm:
        touch("firm", [organisation.id])
