"""Money: the append-only double-entry ledger, bank transfer, statement import and matching. Knows a payment, not an order."""
