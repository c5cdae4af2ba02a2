"""The pages of licences, re-verification and code overrides, for the organisation and for the desk."""

import io
from datetime import date, timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from marketplace.accounts.models import UserSession
from marketplace.core import clock as real_clock
from marketplace.core.db import db, transaction
from marketplace.organisations import queries
from marketplace.organisations.models import Licence, Organisation, UsccOverride, VerificationCheck
from tests.factories import admin_of, make_client, make_firm, make_member, make_staff, make_user
from tests.factories.catalog import make_listing
from tests.factories.licences import PDF, come_due, faulty_uscc, make_licence, make_override

PNG_NAME = "截图.pdf"


def upload(name: str = PNG_NAME, content: bytes = PDF) -> tuple[io.BytesIO, str]:
    return io.BytesIO(content), name


def soup(answer: Any) -> BeautifulSoup:
    return BeautifulSoup(answer.text, "html.parser")


def errors_of(answer: Any) -> str:
    found = soup(answer).select_one("#error-summary")
    return found.get_text(" ", strip=True) if found else ""


def confirmed(ago: timedelta = timedelta()) -> None:
    """As if everybody signed in had shown their password again so long ago."""
    with transaction():
        for one in db.session.scalars(select(UserSession)):
            one.confirmed_at = real_clock.now() - ago


def licence_in(state: str) -> Licence:
    db.session.rollback()
    return db.session.scalars(select(Licence).where(Licence.state == state).order_by(Licence.id.desc())).first()  # type: ignore[return-value]


def test_the_form_asks_what_the_kind_of_licence_needs(app: Any, sign_in: Any) -> None:
    firm = make_firm()
    own = sign_in(admin_of(firm))
    kinds = [a["href"] for a in soup(own.get("/organisation/licences/new")).select("main li a") if "kind=" in a["href"]]
    assert len(kinds) == 6
    page = soup(own.get("/organisation/licences/new?kind=HR_PERMIT"))
    assert {box["value"] for box in page.select("input[name=scope]")} == {
        "refer",
        "introduce",
        "fair",
        "online",
        "headhunt",
    }
    assert {box["value"] for box in page.select("input[name=recognised_in]")} == {"310118", "320509", "330421"}
    assert not soup(own.get("/organisation/licences/new?kind=DISPATCH")).select("input[name=scope]")
    assert sign_in(make_member(firm, "viewer")).get("/organisation/licences/new").status_code == 403


def test_a_licence_is_handed_in_with_all_its_facts_and_shown_to_all_who_may_see_them(
    app: Any, sign_in: Any, client: Any
) -> None:
    firm, desk = make_firm(), sign_in(make_staff("reviewer"))
    own = sign_in(admin_of(firm))
    today = real_clock.today()
    data = {
        "kind": "HR_PERMIT", "number": "（沪）人服证字〔2026〕第9号", "scope": ["online", "headhunt"], "issued_on": "2026-01-05",
        "valid_to": (today + timedelta(days=900)).isoformat(), "issuing_code": "310118", "issuing_region": "青浦区人社局",
        "recognised_in": ["320509"], "file": [upload("正本.pdf"), upload("副本.pdf")],
    }  # fmt: skip
    assert own.post("/organisation/licences/new", data=data).status_code == 302
    licence = licence_in("pending")
    assert (licence.scope, licence.recognised_in, licence.issued_on) == (
        ["online", "headhunt"],
        ["320509"],
        date(2026, 1, 5),
    )
    texts = ("高级人才寻访", "青浦区人社局", "吴江区")
    page = own.get("/firm/profile").text
    assert all(text in page for text in texts) and "换证审核中" in page
    page = desk.get(f"/operator/licences/{licence.id}").text
    assert all(text in page for text in texts) and "有变化" in page and "第 2 个文件" in page
    with own.get(f"/organisation/licences/{licence.id}/files/2") as second:
        assert second.data == PDF and "attachment" in second.headers["Content-Disposition"]
    assert client.get(f"/organisation/licences/{licence.id}/files/2").status_code == 302
    assert sign_in(admin_of(make_firm())).get(f"/organisation/licences/{licence.id}/files/2").status_code == 404
    assert desk.post(f"/operator/licences/{licence.id}/approve", data={"method": "manual"}).status_code == 302
    page = client.get(f"/firms/{firm.id}").text
    assert all(text in page for text in texts)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"file": []}, "请上传证照扫描件"), ({"valid_to": ""}, "请填写有效期至"), ({"valid_to": "2020-01-01"}, "已过有效期"),
        ({"issued_on": "2099-01-01"}, "不能晚于今天"), ({"number": ""}, "请填写证照编号"), ({"scope": ["consult"]}, "范围"),
    ],
)  # fmt: skip
def test_a_wrong_licence_is_refused_beside_its_field_and_keeps_what_was_typed(
    app: Any, sign_in: Any, change: dict[str, Any], text: str
) -> None:
    data = {
        "kind": "HR_PERMIT", "number": "保留的编号", "valid_to": "2031-01-01", "issuing_region": "保留的机关", "file": [upload()], **change,
    }  # fmt: skip
    answer = sign_in(admin_of(make_firm())).post("/organisation/licences/new", data=data)
    assert answer.status_code == 422 and text in errors_of(answer)
    assert soup(answer).select_one("input[name=issuing_region]")["value"] == "保留的机关"


def test_a_returned_licence_is_corrected_on_its_own_page(app: Any, sign_in: Any) -> None:
    firm = make_firm()
    licence = make_licence(organisation=firm, state="returned", number="旧编号")
    own = sign_in(admin_of(firm))
    path = f"/organisation/licences/{licence.id}/correct"
    assert path in own.get("/firm/profile").text
    page = own.get(path)
    assert "扫描件不清晰" in page.text and soup(page).select_one("input[name=number]")["value"] == "旧编号"
    assert own.post(path, data={"kind": "DISPATCH", "number": "", "valid_to": "2030-01-01"}).status_code == 422
    data = {"kind": "DISPATCH", "number": "新编号", "valid_to": "2030-01-01", "file": [upload()]}
    assert own.post(path, data=data).status_code == 302
    assert licence_in("pending").number == "新编号"
    assert own.post(path, data={**data, "file": [upload()]}).status_code == 422
    assert sign_in(admin_of(make_firm())).get(path).status_code == 404


def test_a_renewal_begins_with_what_the_old_licence_said(app: Any, sign_in: Any) -> None:
    firm = make_firm()
    old = make_licence(
        organisation=firm,
        valid_to=real_clock.today() + timedelta(days=20),
        issuing_region="青浦区人社局",
        issuing_code="310118",
    )
    own = sign_in(admin_of(firm))
    page = soup(own.get("/firm/profile"))
    link = next(a["href"] for a in page.select("[role=note] a") if "renews=" in a["href"])
    form = soup(own.get(link))
    assert form.select_one("input[name=issuing_region]")["value"] == "青浦区人社局"
    assert form.select_one("select[name=issuing_code] option[selected]")["value"] == "310118"
    data = {"kind": "DISPATCH", "number": "换发", "valid_to": "2032-01-01", "file": [upload()]}
    assert own.post(link, data=data).status_code == 302
    assert licence_in("pending").renews_id == old.id
    assert sign_in(admin_of(make_firm())).get(link).status_code == 404


def test_the_queue_lists_pages_filters_and_exports_with_few_queries(app: Any, sign_in: Any, queries: Any) -> None:
    desk = sign_in(make_staff("reviewer"))
    firms = [make_firm(licences=("business", "HR_FILING")) for _ in range(6)]
    for firm in firms:
        make_licence(organisation=firm, state="pending", number=f"待核-{firm.id}")
    applying = make_firm(state="submitted")
    make_licence(organisation=firms[0], kind="HR_PERMIT", valid_to=real_clock.today() + timedelta(days=25))
    with queries(at_most=10):
        page = desk.get("/operator/licences?per_page=5").text
    assert page.count("待核-") == 5 and applying.name not in page
    with queries(at_most=10):
        assert applying.name in desk.get("/operator/licences?state=applying").text
    for state, found in (
        ("ending_30", True),
        ("ending_7", False),
        ("ending_90", True),
        ("valid", True),
        ("lapsed", False),
        ("all", True),
    ):
        page = desk.get(f"/operator/licences?state={state}&kind=HR_PERMIT").text
        assert (firms[0].name in page) is found, state
    assert firms[3].name in desk.get(f"/operator/licences?q=待核-{firms[3].id}").text
    assert "没有符合条件" in desk.get("/operator/licences?q=没有这家").text
    for kind in ("csv", "xlsx"):
        answer = desk.get(f"/operator/licences/export?format={kind}")
        assert answer.status_code == 200 and "attachment" in answer.headers["Content-Disposition"]
    text = desk.get("/operator/licences/export").data.decode("utf-8-sig")
    assert text.count("待核-") == 6
    with queries(at_most=14):
        desk.get(f"/operator/licences/{licence_in('pending').id}")


def test_a_decision_carries_method_and_evidence_and_is_safe_to_repeat(app: Any, sign_in: Any) -> None:
    desk, licence = sign_in(make_staff("reviewer")), make_licence(state="pending")
    path = f"/operator/licences/{licence.id}"
    answer = desk.post(f"{path}/approve", data={"method": "registry"})
    assert answer.status_code == 422 and "截图" in errors_of(answer)
    bad = desk.post(f"{path}/approve", data={"method": "registry", "evidence": upload("x.exe", b"MZ")})
    assert bad.status_code == 422 and "只支持" in errors_of(bad)
    assert desk.post(f"{path}/return", data={"method": "manual", "reason": ""}).status_code == 422
    for _ in range(2):
        data = {"method": "registry", "evidence": upload(), "reason": "状态存续", "form_key": "once"}
        assert desk.post(f"{path}/approve", data=data).status_code == 302
    db.session.rollback()
    check = db.session.scalars(select(VerificationCheck).where(VerificationCheck.evidence_file_id.is_not(None))).one()
    page = desk.get(path).text
    assert "状态存续" in page and check.evidence_sha256[:16] in page
    evidence = f"/operator/checks/{check.id}/evidence"
    for role, status in (("auditor", 200), ("bureau", 200), ("service", 200), ("finance", 403), ("admin", 403)):
        with sign_in(make_staff(role)).get(evidence) as answer:
            assert answer.status_code == status, role
    own = sign_in(admin_of(db.session.get_one(Organisation, licence.organisation_id)))
    assert own.get(evidence).status_code == 403
    assert desk.get("/operator/checks/999999/evidence").status_code == 404
    assert desk.post(f"{path}/revoke", data={"method": "manual", "reason": "发证机关注销"}).status_code == 302
    assert "发证机关注销" in own.get("/firm/profile").text


def test_others_do_not_decide_and_a_missing_licence_is_missing(app: Any, sign_in: Any) -> None:
    licence = make_licence(state="pending")
    for role in ("bureau", "auditor"):
        client = sign_in(make_staff(role))
        page = client.get(f"/operator/licences/{licence.id}")
        assert page.status_code == 200 and "核验结论" not in page.text
        assert client.post(f"/operator/licences/{licence.id}/approve", data={"method": "manual"}).status_code == 403
    assert sign_in(make_staff()).get("/operator/licences/999999").status_code == 404


def test_the_old_addresses_of_the_verification_page_still_decide(app: Any, sign_in: Any) -> None:
    desk, licence = sign_in(make_staff()), make_licence(state="pending")
    path = f"/operator/verifications/{licence.organisation_id}/licences/{licence.id}"
    assert desk.post(f"{path}/approve").status_code == 302
    assert licence_in("valid").id == licence.id
    assert desk.post(f"{path}/revoke", data={"reason": "注销"}).status_code == 302


def test_the_overdue_list_reminds_exports_and_verifies_again(app: Any, sign_in: Any, queries: Any) -> None:
    desk = sign_in(make_staff("reviewer"))
    over, grace, client = come_due(make_firm(), 20), come_due(make_firm(), 6), come_due(make_client(), 1)
    listing = make_listing(firm=make_firm()).id
    with queries(at_most=10):
        page = desk.get("/operator/overdue").text
    assert page.index(over.name) < page.index(grace.name) and client.name in page
    assert "已停止展示" in page and "宽限还剩 10 天" in page
    only = desk.get("/operator/overdue?stage=over&kind=firm").text
    assert over.name in only and grace.name not in only and client.name not in only
    text = desk.get("/operator/overdue/export?stage=grace").data.decode("utf-8-sig")
    assert grace.name in text and over.name not in text
    for _ in range(2):
        answer = desk.post("/operator/overdue/remind", data={"stage": "due"}, follow_redirects=True)
    assert "已提醒 0 家" in answer.text
    path = f"/operator/overdue/{over.id}"
    with queries(at_most=14):
        assert "复核逾期 20 天" in desk.get(path).text
    refused = desk.post(f"{path}/reverify", data={"method": "registry"})
    assert refused.status_code == 422 and "截图" in errors_of(refused)
    assert (
        desk.post(f"{path}/reverify", data={"method": "registry", "evidence": upload(), "note": "存续"}).status_code
        == 302
    )
    assert over.name not in desk.get("/operator/overdue").text
    for role in ("bureau", "auditor", "service"):
        reader = sign_in(make_staff(role))
        assert reader.get("/operator/overdue").status_code == 200
        assert reader.post("/operator/overdue/remind").status_code == 403
        assert reader.post(f"{path}/reverify", data={"method": "manual"}).status_code == 403
    assert desk.get("/operator/overdue/999999").status_code == 404
    assert listing


def test_an_organisation_sees_its_banner_declares_and_the_public_sees_a_neutral_mark(
    app: Any, sign_in: Any, client: Any
) -> None:
    firm = come_due(make_firm(), 6)
    listing = make_listing(firm=firm).id
    own = sign_in(admin_of(firm))
    for path in ("/firm/profile", "/desk/"):
        page = own.get(path).text
        assert "资料复核已到期" in page and "声明资料无变化" in page
    assert "声明资料无变化" not in sign_in(make_member(firm, "viewer")).get("/firm/profile").text
    for path in (f"/firms/{firm.id}", f"/services/{listing}"):
        assert "资料复核中" in client.get(path).text
    assert own.post("/organisation/confirm-facts", follow_redirects=True).status_code == 200
    assert "等待园区复核" in own.get("/firm/profile").text
    come_due(firm, 20)
    assert client.get(f"/services/{listing}").status_code == 404
    assert "该机构暂无在售服务" in client.get(f"/firms/{firm.id}").text
    assert "服务已暂停展示" in own.get("/desk/").text
    early = sign_in(admin_of(make_firm()))
    assert "距复核到期还有" in early.post("/organisation/confirm-facts", follow_redirects=True).text


def test_an_override_is_proposed_and_decided_on_its_pages_by_two_people(
    app: Any, sign_in: Any, client: Any, queries: Any
) -> None:
    first, second, code = sign_in(make_staff("reviewer")), sign_in(make_staff()), faulty_uscc()
    sign_up = {
        "kind": "firm", "uscc": code, "name": "试点人力资源有限公司", "city_code": "310000", "person_name": "王经理", "email": "w@pilot.example",
        "mobile": "", "password": "a good long password", "repeat": "a good long password", "agree": "y",
    }  # fmt: skip
    answer = client.post("/account/sign-up/organisation", data=sign_up)
    assert answer.status_code == 422 and "校验位不正确" in errors_of(answer)
    assert soup(answer).select_one("input[name=uscc]")["value"] == code
    new = "/operator/uscc-overrides/new"
    confirmed(ago=timedelta(hours=3))
    assert "/account/confirm" in first.get(new).location
    confirmed()
    assert first.get(new).status_code == 200
    data = {"uscc": code, "name": "试点人力资源有限公司", "reason": "公示系统可查"}
    assert "请上传" in errors_of(first.post(new, data=data))
    wrong = first.post(new, data={**data, "uscc": "91310118MA0000015P", "evidence": upload()})
    assert wrong.status_code == 422 and "无需豁免" in errors_of(wrong)
    shape = first.post(new, data={**data, "uscc": "91310118MAO000015P", "evidence": upload()})
    assert shape.status_code == 422 and "不允许的字符" in errors_of(shape)
    assert first.post(new, data={**data, "evidence": upload()}).status_code == 302
    override = db.session.scalars(select(UsccOverride)).one()
    path = f"/operator/uscc-overrides/{override.id}"
    assert "另一位审核人员复核" in first.get(path).text
    assert first.post(f"{path}/approve").status_code == 403
    assert second.post(f"{path}/reject", data={"note": ""}).status_code == 422
    assert second.post(f"{path}/approve", data={"note": "已核对"}).status_code == 302
    with queries(at_most=10):
        assert code in second.get("/operator/uscc-overrides?state=approved").text
    assert code in second.get("/operator/uscc-overrides/export").data.decode("utf-8-sig")
    with second.get(f"{path}/evidence") as evidence:
        assert evidence.data == PDF
    assert client.post("/account/sign-up/organisation", data=sign_up).status_code == 302
    db.session.rollback()
    firm = db.session.scalars(select(Organisation).where(Organisation.uscc == code)).one()
    assert firm.name in second.get(path).text
    assert "校验豁免" in second.get(f"/operator/verifications/{firm.id}").text
    assert sign_in(make_staff("finance")).get(path).status_code == 403
    assert second.get("/operator/uscc-overrides/999999").status_code == 404


def test_an_open_override_is_taken_back_by_whoever_proposed_it(app: Any, sign_in: Any) -> None:
    from marketplace.accounts.queries import get_user

    override = make_override()
    mine, other = sign_in(get_user(override.proposed_by_id)), sign_in(make_staff())
    path = f"/operator/uscc-overrides/{override.id}"
    assert other.post(f"{path}/withdraw").status_code == 403
    assert mine.post(f"{path}/withdraw").status_code == 302
    assert "已撤回" in mine.get(path).text


def test_people_without_an_organisation_have_no_licence_pages(app: Any, sign_in: Any) -> None:
    nobody = sign_in(make_user())
    for path in ("/organisation/licences/new", "/operator/licences", "/operator/overdue", "/operator/uscc-overrides"):
        assert nobody.get(path).status_code == 403
    assert queries.list_overdue().total == 0
