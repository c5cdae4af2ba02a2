"""The category editor as operators use it: tree, draft, attributes, preview, history, files."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient

from marketplace.catalog.queries.categories import drafted, find_draft, get_draft
from marketplace.catalog.rules.taxonomy import category, children
from tests.factories.accounts import make_staff
from tests.factories.catalog import make_listing
from tests.factories.categories import make_category_draft, make_category_version
from tests.factories.organisations import admin_of, make_firm

SignIn = Callable[[Any], FlaskClient]
BASE = "/operator/categories"
NEW = {
    "key": "response_hours", "type": "enum", "label_zh": "响应时效", "label_en": "Response time", "required": "yes", "filterable": "y", "direction": "least",
    "choices-0-place": "2", "choices-0-label_zh": "当日", "choices-0-label_en": "Same day", "choices-0-is_offered": "y",
    "choices-1-place": "1", "choices-1-label_zh": "一小时内", "choices-1-label_en": "Within an hour", "choices-1-is_offered": "y",
}  # fmt: skip


@pytest.fixture
def desk(app: Any, sign_in: SignIn) -> FlaskClient:
    return sign_in(make_staff("operator"))


def soup(answer: Any) -> BeautifulSoup:
    return BeautifulSoup(answer.get_data(as_text=True), "html.parser")


def facts(page: BeautifulSoup, form: str = "#facts form") -> dict[str, Any]:
    """What a form would send as it stands."""
    found: dict[str, Any] = {}
    for one in page.select(f"{form} input[name], {form} textarea[name], {form} select[name]"):
        name = str(one["name"])
        if one.name == "textarea":
            found[name] = one.get_text().strip()
        elif one.name == "select":
            chosen = one.select_one("option[selected]") or one.select_one("option")
            found[name] = chosen["value"] if chosen else ""
        elif one.get("type") in ("checkbox", "radio"):
            if one.has_attr("checked"):
                found.setdefault(name, []).append(one["value"])
        else:
            found[name] = one.get("value", "")
    return found


class TestTree:
    def test_it_counts_services_marks_drafts_and_finds_by_attribute(self, desk: FlaskClient) -> None:
        make_listing()
        make_category_draft("C0301", lambda of: of)
        page = soup(desk.get(f"{BASE}/"))
        row = next(tr for tr in page.select("tbody tr") if tr.select_one(f"a[href='{BASE}/C0301']"))
        assert row.select_one("td.text-end").get_text() == "1" and "有草稿" in row.get_text()
        assert len(page.select("tbody tr")) == 86
        assert [a["href"] for a in soup(desk.get(f"{BASE}/?q=retainer")).select("tbody a")] == [f"{BASE}/C02"]
        assert [a["href"] for a in soup(desk.get(f"{BASE}/?only=draft")).select("tbody a")] == [
            f"{BASE}/C03",
            f"{BASE}/C0301",
        ]
        assert "没有符合条件的类目" in soup(desk.get(f"{BASE}/?q=没有的词")).get_text()

    @pytest.mark.parametrize("what", ["categories", "attributes"])
    def test_it_goes_into_a_file(self, desk: FlaskClient, what: str) -> None:
        text = desk.get(f"{BASE}/export/{what}/csv").get_data(as_text=True)
        assert len(text.splitlines()) == {"categories": 87, "attributes": 114}[what]
        assert desk.get(f"{BASE}/export/{what}/xlsx?q=C03").status_code == 200

    def test_other_staff_look_and_cannot_edit(self, desk: FlaskClient, sign_in: SignIn) -> None:
        make_category_draft("C03")
        for role in ("reviewer", "auditor", "finance"):
            reader = sign_in(make_staff(role))
            assert "编辑类目" not in soup(reader.get(f"{BASE}/C03")).get_text()
            assert not soup(reader.get(f"{BASE}/C03/preview")).select("textarea[name=reason]")
            assert reader.get(f"{BASE}/C03/edit").status_code == 403
            assert reader.post(f"{BASE}/C03/publish", data={"reason": "x", "seen": "2"}).status_code == 403
        assert sign_in(make_staff("admin")).get(f"{BASE}/").status_code == 403
        assert sign_in(admin_of(make_firm())).get(f"{BASE}/").status_code == 403


class TestDraft:
    def test_from_a_new_attribute_to_the_firms_form(self, desk: FlaskClient, sign_in: SignIn) -> None:
        assert desk.post(f"{BASE}/C03/draft", data={"form_key": "a"}).location == f"{BASE}/C03/edit"
        answer = desk.post(f"{BASE}/C03/attributes/new", data={**NEW, "seen": "1", "form_key": "b"})
        assert answer.location == f"{BASE}/C03/edit"
        made = drafted(get_draft("C03")).asked[-1]
        assert (made.key, made.required, [c.value for c in made.choices]) == (
            "response_hours",
            True,
            ["within_an_hour", "same_day"],
        )
        assert (
            desk.post(f"{BASE}/C03/attributes/response_hours/up", data={"seen": "2", "form_key": "c"}).status_code
            == 302
        )
        listing = make_listing()
        preview = soup(desk.get(f"{BASE}/C03/preview?child=C0302"))
        assert "1 项服务没有回答将成为必填的“响应时效”" in preview.get_text()
        assert preview.select_one("select[name=a_response_hours]") and "采购方看到的筛选" in preview.get_text()
        assert category("C03").number == 1
        answer = desk.post(f"{BASE}/C03/publish", data={"seen": "3", "reason": "机构普遍承诺时效", "form_key": "d"})
        assert answer.location == f"{BASE}/C03"
        page = soup(desk.get(f"{BASE}/C0301"))
        assert "机构普遍承诺时效" in page.get_text() and "新增" in page.select_one(".category-changes").get_text()
        assert find_draft("C03") is None and [a.key for a in category("C0301").asked][-2] == "response_hours"
        firm = sign_in(admin_of(listing.firm))
        assert soup(firm.get("/firm/services/new/C0301")).select_one("select[name=a_response_hours]")

    def test_the_facts_of_a_child_are_edited_and_the_licence_follows(self, desk: FlaskClient) -> None:
        desk.post(f"{BASE}/C0301/draft", data={"form_key": "a"})
        data = facts(soup(desk.get(f"{BASE}/C0301/edit")))
        assert (data["licences"], data["pricing"], data["seen"]) == (["HR_FILING"], ["per_head_month"], "1")
        data |= {"name_zh": "社保与公积金代缴", "licences": ["HR_FILING", "HR_PERMIT"], "high_value": "y"}
        assert desk.post(f"{BASE}/C0301/edit", data=data).status_code == 302
        of = drafted(get_draft("C0301"))
        assert (of.name_zh, of.licence, of.high_value, of.number) == (
            "社保与公积金代缴",
            "HR_PERMIT+HR_FILING",
            True,
            2,
        )

    def test_choices_are_renamed_retired_and_put_in_order(self, desk: FlaskClient) -> None:
        make_category_draft("C03", lambda of: of)
        address = f"{BASE}/C03/attributes/own_or_partner"
        data = facts(soup(desk.get(address)), "form.form")
        assert (data["choices-0-value"], data["choices-1-value"], data["choices-2-value"]) == ("own", "partner", "")
        data |= {
            "choices-0-place": "3",
            "choices-1-label_zh": "合作服务网点",
            "choices-2-label_zh": "混合",
            "choices-2-label_en": "Mixed",
        }
        assert desk.post(address, data=data).status_code == 302
        data |= {"seen": "3", "form_key": "z"}
        data.pop("choices-0-is_offered")
        assert desk.post(address, data=data).status_code == 302
        made = drafted(get_draft("C03")).asked[1]
        assert [(c.value, c.label_zh) for c in made.choices] == [("partner", "合作服务网点"), ("mixed", "混合")]
        assert [c.value for c in made.retired_choices] == ["own"]

    @pytest.mark.parametrize(
        ("change", "says"),
        [
            ({"key": "page"}, "系统保留"), ({"key": "cutoff_day"}, "属性代码重复"), ({"key": "Ü"}, "小写字母开头"), ({"label_en": ""}, "请填写此项"),
            ({"type": "int", "bands": "90, 30"}, "从小到大"), ({"type": "int", "bands": "多"}, "正整数"), ({"type": "text"}, "不能用于筛选"),
            ({"choices-1-label_zh": ""}, "中文和英文标签"), ({"required": "must"}, "只有是/否属性"),
        ],
    )  # fmt: skip
    def test_what_is_wrong_stands_there_and_what_was_typed_is_kept(
        self, desk: FlaskClient, change: dict[str, str], says: str
    ) -> None:
        make_category_draft("C03", lambda of: of)
        answer = desk.post(f"{BASE}/C03/attributes/new", data={**NEW, "seen": "2", "form_key": "b", **change})
        page = soup(answer)
        assert answer.status_code == 422 and says in page.get_text()
        assert page.select_one("input[name=label_zh]")["value"] == "响应时效"
        assert page.select_one("input[name=choices-0-label_zh]")["value"] == "当日"

    def test_two_operators_cannot_overwrite_each_other(self, desk: FlaskClient) -> None:
        make_category_draft("C0301", lambda of: of)
        first = facts(soup(desk.get(f"{BASE}/C0301/edit")))
        assert desk.post(f"{BASE}/C0301/edit", data=first | {"name_zh": "甲", "form_key": "1"}).status_code == 302
        answer = desk.post(f"{BASE}/C0301/edit", data=first | {"name_zh": "乙", "form_key": "2"})
        assert answer.status_code == 409 and "已被他人修改" in soup(answer).get_text()
        assert drafted(get_draft("C0301")).name_zh == "甲"

    def test_a_new_child_is_seen_by_nobody_before_it_is_published(
        self, desk: FlaskClient, client: FlaskClient, sign_in: SignIn
    ) -> None:
        typed = {"name_zh": "跨境社保", "name_en": "Cross-border social insurance", "form_key": "n"}
        assert desk.post(f"{BASE}/C03/children/new", data=typed).location == f"{BASE}/C0307/edit"
        assert client.get("/services/?category=C0307").status_code == 200 and len(children("C03")) == 6
        assert "跨境社保" in soup(desk.get(f"{BASE}/")).get_text()
        assert desk.get(f"{BASE}/C0307").location == f"{BASE}/C0307/preview"
        assert desk.get(f"{BASE}/C0307/preview").status_code == 200
        desk.post(f"{BASE}/C0307/publish", data={"seen": "1", "reason": "新业态", "form_key": "p"})
        assert category("C0307").number == 1 and category("C0307").attribute("cutoff_day")
        firm = make_firm()
        assert soup(sign_in(admin_of(firm)).get("/firm/services/new")).select_one("a[href='/firm/services/new/C0307']")
        twin = desk.post(f"{BASE}/C03/children/new", data=typed | {"form_key": "m"})
        assert twin.status_code == 422 and "已有同名类目" in soup(twin).get_text()

    def test_a_draft_is_discarded_once(self, desk: FlaskClient) -> None:
        make_category_draft("C03")
        assert desk.post(f"{BASE}/C03/discard", data={"seen": "2", "form_key": "d"}).location == f"{BASE}/"
        assert find_draft("C03") is None and desk.get(f"{BASE}/C03/preview").status_code == 404


class TestHistory:
    def test_any_two_versions_are_compared(self, desk: FlaskClient) -> None:
        make_category_version("C03")
        make_category_version("C03", lambda of: replace(of, name_zh="人事代理"))
        page = soup(desk.get(f"{BASE}/C03?from=1&to=3"))
        rows = [tr.get_text() for tr in page.select(".category-changes tbody tr")]
        assert len(rows) == 2 and "人事代理" in rows[0] and "响应时效" in rows[1]
        assert len(soup(desk.get(f"{BASE}/C03?from=2&to=3")).select(".category-changes tbody tr")) == 1
        assert desk.get(f"{BASE}/C03?from=x&to=99").status_code == 200

    def test_the_tree_and_a_category_cost_few_statements(self, desk: FlaskClient, queries: Any) -> None:
        make_category_version("C03")
        desk.get(f"{BASE}/")
        with queries(at_most=12):
            desk.get(f"{BASE}/")
        with queries(at_most=14):
            desk.get(f"{BASE}/C03")
