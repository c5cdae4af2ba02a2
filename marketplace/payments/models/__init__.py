"""Tables of money: payments, the ledger with its guards, and what the bank says."""

from marketplace.payments.models import guards
from marketplace.payments.models.ledger import LedgerAccount, LedgerTransfer, LedgerTxn
from marketplace.payments.models.payment import Payment
from marketplace.payments.models.statement import BankEntry, MatchProposal, StatementImport

__all__ = [
    "BankEntry", "LedgerAccount", "LedgerTransfer", "LedgerTxn", "MatchProposal", "Payment", "StatementImport", "guards",
]  # fmt: skip
