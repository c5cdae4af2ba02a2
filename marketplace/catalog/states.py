"""The life of a listing: drafted by the firm, reviewed by the operator before it is shown (人力资源市场条例 29), never deleted.

What is on line changes only by a request of its own process, approved by the operator; until then the approved content stays.
"""

from enum import StrEnum
from typing import Any

from marketplace.core.i18n import lazy
from marketplace.core.lifecycle import Action, Process


class ListingState(StrEnum):
    DRAFT = "draft"  # the firm writes; nobody else sees it
    SUBMITTED = "submitted"  # waits for the operator
    RETURNED = "returned"  # the operator said what is wrong; the firm edits and submits again
    PUBLISHED = "published"  # shown, as long as firm and licence allow it
    SUSPENDED = "suspended"  # taken off by the operator, may come back
    WITHDRAWN = "withdrawn"  # gone for good; its page says so

    @property
    def label(self) -> Any:
        return _LABELS[self][0]

    @property
    def tone(self) -> str:
        return _LABELS[self][1]


_LABELS = {
    ListingState.DRAFT: (lazy("草稿"), "neutral"),
    ListingState.SUBMITTED: (lazy("待审核"), "warning"),
    ListingState.RETURNED: (lazy("已退回"), "danger"),
    ListingState.PUBLISHED: (lazy("已上架"), "success"),
    ListingState.SUSPENDED: (lazy("已暂停"), "danger"),
    ListingState.WITHDRAWN: (lazy("已下架"), "neutral"),
}

PROCESS = Process(
    noun="listing",
    initial="draft",
    states=ListingState,
    actions=(
        Action("submit", ("draft", "returned"), "submitted", "listing.submitted", "can_edit_listing", lazy("提交审核"), "submitted_at"),
        Action("approve", ("submitted",), "published", "listing.approved", "can_moderate_listing", lazy("通过并上架"), "published_at"),
        Action("return", ("submitted",), "returned", "listing.returned", "can_moderate_listing", lazy("退回修改"), "returned_at"),
        Action("suspend", ("published",), "suspended", "listing.suspended", "can_moderate_listing", lazy("暂停展示"), "suspended_at"),
        Action("restore", ("suspended",), "published", "listing.restored", "can_moderate_listing", lazy("恢复展示")),
        Action("revise", ("submitted",), "draft", "listing.revised", "can_edit_listing", lazy("撤回修改")),
        Action(
            "withdraw", ("draft", "submitted", "returned", "published", "suspended"), "withdrawn", "listing.withdrawn",
            "can_withdraw_listing", lazy("永久下架"), "withdrawn_at",
        ),
        Action("import", ("draft",), "published", "listing.imported", "can_import_listing", lazy("导入上架"), "published_at"),
    ),
    waiting={
        "draft": "withdraw", "submitted": "return", "returned": "withdraw", "published": "suspend", "suspended": "restore",
    },
)  # fmt: skip


class ListingChangeState(StrEnum):
    DRAFT = "draft"  # the firm writes; what is on line stays
    SUBMITTED = "submitted"  # waits for the operator
    RETURNED = "returned"  # the operator said what is wrong; the firm corrects and submits again
    APPROVED = "approved"  # its content went on line
    CANCELLED = "cancelled"  # given up by the firm, or its listing was taken down

    @property
    def label(self) -> Any:
        return _CHANGE_LABELS[self][0]

    @property
    def tone(self) -> str:
        return _CHANGE_LABELS[self][1]


_CHANGE_LABELS = {
    ListingChangeState.DRAFT: (lazy("修改草稿"), "neutral"),
    ListingChangeState.SUBMITTED: (lazy("修改待审核"), "warning"),
    ListingChangeState.RETURNED: (lazy("修改已退回"), "danger"),
    ListingChangeState.APPROVED: (lazy("修改已通过"), "success"),
    ListingChangeState.CANCELLED: (lazy("修改已放弃"), "neutral"),
}
OPEN_LISTING_CHANGES = ("draft", "submitted", "returned")
CHANGEABLE = ("published", "suspended")
"""States of a listing in which its approved content may be changed by request."""

CHANGE_PROCESS = Process(
    noun="listing_change",
    initial="draft",
    states=ListingChangeState,
    actions=(
        Action("submit", ("draft", "returned"), "submitted", "listing_change.submitted", "can_edit_listing", lazy("提交审核"), "submitted_at"),
        Action("take_back", ("submitted",), "draft", "listing_change.taken_back", "can_edit_listing", lazy("撤回")),
        Action("approve", ("submitted",), "approved", "listing_change.approved", "can_moderate_listing", lazy("通过并更新"), "decided_at"),
        Action("return", ("submitted",), "returned", "listing_change.returned", "can_moderate_listing", lazy("退回修改"), "decided_at"),
        Action("cancel", OPEN_LISTING_CHANGES, "cancelled", "listing_change.cancelled", "can_withdraw_listing", lazy("放弃修改"), "cancelled_at"),
    ),
    waiting={"draft": "cancel", "submitted": "return", "returned": "cancel"},
)  # fmt: skip
