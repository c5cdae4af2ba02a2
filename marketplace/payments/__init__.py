"""Money: payments, the double-entry ledger, and the bank rail (statement import, matching by two finance people).

Nouns: a *payment* is an amount one organisation owes another, paid by bank transfer under its own reference number; a *statement*
is a bank's file, a *bank entry* one row of it; a *proposal* is one finance person's answer to an entry that did not match by itself,
which a second one confirms; the *ledger* holds accounts, transactions and transfers. Payments know no orders.

Invariants: every fen is in exactly one account and moves only through `ledger.post`, at most once per key; ledger rows are never
changed or removed; the accounts of others' money are never overdrawn; the same row of a statement counts once however often it
is imported; a credit that does not match exactly moves only by two different people.
"""
