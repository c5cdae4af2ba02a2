"""What of organisations waits for the desk."""

from typing import Any

from sqlalchemy import Select, func, select

from marketplace.core import clock
from marketplace.core.i18n import lazy
from marketplace.core.worklist import Queue, register_queue, start_of
from marketplace.organisations.models import ChangeRequest, FirmStandard, Licence, Organisation, UsccOverride
from marketplace.organisations.states import ChangeState, LicenceState, OrganisationState, OverrideState, StandardState

WORKERS, READERS = ("operator", "reviewer"), ("service", "bureau", "auditor")


def _submitted(kind: str) -> Select[Any]:
    return select(Organisation.submitted_at.label("since")).where(
        Organisation.kind == kind, Organisation.state == OrganisationState.SUBMITTED
    )


def _licences() -> Select[Any]:
    """Organisations in the market with new licences, each once, since its oldest; others' licences come with their application."""
    approved = select(Organisation.id).where(Organisation.state == OrganisationState.APPROVED)
    return (
        select(func.min(Licence.created_at).label("since"))
        .where(Licence.state == LicenceState.PENDING, Licence.organisation_id.in_(approved))
        .group_by(Licence.organisation_id)
    )


def _changes() -> Select[Any]:
    return select(ChangeRequest.submitted_at.label("since")).where(ChangeRequest.state == ChangeState.SUBMITTED)


def _overdue() -> Select[Any]:
    return select(start_of(Organisation.next_due_on).label("since")).where(
        Organisation.state == OrganisationState.APPROVED, Organisation.next_due_on < clock.today()
    )


def _overrides() -> Select[Any]:
    return select(UsccOverride.created_at.label("since")).where(UsccOverride.state == OverrideState.PROPOSED)


def _standards() -> Select[Any]:
    return select(FirmStandard.submitted_at.label("since")).where(FirmStandard.state == StandardState.SUBMITTED)


for queue in (
    Queue("firms", lazy("机构入驻"), "building-add", 1, WORKERS, READERS, "operator.list_verifications", lambda: _submitted("firm"), {"kind": "firm"}),
    Queue("clients", lazy("企业认证"), "person-vcard", 2, WORKERS, READERS, "operator.list_verifications", lambda: _submitted("client"), {"kind": "client"}),
    Queue("licences", lazy("证照核验"), "patch-check", 3, WORKERS, READERS, "operator.list_verifications", _licences, {"state": "licences"}),
    Queue("changes", lazy("变更申请"), "pencil-square", 4, WORKERS, READERS, "operator.list_changes", _changes),
    Queue("overdue", lazy("复核逾期"), "alarm", 5, WORKERS, READERS, "operator.list_overdue", _overdue, {}, None),
    Queue("standards", lazy("标准与等级"), "award", 6, WORKERS, READERS, "operator.list_standards", _standards),
    Queue("overrides", lazy("代码校验豁免"), "upc-scan", 6, WORKERS, READERS, "operator.list_uscc_overrides", _overrides),
):  # fmt: skip
    register_queue(queue)
