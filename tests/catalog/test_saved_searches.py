"""Saved searches: who keeps what, what counts as new, one digest a day."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from marketplace.accounts.queries import actor_of, get_user
from marketplace.catalog.jobs import check_saved_searches
from marketplace.catalog.models import SavedSearch
from marketplace.catalog.queries import get_listing
from marketplace.catalog.queries.saved_searches import get_saved_search
from marketplace.catalog.services import restore_listing, suspend_listing
from marketplace.catalog.services.saved_searches import look_at_saved_search, save_search
from marketplace.core import settings
from marketplace.core.actor import CLI
from marketplace.core.clock import today
from marketplace.core.db import db, transaction
from marketplace.core.errors import Invalid
from marketplace.core.personal import leave_everywhere
from marketplace.notifications.models import Notification
from marketplace.search import changes, indexer
from tests.factories import make_firm, make_user
from tests.factories.catalog import make_listing, operator_actor
from tests.factories.market import insert_listings, make_saved_search
from tests.support.racing import at_once, write_at_once

Index = Callable[[], int]


def told(user_id: int) -> list[dict[str, Any]]:
    rows = db.session.scalars(
        select(Notification).where(Notification.user_id == user_id, Notification.event == "saved_search.matched").order_by(Notification.id)
    )  # fmt: skip
    return [row.params for row in rows]


def fresh_of(saved: SavedSearch) -> list[int]:
    return list(db.session.scalars(select(SavedSearch.fresh).where(SavedSearch.id == saved.id)).one())


class TestNews:
    def test_what_comes_to_match_is_told_once_a_day_and_never_again(self, indexed: Index, clock: Any) -> None:
        old = make_listing(title="老的社保服务")
        other = make_listing(category_code="C0201", title="猎头服务", pricing_model="pct_annual_salary")
        indexed()
        saved = make_saved_search(query="category=C03&sort=newest&page=4")
        user_id = saved.user_id
        clock.advance(hours=1)
        assert check_saved_searches() == 0 and told(user_id) == []

        new = make_listing(title="新的社保服务")
        indexed()
        clock.advance(hours=1)
        assert check_saved_searches() == 1
        assert told(user_id) == [{"total": 1, "searches": [{"name": "社保代缴", "count": 1}]}]
        assert fresh_of(saved) == [new.id]

        with transaction():  # an older service that matches from now on, and one that leaves and comes back
            get_listing(other.id, actor=operator_actor()).category_code = "C0301"
            changes.touch("listing", [other.id])
            suspend_listing(
                actor=operator_actor(), listing=get_listing(old.id, actor=operator_actor()), reason="核查中"
            )
        indexed()
        clock.advance(hours=1)
        assert check_saved_searches() == 0 and len(told(user_id)) == 1, "a second digest on the same day"
        with transaction():
            restore_listing(actor=operator_actor(), listing=get_listing(old.id, actor=operator_actor()))
        indexed()
        clock.advance(days=1)
        assert check_saved_searches() == 1
        assert [one["total"] for one in told(user_id)] == [1, 1]
        assert fresh_of(saved) == [new.id, other.id]
        clock.advance(days=1)
        assert check_saved_searches() == 0, "nothing is told twice"

    def test_looking_forgets_what_is_new_and_it_is_not_told_any_more(self, indexed: Index, clock: Any) -> None:
        make_listing()
        indexed()
        saved = make_saved_search()
        make_listing()
        indexed()
        clock.advance(hours=1)
        check_saved_searches()
        person = actor_of(get_user(saved.user_id))
        with transaction():
            look_at_saved_search(actor=person, saved=get_saved_search(saved.id, actor=person))
        clock.advance(days=1)
        assert check_saved_searches() == 0 and fresh_of(saved) == []

    def test_one_digest_names_all_searches_with_news(self, indexed: Index, clock: Any) -> None:
        indexed_first = make_listing()
        indexed()
        user = make_user()
        make_saved_search(user, "category=C03", "甲")
        make_saved_search(user, f"q=社保&firm={indexed_first.firm_id}", "乙", notify=False)
        make_saved_search(user, "city=310000", "丙")
        make_listing()
        indexed()
        clock.advance(hours=1)
        assert check_saved_searches() == 1
        assert [(one["name"], one["count"]) for one in told(user.id)[0]["searches"]] == [("甲", 1), ("丙", 1)]

    def test_a_search_that_finds_too_many_is_not_watched(self, indexed: Index, clock: Any) -> None:
        firm = make_firm().id
        rows = [
            {"firm_id": firm, "category_code": "C0301", "title": f"社保{n}", "cities": ["310000"]} for n in range(10)
        ]
        insert_listings(rows)
        indexed()
        saved = make_saved_search()
        with transaction():
            settings.change_setting(
                actor=CLI, key="catalog.saved_search_matches", value=10, effective_on=today(), reason="测试"
            )
        make_listing()
        indexed()
        with pytest.raises(Invalid) as refused, transaction():
            save_search(actor=actor_of(make_user()), query="category=C03", name="x", notify=True)
        assert refused.value.code == "saved_search.broad"
        clock.advance(hours=1)
        check_saved_searches()
        assert db.session.get(SavedSearch, saved.id, populate_existing=True).is_too_broad


class TestKeeping:
    def test_an_empty_search_and_one_too_many_are_refused_and_a_second_time_gives_the_first(
        self, indexed: Index
    ) -> None:
        make_listing()
        indexed()
        user = make_user()
        first = make_saved_search(user, "city=310000&category=C03")
        again = make_saved_search(user, "category=C03&page=3&city=310000", "另一个名字")
        assert (again.id, again.name) == (first.id, "社保代缴")
        with transaction():
            settings.change_setting(
                actor=CLI, key="catalog.saved_searches", value=1, effective_on=today(), reason="测试"
            )
        for query, code in (("sort=newest&foo=1", "saved_search.empty"), ("q=猎头", "saved_search.many")):
            with pytest.raises(Invalid) as refused, transaction():
                save_search(actor=actor_of(user), query=query, name="x", notify=False)
            assert refused.value.code == code

    def test_closing_the_account_takes_them_along(self, indexed: Index) -> None:
        make_listing()
        indexed()
        saved = make_saved_search()
        with transaction():
            leave_everywhere(CLI, saved.user_id)
        assert db.session.scalar(select(func.count()).select_from(SavedSearch)) == 0

    def test_the_pages_save_rename_look_and_delete(
        self, indexed: Index, client: FlaskClient, sign_in: Callable[..., Any], clock: Any
    ) -> None:
        make_listing()
        indexed()
        assert "/account/sign-in?next=" in client.get("/account/saved-searches/new?q=社保&category=C03").location
        user, stranger = make_user(), make_user()
        own, other = sign_in(user), sign_in(stranger)
        assert "/account/saved-searches/new?q=" in own.get("/services/?q=社保&page=1").get_data(as_text=True)
        page = "/account/saved-searches/new?q=社保&category=C03"
        assert "人事代理与社保公积金" in own.get(page).get_data(as_text=True)
        blank = own.post(page, data={"form_key": "one", "name": " ", "notify": "y"})
        assert blank.status_code == 422 and "请填写名称" in blank.get_data(as_text=True)
        assert own.post(page, data={"form_key": "two", "name": "我的社保", "notify": "y"}).status_code == 302
        assert own.post(page, data={"form_key": "two", "name": "我的社保", "notify": "y"}).status_code == 302
        saved = db.session.scalars(select(SavedSearch)).one()
        assert (saved.query, saved.notify) == ("q=%E7%A4%BE%E4%BF%9D&category=C03", True)
        make_listing()
        indexed()
        clock.advance(hours=1)
        check_saved_searches()
        assert "1 项新服务" in own.get("/account/saved-searches/").get_data(as_text=True)
        shown = own.get(f"/account/saved-searches/{saved.id}").get_data(as_text=True)
        assert shown.count("stretched-link") == 1
        for path in ("", "/edit"):
            assert other.get(f"/account/saved-searches/{saved.id}{path}").status_code == 404
        assert other.post(f"/account/saved-searches/{saved.id}/delete", data={"form_key": "x"}).status_code == 404
        seen = own.post(f"/account/saved-searches/{saved.id}/seen", data={"form_key": "three"})
        assert seen.location.endswith(f"/services/?{saved.query}")
        own.post(f"/account/saved-searches/{saved.id}/edit", data={"form_key": "four", "name": "改名"})
        assert "未开启提醒" in own.get("/account/saved-searches/").get_data(as_text=True)
        own.post(f"/account/saved-searches/{saved.id}/delete", data={"form_key": "five"})
        assert "您还没有保存过搜索" in own.get("/account/saved-searches/").get_data(as_text=True)


class TestRaces:
    def test_two_workers_tell_a_person_once_and_two_clicks_save_once(self, live_app: Flask) -> None:
        make_listing()
        indexer.catch_up()
        saved = make_saved_search()
        actor, user_id = actor_of(get_user(saved.user_id)), saved.user_id
        with transaction():
            db.session.get(SavedSearch, saved.id).known = []
            db.session.get(SavedSearch, saved.id).checked_at = db.session.get(SavedSearch, saved.id).checked_at.replace(
                year=2020
            )
        results = at_once(live_app, [check_saved_searches] * 3)
        assert sum(results) == 1 and len(told(user_id)) == 1
        write_at_once(
            live_app, [lambda: save_search(actor=actor, query="city=310000", name="同一个", notify=False).id] * 3
        )
        assert (
            db.session.scalar(select(func.count()).where(SavedSearch.user_id == user_id, SavedSearch.name == "同一个"))
            == 1
        )
