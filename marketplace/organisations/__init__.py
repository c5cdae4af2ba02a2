"""HR firms and client enterprises: identity, licences, verification, members and their roles.

Nouns: an *organisation* is one legal body under its USCC, a `firm` or a `client`; a *member* is a user with a role in it; a *licence*
is a permit with its scan, reviewed on its own; a *check* is one decision of the operator on either, kept for good.

Invariants: one organisation per USCC; only an approved client places orders, only an approved firm's listings show; a licence counts
while it is valid and not past its day; every decision has an append-only record.
"""
