"""The wizard: what each step asks for, saved one by one, gone on with elsewhere, locked once verified."""

import io
from typing import Any

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from marketplace.core.actor import CLI
from marketplace.core.db import db, transaction
from marketplace.core.errors import Invalid
from marketplace.organisations import queries, services
from marketplace.organisations.models import Organisation
from marketplace.organisations.rules import LICENCE_KINDS, missing_licences
from marketplace.organisations.rules.onboarding import (
    CONTACTS,
    IDENTITY,
    STEP_NAMES,
    Filled,
    can_be_submitted,
    list_progress,
    missing_fields,
    next_step,
)
from tests.factories import actor_for, admin_of, make_client, make_firm, make_member

FIELDS = (*IDENTITY, *CONTACTS)
BARE: dict[str, Any] = {"licences": (), "address": "", "contact_name": "", "contact_mobile": ""}
PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


@given(
    st.sampled_from(["firm", "client"]), st.sets(st.sampled_from(FIELDS)), st.sets(st.sampled_from(list(LICENCE_KINDS))),
    st.booleans(), st.booleans(), st.booleans(),
)  # fmt: skip
def test_a_file_is_complete_when_nothing_required_is_missing_whatever_is_optional(
    kind: str, given_fields: set[str], licences: set[str], bank: bool, matches: bool, invoice: bool
) -> None:
    values = dict.fromkeys(given_fields, "x")
    rows = list_progress(Filled(kind, values, licences, bank, matches, invoice))
    complete = given_fields == set(FIELDS) and not missing_licences(kind, licences)
    assert can_be_submitted(rows) is complete
    assert [row.step.name for row in rows] == list(STEP_NAMES)
    assert len(rows[-1].missing) == len(missing_fields(kind, values)) + len(missing_licences(kind, licences))
    for row in rows[:-1]:
        assert (row.status == "done") <= (not row.missing)
        assert row.status != "missing" or row.missing


def test_blanks_do_not_count_as_an_answer() -> None:
    assert [name for name, _text in missing_fields("firm", dict.fromkeys(FIELDS, "  "))] == list(FIELDS)


def test_the_steps_lead_to_one_another_and_end_at_the_review() -> None:
    walked = ["identity"]
    while walked[-1] != "review":
        walked.append(next_step(walked[-1]))
    assert tuple(walked) == STEP_NAMES and next_step("review") == "review"


def status_of(organisation: Organisation) -> dict[str, str]:
    db.session.rollback()
    again = queries.get_organisation(organisation.id, CLI)
    return {row.step.name: row.status for row in queries.get_onboarding(again).progress}


def test_what_the_steps_miss_is_what_submitting_refuses(app: Any) -> None:
    for kind, make in (("firm", make_firm), ("client", make_client)):
        bare = {**BARE} if kind == "firm" else {k: v for k, v in BARE.items() if k != "licences"}
        organisation = make(state="draft", **bare)
        actor = actor_for(organisation)
        with pytest.raises(Invalid) as refused, transaction():
            services.submit_verification(actor=actor, organisation=organisation)
        assert refused.value.field == "address"
        with transaction():
            again = queries.get_organisation(organisation.id, actor)
            services.edit_identity(
                actor=actor, organisation=again, name=again.name, city_code="310000", address="某路 1 号"
            )
        with pytest.raises(Invalid) as refused, transaction():
            services.submit_verification(actor=actor, organisation=queries.get_organisation(organisation.id, actor))
        assert refused.value.field == "contact_name"


def soup(answer: Any) -> BeautifulSoup:
    return BeautifulSoup(answer.text, "html.parser")


def test_a_step_saved_half_says_what_is_still_missing(app: Any, sign_in: Any, queries: Any) -> None:
    firm = make_firm(state="draft", **BARE)
    browser = sign_in(admin_of(firm))
    assert status_of(firm)["contacts"] == "missing"
    answer = browser.post(
        "/organisation/onboarding/contacts", data={"contact_name": "周经办", "contact_mobile": "", "go": "later"}
    )
    assert answer.location == "/organisation/onboarding"
    with queries(at_most=12):
        page = soup(browser.get("/organisation/onboarding"))
    words = page.get_text(" ", strip=True)
    assert (
        "请填写联系电话" in words
        and "请填写联系人" not in words
        and "请填写单位地址" in words
        and "请上传营业执照" in words
    )
    for path in ("identity", "licences", "contacts", "bank-account", "invoice", "review"):
        with queries(at_most=15):
            assert browser.get(f"/organisation/onboarding/{path}").status_code == 200


def test_continuing_leads_from_step_to_step(app: Any, sign_in: Any) -> None:
    client = make_client(state="draft")
    browser = sign_in(admin_of(client))
    identity = {"name": client.name, "uscc": client.uscc, "city_code": "310000", "address": "某路 2 号", "go": "next"}
    assert (
        browser.post("/organisation/onboarding/identity", data=identity).location == "/organisation/onboarding/licences"
    )
    contacts = {"contact_name": "周", "contact_mobile": "1", "go": "next"}
    assert browser.post("/organisation/onboarding/contacts", data=contacts).location.endswith("/bank-account")
    bank = {
        "bank_name": "中国工商银行",
        "branch": "青浦支行",
        "account": "6222 0000 1111 2222 333",
        "seen": "0",
        "go": "next",
    }
    assert browser.post("/organisation/onboarding/bank-account", data=bank).location.endswith("/invoice")
    invoice = {"invoice_kind": "special", "email": "fp@test.example", "go": "next"}
    assert browser.post("/organisation/onboarding/invoice", data=invoice).location.endswith("/review")
    assert set(status_of(client).values()) == {"done", "optional"}  # the review stays open until it is sent
    review = browser.get("/organisation/onboarding/review").text
    assert "**** **** 2333" in review and "6222" not in review and "增值税专用发票" in review


def test_a_step_refused_keeps_what_was_typed_and_says_why(app: Any, sign_in: Any) -> None:
    firm = make_firm(state="draft")
    other = make_firm()
    browser = sign_in(admin_of(firm))
    typed = {"name": "某某有限公司", "uscc": other.uscc, "city_code": "310000", "established_on": "2199-01-01"}
    answer = browser.post("/organisation/onboarding/identity", data=typed)
    assert answer.status_code == 422 and "已注册" in answer.text
    answer = browser.post("/organisation/onboarding/identity", data={**typed, "uscc": firm.uscc})
    page = soup(answer)
    assert page.select_one("#established_on-error") and page.select_one("#name")["value"] == "某某有限公司"


def test_a_file_under_review_and_a_verified_one_are_shown_locked(app: Any, sign_in: Any) -> None:
    waiting, verified = make_firm(state="submitted"), make_firm()
    browser = sign_in(admin_of(waiting))
    assert "资料已提交" in browser.get("/organisation/onboarding").text
    assert not soup(browser.get("/organisation/onboarding/identity")).select("main form")
    values = {"name": "换个名字", "uscc": waiting.uscc, "city_code": "310000"}
    assert browser.post("/organisation/onboarding/identity", data=values).status_code == 422
    browser = sign_in(admin_of(verified))
    assert browser.get("/organisation/onboarding").location == "/firm/profile"
    assert browser.get("/organisation/edit").location == "/firm/profile"
    page = soup(browser.get("/organisation/onboarding/identity"))
    assert not page.select("main form") and "锁定" in page.get_text()
    assert (
        browser.post("/organisation/onboarding/contacts", data={"contact_name": "新人", "contact_mobile": "2"}).location
        == "/firm/profile"
    )


def test_only_administrators_walk_the_wizard(app: Any, sign_in: Any) -> None:
    firm = make_firm(state="draft")
    statuses = {}
    for role in ("business", "finance", "viewer"):
        browser = sign_in(make_member(firm, role))
        assert "管理员填写" in browser.get("/organisation/onboarding").text
        statuses[role] = [
            browser.get(f"/organisation/onboarding/{s}").status_code for s in ("identity", "licences", "contacts", "bank-account", "invoice")
        ]  # fmt: skip
        assert browser.post("/organisation/submit").status_code == 403
    assert statuses == {"business": [403] * 5, "finance": [403, 403, 403, 200, 200], "viewer": [403] * 5}


def test_the_public_profile_is_edited_by_business_people_and_shown_in_the_shop(
    app: Any, client: Any, sign_in: Any
) -> None:
    firm = make_firm()
    browser = sign_in(make_member(firm, "business"))
    values = {
        "short_name": "青禾", "website": "www.qinghe.example/关于", "service_hotline": "021-1234 5678", "service_highlights": "驻场\n次日到岗",
        "intro": "<b>十二年</b>",
    }  # fmt: skip
    assert browser.post("/organisation/profile-page", data=values).location == "/firm/profile"
    shop = client.get(f"/firms/{firm.id}").text
    for text in ("次日到岗", "021-1234 5678", 'href="https://www.qinghe.example/关于"', "&lt;b&gt;十二年"):
        assert text in shop
    refused = browser.post("/organisation/profile-page", data={**values, "website": "ftp://x.example"})
    assert refused.status_code == 422 and soup(refused).select_one("#website-error")
    assert sign_in(make_member(firm, "finance")).get("/organisation/profile-page").status_code == 403
    assert "服务热线" not in sign_in(admin_of(make_client())).get("/organisation/profile-page").text


def test_uploading_from_the_wizard_leads_back_into_it(app: Any, sign_in: Any) -> None:
    firm = make_firm(state="draft", licences=())
    browser = sign_in(admin_of(firm))
    values = {"kind": "business", "number": "1", "is_long_term": "y", "file": (io.BytesIO(PDF), "执照.pdf")}
    answer = browser.post("/organisation/licences/new", data=values, follow_redirects=True)
    assert "待核验" in answer.text and answer.request.path.startswith("/organisation/onboarding")
