"""The life of a listing as its firm, the park and strangers see it on their pages."""

from collections.abc import Callable
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from sqlalchemy import select

from marketplace.catalog import services
from marketplace.catalog.models import Listing, ListingChange
from marketplace.catalog.queries import get_listing
from marketplace.core.db import db, transaction
from marketplace.core.lifecycle import advance
from tests.factories.accounts import make_staff
from tests.factories.catalog import make_listing, operator_actor
from tests.factories.listing_changes import make_listing_change
from tests.factories.organisations import actor_for, admin_of, make_firm, make_member

SignIn = Callable[[Any], FlaskClient]
pytestmark = pytest.mark.engine("sqlite")


def soup(answer: Any) -> BeautifulSoup:
    return BeautifulSoup(answer.get_data(as_text=True), "html.parser")


def filled(page: BeautifulSoup, selector: str = "form.listing-form") -> dict[str, Any]:
    """What a browser would send of a form as it stands."""
    form, data = page.select_one(selector), {}
    for field in form.select("input[name], textarea[name], select[name]"):
        name, kind = field["name"], field.get("type")
        if field.name == "select":
            data[name] = next((o["value"] for o in field.select("option[selected]")), "")
        elif field.name == "textarea":
            data[name] = field.get_text().removeprefix("\n").removeprefix("\r\n")
        elif kind == "checkbox":
            if field.has_attr("checked"):
                data.setdefault(name, []).append(field["value"])
        else:
            data[name] = field.get("value", "")
    return data


@pytest.fixture
def firm(app: Any) -> Any:
    return make_firm(licences=("business", "HR_PERMIT", "HR_FILING"))


@pytest.fixture
def desk(firm: Any, sign_in: SignIn) -> FlaskClient:
    return sign_in(admin_of(firm))


@pytest.fixture
def staff(app: Any, sign_in: SignIn) -> FlaskClient:
    return sign_in(make_staff("operator"))


class TestFirmChangesWhatIsOnLine:
    def test_editing_a_published_listing_saves_a_change_and_shows_the_difference(
        self, firm: Any, desk: FlaskClient, client: FlaskClient
    ) -> None:
        listing = make_listing(firm=firm, title="原来的标题")
        opened = desk.get(f"/firm/services/{listing.id}/edit")
        assert opened.location == f"/firm/services/{listing.id}/change/edit"
        data = filled(soup(desk.get(opened.location)))
        assert data["title"] == "原来的标题" and data["base_version"] == "1"
        saved = desk.post(opened.location, data={**data, "title": "新的标题"})
        assert saved.location == f"/firm/services/{listing.id}/change"
        page = soup(desk.get(saved.location))
        assert [ins.get_text() for ins in page.select(".listing-diff ins")] == ["新"]
        assert "原来的标题" in client.get(f"/services/{listing.id}").get_data(as_text=True)

    def test_a_form_filled_on_older_content_keeps_what_was_typed_and_is_refused(
        self, firm: Any, desk: FlaskClient
    ) -> None:
        listing = make_listing(firm=firm)
        address = f"/firm/services/{listing.id}/change/edit"
        data = filled(soup(desk.get(address)))
        make_listing_change(listing=listing, state="approved", title="别人先改好的标题")
        answer = desk.post(address, data={**data, "title": "我写的标题"})
        page = soup(answer)
        assert answer.status_code == 422 and "在线内容在此期间已更新" in page.get_text()
        again = filled(page)
        assert (again["title"], again["base_version"]) == ("我写的标题", "2")
        assert desk.post(address, data=again).location == f"/firm/services/{listing.id}/change"

    @pytest.mark.parametrize("state", ["published", "draft"])
    def test_of_two_colleagues_at_one_draft_the_second_is_told_and_keeps_what_was_typed(
        self, firm: Any, desk: FlaskClient, state: str
    ) -> None:
        listing = make_listing(firm=firm, state=state)
        address = f"/firm/services/{listing.id}/{'edit' if state == 'draft' else 'change/edit'}"
        mine = filled(soup(desk.get(address)))
        theirs = filled(soup(desk.get(address)))
        assert desk.post(address, data={**theirs, "title": "同事写的标题"}).status_code == 302
        wrong = desk.post(address, data={**mine, "title": ""})
        answer = desk.post(address, data={**filled(soup(wrong)), "title": "我写的标题"})
        page = soup(answer)
        assert answer.status_code == 422 and "刚被他人修改" in page.get_text()
        assert filled(page)["title"] == "我写的标题"
        assert desk.post(address, data=filled(page)).status_code == 302

    @pytest.mark.parametrize(
        ("state", "step", "after"),
        [("draft", "submit", "submitted"), ("submitted", "take-back", "draft"), ("submitted", "cancel", "cancelled"),
         ("returned", "submit", "submitted")],
    )  # fmt: skip
    def test_each_button_moves_the_change(
        self, firm: Any, desk: FlaskClient, state: str, step: str, after: str
    ) -> None:
        change = make_listing_change(listing=make_listing(firm=firm), state=state)
        answer = desk.post(f"/firm/services/{change.listing_id}/change/{step}", data={"form_key": step})
        assert answer.status_code == 302
        db.session.expire_all()
        assert db.session.scalars(select(ListingChange.state)).one() == after

    def test_words_are_marked_beside_their_field_when_saving_and_when_handing_in(
        self, firm: Any, desk: FlaskClient
    ) -> None:
        listing = make_listing(firm=firm)
        address = f"/firm/services/{listing.id}/change"
        data = filled(soup(desk.get(f"{address}/edit")))
        page = soup(desk.post(f"{address}/edit", data={**data, "summary": "仅 限 男 性 报名", "title": ""}))
        beside = page.select_one("#summary").find_parent("div").find_next_sibling("div", class_="word-marks")
        assert beside.select_one("mark").get_text() == "仅 限 男 性"
        desk.post(f"{address}/edit", data={**data, "form_key": "other", "summary": "仅 限 男 性 报名"})
        refused = desk.post(f"{address}/submit", data={"form_key": "s"})
        assert refused.status_code == 422
        assert [mark.get_text() for mark in soup(refused).select(".word-marks mark")] == ["仅 限 男 性"]

    def test_a_viewer_reads_the_change_and_another_firm_finds_nothing(self, firm: Any, sign_in: SignIn) -> None:
        change = make_listing_change(listing=make_listing(firm=firm))
        address = f"/firm/services/{change.listing_id}/change"
        viewer = sign_in(make_member(firm, "viewer"))
        assert viewer.get(address).status_code == 200
        assert viewer.post(f"{address}/cancel", data={"form_key": "c"}).status_code == 403
        assert sign_in(admin_of(make_firm())).get(address).status_code == 404


class TestOperatorDecides:
    def test_the_queue_lists_exports_and_counts_what_waits(self, staff: FlaskClient, queries: Any) -> None:
        change = make_listing_change(listing=make_listing(title="待改的服务"))
        make_listing_change(listing=make_listing(title="只是草稿"), state="draft")
        with queries(at_most=12):
            page = soup(staff.get("/operator/listing-changes/"))
        assert page.select_one(f"a[href='/operator/listing-changes/{change.id}']") and "只是草稿" not in page.get_text()
        exported = staff.get("/operator/listing-changes/export/csv?state=all").get_data().decode("utf-8-sig")
        assert "待改的服务" in exported and "只是草稿" not in exported
        assert "服务修改审核" in staff.get("/operator/").get_data(as_text=True)

    def test_old_and_new_stand_side_by_side_and_approving_puts_the_new_on_line(
        self, staff: FlaskClient, client: FlaskClient
    ) -> None:
        change = make_listing_change(listing=make_listing(title="原来的标题"), title="更新的标题")
        address = f"/operator/listing-changes/{change.id}"
        page = soup(staff.get(address))
        assert page.select_one(".compare-before del").get_text() and page.select_one(".compare-after ins").get_text()
        data = filled(page, f"form[action='{address}/approve']")
        assert staff.post(f"{address}/approve", data=data).location == "/operator/listing-changes/"
        db.session.expire_all()
        text = soup(client.get(f"/services/{change.listing_id}")).get_text()
        assert "更新的标题" in text and "第 2 版" in text
        late = staff.post(f"{address}/return-back", data={**data, "form_key": "k2", "reason": "晚了一步"})
        assert late.status_code == 409 and "刚刚被他人处理" in late.get_data(as_text=True)

    def test_returning_needs_a_reason_beside_its_field(self, staff: FlaskClient) -> None:
        change = make_listing_change()
        address = f"/operator/listing-changes/{change.id}/return-back"
        answer = staff.post(address, data={"form_key": "r", "seen": change.version})
        assert answer.status_code == 422 and soup(answer).select_one("#reason-error")
        assert staff.post(address, data={"form_key": "r2", "seen": change.version, "reason": "补充"}).status_code == 302

    def test_a_new_listing_that_was_handed_in_anew_is_not_approved_unseen(self, staff: FlaskClient, app: Any) -> None:
        listing = make_listing(state="submitted")
        seen = filled(soup(staff.get(f"/operator/listings/{listing.id}")), "form[action$='/approve']")
        actor = actor_for(listing.firm)
        with transaction():
            own = get_listing(listing.id, actor=actor)
            services.revise_listing(actor=actor, listing=own)
            services.submit_listing(actor=actor, listing=own)
        answer = staff.post(f"/operator/listings/{listing.id}/approve", data=seen)
        assert answer.status_code == 422 and "刚刚被他人处理" in answer.get_data(as_text=True)


class TestCopyAndAnswers:
    def test_a_listing_in_any_state_is_copied_into_a_draft_of_its_own(self, firm: Any, desk: FlaskClient) -> None:
        for state in ("withdrawn", "published"):
            listing = make_listing(firm=firm, state=state, title="代缴服务", city_codes=("310000", "320500"))
            answer = desk.post(f"/firm/services/{listing.id}/copy", data={"form_key": state})
            copy = db.session.get_one(Listing, int(answer.location.split("/")[-2]))
            made = get_listing(copy.id, actor=actor_for(firm))
            assert (made.state, made.live_version, made.city_codes) == ("draft", 0, ["310000", "320500"])
            assert made.title.startswith("代缴服务（副本") and made.attributes == listing.attributes

    def test_open_questions_are_counted_in_the_list_and_filtered(self, firm: Any, desk: FlaskClient) -> None:
        full = make_listing(firm=firm, state="draft", title="都答了的服务")
        with transaction():
            full = db.session.get_one(Listing, full.id)
            full.attributes = {a.key: True for a in full.category.own_attributes}
        gap = make_listing(firm=firm, state="draft", title="有空缺的服务")
        with transaction():
            gap = db.session.get_one(Listing, gap.id)
            gap.attributes = {key: value for key, value in gap.attributes.items() if key != "cutoff_day"}
        page = soup(desk.get("/firm/services/?incomplete=1"))
        assert "有空缺的服务" in page.get_text() and "都答了的服务" not in page.get_text()
        assert "必答未答 1 项" in page.get_text()
        assert "每月增减员截止日" in soup(desk.get(f"/firm/services/{gap.id}")).select_one(".alert-danger").get_text()
        form = soup(desk.get(f"/firm/services/{gap.id}/edit"))
        assert "未答" in form.select_one("label[for=a_cutoff_day]").get_text()


class TestHistory:
    def test_the_firm_reads_its_people_by_name_and_the_park_as_the_park(
        self, firm: Any, desk: FlaskClient, sign_in: SignIn
    ) -> None:
        listing = make_listing(firm=firm, state="returned")
        actor = actor_for(firm)
        with transaction():
            services.submit_listing(actor=actor, listing=get_listing(listing.id, actor=actor))
        with transaction():
            again = get_listing(listing.id, actor=operator_actor())
            services.return_listing(actor=operator_actor(), listing=again, reason="第二次退回的原因")
        page = soup(desk.get(f"/firm/services/{listing.id}/history"))
        steps = [step.get_text(" ", strip=True) for step in page.select(".timeline li")]
        assert [step.split(" · ")[0].split(" ", 2)[-1] for step in steps] == [
            "退回修改",
            "提交审核",
            "退回修改",
            "提交审核",
            "新建草稿",
        ]
        assert "第二次退回的原因" in steps[0] and "请补充服务流程" in steps[2]
        assert "园区运营方" in steps[0] and admin_of(firm).name in steps[1]
        park = soup(sign_in(make_staff("reviewer", name="审核人甲")).get(f"/operator/listings/{listing.id}/history"))
        assert "园区运营方" not in " ".join(step.get_text() for step in park.select(".timeline li"))

    def test_every_approved_version_can_be_read_with_what_it_changed(self, firm: Any, desk: FlaskClient) -> None:
        listing = make_listing(firm=firm, title="第一个标题")
        make_listing_change(listing=listing, state="approved", title="第二个标题")
        page = soup(desk.get(f"/firm/services/{listing.id}/history"))
        assert [row.get_text(strip=True) for row in page.select("table tbody td:last-child")] == ["标题", "首次上架"]
        first, second = (soup(desk.get(f"/firm/services/{listing.id}/versions/{n}")) for n in (1, 2))
        assert "第一个标题" in first.get_text() and not first.select(".listing-diff")
        assert [ins.get_text() for ins in second.select(".listing-diff ins")] == ["二"]
        assert desk.get(f"/firm/services/{listing.id}/versions/3").status_code == 404

    def test_the_park_reads_the_same_pages(self, staff: FlaskClient) -> None:
        listing = make_listing()
        assert "审核通过，上架" in staff.get(f"/operator/listings/{listing.id}/history").get_data(as_text=True)
        assert staff.get(f"/operator/listings/{listing.id}/versions/1").status_code == 200


class TestStrangerWithAnOldLink:
    def test_a_withdrawn_service_says_when_and_why_and_leads_on(self, client: FlaskClient, app: Any) -> None:
        listing = make_listing(state="withdrawn", title="曾经的服务")
        answer = client.get(f"/services/{listing.id}")
        page = soup(answer)
        assert answer.status_code == 410
        for word in ("曾经的服务", "停止提供", "下架日期"):
            assert word in page.get_text()
        assert page.select_one("a[href='/services/?category=C0301']") and page.select_one(
            f"a[href='/firms/{listing.firm_id}']"
        )
        told = client.get(f"/api/v1/services/{listing.id}")
        assert (told.status_code, told.mimetype) == (410, "application/problem+json")
        assert (told.json["code"], told.json["reason"]) == ("listing.withdrawn", "停止提供")

    def test_what_the_park_told_the_firm_stays_between_them(self, client: FlaskClient, app: Any) -> None:
        listing = make_listing(state="suspended")
        with transaction():
            own = get_listing(listing.id, actor=operator_actor())
            services.withdraw_listing(actor=operator_actor(), listing=own, reason="多次投诉查实")
        text = client.get(f"/services/{listing.id}").get_data(as_text=True)
        assert "由园区运营方下架" in text and "多次投诉查实" not in text
        assert client.get(f"/api/v1/services/{listing.id}").json["reason"] == ""

    def test_a_suspended_or_lapsed_service_says_only_that_it_is_not_shown(self, client: FlaskClient, app: Any) -> None:
        suspended, hidden = make_listing(state="suspended", title="机密标题"), make_listing(title="机密标题二")
        with transaction():
            firm = get_listing(hidden.id, actor=operator_actor()).firm
            advance(firm, "suspend", actor=operator_actor())
        for listing in (suspended, hidden):
            answer = client.get(f"/services/{listing.id}")
            text = soup(answer).get_text()
            assert answer.status_code == 404 and "目前暂不展示" in text
            assert "机密标题" not in text and "接到投诉" not in text and listing.firm.name not in text
            told = client.get(f"/api/v1/services/{listing.id}")
            assert (told.status_code, told.json["code"]) == (404, "listing.not_shown")

    def test_what_never_was_public_is_simply_not_found(self, client: FlaskClient, app: Any) -> None:
        for state in ("draft", "submitted", "returned"):
            listing = make_listing(state=state)
            answer = client.get(f"/services/{listing.id}")
            assert answer.status_code == 404 and "暂不展示" not in answer.get_data(as_text=True)
            assert client.get(f"/api/v1/services/{listing.id}").json["code"] == "listing.not_found"

    def test_the_firm_is_told_that_its_reason_is_public(self, firm: Any, desk: FlaskClient) -> None:
        listing = make_listing(firm=firm)
        assert "此原因将在公开页面向所有人展示" in desk.get(f"/firm/services/{listing.id}").get_data(as_text=True)
