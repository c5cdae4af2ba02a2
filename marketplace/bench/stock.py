"""The engine's own bare query: the same search by stock whoosh on the same index, and by tantivy where it is installed."""

import importlib
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from whoosh import index as whoosh_index
from whoosh import query as wq
from whoosh import sorting

from marketplace.search.snapshot import Group

FACETS = ("category", "city")


class Answer(NamedTuple):
    """What one search gave: milliseconds of CPU, the total, and the counts by facet and value."""

    ms: float
    total: int
    counts: dict[str, dict[str, int]]


def ask_whoosh(folder: Path, needs: Sequence[Sequence[Group]]) -> list[Answer]:
    """Each of these needs by stock whoosh: top 20, total, counts of all categories and cities and of each price."""
    answers = []
    with whoosh_index.open_dir(str(folder / "whoosh")).searcher() as searcher:
        facets = _facets(searcher.reader())
        for groups in needs:
            at = time.thread_time()
            found = searcher.search(_query(groups), limit=20, groupedby=facets, maptype=sorting.Count)
            total = len(found)
            counts = {name: {k: n for k, n in found.groups(name).items() if k is not None} for name in FACETS}
            answers.append(Answer((time.thread_time() - at) * 1000, total, counts))
    return answers


def _facets(reader: Any) -> Any:
    facets = sorting.Facets()
    for name in FACETS:
        prefix = f"{name}\x1f"
        values = [bytes(term).decode() for term in reader.expand_prefix("facet", prefix)]
        terms = {value.removeprefix(prefix): wq.Term("facet", value) for value in values}
        facets.add_facet(name, sorting.QueryFacet(terms, allow_overlap=True))
    return facets.add_field("n_price")


def _query(groups: Sequence[Group]) -> Any:
    return wq.And([
        wq.Or([wq.And([wq.Term("text", token, boost=wording.weight) for token in wording.tokens]) for wording in group])
        for group in groups
    ])  # fmt: skip


def ask_tantivy(documents: Sequence[tuple[str, str]], needs: Sequence[Sequence[Group]]) -> list[Answer] | None:
    """The same by tantivy (tokens, facet values as tokens), without price bands; None where the package is not installed."""
    try:
        tantivy = importlib.import_module("tantivy")
    except ImportError:
        return None
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("text", tokenizer_name="whitespace", index_option="freq")
    builder.add_text_field("facet", tokenizer_name="raw", index_option="basic", fast=True)
    schema = builder.build()
    index = tantivy.Index(schema)
    writer = index.writer(256_000_000, 1)
    for text, facets in documents:
        document = tantivy.Document()
        document.add_text("text", text)
        for one in facets.split(" "):
            document.add_text("facet", one)
        writer.add_document(document)
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher, answers = index.searcher(), []
    for groups in needs:
        query = _tantivy_query(tantivy, schema, groups)
        at = time.thread_time()
        hits = searcher.search(query, 20)
        told = searcher.aggregate(query, {"facet": {"terms": {"field": "facet", "size": 300}}})
        ms = (time.thread_time() - at) * 1000
        counts: dict[str, dict[str, int]] = {name: {} for name in FACETS}
        for bucket in told["facet"]["buckets"]:
            name, value = bucket["key"].split(":", 1)
            counts[name][value] = bucket["doc_count"]
        answers.append(Answer(ms, hits.count, counts))
    return answers


def _tantivy_query(tantivy: Any, schema: Any, groups: Sequence[Group]) -> Any:
    must, should = tantivy.Occur.Must, tantivy.Occur.Should

    def wording_query(wording: Any) -> Any:
        return tantivy.Query.boolean_query(
            [(must, tantivy.Query.term_query(schema, "text", token, "freq")) for token in wording.tokens]
        )

    return tantivy.Query.boolean_query(
        [(must, tantivy.Query.boolean_query([(should, wording_query(one)) for one in group])) for group in groups]
    )
