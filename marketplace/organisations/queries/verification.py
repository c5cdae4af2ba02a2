"""Reads for the operator's review."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ScalarSelect, Select, func, or_, select

from marketplace.core import clock
from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.core.i18n import _
from marketplace.core.paging import Page, paginate
from marketplace.core.uscc import check_uscc
from marketplace.core.worklist import start_of
from marketplace.organisations.models import Licence, Organisation, VerificationCheck
from marketplace.organisations.queries.desk import held_by_others
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


def _oldest_licence() -> ScalarSelect[Any]:
    """Since when the oldest licence of an organisation waits."""
    return (
        select(func.min(Licence.created_at))
        .where(Licence.organisation_id == Organisation.id, Licence.state == LicenceState.PENDING)
        .correlate(Organisation)
        .scalar_subquery()
    )


def select_verifications(
    *, state: str = "submitted", kind: str = "", q: str = "", city: str = "", before: datetime | None = None
) -> Select[Any]:
    """The operator's queue: what waits, oldest first. `licences`: approved ones with a licence to review; `overdue`: past their day.

    `before`: waiting since earlier than this moment.
    """
    query = select(Organisation)
    since: Any = Organisation.submitted_at
    if state == "licences":
        waiting = select(Licence.organisation_id).where(Licence.state == LicenceState.PENDING)
        since = _oldest_licence()
        query = query.where(Organisation.state == OrganisationState.APPROVED, Organisation.id.in_(waiting))
        query = query.order_by(since, Organisation.id)
    elif state == "overdue":
        query = query.where(Organisation.state == OrganisationState.APPROVED, Organisation.next_due_on < clock.today())
        since = start_of(Organisation.next_due_on)
        query = query.order_by(Organisation.next_due_on, Organisation.id)
    elif state == "all":
        query = query.order_by(Organisation.id.desc())
    else:
        query = query.where(Organisation.state == state).order_by(Organisation.submitted_at, Organisation.id)
    if kind:
        query = query.where(Organisation.kind == kind)
    if city:
        query = query.where(Organisation.city_code == city)
    if q:
        query = query.where(or_(Organisation.name.icontains(q, autoescape=True), Organisation.uscc == q.upper()))
    return query.where(since < before) if before is not None else query


def list_verifications(
    *, state: str = "submitted", kind: str = "", q: str = "", city: str = "", before: datetime | None = None,
    page: int | None = 1, per_page: int | None = 20,
) -> Page[Organisation]:  # fmt: skip
    """A page of `select_verifications`."""
    return paginate(select_verifications(state=state, kind=kind, q=q, city=city, before=before), page, per_page)


def each_verification(
    *, state: str = "submitted", kind: str = "", q: str = "", city: str = "", before: datetime | None = None
) -> Iterator[Organisation]:
    """The whole queue under these filters, for a file: read in portions, whatever its length."""
    query = select_verifications(state=state, kind=kind, q=q, city=city, before=before)
    return iter(db.session.scalars(query.execution_options(yield_per=500)))


def waiting_since(organisations: Sequence[Organisation], state: str) -> dict[int, datetime]:
    """Since when each of these waits in this queue: one query for licences, none otherwise."""
    if state == "licences":
        ids = [o.id for o in organisations]
        rows = db.session.execute(
            select(Licence.organisation_id, func.min(Licence.created_at))
            .where(Licence.organisation_id.in_(ids), Licence.state == LicenceState.PENDING)
            .group_by(Licence.organisation_id)
        )
        return {row[0]: row[1] for row in rows}
    if state == "overdue":
        return {o.id: clock.start_of_day(o.next_due_on) for o in organisations if o.next_due_on}
    return {o.id: o.submitted_at for o in organisations if o.submitted_at and o.state == OrganisationState.SUBMITTED}


def list_next_cases(actor: Actor, *, state: str = "submitted", kind: str = "", limit: int = 20) -> Sequence[int]:
    """The oldest cases of a queue that nobody else holds."""
    query = select_verifications(state=state, kind=kind).where(
        Organisation.id.not_in(held_by_others("organisation", actor))
    )
    return [o.id for o in db.session.scalars(query.limit(limit))]


def find_verification_problem(organisation: Organisation) -> str:
    """What the operator should look at before approving: a code that passes its check only with a warning."""
    result = check_uscc(organisation.uscc)
    texts = {
        "region": _("登记机关行政区划未识别，请核对"), "organisation_digit": _("主体标识码校验位异常，请核对原件"),
        "checksum": _("代码校验位不符，已按校验豁免通过，请核对原件"),
    }  # fmt: skip
    return "；".join(texts[w] for w in (*result.warnings, *result.errors) if w in texts)
