"""Uploaded documents: stored by their hash, checked by what they contain, served only by the domain that owns them.

Nouns: a *prepared* file has been read, checked and written under its hash, and belongs to nobody yet; a *stored file* is the row that
gives it to an owner. Files has no pages and no idea who may see: each domain serves its own downloads after its own `get_…`.

Invariants: bytes are written before the transaction, the row inside it; each row has one owner and is never shared across
organisations; bytes that no row names are swept after a day.
"""
