"""The firm's service desk, the operator's review and the listing page, as people use them."""

from collections.abc import Callable
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from sqlalchemy import select

from marketplace.catalog.models import Listing
from marketplace.core.db import db
from tests.factories.accounts import make_staff
from tests.factories.catalog import make_listing
from tests.factories.organisations import admin_of, make_client, make_firm, make_member

SignIn = Callable[[Any], FlaskClient]
TYPED = {
    "title": "社保公积金代缴", "summary": "按月代缴五险一金", "description": "专人对接", "pricing_model": "per_head_month", "price_min": "20",
    "price_max": "50.50", "city_codes": ["310000", "320500"], "a_own_or_partner": "own", "a_cutoff_day": "20", "a_system_access": "yes",
    "a_insurance_types": ["pension", "injury"], "form_key": "k1",
}  # fmt: skip


@pytest.fixture
def firm(app: Any) -> Any:
    return make_firm(licences=("business", "HR_PERMIT", "HR_FILING"))


@pytest.fixture
def desk(firm: Any, sign_in: SignIn) -> FlaskClient:
    return sign_in(admin_of(firm))


def soup(answer: Any) -> BeautifulSoup:
    return BeautifulSoup(answer.get_data(as_text=True), "html.parser")


class TestCreate:
    def test_categories_without_their_licence_say_which_one_is_missing(self, desk: FlaskClient) -> None:
        page = soup(desk.get("/firm/services/new"))
        assert page.select_one("a[href='/firm/services/new/C0301']")
        assert not page.select_one("a[href='/firm/services/new/C0501']")
        assert "劳务派遣经营许可证" in page.get_text()

    def test_a_category_without_its_licence_is_refused(self, desk: FlaskClient) -> None:
        assert desk.get("/firm/services/new/C0501").location == "/firm/services/new"

    def test_the_form_asks_what_the_category_asks(self, desk: FlaskClient) -> None:
        page = soup(desk.get("/firm/services/new/C0104"))
        assert page.select_one("select[name=a_fair_mode]") and not page.select_one("[name=a_campus_list]")

    def test_a_complete_form_becomes_a_draft_with_a_preview(self, desk: FlaskClient) -> None:
        answer = desk.post("/firm/services/new/C0301", data=TYPED)
        listing = db.session.scalars(select(Listing)).one()
        assert answer.location == f"/firm/services/{listing.id}"
        assert (listing.state, listing.price_max_fen) == ("draft", 50_50)
        assert listing.attributes == {
            "own_or_partner": "own", "cutoff_day": 20, "system_access": True, "insurance_types": ["pension", "injury"],
        }  # fmt: skip
        page = soup(desk.get(answer.location))
        assert "自有网点" in page.get_text() and "¥20–¥50.50" in page.get_text()

    def test_the_same_form_sent_twice_makes_one_listing(self, desk: FlaskClient) -> None:
        first, second = (desk.post("/firm/services/new/C0301", data=TYPED).location for _ in range(2))
        assert first == second and len(db.session.scalars(select(Listing)).all()) == 1

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"a_cutoff_day": "四"}, "a_cutoff_day"), ({"a_cutoff_day": ""}, "a_cutoff_day"), ({"a_own_or_partner": ""}, "a_own_or_partner"),
            ({"price_min": "abc"}, "price_min"), ({"price_max": "1"}, "price_max"), ({"title": ""}, "title"), ({"city_codes": []}, "city_codes"),
            ({"pricing_model": "quote", "price_min": "", "price_max": ""}, "price_min"),
        ],
    )  # fmt: skip
    def test_an_error_stands_beside_its_field_and_the_rest_is_kept(
        self, desk: FlaskClient, change: dict[str, Any], field: str
    ) -> None:
        answer = desk.post("/firm/services/new/C0301", data={**TYPED, **change})
        page = soup(answer)
        assert answer.status_code == 422
        assert page.select_one(f"#{field}-error"), page.select_one(".error-summary")
        assert page.select_one("textarea[name=description]").get_text(strip=True) == "专人对接"
        assert db.session.scalars(select(Listing)).all() == []


class TestOwnListing:
    def test_edit_shows_what_is_stored_and_keeps_it(self, firm: Any, desk: FlaskClient) -> None:
        listing = make_listing(firm=firm, state="draft", attributes={"system_access": False})
        page = soup(desk.get(f"/firm/services/{listing.id}/edit"))
        assert page.select_one("input[name=title]")["value"] == listing.title
        assert page.select_one("select[name=a_system_access] option[selected]")["value"] == "no"
        assert page.select_one("input[name=city_codes][value='310000']").has_attr("checked")
        answer = desk.post(f"/firm/services/{listing.id}/edit", data={**TYPED, "title": "改后的标题"})
        assert answer.status_code == 302
        db.session.expire_all()
        assert db.session.get(Listing, listing.id).title == "改后的标题"

    def test_submit_names_the_words_and_changes_nothing(self, firm: Any, desk: FlaskClient) -> None:
        listing = make_listing(firm=firm, state="draft", description="仅限男性报名")
        answer = desk.post(f"/firm/services/{listing.id}/submit", data={"form_key": "s1"})
        page = soup(answer)
        assert answer.status_code == 422
        assert [mark.get_text() for mark in page.select("mark")] == ["仅限男性"]
        assert db.session.get(Listing, listing.id).state == "draft"

    def test_submit_then_revise_then_withdraw(self, firm: Any, desk: FlaskClient) -> None:
        listing = make_listing(firm=firm, state="draft")
        address = f"/firm/services/{listing.id}"
        for step, data, state in (
            ("submit", {}, "submitted"), ("revise", {}, "draft"), ("withdraw", {"reason": "不再提供"}, "withdrawn"),
        ):  # fmt: skip
            assert desk.post(f"{address}/{step}", data={"form_key": step, **data}).status_code == 302
            db.session.expire_all()
            assert db.session.get(Listing, listing.id).state == state

    def test_withdraw_without_a_reason_is_refused_beside_the_field(self, firm: Any, desk: FlaskClient) -> None:
        listing = make_listing(firm=firm)
        answer = desk.post(f"/firm/services/{listing.id}/withdraw", data={"form_key": "w"})
        assert answer.status_code == 422 and soup(answer).select_one("#reason-error")

    def test_another_firms_listing_does_not_exist_here(self, desk: FlaskClient) -> None:
        other = make_listing()
        for address in ("", "/edit"):
            assert desk.get(f"/firm/services/{other.id}{address}").status_code == 404

    def test_the_list_filters_pages_and_exports(self, firm: Any, desk: FlaskClient, queries: Any) -> None:
        make_listing(firm=firm, state="draft", title="草稿服务")
        make_listing(firm=firm, title="上架服务")
        assert "草稿服务" in desk.get("/firm/services/").get_data(as_text=True)
        with queries(at_most=12):
            text = desk.get("/firm/services/?state=published&per_page=10").get_data(as_text=True)
        assert "上架服务" in text and "草稿服务" not in text
        exported = desk.get("/firm/services/export/csv").get_data().decode("utf-8-sig")
        assert "草稿服务" in exported and "上架服务" in exported and firm.uscc in exported

    def test_a_viewer_sees_the_list_and_may_not_write(self, firm: Any, sign_in: SignIn) -> None:
        viewer = sign_in(make_member(firm, "viewer"))
        assert viewer.get("/firm/services/").status_code == 200
        assert viewer.get("/firm/services/new").status_code == 403


class TestOperator:
    @pytest.fixture
    def staff(self, app: Any, sign_in: SignIn) -> FlaskClient:
        return sign_in(make_staff("operator"))

    def test_the_queue_shows_age_filters_and_exports(self, staff: FlaskClient, queries: Any) -> None:
        make_listing(state="submitted", title="待审服务")
        make_listing(title="已上架服务")
        with queries(at_most=12):
            text = staff.get("/operator/listings/").get_data(as_text=True)
        assert "待审服务" in text and "不到 1 分钟" in text and "已上架服务" not in text
        assert "已上架服务" in staff.get("/operator/listings/?state=all").get_data(as_text=True)
        assert "待审服务" not in staff.get("/operator/listings/?category=C05").get_data(as_text=True)
        assert "待审服务" in staff.get("/operator/listings/export/csv?state=submitted").get_data().decode("utf-8-sig")
        assert staff.get("/operator/listings/export/xlsx").status_code == 200

    @pytest.mark.parametrize(
        ("state", "decision", "after"),
        [("submitted", "approve", "published"), ("submitted", "return", "returned"), ("published", "suspend", "suspended"),
         ("suspended", "restore", "published"), ("suspended", "withdraw", "withdrawn")],
    )  # fmt: skip
    def test_each_decision_moves_the_listing(self, staff: FlaskClient, state: str, decision: str, after: str) -> None:
        listing = make_listing(state=state)
        answer = staff.post(f"/operator/listings/{listing.id}/{decision}", data={"form_key": "d", "reason": "说明"})
        assert answer.location == "/operator/listings/"
        db.session.expire_all()
        assert db.session.get(Listing, listing.id).state == after

    def test_a_return_without_a_reason_is_refused(self, staff: FlaskClient) -> None:
        listing = make_listing(state="submitted")
        answer = staff.post(f"/operator/listings/{listing.id}/return", data={"form_key": "d"})
        assert answer.status_code == 422 and soup(answer).select_one("#reason-error")

    def test_approving_twice_says_that_it_was_done(self, staff: FlaskClient) -> None:
        listing = make_listing()
        answer = staff.post(f"/operator/listings/{listing.id}/approve", data={"form_key": "d"})
        assert answer.status_code == 422 and "当前状态下不能执行" in answer.get_data(as_text=True)

    def test_firms_and_auditors_may_not_decide(self, sign_in: SignIn) -> None:
        listing = make_listing(state="submitted")
        for user in (admin_of(make_firm()), make_staff("auditor")):
            client = sign_in(user)
            assert client.post(f"/operator/listings/{listing.id}/approve", data={"form_key": "d"}).status_code == 403
        db.session.expire_all()
        assert db.session.get(Listing, listing.id).state == "submitted"


class TestShow:
    def test_everybody_sees_facts_price_firm_and_licences(self, client: FlaskClient, app: Any, queries: Any) -> None:
        listing = make_listing(title="社保代缴标准版")
        with queries(at_most=12):
            answer = client.get(f"/services/{listing.id}")
        text = soup(answer).get_text()
        assert answer.status_code == 200
        for word in (
            "社保代缴标准版",
            "¥20–¥50",
            "每月增减员截止日",
            listing.firm.name,
            "人力资源服务备案",
            "登录后下单",
        ):
            assert word in text, word

    def test_a_verified_client_is_offered_to_order(self, sign_in: SignIn, app: Any) -> None:
        listing = make_listing()
        page = soup(sign_in(admin_of(make_client())).get(f"/services/{listing.id}"))
        assert page.select_one(f"a[href='/services/{listing.id}/order']")

    def test_a_draft_is_seen_by_its_firm_and_staff_only(self, sign_in: SignIn, client: FlaskClient) -> None:
        listing = make_listing(state="draft")
        assert client.get(f"/services/{listing.id}").status_code == 404
        for user in (admin_of(listing.firm), make_staff("operator")):
            answer = sign_in(user).get(f"/services/{listing.id}")
            assert answer.status_code == 200 and "不对公众展示" in answer.get_data(as_text=True)

    def test_a_withdrawn_listing_says_when_and_why(self, client: FlaskClient, app: Any) -> None:
        listing = make_listing(state="withdrawn")
        answer = client.get(f"/services/{listing.id}")
        assert answer.status_code == 410 and "停止提供" in answer.get_data(as_text=True)

    def test_an_unknown_listing_is_not_found(self, client: FlaskClient, app: Any) -> None:
        assert client.get("/services/999999").status_code == 404
