"""The processes of money coming in: the payment, the bank's entry, and the proposal that two people decide."""

from enum import StrEnum

from marketplace.core.i18n import LazyString, lazy
from marketplace.core.lifecycle import Action, Process


class PaymentState(StrEnum):
    AWAITING = "awaiting"  # the payer has been told account, amount and reference; nothing has arrived
    SETTLED = "settled"  # the exact amount has arrived and stands on the payment's own account
    CANCELLED = "cancelled"  # no longer expected; what arrives late waits for two finance people

    @property
    def label(self) -> LazyString:
        return _PAYMENT[self][0]

    @property
    def tone(self) -> str:
        return _PAYMENT[self][1]


_PAYMENT: dict[PaymentState, tuple[LazyString, str]] = {
    PaymentState.AWAITING: (lazy("待付款"), "warning"),
    PaymentState.SETTLED: (lazy("已到账"), "success"),
    PaymentState.CANCELLED: (lazy("已关闭"), "neutral"),
}


class EntryState(StrEnum):
    IMPORTED = "imported"  # just read; leaves this state within the same import
    RECORDED = "recorded"  # money that left the account: written down, nothing to decide
    QUEUED = "queued"  # a credit that matched nothing by itself: a finance person proposes
    PROPOSED = "proposed"  # a second finance person confirms or rejects
    MATCHED = "matched"  # settled a payment
    CREDITED = "credited"  # kept for an organisation, to be used for a later payment
    RETURNED = "returned"  # goes back to whoever sent it

    @property
    def label(self) -> LazyString:
        return _ENTRY[self][0]

    @property
    def tone(self) -> str:
        return _ENTRY[self][1]


_ENTRY: dict[EntryState, tuple[LazyString, str]] = {
    EntryState.IMPORTED: (lazy("已读入"), "neutral"),
    EntryState.RECORDED: (lazy("已记录"), "neutral"),
    EntryState.QUEUED: (lazy("待认领"), "warning"),
    EntryState.PROPOSED: (lazy("待复核"), "info"),
    EntryState.MATCHED: (lazy("已匹配"), "success"),
    EntryState.CREDITED: (lazy("已转客户余额"), "success"),
    EntryState.RETURNED: (lazy("应退回付款方"), "neutral"),
}


class ProposalState(StrEnum):
    PROPOSED = "proposed"  # waits for a second finance person
    CONFIRMED = "confirmed"  # the money has moved
    REJECTED = "rejected"  # the entry is back in the queue

    @property
    def label(self) -> LazyString:
        return _PROPOSAL[self][0]

    @property
    def tone(self) -> str:
        return _PROPOSAL[self][1]


_PROPOSAL: dict[ProposalState, tuple[LazyString, str]] = {
    ProposalState.PROPOSED: (lazy("待复核"), "info"),
    ProposalState.CONFIRMED: (lazy("已确认"), "success"),
    ProposalState.REJECTED: (lazy("已驳回"), "danger"),
}


class Decision(StrEnum):
    MATCH = "match"  # settle a payment; what is too much becomes the payer's credit
    CREDIT = "credit"  # keep it for an organisation
    RETURN = "return"  # send it back to whoever sent it

    @property
    def label(self) -> LazyString:
        return _DECISION[self]


_DECISION: dict[Decision, LazyString] = {
    Decision.MATCH: lazy("匹配到付款单"),
    Decision.CREDIT: lazy("转入客户余额"),
    Decision.RETURN: lazy("退回付款方"),
}


class QueueReason(StrEnum):
    """Why a credit did not match by itself, or what kind of debit a row is."""

    NO_REFERENCE = "no_reference"
    UNKNOWN_REFERENCE = "unknown_reference"
    AMBIGUOUS = "ambiguous"
    UNDERPAID = "underpaid"
    OVERPAID = "overpaid"
    THIRD_PARTY = "third_party"
    DUPLICATE = "duplicate"
    CLOSED = "closed"
    REVERSAL = "reversal"
    OUTGOING = "outgoing"

    @property
    def label(self) -> LazyString:
        return _REASON[self]


_REASON: dict[QueueReason, LazyString] = {
    QueueReason.NO_REFERENCE: lazy("附言中没有付款编号"),
    QueueReason.UNKNOWN_REFERENCE: lazy("付款编号不存在"),
    QueueReason.AMBIGUOUS: lazy("附言中有多个付款编号"),
    QueueReason.UNDERPAID: lazy("金额不足"),
    QueueReason.OVERPAID: lazy("金额多付"),
    QueueReason.THIRD_PARTY: lazy("付款户名与采购企业不一致"),
    QueueReason.DUPLICATE: lazy("该付款单已到账，疑似重复付款"),
    QueueReason.CLOSED: lazy("该付款单已关闭"),
    QueueReason.REVERSAL: lazy("冲正或退汇"),
    QueueReason.OUTGOING: lazy("支出"),
}
CREDIT_REASONS = tuple(r for r in QueueReason if r not in (QueueReason.REVERSAL, QueueReason.OUTGOING))

PAYMENT_PROCESS = Process(
    noun="payment",
    initial="awaiting",
    states=PaymentState,
    actions=(
        Action("settle", ("awaiting",), "settled", "payment.settled", "can_settle_payment", lazy("到账"), "settled_at"),
        Action(
            "cancel",
            ("awaiting",),
            "cancelled",
            "payment.cancelled",
            "can_cancel_payment",
            lazy("关闭"),
            "cancelled_at",
        ),
    ),
    waiting={"awaiting": "cancel"},
)
ENTRY_PROCESS = Process(
    noun="bank_entry",
    initial="imported",
    states=EntryState,
    actions=(
        Action("record", ("imported",), "recorded", "bank_entry.recorded", "can_import_statement", lazy("记录支出")),
        Action(
            "settle",
            ("imported",),
            "matched",
            "bank_entry.settled",
            "can_import_statement",
            lazy("自动匹配"),
            "closed_at",
        ),
        Action("queue", ("imported",), "queued", "bank_entry.queued", "can_import_statement", lazy("转待认领")),
        Action("propose", ("queued",), "proposed", "bank_entry.proposed", "can_propose_match", lazy("提出处理意见")),
        Action("reopen", ("proposed",), "queued", "bank_entry.reopened", "can_decide_match", lazy("驳回")),
        Action(
            "match",
            ("proposed",),
            "matched",
            "bank_entry.matched",
            "can_decide_match",
            lazy("匹配到付款单"),
            "closed_at",
        ),
        Action(
            "credit",
            ("proposed",),
            "credited",
            "bank_entry.credited",
            "can_decide_match",
            lazy("转入客户余额"),
            "closed_at",
        ),
        Action(
            "return",
            ("proposed",),
            "returned",
            "bank_entry.returned",
            "can_decide_match",
            lazy("退回付款方"),
            "closed_at",
        ),
    ),
    waiting={"imported": "queue", "queued": "propose", "proposed": "reopen"},
)
PROPOSAL_PROCESS = Process(
    noun="match_proposal",
    initial="proposed",
    states=ProposalState,
    actions=(
        Action(
            "confirm", ("proposed",), "confirmed", "match.confirmed", "can_decide_match", lazy("确认"), "decided_at"
        ),
        Action("reject", ("proposed",), "rejected", "match.rejected", "can_decide_match", lazy("驳回"), "decided_at"),
    ),
    waiting={"proposed": "reject"},
)
OPEN_ENTRIES = (EntryState.QUEUED, EntryState.PROPOSED)
