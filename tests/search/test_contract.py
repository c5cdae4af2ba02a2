"""The engine against its oracles: brute force over the documents, and stock whoosh on the same index."""

import itertools
import math
import random

import pytest
from whoosh import index as whoosh_index
from whoosh import query as wq
from whoosh import scoring

from marketplace.search import tokens
from marketplace.search.engine import Query
from tests.search.conftest import Folder
from tests.search.corpus import BANDS, brute_counts, brute_hits, make_corpus, make_document, random_query


def assert_agrees(folder, documents, query):
    result = folder.engine.find(query)
    strict = brute_hits(documents, Query(query.text))
    if query.text and not strict:
        return
    assert not result.is_relaxed
    hits = brute_hits(documents, query)
    assert set(result.ids) == hits and len(result.ids) == len(hits)
    assert result.total == len(hits)
    for name in ("category", "city", "firm", "price_band"):
        assert result.facets[name] == brute_counts(documents, query, name), (query, name)
    if not isinstance(query.sort, str):
        by_id = {one.id: one for one in documents}
        name, direction = query.sort
        keys = [(by_id[one].numbers.get(name, math.inf * direction) * direction, one) for one in result.ids]
        assert keys == sorted(keys)


def run_generations(folder, generations, queries, seed):
    source = random.Random(seed)
    documents = {one.id: one for one in make_corpus(250, seed)}
    folder.put(documents.values())
    for _ in range(generations):
        for _ in range(queries):
            assert_agrees(folder, list(documents.values()), random_query(source))
        fresh = [make_document(source.randint(1, 320), source) for _ in range(source.randint(1, 30))]
        fresh = list({one.id: one for one in fresh}.values())
        gone = source.sample(sorted(documents), 8)
        gone = [one for one in gone if one not in {two.id for two in fresh}]
        folder.put(fresh, gone)
        documents.update((one.id, one) for one in fresh)
        for one in gone:
            documents.pop(one, None)
        if source.random() < 0.3 and folder.index.compact(10_000):
            folder.publish()


def test_hits_totals_counts_and_order_agree_with_brute_force(folder: Folder):
    run_generations(folder, 8, 25, 7)


@pytest.mark.soak
def test_ten_thousand_random_queries_over_twenty_generations_agree_with_brute_force(folder: Folder):
    run_generations(folder, 20, 500, 8)


def whoosh_query(text):
    parts = []
    for token in tokens.query_tokens(text):
        parts.append(wq.Prefix("text", token) if tokens.is_prefix(token) else wq.Term("text", token))
    return wq.And(parts)


def test_scores_and_hits_agree_with_stock_whoosh(folder: Folder):
    source = random.Random(5)
    for seed in range(4):
        folder.put([make_document(source.randint(1, 260), source) for _ in range(90)], source.sample(range(1, 260), 5))
        stock = whoosh_index.open_dir(str(folder.index.folder / "whoosh"))
        with stock.searcher(weighting=scoring.BM25F()) as searcher:
            for _ in range(20):
                text = random_query(source).text
                if not text or text == "外":
                    continue
                hits = searcher.search(whoosh_query(text), limit=None)
                if not len(hits):
                    continue
                ids = searcher.reader().column_reader("id")
                expected = {ids[hit.docnum]: hit.score for hit in hits}
                result = folder.engine.find(Query(text, limit=1000))
                found = dict(zip(result.ids, result.scores, strict=True))
                assert found.keys() == expected.keys(), (seed, text)
                assert found == pytest.approx(expected, rel=1e-4)
                order = [expected[one] for one in result.ids]
                assert all(a >= b - 1e-4 for a, b in itertools.pairwise(order))


def test_a_facet_filter_agrees_with_stock_whoosh(folder: Folder):
    folder.put(make_corpus(200))
    stock = whoosh_index.open_dir(str(folder.index.folder / "whoosh"))
    with stock.searcher() as searcher:
        wanted = wq.And([wq.Term("text", "派遣"), wq.Term("facet", "category\x1fC02")])
        expected = len(searcher.search(wanted, limit=None))
    assert folder.engine.find(Query("派遣", {"category": {"C02"}})).total == expected > 0


@pytest.mark.parametrize("sort", ["relevance", ("price", 1), ("price", -1), ("rating", -1), ("unknown", 1)])
def test_pages_are_a_partition_of_all_hits(folder: Folder, sort):
    for start in range(5):
        folder.put(make_corpus(230, seed=start)[start * 40 : start * 40 + 50])
    whole = folder.engine.find(Query("外包", sort=sort, limit=1000))
    paged = []
    for offset in range(0, whole.total, 7):
        paged += folder.engine.find(Query("外包", sort=sort, offset=offset, limit=7)).ids
    assert paged == whole.ids and len(set(paged)) == whole.total > 20


def test_a_document_without_the_number_sorts_last_and_lies_in_no_range(folder: Folder):
    documents = make_corpus(120)
    folder.put(documents)
    without = {one.id for one in documents if "price" not in one.numbers}
    for direction in (1, -1):
        ids = folder.engine.find(Query(sort=("price", direction), limit=500)).ids
        assert set(ids[-len(without) :]) == without
    assert not without & set(folder.engine.find(Query(ranges={"price": (0, None)}, limit=500)).ids)


def test_a_facet_ignores_its_own_selection_unless_told_to_keep_it(folder: Folder):
    documents = make_corpus(200)
    folder.put(documents)
    query = Query(filters={"city": {"310000"}}, facets=("city", BANDS))
    free = folder.engine.find(query).facets["city"]
    kept = folder.engine.find(Query(filters={"city": {"310000"}}, facets=("city",), keep_own_filter=True)).facets[
        "city"
    ]
    assert free["320500"] > kept["320500"]
    assert free["310000"] == kept["310000"]


def test_a_range_does_not_empty_the_bands_of_its_own_number(folder: Folder):
    folder.put(make_corpus(200))
    bands = folder.engine.find(Query(ranges={"price": (None, 900)}, facets=(BANDS,))).facets["price_band"]
    assert set(bands) == {"0", "1", "2", "3"}


def test_a_parent_category_finds_its_children(folder: Folder):
    documents = make_corpus(100)
    folder.put(documents)
    result = folder.engine.find(Query(filters={"category": {"C01"}}, facets=("category",), limit=200))
    assert result.total == sum("C01" in one.keywords["category"] for one in documents)
    children = [count for code, count in result.facets["category"].items() if code.startswith("C010")]
    assert sum(children) == result.total


def test_a_query_with_one_wrong_character_still_finds_most_of_it(folder: Folder):
    folder.put(make_corpus(100))
    result = folder.engine.find(Query("劳务派潜"))
    assert result.is_relaxed and result.total > 0
