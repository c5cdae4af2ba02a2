"""The operator's page on search: what was asked, the word lists, the place to try a query out."""

from collections.abc import Callable
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from marketplace.core.db import db
from marketplace.search import querylog
from marketplace.search.models import SearchQuery, SearchWord
from tests.factories import make_staff
from tests.factories.catalog import make_listing
from tests.factories.organisations import make_firm
from tests.factories.search import count_searches, save_words

HOME = "/operator/search/"
NEW, EDIT, RETIRE = "/operator/search/words/new", "/operator/search/words/edit", "/operator/search/words/retire"


@pytest.fixture
def market(app: Flask) -> Callable[[], int]:
    """One service of payroll, indexed, and the way to index again."""
    from marketplace.search import indexer
    from tests.support.apps import release

    make_listing(
        firm=make_firm(), category_code="C0401", title="薪酬核算与代发", summary="薪酬外包", description="薪酬外包"
    )
    release()
    indexer.catch_up()
    release()
    return lambda: indexer.catch_up()


def rows(page: FlaskClient, path: str) -> list[str]:
    found = BeautifulSoup(page.get(path).text, "html.parser").select("main tbody tr")
    return [one.get_text(" ", strip=True) for one in found]


def test_a_query_without_result_becomes_a_word_that_finds(
    app: Flask, market: Any, sign_in: Any, client: FlaskClient
) -> None:
    querylog.write()
    assert "没有符合条件的服务" in client.get("/services/?q=鑫怡宝盒").text
    client.get("/services/?q=鑫怡宝盒&page=2")
    querylog.write()
    desk = sign_in(make_staff("operator"))
    assert any("鑫怡宝盒" in row for row in rows(desk, HOME))
    assert "鑫怡宝盒</textarea>" in desk.get(f"{NEW}?kind=topic&words=鑫怡宝盒").text
    draft = desk.get("/operator/search/try?q=鑫怡宝盒&kind=topic&words=鑫怡宝盒&target=C0401").text
    assert "加入草稿后" in draft and draft.count("薪酬核算与代发</a>") == 1
    saved = desk.post(NEW, data={"kind": "topic", "words": "鑫怡宝盒", "target": "C0401", "known_number": "0"})
    assert saved.status_code == 302
    assert "薪酬核算与代发" in client.get("/services/?q=鑫怡宝盒").text
    querylog.write()
    db.session.rollback()
    assert db.session.execute(select(SearchQuery.count, SearchQuery.zero_count)).one() == (2, 1)


def test_zero_popular_and_other_lists_count_within_their_period(app: Flask, sign_in: Any) -> None:
    count_searches(量子招聘=3, 元宇宙社保=1)
    desk = sign_in(make_staff("service"))
    assert [row.split()[0] for row in rows(desk, HOME)] == ["量子招聘", "元宇宙社保"]
    assert rows(desk, f"{HOME}?shown=corrected") == [] and len(rows(desk, f"{HOME}?shown=popular&days=1")) == 2
    assert len(rows(desk, f"{HOME}?q=元宇宙")) == 1
    assert "/operator/search/words/new" not in desk.get(HOME).text
    assert "量子招聘" in desk.get("/operator/search/export?format=csv").get_data(as_text=True)
    assert desk.get("/operator/search/words/export?format=xlsx").status_code == 200


def test_an_entry_of_the_files_is_changed_and_its_history_shown(app: Flask, sign_in: Any) -> None:
    desk = sign_in(make_staff("operator"))
    listed = "/operator/search/words?kind=synonym&q=灵工"
    assert any("内置" in row for row in rows(desk, listed))
    edit = f"{EDIT}?kind=synonym&key=灵活用工"
    shown = BeautifulSoup(desk.get(edit).text, "html.parser").select_one("textarea[name=words]")
    assert shown and "灵工" in shown.text
    changed = desk.post(
        edit, data={"kind": "synonym", "words": "灵活用工\n灵工；蓝海用工", "known_number": "0", "note": "本地说法"}
    )
    assert changed.status_code == 302
    assert any("运营修改" in row and "蓝海用工" in row for row in rows(desk, listed))
    assert "本地说法" in desk.get(edit).text
    stale = desk.post(edit, data={"kind": "synonym", "words": "灵活用工;灵工", "known_number": "0"})
    assert stale.status_code == 422 and "刚被他人修改" in stale.text


def test_a_wrong_entry_keeps_what_was_typed_and_says_what_is_wrong(app: Flask, sign_in: Any) -> None:
    answer = sign_in(make_staff("operator")).post(
        NEW, data={"kind": "synonym", "words": "劳务派遣;劳务外包", "known_number": "0"}
    )
    assert (
        answer.status_code == 422
        and "派遣与外包在法律上不同" in answer.text
        and "劳务派遣;劳务外包</textarea>" in answer.text
    )


def test_retiring_and_restoring_are_safe_to_repeat(app: Flask, sign_in: Any) -> None:
    save_words(words=("薪酬外包", "薪事无忧"))
    desk, form = sign_in(make_staff("operator")), {"kind": "synonym", "key": "薪酬外包", "form_key": "one click"}
    number = db.session.scalar(select(func.max(SearchWord.number)).where(SearchWord.key == "薪酬外包"))
    for _ in range(2):
        assert desk.post(RETIRE, data={**form, "known_number": str(number)}).status_code == 302
    assert any("已停用" in row for row in rows(desk, "/operator/search/words?state=retired"))
    desk.post(RETIRE, data={**form, "form_key": "other", "known_number": str((number or 0) + 1), "restore": "1"})
    assert rows(desk, "/operator/search/words?state=retired") == []


def test_a_change_is_in_the_trail(app: Flask, sign_in: Any) -> None:
    from marketplace.core.audit import AuditEvent

    save_words(words=("猎头", "寻才"))
    assert (
        db.session.scalar(select(func.count()).select_from(AuditEvent).where(AuditEvent.event == "search_word.changed"))
        == 1
    )


@pytest.mark.engine("sqlite")
def test_the_page_says_what_was_understood_and_leads_to_the_bare_text(
    app: Flask, market: Any, client: FlaskClient
) -> None:
    page = client.get("/services/?q=薪酬外包 5万以内").text
    assert "价格不高于 50,000 元" in page and "literal=1" in page
    literal = client.get("/services/?q=薪酬外包 5万以内&literal=1").text
    assert "价格不高于" not in literal and "已按原文搜索" in literal
    assert "仍然搜索" in client.get("/services/?q=xinchouwaibao").text
