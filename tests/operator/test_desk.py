"""The desk's pages: who reaches them, what they show, what a click does, and what they cost."""

import csv
import io
import re
from typing import Any

from bs4 import BeautifulSoup
from sqlalchemy import select

from marketplace.core.actor import CLI
from marketplace.core.audit import AuditEvent
from marketplace.core.db import db, transaction
from marketplace.organisations import queries, services
from tests.factories import admin_of, make_client, make_firm, make_member, make_staff
from tests.factories.catalog import make_listing
from tests.factories.desk import PDF, make_change, make_closing

DECIDERS = ("operator", "reviewer")
READERS = (*DECIDERS, "service", "bureau", "auditor")


def soup(answer: Any) -> BeautifulSoup:
    return BeautifulSoup(answer.text, "html.parser")


def words(answer: Any) -> str:
    return " ".join((soup(answer).find("main") or soup(answer)).get_text(" ").split())


def organisation(organisation_id: int) -> Any:
    db.session.rollback()
    return queries.get_organisation(organisation_id, CLI)


def test_readers_reach_every_page_and_others_none(app: Any, client: Any, sign_in: Any) -> None:
    change_id, firm_id = make_change().id, make_firm(state="submitted").id
    pages = [
        "/operator/", "/operator/verifications", f"/operator/verifications/{firm_id}", "/operator/verifications/export", "/operator/changes",
        f"/operator/changes/{change_id}", "/operator/changes/export?format=xlsx",
    ]  # fmt: skip
    people = {role: sign_in(make_staff(role)) for role in (*READERS, "finance", "admin", "security")}
    people["member"] = sign_in(admin_of(make_firm()))
    for path in pages:
        assert "/account/sign-in" in client.get(path).location
        for role, visitor in people.items():
            allowed = role in READERS or (role == "finance" and path == "/operator/")
            with visitor.get(path) as answer:
                assert answer.status_code == (200 if allowed else 403), (role, path)


def test_only_deciders_claim_decide_and_only_those_who_call_reveal(app: Any, sign_in: Any) -> None:
    change_id, firm_id = make_change().id, make_firm(state="submitted").id
    posts = [
        f"/operator/verifications/{firm_id}/claim", f"/operator/verifications/{firm_id}/release", f"/operator/changes/{change_id}/claim",
        f"/operator/changes/{change_id}/approve", f"/operator/changes/{change_id}/return-back", "/operator/next/firms",
    ]  # fmt: skip
    for role in ("service", "bureau", "auditor", "finance", "admin"):
        visitor = sign_in(make_staff(role))
        assert {visitor.post(path, data={"form_key": "k", "reason": "x"}).status_code for path in posts} == {403}, role
        reveal = f"/operator/verifications/{firm_id}/reveal"
        assert visitor.get(reveal).status_code == (200 if role == "service" else 403)
        assert visitor.get(f"/operator/verifications/{firm_id}/closing").status_code == 403
    reviewer = sign_in(make_staff("reviewer"))
    assert reviewer.get(f"/operator/verifications/{firm_id}/closing").status_code == 403
    for path in ("/operator/verifications/999999", "/operator/changes/999999", "/operator/verifications/999999/reveal"):
        assert reviewer.get(path).status_code == 404


def test_the_desk_shows_each_queue_with_its_age_and_what_is_late(app: Any, clock: Any, sign_in: Any) -> None:
    make_firm(state="submitted")
    clock.advance(days=7)
    make_firm(state="submitted")
    make_change()
    page = soup(sign_in(make_staff("operator")).get("/operator/"))
    card = next(c for c in page.select(".queue-card") if "机构入驻" in c.get_text())
    assert " ".join(card.get_text(" ").split()).startswith("机构入驻 2 件待处理 最早 7 天前 1 件超时")
    assert "is-late" in card["class"]
    reader = soup(sign_in(make_staff("bureau")).get("/operator/"))
    assert "只读" in reader.select_one(".queue-card").get_text() and not reader.select(
        ".queue-action, .page-actions form"
    )


def test_taking_the_next_case_leads_to_the_oldest_that_nobody_holds_and_a_double_click_to_the_same(
    app: Any, clock: Any, sign_in: Any
) -> None:
    first = make_firm(state="submitted").id
    clock.advance(hours=1)
    second = make_firm(state="submitted").id
    one, two = sign_in(make_staff("reviewer")), sign_in(make_staff("operator", name="李审核"))
    path = "/operator/next/firms"
    assert one.post(path, data={"form_key": "a"}).location == f"/operator/verifications/{first}"
    assert one.post(path, data={"form_key": "a"}).location == f"/operator/verifications/{first}"
    assert two.post(path, data={"form_key": "b"}).location == f"/operator/verifications/{second}"
    assert "我正在处理" in words(one.get("/operator/"))
    warned = words(one.get(f"/operator/verifications/{second}"))
    assert "李审核 正在处理本件" in warned and "作出决定" in warned
    assert "李审核" in words(one.get("/operator/verifications"))
    third = sign_in(make_staff("reviewer"))
    assert third.post(path, data={"form_key": "c"}).location == "/operator/"
    answer = third.post(f"/operator/verifications/{first}/claim", data={"form_key": "d"}, follow_redirects=True)
    assert "被其他审核人员认领" in words(answer)


def test_the_queue_is_narrowed_by_state_kind_city_age_and_name(app: Any, clock: Any, sign_in: Any) -> None:
    make_firm(state="submitted", name="先到人力公司", city_code="320500")
    clock.advance(days=7)
    make_client(state="submitted", name="后到制造公司")
    desk = sign_in(make_staff("reviewer"))

    def names(query: str) -> list[str]:
        rows = soup(desk.get(f"/operator/verifications?{query}")).select("tbody tr td:first-child a")
        return [a.get_text() for a in rows]

    assert names("") == ["先到人力公司", "后到制造公司"]
    assert names("age=late") == ["先到人力公司"]
    assert names("age=day") == ["先到人力公司"]
    assert names("kind=client") == ["后到制造公司"]
    assert names("city=320500") == ["先到人力公司"]
    assert names("q=后到") == ["后到制造公司"]
    assert names("state=approved") == []
    assert "超时" in words(desk.get("/operator/verifications"))
    assert "没有需要处理的单位" in words(desk.get("/operator/verifications?state=returned"))


def test_an_export_holds_the_whole_queue_and_no_numbers_of_people(app: Any, sign_in: Any) -> None:
    with transaction():
        for _ in range(105):
            make_client(state="submitted")
    desk = sign_in(make_staff("bureau"))
    with desk.get("/operator/verifications/export?per_page=20") as answer:
        rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert len(rows) == 105
    assert "19900001234" not in answer.text
    assert "199" not in "".join(rows[0].keys())


def test_a_page_costs_the_same_however_long_the_queue_is(app: Any, sign_in: Any, queries: Any) -> None:
    desk, seen = sign_in(make_staff("operator")), {}
    for number in (1, 12):
        with transaction():
            for _ in range(number):
                make_firm(state="submitted")
                make_change()
        for path in (
            "/operator/",
            "/operator/verifications",
            "/operator/verifications?state=licences",
            "/operator/changes",
        ):
            with queries(at_most=12) as statements:
                desk.get(path)
            assert len(statements) == seen.setdefault(path, len(statements)), path


def test_numbers_are_masked_on_every_page_of_the_desk(app: Any, sign_in: Any) -> None:
    firm = make_firm(contact_mobile="19912345678")
    member = make_member(firm, email=None, mobile="19987654321")
    change = make_change(firm)
    for role in READERS:
        desk = sign_in(make_staff(role))
        for path in (
            f"/operator/verifications/{firm.id}",
            f"/operator/changes/{change.id}",
            "/operator/",
            "/operator/verifications?state=all",
        ):
            text = desk.get(path).text
            assert "19912345678" not in text and "19987654321" not in text, (role, path)
        assert "199****5678" in desk.get(f"/operator/verifications/{firm.id}").text
    assert member.mobile == "19987654321"


def test_a_number_is_shown_once_on_record_and_never_in_an_address(app: Any, sign_in: Any) -> None:
    firm = make_firm(contact_mobile="19912345678")
    desk = sign_in(make_staff("service"))
    path = f"/operator/verifications/{firm.id}/reveal"
    assert "19912345678" not in desk.get(path).text
    refused = desk.post(path, data={"form_key": "a", "reason": ""})
    assert refused.status_code == 422 and "19912345678" not in refused.text
    answer = desk.post(path, data={"form_key": "b", "reason": "complaint", "case_number": "T-1"})
    assert answer.status_code == 200 and "19912345678" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    again = desk.post(path, data={"form_key": "b", "reason": "complaint", "case_number": "T-1"})
    assert again.status_code == 302 and "19912345678" not in again.location
    db.session.rollback()
    rows = db.session.scalars(select(AuditEvent).where(AuditEvent.event == "organisation.contact_revealed")).all()
    assert [row.codes["field"] for row in rows] == ["contact_mobile"]
    other = admin_of(make_firm())
    assert desk.get(f"{path}?member={other.id}").status_code == 404


def test_own_pages_show_numbers_to_administrators_and_mask_them_for_others(app: Any, sign_in: Any) -> None:
    firm = make_firm(contact_mobile="19912345678")
    viewer = make_member(firm, "viewer", email="viewer@test.example")
    admin, other = sign_in(admin_of(firm)), sign_in(viewer)
    assert "19912345678" in admin.get("/firm/profile").text
    assert "viewer@test.example" in admin.get("/organisation/members").text
    assert "19912345678" not in other.get("/firm/profile").text
    assert admin_of(firm).email not in other.get("/organisation/members").text


def test_common_reasons_fill_the_form_without_script(app: Any, sign_in: Any) -> None:
    firm = make_firm(state="submitted")
    desk, path = sign_in(make_staff("reviewer")), f"/operator/verifications/{firm.id}"
    links = [a["href"] for a in soup(desk.get(path)).select("a.chip") if "扫描件不清晰" in a.get_text()]
    page = soup(desk.get(links[0].split("#")[0]))
    assert "扫描件不清晰" in page.select_one("textarea#reason").get_text()
    second = next(a["href"] for a in page.select("a.chip") if "已过有效期" in a.get_text())
    text = soup(desk.get(second.split("#")[0])).select_one("textarea#reason").get_text()
    assert "扫描件不清晰" in text and "已过有效期" in text


def test_a_suspension_is_published_only_when_the_operator_chooses(app: Any, client: Any, sign_in: Any) -> None:
    firm, other = make_firm(name="公示机构有限公司"), make_firm(name="不公示机构有限公司")
    desk = sign_in(make_staff("operator"))
    path = f"/operator/verifications/{firm.id}/suspend"
    assert "注明依据" in words(desk.post(path, data={"form_key": "a", "reason": "核查", "is_public": "y"}))
    data = {"form_key": "b", "reason": "张某举报无证经营", "rule": "ecl29", "is_public": "y"}
    assert desk.post(path, data=data).status_code == 302
    assert desk.post(path, data=data).status_code == 302
    desk.post(f"/operator/verifications/{other.id}/suspend", data={"form_key": "c", "reason": "核查"})
    page = words(client.get("/legal/sanctions"))
    assert "公示机构有限公司" in page and "不公示机构有限公司" not in page
    assert "第二十九条" in page and "张某" not in page
    with client.get("/legal/sanctions/export") as answer:
        assert "张某" not in answer.data.decode("utf-8-sig")
    assert (
        desk.post(
            f"/operator/verifications/{firm.id}/restore", data={"form_key": "d", "reason": "已取得许可"}
        ).status_code
        == 302
    )
    assert "已解除" in words(client.get("/legal/sanctions?state=lifted"))
    assert "没有公示的处置" in words(client.get("/legal/sanctions?state=current"))
    reviewer = sign_in(make_staff("reviewer"))
    assert reviewer.post(path, data={"form_key": "e", "reason": "x"}).status_code == 403


def test_what_was_sent_in_again_stands_beside_what_was_returned(app: Any, sign_in: Any) -> None:
    firm = make_firm(state="submitted")
    with transaction():
        services.return_organisation(actor=CLI, organisation=firm, reason="补充")
    own = sign_in(admin_of(firm))
    identity = {"name": firm.name, "uscc": firm.uscc, "city_code": "310000", "address": "青浦区 88 号"}
    own.post("/organisation/onboarding/identity", data={"form_key": "a", **identity})
    own.post(
        "/organisation/onboarding/contacts",
        data={"form_key": "c", "contact_name": "王经理", "contact_mobile": "19900009999"},
    )
    assert own.post("/organisation/submit", data={"form_key": "b"}).status_code == 302
    page = soup(sign_in(make_staff("reviewer")).get(f"/operator/verifications/{firm.id}"))
    changed = {tr.th.get_text(): " ".join(tr.get_text(" ").split()) for tr in page.select(".compare tbody tr")}
    assert changed["住所"] == "住所 青浦区测试路 1 号 青浦区 88 号 已修改"
    assert "199****1234 199****9999 已修改" in changed["联系电话"]
    assert "单位全称" not in changed
    assert "补充" in words(sign_in(make_staff("bureau")).get(f"/operator/verifications/{firm.id}"))


def test_a_change_of_name_goes_from_request_to_shop(app: Any, client: Any, sign_in: Any) -> None:
    firm = make_firm(name="旧名人力有限公司")
    listing = make_listing(firm=firm)
    own, desk = sign_in(admin_of(firm)), sign_in(make_staff("reviewer"))
    locked = soup(own.get("/organisation/onboarding/identity"))
    assert not locked.select("main input[name=name], main input[name=address]")
    assert soup(own.get("/firm/profile")).select("a[href='/organisation/changes']")
    form = {
        "form_key": "a", "name": "新名人力有限公司", "uscc": firm.uscc, "city_code": "310000", "address": firm.address, "reason": "名称变更",
    }  # fmt: skip
    missing = own.post("/organisation/changes/new", data=form)
    assert missing.status_code == 422 and "变更证明" in words(missing)
    assert soup(missing).select_one("input[name=name]")["value"] == "新名人力有限公司"
    data = {**form, "file": (io.BytesIO(PDF), "通知书.pdf")}
    place = own.post("/organisation/changes/new", data=data).location
    assert place.startswith("/organisation/changes/")
    assert own.get("/organisation/changes/new").location == place
    number = int(place.rsplit("/", 1)[1])
    assert "旧名人力有限公司" in words(client.get(f"/firms/{firm.id}"))
    stranger = sign_in(admin_of(make_firm()))
    for path in (place, f"{place}/edit", f"{place}/file"):
        assert stranger.get(path).status_code == 404
    assert stranger.post(f"{place}/withdraw", data={"form_key": "x"}).status_code == 404

    case = f"/operator/changes/{number}"
    row = soup(desk.get(case)).select_one(".compare tbody tr")
    assert " ".join(row.get_text(" ").split()) == "单位全称 旧名人力有限公司 新名人力有限公司 已修改"
    with desk.get(f"{place}/file") as opened:
        assert opened.data == PDF
    assert desk.post(f"{case}/return-back", data={"form_key": "b", "reason": ""}).status_code == 422
    assert desk.post(f"{case}/return-back", data={"form_key": "c", "reason": "请上传营业执照"}).status_code == 302
    assert "请上传营业执照" in words(own.get(place))
    again = {**form, "form_key": "d", "reason": "补充营业执照", "file": (io.BytesIO(PDF), "营业执照.pdf")}
    assert soup(own.get(f"{place}/edit")).select_one("input[name=name]")["value"] == "新名人力有限公司"
    assert own.post(f"{place}/edit", data=again).status_code == 302
    for _ in range(2):
        assert desk.post(f"{case}/approve", data={"form_key": "e", "method": "registry"}).status_code == 302
    assert "新名人力有限公司" in words(client.get(f"/firms/{firm.id}"))
    assert "新名人力有限公司" in words(client.get(f"/services/{listing.id}"))
    assert "变更通过" in words(desk.get(f"/operator/verifications/{firm.id}"))
    late = desk.post(f"{case}/approve", data={"form_key": "f", "method": "registry"})
    assert late.status_code == 409 and "当前状态下不能执行此操作" in words(late)
    assert "已变更" in words(own.get("/organisation/changes"))


def test_leaving_is_announced_on_shop_and_services_and_can_be_taken_back(app: Any, client: Any, sign_in: Any) -> None:
    firm = make_firm()
    listing = make_listing(firm=firm)
    own = sign_in(admin_of(firm))
    refused = own.post("/organisation/closing", data={"form_key": "a", "reason": "业务调整"})
    assert refused.status_code == 422 and "知悉" in words(refused)
    assert (
        own.post("/organisation/closing", data={"form_key": "b", "reason": "业务调整", "agree": "y"}).status_code == 302
    )
    day = organisation(firm.id).closes_on.isoformat()
    for path in (f"/firms/{firm.id}", f"/services/{listing.id}"):
        assert f"将于 {day} 退出平台" in words(client.get(path))
    buyer = sign_in(admin_of(make_client()))
    assert not soup(buyer.get(f"/services/{listing.id}")).select(f"a[href='/services/{listing.id}/order']")
    viewer = sign_in(make_member(firm, "viewer"))
    assert not soup(viewer.get("/organisation/closing")).select("main form")
    assert own.post("/organisation/closing/withdraw", data={"form_key": "c"}).status_code == 302
    assert "退出平台" not in words(client.get(f"/firms/{firm.id}"))
    assert own.post("/organisation/closing/withdraw", data={"form_key": "d"}).status_code == 404


def test_the_park_announces_a_closing_with_the_same_notice(app: Any, sign_in: Any) -> None:
    firm = make_firm()
    desk = sign_in(make_staff("operator"))
    path = f"/operator/verifications/{firm.id}/closing"
    assert "公告期 30 日" in words(desk.get(path))
    assert desk.post(path, data={"form_key": "a", "reason": "长期不经营"}).status_code == 302
    assert "退出公告" in words(desk.get(f"/operator/verifications/{firm.id}"))
    own = sign_in(admin_of(firm))
    assert "由园区发布" in words(own.get("/organisation/closing"))
    assert own.post("/organisation/closing/withdraw", data={"form_key": "b"}).status_code == 403
    assert desk.post(f"{path}/withdraw", data={"form_key": "c"}).status_code == 302


def test_a_session_that_was_not_confirmed_is_asked_again_before_change_and_closing(
    app: Any, clock: Any, sign_in: Any
) -> None:
    firm = make_firm()
    own = sign_in(admin_of(firm))
    clock.advance(minutes=20)
    for path in ("/organisation/changes/new", "/organisation/closing"):
        answer = own.get(path)
        assert answer.status_code == 302 and re.match(r"/account/confirm\?next=", answer.location), path


def test_a_closing_that_something_blocks_says_so_on_the_desk(app: Any, clock: Any, sign_in: Any) -> None:
    notice = make_closing()
    with transaction():
        queries.get_closing(notice.id).told_on = clock.now.date()
    assert "有未了结事项" in words(sign_in(make_staff("operator")).get("/operator/"))
