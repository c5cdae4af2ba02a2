"""The consent log: who said yes to what, when, from where; asked again when the rules change."""

from typing import Any

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DBAPIError

from marketplace.accounts.models import User
from marketplace.accounts.queries import actor_of
from marketplace.core.db import db, transaction
from marketplace.core.errors import AccessDenied, Conflict, Invalid, NotFound
from marketplace.duties import queries, services
from marketplace.duties.models import Consent
from tests.factories import make_firm, make_member, make_staff, make_user
from tests.support.people import agree_to_rules

SIGN_UP = {
    "kind": "firm", "uscc": "91310118MA0000015P", "name": "青禾人力资源有限公司", "city_code": "310000", "person_name": "王经理",
    "email": "wang@qinghe.example", "mobile": "", "password": "a good long password", "repeat": "a good long password",
}  # fmt: skip


def log_of(user_id: int) -> list[tuple[str, int, str, str]]:
    rows = db.session.scalars(select(Consent).where(Consent.user_id == user_id).order_by(Consent.id))
    return [(c.document, c.document_version, c.decision, c.how) for c in rows]


def new_user(**values: Any) -> User:
    return make_user(agreed=False, **values)


def test_signing_up_logs_the_three_consents_with_the_address(app: Any, client: Any, clock: Any) -> None:
    assert client.post("/account/sign-up/organisation", data=SIGN_UP).status_code == 422
    assert db.session.scalar(select(User).where(User.email == SIGN_UP["email"])) is None
    assert client.post("/account/sign-up/organisation", data={**SIGN_UP, "agree": "y"}).status_code == 302
    user = db.session.scalars(select(User).where(User.email == SIGN_UP["email"])).one()
    assert log_of(user.id) == [(code, 1, "given", "sign_up") for code in ("agreement", "trading-rules", "privacy")]
    assert user.agreed == {"agreement": 1, "trading-rules": 1, "privacy": 1}
    consent = db.session.scalars(select(Consent).where(Consent.document == "privacy")).one()
    assert (consent.address, consent.scope) == ("127.0.0.1", "personal_data")


def test_the_box_is_never_ticked_beforehand(app: Any, client: Any, sign_in: Any, clock: Any) -> None:
    assert "checked" not in client.get("/account/sign-up/organisation?kind=firm").text.split('name="agree"')[1][:80]
    page = sign_in(new_user()).get("/account/consents").text
    assert "checked" not in page.split('name="agree"')[1][:80]


def test_whoever_has_not_agreed_is_asked_before_anything_else_and_then_goes_on(
    app: Any, sign_in: Any, clock: Any
) -> None:
    user = new_user()
    page = sign_in(user)
    answer = page.get("/desk/?x=1")
    assert answer.status_code == 302 and "/account/consents?next=/desk/?x%3D1" in answer.location.replace("%3F", "?")
    for path in (
        "/account/profile",
        "/account/security",
        "/account/data",
        "/legal/privacy",
        "/services/",
        "/account/close",
    ):
        assert page.get(path).status_code == 200, path
    assert agree_to_rules(page) == "/desk/"
    assert page.get("/desk/").status_code == 200
    assert {how for *_, how in log_of(user.id)} == {"asked_again"}


def test_without_the_tick_nothing_is_logged(app: Any, sign_in: Any, clock: Any) -> None:
    user = new_user()
    answer = sign_in(user).post("/account/consents", data={"shown": "agreement:1,trading-rules:1,privacy:1"})
    assert answer.status_code == 422 and "勾选同意" in answer.text
    assert log_of(user.id) == []


def test_a_newer_version_is_asked_for_once_it_counts(app: Any, sign_in: Any, clock: Any) -> None:
    user = new_user()
    page = sign_in(user)
    agree_to_rules(page)
    clock.set("2026-12-01")
    page = sign_in(user)
    assert "/account/consents" in page.get("/desk/").location
    text_ = page.get("/account/consents").text
    assert "修改要点" in text_ and "与您此前同意的第 1 版对照" in text_ and "平台服务协议 <span" not in text_
    agree_to_rules(page)
    assert log_of(user.id)[-1] == ("privacy", 2, "given", "asked_again")
    assert page.get("/desk/").status_code == 200


def test_consent_is_only_to_what_was_shown(app: Any, clock: Any) -> None:
    user = new_user()
    clock.set("2026-12-01")
    with pytest.raises(Conflict, match="changed"), transaction():
        services.give_consents(
            actor=actor_of(user), user=user, shown=["agreement:1", "trading-rules:1", "privacy:1"], agreed=True
        )


def test_saying_yes_twice_logs_it_once(app: Any, clock: Any) -> None:
    user = new_user()
    shown = ["agreement:1", "trading-rules:1", "privacy:1"]
    for _ in range(2):
        with transaction():
            services.give_consents(actor=actor_of(user), user=user, shown=shown, agreed=True)
    assert len(log_of(user.id)) == 3


def test_nobody_consents_for_another_person(app: Any) -> None:
    user, other = new_user(), make_user()
    with pytest.raises(AccessDenied), transaction():
        services.give_consents(actor=actor_of(other), user=user, shown=[], agreed=True)
    with pytest.raises(AccessDenied), transaction():
        services.set_optional_consent(actor=actor_of(other), user=user, code="park-news", given=True)


def test_the_parks_own_people_are_not_asked(app: Any, sign_in: Any) -> None:
    assert sign_in(make_staff(agreed=False)).get("/desk/").status_code == 200


def test_being_asked_costs_no_statement(app: Any, sign_in: Any, queries: Any, clock: Any) -> None:
    asked, done = sign_in(new_user()), sign_in(make_user())
    with queries() as first:
        assert asked.get("/desk/").status_code == 302
    with queries() as second:
        assert done.get("/account/profile").status_code == 200
    assert len(first) <= 2  # who it is, and for whom they act
    assert "consent" not in str(second)


def test_an_optional_consent_is_given_and_withdrawn_as_easily(app: Any, sign_in: Any, clock: Any) -> None:
    user = make_user()
    page = sign_in(user)
    assert not queries.has_consented(user.id, "park-news")
    assert page.post("/account/consents/park-news/give").status_code == 302
    assert page.post("/account/consents/park-news/give").status_code == 302
    assert queries.has_consented(user.id, "park-news")
    assert page.post("/account/consents/park-news/withdraw").status_code == 302
    assert not queries.has_consented(user.id, "park-news")
    assert [row[2] for row in log_of(user.id)] == ["given", "withdrawn"]
    history = page.get("/account/consents").text
    assert "撤回" in history and "在本页选择" in history


@pytest.mark.parametrize("code", ["privacy", "agreement", "fees"])
def test_what_the_platform_needs_is_not_withdrawn_but_ends_with_the_account(app: Any, code: str) -> None:
    user = make_user()
    with pytest.raises(Invalid, match="not_optional"), transaction():
        services.set_optional_consent(actor=actor_of(user), user=user, code=code, given=False)


def test_a_document_that_does_not_exist_is_not_there_to_be_agreed_to(app: Any) -> None:
    user = make_user()
    with pytest.raises(NotFound), transaction():
        services.set_optional_consent(actor=actor_of(user), user=user, code="nothing", given=True)


@pytest.mark.parametrize(
    "statement", [update(Consent).values(document_version=9), delete(Consent)], ids=["update", "delete"]
)
def test_the_log_is_neither_changed_nor_deleted_while_the_account_is_open(app: Any, statement: Any) -> None:
    user = new_user()
    with transaction():
        services.record_consents(actor=actor_of(user), user=user)
    with pytest.raises((DBAPIError, Conflict)), transaction():
        db.session.execute(statement)
    assert len(log_of(user.id)) >= 3


@pytest.mark.engine("postgresql")
def test_the_log_cannot_be_emptied(app: Any) -> None:
    with pytest.raises((DBAPIError, Conflict)), transaction():
        db.session.execute(text("TRUNCATE consent"))


def test_a_member_whose_account_others_opened_is_asked(app: Any, sign_in: Any) -> None:
    member = make_member(make_firm(), "viewer", agreed=False)
    assert "/account/consents" in sign_in(member).get("/firm/profile").location


def test_the_question_leads_nowhere_off_the_site(app: Any, sign_in: Any, clock: Any) -> None:
    page = sign_in(new_user())
    shown = "agreement:1,trading-rules:1,privacy:1"
    answer = page.post("/account/consents", data={"shown": shown, "agree": "y", "next": "https://evil.example/"})
    assert answer.location == "/desk/"
