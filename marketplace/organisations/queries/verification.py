"""Reads for the operator's review."""

from collections.abc import Sequence

from sqlalchemy import or_, select

from marketplace.core import clock
from marketplace.core.db import db
from marketplace.core.i18n import _
from marketplace.core.paging import Page, paginate
from marketplace.core.uscc import check_uscc
from marketplace.organisations.models import Licence, Organisation, VerificationCheck
from marketplace.organisations.states import LicenceState, OrganisationState


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
    result = check_uscc(organisation.uscc)
    texts = {
        "region": _("登记机关行政区划未识别，请核对"), "organisation_digit": _("主体标识码校验位异常，请核对原件"),
        "checksum": _("代码校验位不符，已按校验豁免通过，请核对原件"),
    }  # fmt: skip
    return "；".join(texts[w] for w in (*result.warnings, *result.errors) if w in texts)
