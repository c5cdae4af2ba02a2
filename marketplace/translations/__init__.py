"""Translations: the English catalogue `en/LC_MESSAGES/messages.po` and the tools that keep it whole.

Chinese is written in the source and is its own message id, so it has no catalogue. The compiled file is made from the `.po` at
start and never committed. Invariant, held by a test: every text has an English one, with the same placeholders, none marked fuzzy.
"""
