"""Categories as versions: one definition feeds everything, older listings stay what they are, publishing is safe."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select
from sqlalchemy.engine import Engine

from marketplace.catalog import services
from marketplace.catalog.models import CategoryVersion, Listing
from marketplace.catalog.queries import (
    get_listing,
    get_open_listing_change,
    rows_for_export,
    search_services,
    visible_ids,
)
from marketplace.catalog.queries.categories import drafted, get_draft, list_versions
from marketplace.catalog.queries.impact import list_concerned, measure_impact
from marketplace.catalog.queries.listings import draft_of
from marketplace.catalog.queries.taxonomy import forget
from marketplace.catalog.rules.definition import Category
from marketplace.catalog.rules.draft import find_problems
from marketplace.catalog.rules.editing import (
    put_attribute,
    retire_attribute,
)
from marketplace.catalog.rules.files import SERVICE_COLUMNS, row_of
from marketplace.catalog.rules.search import read_search
from marketplace.catalog.rules.taxonomy import category, children
from marketplace.core.actor import CLI
from marketplace.core.db import db, transaction
from marketplace.core.errors import AccessDenied, Conflict, Invalid
from marketplace.core.tabular import BadTable, read_table, table_bytes
from tests.factories.accounts import make_staff
from tests.factories.catalog import make_draft, make_listing, operator_actor
from tests.factories.categories import added, changed, make_attribute, make_category_draft, make_category_version
from tests.factories.organisations import actor_for, admin_of, make_firm
from tests.support.racing import write_at_once

SignIn = Callable[[Any], FlaskClient]
Index = Callable[[], int]
TYPED = {
    "title": "社保公积金代缴", "summary": "按月代缴五险一金", "description": "专人对接", "pricing_model": "per_head_month", "price_min": "20",
    "price_max": "50", "billing_note": "按参保人数计费", "city_codes": ["310000"],
    "a_own_or_partner": "own", "a_cutoff_day": "20", "a_response_hours": "hour", "form_key": "k1",
}  # fmt: skip


def soup(answer: Any) -> BeautifulSoup:
    return BeautifulSoup(answer.get_data(as_text=True), "html.parser")


def bring_in(rows: list[dict[str, Any]]) -> Any:
    content = table_bytes("csv", SERVICE_COLUMNS, rows)
    with transaction():
        return services.import_services(actor=CLI, rows=read_table(content, "services.csv", SERVICE_COLUMNS))


def exported() -> list[dict[str, Any]]:
    return [row_of(one.firm.uscc, draft_of(one)) for one in rows_for_export(states=["published"])]


def publish(listing_id: int) -> None:
    with transaction():
        listing = get_listing(listing_id, actor=operator_actor())
        services.submit_listing(actor=actor_for(listing.firm), listing=listing)
        services.approve_listing(actor=operator_actor(), listing=listing)


class TestOneDefinition:
    def test_a_published_attribute_is_asked_shown_filtered_imported_and_told_by_the_api(
        self, app: Flask, sign_in: SignIn, client: FlaskClient, indexed: Index
    ) -> None:
        firm = make_firm()
        make_category_version("C03")
        desk = sign_in(admin_of(firm))
        form = soup(desk.get("/firm/services/new/C0301"))
        assert [o["value"] for o in form.select("select[name=a_response_hours] option")] == ["", "hour", "day"]
        place = desk.post("/firm/services/new/C0301", data=TYPED).location
        listing = db.session.scalars(select(Listing)).one()
        assert (listing.attributes["response_hours"], listing.category_version) == ("hour", 2)
        assert "一小时内" in soup(desk.get(place)).get_text()
        publish(listing.id)
        assert "响应时效" in soup(client.get(f"/services/{listing.id}")).get_text()
        assert (
            bring_in(
                [
                    exported()[0]
                    | {
                        "title": "导入的服务",
                        "attributes": {"own_or_partner": "own", "cutoff_day": 9, "response_hours": "当日"},
                    }
                ]
            ).created
            == 1
        )
        indexed()
        found = search_services(read_search([("category", "C0301"), ("response_hours", "day")])[0])
        assert [card.title for card in found.page.items] == ["导入的服务"]
        facet = next(one for one in found.facets if one.param == "response_hours")
        assert {option.label: option.count for option in facet.options} == {"一小时内": 1, "当日": 1}
        told = {one["code"]: one for one in client.get("/api/v1/categories").json["items"]}
        assert (told["C03"]["version"], told["C0301"]["version"], told["C0401"]["version"]) == (2, 2, 1)
        assert "response_hours" in [one["key"] for one in told["C0306"]["attributes"]]
        assert "Response time" in client.get(f"/services/{listing.id}?lang=en").get_data(as_text=True)

    def test_an_attribute_for_one_child_makes_a_version_of_that_child_only(self, app: Flask) -> None:
        make_category_version("C03", added(make_attribute(only=("C0302",))))
        assert {one.code: one.number for one in children("C03") if one.number > 1} == {"C0302": 2}
        assert category("C03").number == 2 and category("C0302").attribute("response_hours")


class TestOlderListings:
    @pytest.fixture
    def old(self, app: Flask) -> Listing:
        """A listing written under version 1 with a choice that version 2 renames and one that it retires."""
        listing = make_listing(
            title="老版本社保服务",
            attributes={"own_or_partner": "partner", "insurance_types": ["pension", "injury"], "system_access": True},
        )
        types = category("C03").asked[4]
        assert types.key == "insurance_types"
        renamed = tuple(replace(c, label_zh="基本养老") if c.value == "pension" else c for c in types.choices)

        def change(of: Category) -> Category:
            branches = next(a for a in of.asked if a.key == "own_or_partner")
            of = put_attribute(
                of, replace(branches, choices=branches.choices[:1], retired_choices=branches.choices[1:])
            )
            return retire_attribute(put_attribute(of, replace(types, choices=renamed)), "system_access", of)

        make_category_version("C03", change)
        return listing

    def test_its_page_shows_the_labels_it_was_written_under_and_it_is_still_found(
        self, old: Listing, client: FlaskClient, indexed: Index
    ) -> None:
        text = soup(client.get(f"/services/{old.id}")).get_text()
        assert "合作网点" in text and "养老" in text and "基本养老" not in text and "提供系统查询" in text
        indexed()
        found = search_services(read_search([("q", "老版本社保"), ("category", "C03")])[0])
        assert [card.id for card in found.page.items] == [old.id]
        assert not any(one.param == "system_access" for one in found.facets)

    def test_editing_shows_what_no_longer_fits_asks_again_and_moves_it_to_the_present_version(
        self, old: Listing, sign_in: SignIn
    ) -> None:
        desk, address = sign_in(admin_of(old.firm)), f"/firm/services/{old.id}/change/edit"
        page = soup(desk.get(address))
        assert "原答案“合作网点”已停用" in page.get_text() and "提供系统查询：是" in page.get_text()
        assert [o["value"] for o in page.select("select[name=a_own_or_partner] option")] == ["", "own"]
        assert page.select_one("input[name=a_insurance_types][value=pension][checked]")
        data = TYPED | {"a_own_or_partner": "partner", "a_response_hours": "", "base_version": "1"}
        assert desk.post(address, data=data).status_code == 422
        assert desk.post(address, data=data | {"a_own_or_partner": "own", "form_key": "k3"}).status_code == 302
        desk.post(f"/firm/services/{old.id}/change/submit", data={"form_key": "k4"})
        with transaction():
            change = get_open_listing_change(get_listing(old.id, actor=operator_actor()))
            services.approve_listing_change(actor=operator_actor(), change=change, seen=change.version)
        db.session.refresh(old)
        assert (old.category_version, old.attributes["own_or_partner"]) == (2, "own")

    def test_what_is_exported_comes_in_again_but_a_new_listing_may_not_answer_so(self, old: Listing) -> None:
        rows = exported()
        assert rows[0]["attributes"]["own_or_partner"] == "partner" and rows[0]["attributes"]["system_access"] is True
        assert bring_in(rows).unchanged == 1
        with pytest.raises(BadTable) as refused:
            bring_in([rows[0] | {"title": "另一项服务"}])
        assert [error.row for error in refused.value.errors] == [2, 2]


class TestRetiredCategories:
    def test_a_retired_category_takes_no_new_listings_and_keeps_those_it_has(
        self, app: Flask, sign_in: SignIn, client: FlaskClient, indexed: Index
    ) -> None:
        firm = make_firm()
        listing, waiting = make_listing(firm=firm), make_listing(firm=firm, state="draft")
        make_category_version("C0301", lambda of: replace(of, is_retired=True))
        desk = sign_in(admin_of(firm))
        assert not soup(desk.get("/firm/services/new")).select_one("a[href='/firm/services/new/C0301']")
        assert desk.get("/firm/services/new/C0301").status_code == 404
        actor = actor_for(firm)
        with transaction(), pytest.raises(Invalid) as refused:
            services.create_listing(actor=actor, firm=firm, draft=make_draft())
        assert refused.value.code == "listing.category_retired"
        with transaction(), pytest.raises(Invalid):
            services.submit_listing(actor=actor, listing=get_listing(waiting.id, actor=actor))
        with pytest.raises(BadTable):
            bring_in([exported()[0] | {"title": "新服务"}])
        indexed()
        assert client.get(f"/services/{listing.id}").status_code == 200
        assert [card.id for card in search_services(read_search([("category", "C0301")])[0]).page.items] == [listing.id]

    def test_a_top_is_retired_after_its_children(self, app: Flask) -> None:
        draft = make_category_draft("C03", lambda of: replace(of, is_retired=True))
        with transaction(), pytest.raises(Invalid) as refused:
            services.publish_category(actor=operator_actor(), draft=draft, seen=draft.version, reason="停用")
        assert refused.value.code == "category.children_first"


class TestPreview:
    def test_its_numbers_are_what_happens(self, app: Flask, indexed: Index) -> None:
        firm = make_firm()
        make_listing(firm=firm, attributes={"own_or_partner": "partner", "system_access": True})
        make_listing(firm=firm, attributes={"own_or_partner": "own"})
        make_listing(firm=firm, category_code="C0302", attributes={"own_or_partner": "partner", "system_access": False})
        make_listing(category_code="C0301", state="draft")
        indexed()

        def change(of: Category) -> Category:
            branches = next(a for a in of.asked if a.key == "own_or_partner")
            of = put_attribute(
                of, replace(branches, choices=branches.choices[:1], retired_choices=branches.choices[1:])
            )
            return changed("system_access", required=True)(retire_attribute(of, "cutoff_day", of))

        draft = make_category_draft("C03", change)
        told = measure_impact(drafted(draft))
        assert (told.published, told.unfit, told.hidden) == (3, 3, 0)
        assert [(a.key, n) for a, n in told.missing] == [("system_access", 1)]
        assert [(a.key, value, n) for a, value, n in told.choices] == [("own_or_partner", "合作网点", 2)]
        assert [(a.key, n) for a, n in told.attributes] == [("cutoff_day", 3)]
        assert [one.questions for one in list_concerned(drafted(draft))] == [
            ["网点性质"],
            ["提供系统查询"],
            ["网点性质"],
        ]
        with transaction():
            services.publish_category(actor=operator_actor(), draft=draft, seen=draft.version, reason="调整")
        problems = [find_problems(draft_of(one)) for one in rows_for_export(states=["published"])]
        assert (
            sum(any(p.field in ("a_system_access", "a_own_or_partner") for p in one) for one in problems) == told.unfit
        )
        assert sum(any(p.code == "listing.attribute_missing" for p in one) for one in problems) == 1
        assert sum(any(p.code == "listing.attribute" for p in one) for one in problems) == 2
        assert indexed() == told.published

    def test_a_harder_licence_gate_hides_as_many_as_it_says_and_an_easier_one_shows_them_again(
        self, app: Flask, indexed: Index
    ) -> None:
        make_listing(firm=make_firm(licences=("business", "HR_FILING")))
        make_listing(firm=make_firm(licences=("business", "HR_FILING", "DISPATCH")))
        before = set(visible_ids())
        for licence, expected in (("HR_FILING+DISPATCH", (1, 0)), ("HR_FILING", (0, 1))):
            draft = make_category_draft("C0301", lambda of, licence=licence: replace(of, licence=licence))
            told = measure_impact(drafted(draft))
            assert (told.hidden, told.shown) == expected
            with transaction():
                services.publish_category(
                    actor=operator_actor(), draft=draft, seen=draft.version, reason="许可要求调整"
                )
            after = set(visible_ids())
            assert (len(before - after), len(after - before)) == expected
            indexed()
            assert {card.id for card in search_services(read_search([])[0]).page.items} == after
            before = after


class TestPublishing:
    def test_two_operators_who_publish_at_once_make_one_version(self, live_app: Flask) -> None:
        make_category_draft("C09")
        actors = [operator_actor(), operator_actor()]
        db.session.commit()

        def work(actor: Any) -> Callable[[], Any]:
            def run() -> Any:
                draft = get_draft("C09")
                return [
                    row.code for row in services.publish_category(actor=actor, draft=draft, seen=2, reason="同时发布")
                ]

            return run

        results = write_at_once(live_app, [work(actor) for actor in actors])
        lost = [one for one in results if isinstance(one, Exception)]
        assert len(lost) == 1 and getattr(lost[0], "code", "") in (
            "category.moved_on",
            "category.no_draft",
            "category.unchanged",
            "conflict.data",
        )
        rows = db.session.execute(select(CategoryVersion.code, CategoryVersion.number)).all()
        assert sorted(rows) == sorted([("C09", 2), *((one.code, 2) for one in children("C09"))])

    def test_who_has_not_seen_the_last_change_of_a_draft_is_refused(self, app: Flask) -> None:
        draft = make_category_draft("C03")
        actor, definition = operator_actor(), drafted(draft)
        for refused in (
            lambda: services.edit_category_draft(actor=actor, draft=draft, seen=1, definition=definition),
            lambda: services.publish_category(actor=actor, draft=draft, seen=1, reason="发布"),
            lambda: services.discard_category_draft(actor=actor, draft=draft, seen=1),
        ):
            with transaction(), pytest.raises(Conflict):
                refused()

    def test_nothing_is_published_without_a_reason_or_a_change(self, app: Flask) -> None:
        draft = make_category_draft("C03")
        with transaction(), pytest.raises(Invalid):
            services.publish_category(actor=operator_actor(), draft=draft, seen=draft.version, reason=" ")
        same = make_category_draft("C04", lambda of: of)
        with transaction(), pytest.raises(Invalid) as refused:
            services.publish_category(actor=operator_actor(), draft=same, seen=same.version, reason="发布")
        assert refused.value.code == "category.unchanged"

    def test_only_the_operator_edits(self, app: Flask) -> None:
        from marketplace.accounts.queries import actor_of

        reviewer = actor_of(make_staff("reviewer"))
        with transaction(), pytest.raises(AccessDenied):
            services.open_category_draft(actor=reviewer, code="C03")

    def test_the_history_says_when_why_and_by_whom_back_to_the_first_version(self, app: Flask) -> None:
        make_category_version("C03")
        newest, first = list_versions("C0301")
        assert (newest.number, newest.note, first.number, first.published_at) == (2, "按机构反馈调整", 1, None)
        assert newest.by


class TestFollowing:
    def test_two_applications_on_one_database_follow_each_other_and_another_database_does_not(
        self, live_app: Flask, tmp_path: Path
    ) -> None:
        from tests.support.apps import make_app

        url = live_app.config["SQLALCHEMY_DATABASE_URI"]
        other = make_app(url, tmp_path / "other")
        assert numbers(other)["C03"] == 1
        make_category_version("C03")
        db.session.remove()
        assert numbers(other)["C03"] == 2 and numbers(live_app)["C03"] == 2
        forget()
        assert category("C03").number == 1
        with other.app_context():
            db.engine.dispose()

    @pytest.mark.engine("sqlite")
    def test_another_process_follows_without_a_restart(self, live_app: Flask, tmp_path: Path) -> None:
        script = (
            "import sys, time\nfrom pathlib import Path\nfrom tests.support.apps import make_app\n"
            f"app = make_app({live_app.config['SQLALCHEMY_DATABASE_URI']!r}, Path({str(tmp_path / 'process')!r}))\nc = app.test_client()\n"
            "def number(): return next(i['version'] for i in c.get('/api/v1/categories').json['items'] if i['code'] == 'C05')\n"
            "print(number(), flush=True)\nsys.stdin.readline()\nuntil = time.monotonic() + 30\n"
            "while number() == 1 and time.monotonic() < until: time.sleep(0.05)\nprint(number(), flush=True)\n"
        )
        root = Path(__file__).parents[2]
        with subprocess.Popen(
            [sys.executable, "-c", script], cwd=root, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as process:
            assert process.stdin and process.stdout
            assert process.stdout.readline().strip() == "1"
            make_category_version("C05")
            process.stdin.write("\n")
            process.stdin.flush()
            assert process.stdout.readline().strip() == "2"

    def test_pages_ask_for_the_newest_version_once_a_second_and_not_between(
        self, app: Flask, client: FlaskClient
    ) -> None:
        make_category_version("C03")
        forget()
        asked: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            asked.extend([statement] if "category_version" in statement else [])

        event.listen(Engine, "before_cursor_execute", note)
        try:
            client.get("/api/v1/categories")
            assert len(asked) == 2
            client.get("/services/")
            assert len(asked) == 2
        finally:
            event.remove(Engine, "before_cursor_execute", note)


def numbers(app: Flask) -> dict[str, int]:
    items = app.test_client().get("/api/v1/categories").json["items"]
    return {one["code"]: one["version"] for one in items}
