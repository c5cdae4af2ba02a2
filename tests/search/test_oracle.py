"""Everything a query can ask, against brute force and stock whoosh, over generations of edits, deletions and merges."""

import random
import shutil

import pytest
from whoosh import index as whoosh_index
from whoosh import query as wq
from whoosh import scoring

from marketplace.search import tokens, zone
from marketplace.search.documents import Document
from marketplace.search.engine import Query
from marketplace.search.index import Index
from marketplace.search.running import _turned
from marketplace.search.snapshot import Bands
from tests.search.conftest import Folder
from tests.search.corpus import BANDS, CITIES, WORDS, make_corpus, make_document
from tests.search.oracle import Answer, Oracle

pytestmark = pytest.mark.engine("sqlite")

PLACES = {"上海": "310000", "苏州": "320500", "大连": "210200"}
RATED = Bands("rated", "rating", (2.0, 3.5))
SYNONYMS = ("猎头", "五险一金", "背调", "测评", "校招", "electronic", "RPO")


def random_query(source: random.Random) -> Query:
    """Any query: words, synonyms, places, wrong characters, filters, bands, ranges, sorts, turns, chosen ids, pages."""
    pick = source.choice
    text = pick([
        "", "", pick(WORDS), "".join(source.choices(WORDS, k=2)), " ".join(source.choices(WORDS, k=3)), pick(SYNONYMS), "外", "员",
        f"上海{pick(WORDS)}", f"大连 {pick(SYNONYMS)}", "劳务派潜", "薪愁外包", "rpo", "no such thing", f"{pick(WORDS)}社会保险代理",
    ])  # fmt: skip
    filters: dict[str, set[str]] = {}
    if source.random() < 0.3:
        filters["category"] = set(source.choices(["C01", "C02", "C0203", "C0301", "C99"], k=2))
    if source.random() < 0.3:
        filters["city"] = set(source.choices(CITIES, k=2))
    if source.random() < 0.2:
        filters["firm"] = {str(source.randint(1, 400)) for _ in range(60)}
    if source.random() < 0.2:
        filters["price_band"] = set(source.choices("01239", k=2))
    if source.random() < 0.1:
        filters["rated"] = {"1"}
    ranges = {}
    if source.random() < 0.3:
        ranges["price"] = (pick([None, 1000, 5000]), pick([None, 20000]))
    if source.random() < 0.1:
        ranges["rating"] = (3.0, None)
    return Query(
        text, filters, ranges, pick(["relevance", "relevance", ("price", 1), ("price", -1), ("rating", -1), ("none", 1)]),
        offset=pick([0, 0, 7, 40, 1000]), limit=pick([0, 1, 7, 20, 500]),
        facets=("category", "city", "firm", "nothing", BANDS, RATED), keep_own_filter=source.random() < 0.1, regions=PLACES,
        region_facet=pick(["city", None]), turn=pick([0, 0, 739000]),
        only=frozenset(source.sample(range(1, 320), 50)) if source.random() < 0.1 else None,
    )  # fmt: skip


def differences(folder: Folder, oracle: Oracle, query: Query) -> list[str]:
    """What the engine says otherwise than the oracle."""
    expected: Answer = oracle.answer(query, folder.engine.understand(query))
    result = folder.engine.find(query)
    wrong = []
    if (result.total, result.is_relaxed, result.regions) != (len(expected.keys), expected.is_relaxed, expected.regions):
        wrong.append(f"{result.total} {result.is_relaxed} {result.regions}, not {len(expected.keys)} {expected[2:]}")
    if result.facets != expected.facets:
        wrong.append("counts")
    if not set(result.ids) <= expected.keys.keys():
        return [*wrong, "strangers"]
    if len(result.ids) != max(0, min(query.limit, len(expected.keys) - query.offset)):
        wrong.append("length of the page")
    given = [
        (-score if query.sort == "relevance" else expected.keys[one], one)
        for one, score in zip(result.ids, result.scores, strict=True)
    ]
    turned = {one: int(_turned(folder.ids_array([one]), query.turn)[0]) for one in result.ids}
    if [(key, turned[one]) for key, one in given] != sorted((key, turned[one]) for key, one in given):
        wrong.append("order")
    keys = sorted(expected.keys.values())[query.offset : query.offset + query.limit]
    if any(key != pytest.approx(wanted, rel=1e-5) for (key, _), wanted in zip(given, keys, strict=False)):
        wrong.append("keys")
    return wrong


def run_generations(folder: Folder, generations: int, queries: int, seed: int) -> list[str]:
    source = random.Random(seed)
    documents = {one.id: one for one in make_corpus(250, seed)}
    folder.put(documents.values())
    wrong: list[str] = []
    for number in range(generations):
        oracle = Oracle(documents.values())
        for _ in range(queries):
            query = random_query(source)
            wrong += [f"generation {number}, {query}: {one}" for one in differences(folder, oracle, query)]
        fresh = {
            one.id: one for one in (make_document(source.randint(1, 320), source) for _ in range(source.randint(1, 30)))
        }
        gone = [one for one in source.sample(sorted(documents), 8) if one not in fresh]
        folder.put(fresh.values(), gone)
        documents.update(fresh)
        for one in gone:
            documents.pop(one, None)
        if source.random() < 0.3 and folder.index.compact(10_000):
            folder.publish()
    return wrong


@pytest.fixture(params=[zone.LARGE, 40], ids=["all small", "large and small"])
def lists_folder(request, make_folder, monkeypatch) -> Folder:
    """A folder with the project's word lists; the second time even segments of forty documents count as large."""
    monkeypatch.setattr(zone, "LARGE", request.param)
    folder: Folder = make_folder(f"oracle-{request.param}", True)
    return folder


def test_all_that_a_query_asks_agrees_with_brute_force(lists_folder: Folder):
    assert run_generations(lists_folder, 4, 20, 3) == []


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_all_of_ten_thousand_random_queries_over_twenty_generations_agree_with_brute_force(lists_folder: Folder):
    assert run_generations(lists_folder, 20, 500, 11) == []


class Rounded(scoring.BM25F):
    """Stock scoring with the logarithm rounded as ours is."""

    def idf(self, searcher, fieldname, text):
        return round(super().idf(searcher, fieldname, text), 3)


def whoosh_scores(searcher, group) -> dict[int, float]:
    """Each wording by stock whoosh; the best of them is taken here, since its DisjunctionMax adds scores of other documents."""
    ids = searcher.reader().column_reader("id")
    best: dict[int, float] = {}
    for wording in group:
        found = searcher.search(wq.And([wq.Term("text", token) for token in wording.tokens]), limit=None)
        for hit in found:
            best[ids[hit.docnum]] = max(best.get(ids[hit.docnum], 0.0), hit.score * wording.weight)
    return best


def compare_with_whoosh(folder: Folder, texts, rounded: bool, rel: float) -> int:
    """Hits, scores and order of the engine on an index of many segments, and of stock whoosh on the same index merged into one."""
    copy = folder.root / "merged"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(folder.index.folder, copy)
    Index(copy).merge_all(always=True)
    compared = 0
    with whoosh_index.open_dir(str(copy / "whoosh")).searcher(
        weighting=Rounded() if rounded else scoring.BM25F()
    ) as searcher:
        average = searcher.avg_field_length("text")
        if rounded:
            searcher.avg_field_length = lambda _name, default=None: float(f"{average:.4g}")
        for text in texts:
            query = Query(text, limit=1000, is_literal=True)
            groups = folder.engine.understand(query).groups
            if any(tokens.is_prefix(t) for group in groups for wording in group for t in wording.tokens):
                continue
            parts = [whoosh_scores(searcher, group) for group in groups]
            shared = set.intersection(*map(set, parts))
            result = folder.engine.find(query)
            if result.is_relaxed or not shared:
                assert not shared
                continue
            expected = {one: sum(part[one] for part in parts) for one in shared}
            assert dict(zip(result.ids, result.scores, strict=True)) == pytest.approx(expected, rel=rel), text
            compared += 1
    return compared


@pytest.mark.parametrize(("rounded", "rel"), [(True, 1e-5), (False, 2e-3)], ids=["rounded alike", "stock"])
def test_hits_and_scores_of_words_and_synonyms_agree_with_stock_whoosh_on_the_merged_index(make_folder, rounded, rel):
    folder, source = make_folder("whoosh", True), random.Random(5)
    compared = 0
    for _ in range(3):
        folder.put([make_document(source.randint(1, 260), source) for _ in range(90)], source.sample(range(1, 260), 5))
        texts = [random_query(source).text for _ in range(25)]
        compared += compare_with_whoosh(folder, [one for one in texts if one], rounded, rel)
    assert compared > 20


def test_two_folders_with_other_segments_give_the_same_answers_to_the_last_digit(make_folder):
    """One machine indexed edit by edit and merged now and then, the other was rebuilt in one go."""
    one, two, source = make_folder("one", True), make_folder("two", True), random.Random(9)
    documents: dict[int, Document] = {}
    for turn in range(7):
        fresh = {made.id: made for made in (make_document(source.randint(1, 150), source) for _ in range(30))}
        gone = [other for other in source.sample(range(1, 150), 5) if other not in fresh]
        one.put(fresh.values(), gone)
        documents = {k: v for k, v in (documents | fresh).items() if k not in gone}
        if turn == 4:
            one.index.compact(10_000)
    two.put(documents[key] for key in sorted(documents, reverse=True))
    for _ in range(40):
        query = random_query(source)
        mine, other = one.engine.find(query), two.engine.find(query)
        assert (mine.ids, mine.scores, mine.total, mine.facets) == (
            other.ids,
            other.scores,
            other.total,
            other.facets,
        ), query
