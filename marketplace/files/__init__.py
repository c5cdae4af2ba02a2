"""Uploaded documents: stored by content hash, type-checked by content, served only by the domain that knows who may see them."""
