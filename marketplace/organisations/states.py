"""The two processes as data: an organisation's way into the market, and a licence's life."""

from enum import StrEnum

from marketplace.core.i18n import LazyString, lazy
from marketplace.core.lifecycle import Action, Process


class OrganisationState(StrEnum):
    DRAFT = "draft"  # signed up, not yet sent in
    SUBMITTED = "submitted"  # waits for the operator
    RETURNED = "returned"  # sent back with a reason; the organisation corrects and submits again
    APPROVED = "approved"  # verified: may sell, or buy
    SUSPENDED = "suspended"  # stopped by the operator with a reason
    CLOSED = "closed"  # has left; records are kept

    @property
    def label(self) -> LazyString:
        return _ORGANISATION[self][0]

    @property
    def tone(self) -> str:
        return _ORGANISATION[self][1]


_ORGANISATION: dict[OrganisationState, tuple[LazyString, str]] = {
    OrganisationState.DRAFT: (lazy("资料未提交"), "neutral"),
    OrganisationState.SUBMITTED: (lazy("审核中"), "warning"),
    OrganisationState.RETURNED: (lazy("已退回"), "danger"),
    OrganisationState.APPROVED: (lazy("已认证"), "success"),
    OrganisationState.SUSPENDED: (lazy("已暂停"), "danger"),
    OrganisationState.CLOSED: (lazy("已退出"), "neutral"),
}


class LicenceState(StrEnum):
    PENDING = "pending"  # waits for the operator
    RETURNED = "returned"  # sent back with a reason
    VALID = "valid"  # counts, while its day has not passed
    EXPIRED = "expired"  # its last day has passed
    REVOKED = "revoked"  # withdrawn by the operator or replaced by a newer one

    @property
    def label(self) -> LazyString:
        return _LICENCE[self][0]

    @property
    def tone(self) -> str:
        return _LICENCE[self][1]


_LICENCE: dict[LicenceState, tuple[LazyString, str]] = {
    LicenceState.PENDING: (lazy("待核验"), "warning"),
    LicenceState.RETURNED: (lazy("已退回"), "danger"),
    LicenceState.VALID: (lazy("有效"), "success"),
    LicenceState.EXPIRED: (lazy("已过期"), "danger"),
    LicenceState.REVOKED: (lazy("已失效"), "neutral"),
}


class OverrideState(StrEnum):
    PROPOSED = "proposed"  # waits for a second person
    APPROVED = "approved"  # the code is accepted as it stands
    REJECTED = "rejected"  # the second person disagreed
    WITHDRAWN = "withdrawn"  # taken back by whoever proposed it

    @property
    def label(self) -> LazyString:
        return _OVERRIDE[self][0]

    @property
    def tone(self) -> str:
        return _OVERRIDE[self][1]


_OVERRIDE: dict[OverrideState, tuple[LazyString, str]] = {
    OverrideState.PROPOSED: (lazy("待第二人复核"), "warning"),
    OverrideState.APPROVED: (lazy("已批准"), "success"),
    OverrideState.REJECTED: (lazy("已驳回"), "danger"),
    OverrideState.WITHDRAWN: (lazy("已撤回"), "neutral"),
}

_OPEN = ("draft", "submitted", "returned", "approved", "suspended")
ORGANISATION_PROCESS = Process(
    noun="organisation",
    initial="draft",
    states=OrganisationState,
    actions=(
        Action("submit", ("draft", "returned"), "submitted", "organisation.submitted", "can_submit_verification", lazy("提交审核"), "submitted_at"),
        Action("approve", ("submitted",), "approved", "organisation.approved", "can_verify_organisation", lazy("通过"), "approved_at"),
        Action("return", ("submitted",), "returned", "organisation.returned", "can_verify_organisation", lazy("退回"), "returned_at"),
        Action("import", ("draft",), "approved", "organisation.imported", "can_import_organisations", lazy("导入"), "approved_at"),
        Action("reverify", ("approved",), "approved", "organisation.reverified", "can_verify_organisation", lazy("复核通过"), "last_verified_at"),
        Action("suspend", ("approved",), "suspended", "organisation.suspended", "can_suspend_organisation", lazy("暂停"), "suspended_at"),
        Action("restore", ("suspended",), "approved", "organisation.restored", "can_suspend_organisation", lazy("恢复")),
        Action("close", _OPEN, "closed", "organisation.closed", "can_suspend_organisation", lazy("退出"), "closed_at"),
    ),
    waiting={"submitted": "return", "returned": "close", "suspended": "restore", "draft": "close", "approved": "suspend"},
)  # fmt: skip

LICENCE_PROCESS = Process(
    noun="licence",
    initial="pending",
    states=LicenceState,
    actions=(
        Action("approve", ("pending",), "valid", "licence.approved", "can_verify_organisation", lazy("核验通过"), "reviewed_at"),
        Action("return", ("pending",), "returned", "licence.returned", "can_verify_organisation", lazy("退回"), "reviewed_at"),
        Action("resubmit", ("returned",), "pending", "licence.resubmitted", "can_add_licence", lazy("更正后重新提交"), "submitted_at"),
        Action("record", ("pending",), "valid", "licence.recorded", "can_import_organisations", lazy("登记")),
        Action("expire", ("valid",), "expired", "licence.expired", "can_expire_licence", lazy("到期")),
        Action("revoke", ("pending", "valid", "returned", "expired"), "revoked", "licence.revoked", "can_verify_organisation", lazy("作废")),
    ),
    waiting={"pending": "return", "returned": "revoke", "valid": "revoke", "expired": "revoke"},
)  # fmt: skip

OVERRIDE_PROCESS = Process(
    noun="uscc_override",
    initial="proposed",
    states=OverrideState,
    actions=(
        Action("approve", ("proposed",), "approved", "uscc_override.approved", "can_decide_uscc_override", lazy("批准"), "decided_at"),
        Action("reject", ("proposed",), "rejected", "uscc_override.rejected", "can_decide_uscc_override", lazy("驳回"), "decided_at"),
        Action("withdraw", ("proposed",), "withdrawn", "uscc_override.withdrawn", "can_withdraw_uscc_override", lazy("撤回"), "decided_at"),
    ),
    waiting={"proposed": "reject"},
)  # fmt: skip
