"""The processes as data: an organisation's way into the market and out of it, a licence's life, a change of identity."""

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


class ChangeState(StrEnum):
    SUBMITTED = "submitted"  # waits for the operator; the old facts stand meanwhile
    RETURNED = "returned"  # sent back with a reason; may be sent in again or taken back
    APPROVED = "approved"  # the new facts stand
    WITHDRAWN = "withdrawn"  # taken back; nothing has changed

    @property
    def label(self) -> LazyString:
        return _CHANGE[self][0]

    @property
    def tone(self) -> str:
        return _CHANGE[self][1]


_CHANGE: dict[ChangeState, tuple[LazyString, str]] = {
    ChangeState.SUBMITTED: (lazy("待审核"), "warning"),
    ChangeState.RETURNED: (lazy("已退回"), "danger"),
    ChangeState.APPROVED: (lazy("已变更"), "success"),
    ChangeState.WITHDRAWN: (lazy("已撤回"), "neutral"),
}
OPEN_CHANGES = ("submitted", "returned")


class ClosingState(StrEnum):
    ANNOUNCED = "announced"  # public; no new orders; the day has not come, or something still blocks it
    CLOSED = "closed"  # the organisation has left
    WITHDRAWN = "withdrawn"  # it stays

    @property
    def label(self) -> LazyString:
        return _CLOSING[self][0]

    @property
    def tone(self) -> str:
        return _CLOSING[self][1]


_CLOSING: dict[ClosingState, tuple[LazyString, str]] = {
    ClosingState.ANNOUNCED: (lazy("退出公告中"), "warning"),
    ClosingState.CLOSED: (lazy("已退出"), "neutral"),
    ClosingState.WITHDRAWN: (lazy("已撤回"), "neutral"),
}


class StandardState(StrEnum):
    SUBMITTED = "submitted"  # waits for the operator; nothing of it is public
    RETURNED = "returned"  # sent back with a reason; may be corrected or withdrawn
    APPROVED = "approved"  # public while its last day has not passed
    EXPIRED = "expired"  # its last day has passed
    REPLACED = "replaced"  # a renewal of it was approved
    REVOKED = "revoked"  # taken down by the operator with a reason
    WITHDRAWN = "withdrawn"  # taken back by the firm

    @property
    def label(self) -> LazyString:
        return _STANDARD[self][0]

    @property
    def tone(self) -> str:
        return _STANDARD[self][1]


_STANDARD: dict[StandardState, tuple[LazyString, str]] = {
    StandardState.SUBMITTED: (lazy("待审核"), "warning"),
    StandardState.RETURNED: (lazy("已退回"), "danger"),
    StandardState.APPROVED: (lazy("已公示"), "success"),
    StandardState.EXPIRED: (lazy("已过期"), "neutral"),
    StandardState.REPLACED: (lazy("已换证"), "neutral"),
    StandardState.REVOKED: (lazy("已撤下"), "danger"),
    StandardState.WITHDRAWN: (lazy("已撤回"), "neutral"),
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
        Action("close", _OPEN, "closed", "organisation.closed", "can_close_organisation", lazy("退出"), "closed_at"),
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

CHANGE_PROCESS = Process(
    noun="change_request",
    initial="submitted",
    states=ChangeState,
    actions=(
        Action("approve", ("submitted",), "approved", "change.approved", "can_decide_change", lazy("通过"), "decided_at"),
        Action("return", ("submitted",), "returned", "change.returned", "can_decide_change", lazy("退回"), "decided_at"),
        Action("resubmit", ("returned",), "submitted", "change.resubmitted", "can_request_change", lazy("重新提交"), "submitted_at"),
        Action("withdraw", OPEN_CHANGES, "withdrawn", "change.withdrawn", "can_withdraw_change", lazy("撤回"), "withdrawn_at"),
    ),
    waiting={"submitted": "return", "returned": "withdraw"},
)  # fmt: skip

CLOSING_PROCESS = Process(
    noun="closing_notice",
    initial="announced",
    states=ClosingState,
    actions=(
        Action("close", ("announced",), "closed", "closing.completed", "can_close_organisation", lazy("退出"), "closed_at"),
        Action("withdraw", ("announced",), "withdrawn", "closing.withdrawn", "can_announce_closing", lazy("撤回退出"), "withdrawn_at"),
    ),
    waiting={"announced": "withdraw"},
)  # fmt: skip

STANDARD_PROCESS = Process(
    noun="firm_standard",
    initial="submitted",
    states=StandardState,
    actions=(
        Action("approve", ("submitted",), "approved", "firm_standard.approved", "can_review_standard", lazy("通过并公示"), "reviewed_at"),
        Action("return", ("submitted",), "returned", "firm_standard.returned", "can_review_standard", lazy("退回"), "reviewed_at"),
        Action("resubmit", ("returned",), "submitted", "firm_standard.resubmitted", "can_keep_standards", lazy("更正后重新提交"), "submitted_at"),
        Action("replace", ("approved", "expired"), "replaced", "firm_standard.replaced", "can_review_standard", lazy("换证")),
        Action("revoke", ("approved",), "revoked", "firm_standard.revoked", "can_review_standard", lazy("撤下"), "reviewed_at"),
        Action("expire", ("approved",), "expired", "firm_standard.expired", "can_expire_standard", lazy("到期")),
        Action(
            "withdraw", ("submitted", "returned", "approved", "expired"), "withdrawn", "firm_standard.withdrawn", "can_keep_standards",
            lazy("撤回"), "withdrawn_at",
        ),
    ),
    waiting={"submitted": "return", "returned": "withdraw", "approved": "revoke", "expired": "replace"},
)  # fmt: skip


class JoinState(StrEnum):
    REQUESTED = "requested"  # waits for an administrator of the organisation
    APPROVED = "approved"  # the person is a member
    DECLINED = "declined"  # refused with a reason
    WITHDRAWN = "withdrawn"  # taken back by the person, or made needless by another membership
    LAPSED = "lapsed"  # nobody decided in time

    @property
    def label(self) -> LazyString:
        return _JOIN[self][0]

    @property
    def tone(self) -> str:
        return _JOIN[self][1]


_JOIN: dict[JoinState, tuple[LazyString, str]] = {
    JoinState.REQUESTED: (lazy("待管理员处理"), "warning"),
    JoinState.APPROVED: (lazy("已通过"), "success"),
    JoinState.DECLINED: (lazy("已婉拒"), "danger"),
    JoinState.WITHDRAWN: (lazy("已撤回"), "neutral"),
    JoinState.LAPSED: (lazy("超时未处理"), "neutral"),
}
JOIN_PROCESS = Process(
    noun="join_request",
    initial="requested",
    states=JoinState,
    actions=(
        Action("approve", ("requested",), "approved", "join_request.approved", "can_manage_members", lazy("同意加入"), "decided_at"),
        Action("decline", ("requested",), "declined", "join_request.declined", "can_manage_members", lazy("婉拒"), "decided_at"),
        Action("withdraw", ("requested",), "withdrawn", "join_request.withdrawn", "can_withdraw_join_request", lazy("撤回申请"), "decided_at"),
        Action(
            "lapse", ("requested",), "lapsed", "join_request.lapsed", "can_lapse_join_requests", lazy("超时未处理"), "decided_at",
            "organisations.join_request_days",
        ),
    ),
)  # fmt: skip
