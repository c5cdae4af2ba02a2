"""What payments hold of a person: what finance people did. Books are kept for good."""

from marketplace.core import retention
from marketplace.core.i18n import lazy
from marketplace.core.personal import register_table
from marketplace.payments.models import MatchProposal, StatementImport

register_table(
    "statement_imports",
    lazy("您导入的银行流水"),
    StatementImport,
    "imported_by_id",
    {"number": lazy("编号"), "filename": lazy("文件名"), "created_at": lazy("时间")},
)
register_table(
    "match_proposals", lazy("您提出或复核的认领"), MatchProposal, ("proposed_by_id", "decided_by_id"),
    {"number": lazy("编号"), "decision": lazy("处理方式"), "reason": lazy("理由"), "created_at": lazy("提出时间"), "decided_at": lazy("复核时间")},
)  # fmt: skip
retention.keep("ledger", lazy("台账、付款与银行流水"), "ledger_transfer", lazy("三十年"), "会计档案管理办法")
