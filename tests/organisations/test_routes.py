"""The pages: a firm's way from sign-up to approval, the directory, the shop, the operator's desk."""

import io
from typing import Any

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from marketplace.accounts.queries import find_user_by_login
from marketplace.core.db import db, transaction
from marketplace.core.outbox import OutboxMessage, render
from marketplace.core.tabular import Row
from marketplace.organisations import services
from marketplace.organisations.models import Licence, Organisation
from tests.factories import (
    admin_of,
    confirm_contacts,
    make_client,
    make_firm,
    make_member,
    make_staff,
    make_uscc,
    make_user,
)
from tests.factories.catalog import make_listing
from tests.support.people import agree_to_rules

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
SIGN_UP = {
    "kind": "firm", "uscc": " 9131 0118-ma00 0001 5p", "name": "青禾人力资源有限公司", "city_code": "310000", "person_name": "王经理",
    "email": "wang@qinghe.example", "mobile": "", "password": "a good long password", "repeat": "a good long password", "agree": "y",
}  # fmt: skip
IDENTITY = {
    "name": "青禾人力资源有限公司", "uscc": "91310118MA0000015P", "city_code": "310000", "address": "青浦区 1 号",
    "established_on": "2020-02-29", "registered_capital_fen": "2000000.50", "legal_representative": "沈法人",
}  # fmt: skip
CONTACTS = {"contact_name": "王经理", "contact_mobile": "19900001234"}


def licence(kind: str, content: bytes = PDF, name: str = "执照.pdf", **more: str) -> dict[str, Any]:
    return {"kind": kind, "number": f"{kind}-1", "is_long_term": "y", "file": (io.BytesIO(content), name), **more}


def soup(answer: Any) -> BeautifulSoup:
    return BeautifulSoup(answer.text, "html.parser")


def errors_of(answer: Any) -> str:
    found = soup(answer).select_one("#error-summary")
    return found.get_text(" ", strip=True) if found else ""


def only_person(login: str) -> Any:
    db.session.rollback()
    return find_user_by_login(login)


def only(model: Any) -> Any:
    db.session.rollback()
    return db.session.scalars(select(model)).one()


def test_a_firm_signs_up_is_returned_corrects_and_is_approved(
    app: Any, client: Any, sign_in: Any, queries: Any
) -> None:
    desk = sign_in(make_staff())
    assert client.post("/account/sign-up/organisation", data=SIGN_UP).location == "/organisation/onboarding"
    assert client.post("/organisation/submit").status_code == 422
    assert client.post("/organisation/onboarding/identity", data=IDENTITY).status_code == 302
    assert client.post("/organisation/onboarding/contacts", data=CONTACTS).status_code == 302
    for kind in ("business", "HR_PERMIT"):
        assert client.post("/organisation/licences/new", data=licence(kind)).status_code == 302
    unconfirmed = client.post("/organisation/submit")
    assert unconfirmed.status_code == 422 and "验证邮箱或手机号码" in unconfirmed.text
    confirm_contacts(only_person("wang@qinghe.example"))
    assert client.post("/organisation/submit").status_code == 302
    firm = only(Organisation)
    assert (firm.state, firm.uscc, firm.registered_capital_fen) == ("submitted", "91310118MA0000015P", 200_000_050)

    with queries(at_most=12):
        assert firm.name in desk.get("/operator/verifications").text
    path = f"/operator/verifications/{firm.id}"
    with queries(at_most=14):
        page = soup(desk.get(path))
    scan = next(a["href"] for a in page.select("a") if a["href"].endswith("/file"))
    with desk.get(scan) as opened:
        assert opened.data == PDF
    assert desk.post(f"{path}/return_back", data={"reason": "执照扫描件不清晰"}).status_code == 302
    assert "执照扫描件不清晰" in client.get("/firm/profile").text
    assert client.post("/organisation/submit").status_code == 302
    boxes = [box["value"] for box in soup(desk.get(path)).select("input[name=licences][checked]")]
    assert len(boxes) == 2
    assert (
        desk.post(f"{path}/approve", data={"licences": boxes, "method": "e_licence", "in_park": "y"}).status_code == 302
    )

    assert only(Organisation).in_park
    assert "已认证" in client.get("/firm/profile").text
    assert firm.name in client.get("/firms/?letter=Q").text
    mails = [
        render(m)
        for m in db.session.scalars(
            select(OutboxMessage).where(OutboxMessage.address == "wang@qinghe.example").order_by(OutboxMessage.id)
        )
    ]
    assert [subject for subject, _body in mails[1:]] == ["入驻资料被退回，请补充", "入驻审核已通过"]
    assert "/account/confirm-email/" in mails[0][1] and "执照扫描件不清晰" in mails[1][1]


def test_a_client_signs_up_with_a_mobile_number_and_needs_a_business_licence_only(app: Any, client: Any) -> None:
    values = {**SIGN_UP, "kind": "client", "email": "", "mobile": "+86 199-0000-6666"}
    assert client.post("/account/sign-up/organisation", data=values).status_code == 302
    identity = {**IDENTITY, "industry": "装备制造", "size": "中"}
    assert client.post("/organisation/onboarding/identity", data=identity).status_code == 302
    assert client.post("/organisation/onboarding/contacts", data=CONTACTS).status_code == 302
    assert client.post("/organisation/licences/new", data=licence("business")).status_code == 302
    confirm_contacts(only_person("19900006666"))
    assert client.post("/organisation/submit").status_code == 302
    assert "审核" in client.get("/client/profile").text
    assert client.get("/services/").status_code == 200


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"uscc": "91310118MA0000015Q"}, "校验位不正确"), ({"uscc": "91310118MA000001P"}, "应为 18 位"), ({"uscc": "91310118MAO000015P"}, "不允许的字符"),
        ({"password": "12345678", "repeat": "12345678"}, "过于常见"), ({"repeat": "something else"}, "不一致"), ({"agree": ""}, "同意平台规则"),
        ({"email": ""}, "登录账号"), ({"email": "no-address"}, "有效的邮箱"), ({"city_code": ""}, "所在城市"), ({"mobile": "12345"}, "11 位手机号码"),
    ],
)  # fmt: skip
def test_a_wrong_sign_up_says_why_keeps_what_was_typed_and_changes_nothing(
    app: Any, client: Any, change: dict[str, str], text: str
) -> None:
    answer = client.post("/account/sign-up/organisation", data={**SIGN_UP, **change})
    assert answer.status_code == 422
    assert text in errors_of(answer)
    assert soup(answer).select_one("input[name=name]")["value"] == SIGN_UP["name"]
    db.session.rollback()
    assert db.session.scalars(select(Organisation)).all() == []


def test_a_code_that_is_registered_already_points_to_the_organisations_administrator(app: Any, client: Any) -> None:
    make_firm(uscc="91310118MA0000015P")
    answer = client.post("/account/sign-up/organisation", data=SIGN_UP)
    assert "已注册" in errors_of(answer) and soup(answer).select_one("button[name=join]")


def test_a_code_that_came_by_a_file_points_to_the_park(app: Any, client: Any, sign_in: Any) -> None:
    from marketplace.core.actor import CLI

    row = {"uscc": "91310118MA0000015P", "name": "导入机构", "city_code": "310000"}
    with transaction():
        services.import_firms(actor=CLI, rows=[Row(2, row)])
    firm = only(Organisation)
    refused = client.post("/account/sign-up/organisation", data=SIGN_UP)
    assert "园区导入" in errors_of(refused) and not soup(refused).select_one("button[name=join]")
    desk, account = (
        sign_in(make_staff()),
        {"person_name": "王经理", "email": "w@test.example", "mobile": "", "password": "12345678"},
    )
    path = f"/operator/verifications/{firm.id}/account"
    assert "过于常见" in errors_of(desk.post(path, data=account))
    assert desk.post(path, data={**account, "password": "a good long password"}).status_code == 302
    assert (
        client.post(
            "/account/sign-in", data={"email": "w@test.example", "password": "a good long password"}
        ).status_code
        == 302
    )
    assert "/account/consents" in client.get("/firm/profile").location
    agree_to_rules(client)
    assert "导入机构" in client.get("/firm/profile").text


@pytest.mark.parametrize(
    ("values", "text"),
    [
        (licence("business", b"MZ program"), "只支持"), (licence("business", PDF, "a.png"), "扩展名不符"), (licence("business", b""), "空的"),
        ({**licence("DISPATCH")}, "劳务派遣经营许可证有效期"), ({**licence("business"), "is_long_term": ""}, "有效期"),
        ({**licence("business"), "is_long_term": "", "valid_to": "2020-01-01"}, "已过有效期"),
        ({**licence("business"), "is_long_term": "", "valid_to": "2020-13-01"}, "请输入日期"),
    ],
    ids=["type", "name", "empty", "no end of a dispatch permit", "no end", "past", "no date"],
)  # fmt: skip
def test_a_wrong_licence_upload_says_why_and_changes_nothing(
    app: Any, sign_in: Any, values: dict[str, Any], text: str
) -> None:
    firm = make_firm(state="draft", licences=())
    values = {**values, "file": (io.BytesIO(values["file"][0].getvalue()), values["file"][1])}
    answer = sign_in(admin_of(firm)).post("/organisation/licences/new", data=values)
    assert answer.status_code == 422
    assert text in errors_of(answer)
    db.session.rollback()
    assert db.session.scalars(select(Licence)).all() == []


def upload(app: Any, sign_in: Any) -> tuple[Organisation, int]:
    firm = make_firm(state="draft", licences=())
    assert sign_in(admin_of(firm)).post("/organisation/licences/new", data=licence("business")).status_code == 302
    return firm, only(Licence).id


def test_a_scan_is_served_only_to_its_organisation_and_the_parks_people(app: Any, client: Any, sign_in: Any) -> None:
    firm, licence_id = upload(app, sign_in)
    path = f"/organisation/licences/{licence_id}/file"
    assert client.get(path).status_code == 302
    seen = {
        "own": admin_of(firm), "colleague": make_member(firm), "operator": make_staff(), "other": admin_of(make_firm()),
        "client": admin_of(make_client()), "finance": make_staff("finance"), "nobody": make_user(),
    }  # fmt: skip
    answers = {}
    for name, user in seen.items():
        with sign_in(user).get(path) as answer:
            answers[name] = answer.status_code
    assert answers == {
        "own": 200,
        "colleague": 200,
        "operator": 200,
        "other": 404,
        "client": 404,
        "finance": 404,
        "nobody": 404,
    }


def test_pages_of_one_side_are_closed_to_the_other(app: Any, sign_in: Any) -> None:
    firm, buyer = sign_in(admin_of(make_firm())), sign_in(admin_of(make_client()))
    assert firm.get("/client/profile").status_code == 403
    assert buyer.get("/firm/profile").status_code == 403
    for path in ("/operator/verifications", "/operator/verifications/export", "/operator/verifications/1"):
        assert firm.get(path).status_code == 403
    assert sign_in(make_staff("bureau")).get("/operator/verifications").status_code == 200


def test_the_bureau_reads_the_queue_but_decides_nothing(app: Any, sign_in: Any) -> None:
    firm, bureau = make_firm(state="submitted"), sign_in(make_staff("bureau"))
    path = f"/operator/verifications/{firm.id}"
    page = bureau.get(path)
    assert page.status_code == 200 and f"{path}/approve" not in page.text and firm.contact_mobile not in page.text
    assert bureau.post(f"{path}/approve", data={"method": "manual"}).status_code == 403
    assert bureau.post(f"{path}/return_back", data={"reason": "x"}).status_code == 403


def test_a_return_without_a_reason_is_refused_beside_its_field(app: Any, sign_in: Any) -> None:
    firm = make_firm(state="submitted")
    answer = sign_in(make_staff()).post(f"/operator/verifications/{firm.id}/return_back", data={"reason": " "})
    assert answer.status_code == 422
    assert soup(answer).select_one("#reason-error")


def test_approving_without_the_needed_licences_is_refused_beside_them(app: Any, sign_in: Any) -> None:
    firm = make_firm(state="submitted")
    answer = sign_in(make_staff()).post(f"/operator/verifications/{firm.id}/approve", data={"method": "manual"})
    assert answer.status_code == 422
    assert "缺少有效的营业执照" in errors_of(answer)
    labels = [label.get_text(strip=True) for label in soup(answer).select("#licences .form-check-label")]
    assert labels and all("-" in label and "business " not in label for label in labels)


def test_the_second_operator_is_told_that_somebody_was_first(app: Any, sign_in: Any) -> None:
    firm = make_firm(state="submitted")
    path = f"/operator/verifications/{firm.id}"
    one, other = sign_in(make_staff()), sign_in(make_staff())
    boxes = [box["value"] for box in soup(one.get(path)).select("input[name=licences]")]
    assert one.post(f"{path}/approve", data={"licences": boxes, "method": "manual"}).status_code == 302
    late = other.post(f"{path}/return_back", data={"reason": "晚了一步"})
    assert late.status_code == 409
    assert "当前状态下不能执行此操作" in late.text


def test_the_same_click_twice_is_one_decision(app: Any, sign_in: Any) -> None:
    firm = make_firm(state="submitted")
    desk, path = sign_in(make_staff()), f"/operator/verifications/{firm.id}/return_back"
    data = {"reason": "请补充", "form_key": "one-and-the-same-key"}
    assert [desk.post(path, data=data).status_code for _ in range(2)] == [302, 302]
    assert desk.get(f"/operator/verifications/{firm.id}").text.count("请补充") == 1


def test_an_operator_decides_on_one_licence_of_a_verified_firm(app: Any, sign_in: Any) -> None:
    from datetime import date

    from marketplace.core.actor import CLI

    firm, desk = make_firm(), sign_in(make_staff())
    with transaction():
        added = services.add_licence(
            actor=CLI, organisation=firm, kind="DISPATCH", number="新号", valid_to=date(2099, 1, 1)
        )
    path = f"/operator/verifications/{firm.id}/licences/{added.id}"
    refused = desk.post(f"{path}/return_back", data={"reason": ""})
    assert refused.status_code == 422
    assert "请填写原因" in soup(refused).select_one(".alert-danger").get_text()
    assert desk.post(f"{path}/approve").status_code == 302
    assert desk.post(f"{path}/approve").status_code == 409
    other = make_firm()
    assert (
        desk.post(f"/operator/verifications/{other.id}/licences/{added.id}/revoke", data={"reason": "x"}).status_code
        == 404
    )
    assert desk.post(f"{path}/revoke", data={"reason": "发证机关撤销"}).status_code == 302
    assert "发证机关撤销" in sign_in(admin_of(firm)).get("/firm/profile").text


@pytest.mark.parametrize("fmt", ["csv", "xlsx"])
def test_the_queue_is_exported_under_its_filters(app: Any, sign_in: Any, fmt: str) -> None:
    make_firm(state="submitted", name="导出机构公司")
    make_client(state="submitted", name="不导出企业公司")
    answer = sign_in(make_staff()).get(f"/operator/verifications/export?format={fmt}&kind=firm")
    assert answer.status_code == 200
    if fmt == "csv":
        assert "导出机构公司" in answer.text and "不导出企业" not in answer.text


def test_the_directory_has_pages_filters_and_an_empty_state(app: Any, client: Any, queries: Any) -> None:
    for number in range(23):
        make_firm(name=f"安邦人力{number}公司", licences=("business", "HR_FILING"))
    with queries(at_most=12):
        first = client.get("/firms/")
    assert len(soup(first).select("article")) == 20
    assert len(soup(client.get("/firms/?page=2")).select("article")) == 3
    assert len(soup(client.get("/firms/?per_page=50")).select("article")) == 23
    for query in ("letter=Z", "city=330100", "licence=DISPATCH", "q=没有这家"):
        assert "没有符合条件的机构" in client.get(f"/firms/?{query}").text
    assert len(soup(client.get("/firms/?letter=a&licence=HR_FILING&city=310000&q=安邦")).select("article")) == 20
    for odd in ("letter=%3Cscript%3E", "page=-1", "page=x", "licence=x", "city=%27"):
        assert client.get(f"/firms/?{odd}").status_code == 200


def test_a_shop_shows_identity_licences_and_services(app: Any, client: Any, queries: Any) -> None:
    firm = make_firm(name="青禾人力资源公司", intro="<script>alert(1)</script>")
    listing = make_listing(firm=firm)
    with queries(at_most=15):
        answer = client.get(f"/firms/{firm.id}")
    assert answer.status_code == 200
    for text in (firm.uscc, "人力资源服务许可证", "HR_PERMIT-", listing.title, "&lt;script&gt;"):
        assert text in answer.text
    assert "<script>alert" not in answer.text
    assert firm.contact_mobile not in answer.text
    assert client.get(f"/firms/{make_firm(state='submitted').id}").status_code == 404
    assert client.get(f"/firms/{make_client().id}").status_code == 404


def test_an_end_that_nobody_knows_is_not_shown_as_long_term(app: Any, client: Any) -> None:
    from marketplace.core.actor import CLI

    row = {"uscc": make_uscc(), "name": "导入机构", "city_code": "310000", "hr_permit_no": "沪-1"}
    with transaction():
        services.import_firms(actor=CLI, rows=[Row(2, row)])
    text = client.get(f"/firms/{only(Organisation).id}").text
    assert "未注明" in text and "长期" not in text and "园区导入，待核验" in text
