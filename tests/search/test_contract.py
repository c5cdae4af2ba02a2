"""What callers may rely on, rule by rule; `test_oracle.py` compares everything with brute force and stock whoosh."""

import pytest
from whoosh import index as whoosh_index
from whoosh import query as wq

from marketplace.search.engine import Query
from tests.search.conftest import Folder
from tests.search.corpus import BANDS, make_corpus


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
