"""The search engine as a tool: documents go in, ids and counts come out. No domain knowledge lives here.

Nouns: a *document* (title, text, keyword facets, numbers) under an integer id; a *segment*, an immutable batch of documents;
a *generation*, one published state of the index; a *snapshot*, a generation opened for reading; the *change log*, the ordered
table from which every machine's indexer feeds its own index folder.

Invariants: the index is a cache of the database and can be remade at any time; whoosh is imported by `index.py` alone; a process
that only reads never opens a whoosh file; a reader sees exactly one generation for the whole of a query; totals and
counts are exact.
"""
