"""Word lists changed in the browser, and the count of what is searched: right in every process, on both engines."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, func, select

from marketplace.accounts.queries import actor_of
from marketplace.core import retention
from marketplace.core.db import db, transaction
from marketplace.core.errors import AccessDenied, Conflict, Invalid
from marketplace.search import engine, querylog, services, wordbook
from marketplace.search.models import SearchQuery, SearchWord
from marketplace.search.querylog import Outcome, add_counts, is_personal, kept_text
from marketplace.search.understanding import read_lists
from marketplace.search.wordbook import Entry, Wordbook, lists_with
from marketplace.search.wordlists import Guard
from tests.factories.accounts import make_staff
from tests.factories.search import save_words
from tests.support.racing import at_once, in_transaction


def test_a_new_synonym_is_known_to_another_process_without_a_restart(app: Flask, monkeypatch: Any) -> None:
    other = Wordbook()
    assert "薪事无忧" not in other.lists().synonyms
    save_words(words=("薪酬外包", "薪事无忧"))
    assert "薪事无忧" in engine.current().lists.synonyms
    monkeypatch.setattr(wordbook, "LOOK_EVERY", 0.0)
    assert other.lists().synonyms["薪事无忧"] == ("薪酬外包",)


def test_an_entry_lies_over_the_files_and_can_be_put_back(app: Flask) -> None:
    operator = actor_of(make_staff("operator"))
    seeded = next(one for one in wordbook.seed_entries().values() if one.kind == "stop" and one.key == "靠谱")
    with transaction():
        gone = services.retire_search_words(actor=operator, kind="stop", key=seeded.key, known_number=0)
    assert "靠谱" not in wordbook.current().lists().stop_phrases
    with transaction():
        services.retire_search_words(
            actor=operator, kind="stop", key=seeded.key, known_number=gone.number, is_retired=False
        )
    assert wordbook.current().lists() != read_lists(wordbook.LISTS) or "靠谱" in wordbook.current().lists().stop_phrases
    assert [row.number for row in db.session.scalars(select(SearchWord).order_by(SearchWord.number))] == [1, 2]


def test_a_topic_and_a_notice_of_the_operator_are_in_force(app: Flask) -> None:
    save_words("topic", ("薪管家",), target="C0401")
    save_words("forbidden", ("空壳参保",), name_zh="不提供", is_blocking=True)
    lists = wordbook.current().lists()
    assert lists.topics["薪管家"] == ("C0401",)
    assert any(one.parts == ("空壳参保",) and one.notice.is_blocking for one in lists.forbidden)
    assert lists_with([]) == read_lists(wordbook.LISTS)


def test_signs_that_stand_alone_in_a_notice_neither_break_nor_stop_the_search(app: Flask) -> None:
    save_words("forbidden", ("空壳参保+!", "?+^、+挂名参保"), name_zh="不提供", is_blocking=True)
    guard = Guard(wordbook.current().lists().forbidden)
    for text in ("空壳参保", "挂名参保"):
        assert "不提供" in [one.name_zh for one in guard.notices(text)]
    assert guard.notices("社保代缴") == ()


def test_of_two_rows_written_at_once_the_one_that_shows_later_is_seen_too(app: Flask, monkeypatch: Any) -> None:
    monkeypatch.setattr(wordbook, "LOOK_EVERY", 0.0)
    other = Wordbook()
    for row_id, word in ((9_002, "后号先见"), (9_001, "先号后见")):
        with transaction():
            db.session.add(SearchWord(id=row_id, kind="synonym", key=word, number=1, words=f"{word};薪酬外包"))
        assert word in other.lists().synonyms


@pytest.mark.engine("sqlite")
@pytest.mark.parametrize(
    ("entry", "code"),
    [
        (Entry("synonym", "派遣", ("劳务派遣", "劳务外包")), "search_word.dispatch"), (Entry("synonym", "甲", ("甲",)), "search_word.few"),
        (Entry("stop", "甲", ("甲", "乙")), "search_word.many"), (Entry("topic", "甲", ("甲",)), "search_word.target"),
        (Entry("forbidden", "own_1", ("甲",)), "search_word.notice"), (Entry("stop", "!", ("！",)), "search_word.word"),
        (Entry("other", "甲", ("甲",)), "search_word.kind"), (Entry("stop", "靠谱", ("靠谱",)), "search_word.exists"),
    ],
)  # fmt: skip
def test_a_wrong_entry_is_refused_with_the_reason(app: Flask, entry: Entry, code: str) -> None:
    with pytest.raises(Invalid) as refused, transaction():
        services.save_search_words(actor=actor_of(make_staff("operator")), entry=entry, known_number=0, is_new=True)
    assert refused.value.code == code


@pytest.mark.engine("sqlite")
def test_customer_service_may_look_and_not_change(app: Flask) -> None:
    with pytest.raises(AccessDenied), transaction():
        services.save_search_words(
            actor=actor_of(make_staff("service")), entry=Entry("stop", "某词", ("某词",)), known_number=0, is_new=True
        )


def test_of_two_people_who_change_one_entry_at_once_one_is_told(live_app: Flask) -> None:
    operator = actor_of(make_staff("operator"))

    def change(word: str) -> Any:
        entry = Entry("synonym", "猎头甲", ("猎头甲", word))
        return in_transaction(
            lambda: services.save_search_words(actor=operator, entry=entry, known_number=0, is_new=False)
        )

    results = at_once(live_app, [change("猎头乙"), change("猎头丙")])
    assert sorted(isinstance(one, Conflict) for one in results) == [False, True], results


def test_counts_of_several_processes_add_up(live_app: Flask) -> None:
    def count() -> None:
        for _ in range(5):
            with transaction():
                add_counts({"社保": [2, 1, 0, 0, 0], "猎头": [1, 0, 0, 0, 0], "背调": [1, 0, 0, 1, 0]})

    assert at_once(live_app, [count] * 4) == [None] * 4
    rows = db.session.execute(select(SearchQuery.text, SearchQuery.count, SearchQuery.zero_count)).all()
    assert {row.text: (row.count, row.zero_count) for row in rows} == {
        "社保": (40, 20),
        "猎头": (20, 0),
        "背调": (20, 0),
    }


def test_searches_are_counted_by_their_normal_form_and_outcome(app: Flask) -> None:
    querylog.write()  # what other tests of this application have left
    with transaction():
        db.session.execute(delete(SearchQuery))
    for text, outcome in [
        ("ＲＰＯ", Outcome(is_empty=True)),
        ("rpo ", Outcome()),
        ("rpo", None),
        ("", Outcome()),
        ("13812345678", Outcome()),
    ]:
        querylog.note(text, outcome)
    threads = [threading.Thread(target=_note_in, args=(app,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    querylog.write()
    row = db.session.execute(select(SearchQuery)).scalar_one()
    assert (row.text, row.count, row.zero_count) == ("rpo", 203, 1)


def _note_in(app: Flask) -> None:
    with app.app_context():
        for _ in range(50):
            querylog.note("RPO", None)


@pytest.mark.engine("sqlite")
@pytest.mark.parametrize(
    ("text", "personal"),
    [
        ("找张三 13812345678", True), ("138-1234-5678", True), ("310118199001011234", True), ("31011819900101123X", True), ("a.b@example.com", True),
        ("１３８１２３４５６７８", True), ("0510-82345678", True), ("6222021234567890123", True), ("社保 100元", False), ("20260101", False), ("12345", False),
    ],
)  # fmt: skip
def test_texts_that_look_personal_are_not_kept(text: str, personal: bool) -> None:
    assert (kept_text(text) == "") is personal
    assert not is_personal("五险一金 2026")


def test_the_query_log_is_deleted_after_half_a_year(app: Flask, clock: Any) -> None:
    with transaction():
        add_counts({"旧词": [1, 0, 0, 0, 0]})
    clock.advance(days=100)
    with transaction():
        add_counts({"新词": [1, 0, 0, 0, 0]})
    rule = next(rule for rule in retention.rules() if rule.code == "search_queries")
    assert rule.days == 180 and rule.due is not None and rule.apply is not None
    due = db.session.execute(rule.due(clock.now - timedelta(days=50))).all()
    with transaction():
        rule.apply([row.id for row in due])
    assert db.session.scalar(select(func.count()).select_from(SearchQuery)) == 1


def test_the_pinyin_of_a_new_word_is_read_at_once_and_soon_from_the_index(app: Flask) -> None:
    from marketplace.search import indexer

    indexer.catch_up()
    save_words("topic", ("薪事无忧",), target="C0401")
    reading = engine.current()
    assert reading.understand(engine.Query("xinshiwuyou")).topics == ("C0401",)
    assert "xinshiwuyou" not in reading.loaded().readings.words
    indexer.catch_up()
    assert engine.current().loaded().readings.words["xinshiwuyou"] == ["薪事无忧"]
    assert engine.current().understand(engine.Query("xinshiwuyou")).corrected == "薪事无忧"
