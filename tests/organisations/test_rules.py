"""The pure rules of organisations, and who may do what."""

from datetime import date

import pytest

from marketplace.core.actor import ANONYMOUS, CLI, SCHEDULER, Actor, Membership
from marketplace.core.errors import Invalid
from marketplace.organisations import access
from marketplace.organisations.models import JoinRequest, Licence, Organisation, UsccOverride
from marketplace.organisations.rules import check_licence, missing_licences, next_due, pinyin_initial

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("name", "letter"),
    [
        ("青禾人力资源", "Q"), ("重庆汇贤", "C"), ("长宁人才", "C"), ("上海才聚", "S"), ("厦门博睿", "X"), ("睿程", "R"), ("安邦", "A"), ("昆山", "K"),
        ("鑫源", "X"), ("浙江", "Z"), ("ABC 咨询", "A"), ("58到家", "#"), ("", "#"), ("衢州", "Q"), ("亳州", "B"), ("苏州", "S"), ("无锡", "W"),
    ],
)  # fmt: skip
def test_a_name_stands_under_the_letter_it_is_read_with(name: str, letter: str) -> None:
    assert pinyin_initial(name) == letter


@pytest.mark.parametrize(
    ("kind", "present", "missing"),
    [
        ("firm", set(), ["business", "HR_PERMIT"]),
        ("firm", {"business"}, ["HR_PERMIT"]),
        ("firm", {"business", "HR_FILING"}, []),
        ("firm", {"business", "DISPATCH"}, []),
        ("firm", {"HR_PERMIT"}, ["business"]),
        ("client", {"business"}, []),
        ("client", set(), ["business"]),
    ],
)
def test_what_must_be_uploaded_depends_on_the_kind(kind: str, present: set[str], missing: list[str]) -> None:
    assert missing_licences(kind, present) == missing


@pytest.mark.parametrize(
    ("verified", "months", "ends", "due"),
    [
        (date(2026, 8, 31), 6, None, date(2027, 2, 28)),
        (date(2026, 8, 31), 6, date(2026, 12, 31), date(2026, 12, 31)),
        (date(2026, 8, 31), 6, date(2028, 1, 1), date(2027, 2, 28)),
        (date(2024, 2, 29), 12, None, date(2025, 2, 28)),
    ],
)
def test_the_next_verification_is_due_by_calendar_months_or_the_licences_end(
    verified: date, months: int, ends: date | None, due: date
) -> None:
    assert next_due(verified, months, ends) == due


@pytest.mark.parametrize(
    ("kind", "number", "valid_to", "is_long_term", "field"),
    [
        ("CAT", "1", None, True, "kind"),
        ("business", " ", None, True, "number"),
        ("business", "9" * 65, None, True, "number"),
        ("HR_PERMIT", "1", None, False, "valid_to"),
        ("HR_PERMIT", "1", TODAY, True, "valid_to"),
        ("DISPATCH", "1", None, True, "valid_to"),
        ("HR_PERMIT", "1", date(2026, 11, 22), False, "valid_to"),
    ],
)
def test_a_licence_that_says_too_little_or_has_ended_is_refused(
    kind: str, number: str, valid_to: date | None, is_long_term: bool, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        check_licence(kind, number, valid_to, is_long_term, TODAY)
    assert refused.value.field == field


def test_a_licence_may_end_today() -> None:
    check_licence("DISPATCH", "青人社派许字第00123号", TODAY, False, TODAY)


def member(role: str, kind: str = "firm", organisation_id: int = 1) -> Actor:
    return Actor(user_id=9, memberships=(Membership(organisation_id, kind, role, "approved"),))


def staff(role: str) -> Actor:
    return Actor(user_id=8, staff=frozenset({role}))


NEWCOMER = Actor(user_id=7)
ACTORS: dict[str, Actor] = {
    "nobody": ANONYMOUS, "newcomer": NEWCOMER, "admin": member("admin"), "finance": member("finance"), "stranger": member("admin", "firm", 2),
    "operator": staff("operator"), "bureau": staff("bureau"), "auditor": staff("auditor"), "money": staff("finance"), "reviewer": staff("reviewer"),
    "service": staff("service"), "root": staff("admin"), "security": staff("security"),
    "cli": CLI, "scheduler": SCHEDULER,
}  # fmt: skip
OWN = Organisation(kind="firm", uscc="x", name="x", city_code="310000")
OWN.id = 1
CLIENT = Organisation(kind="client", uscc="y", name="y", city_code="310000")
CLIENT.id = 1
SCAN = Licence(organisation_id=1, kind="business", number="1")
OVERRIDE = UsccOverride(uscc="x", name="x", reason="x", evidence_file_id=1, evidence_sha256="x", proposed_by_id=8)
OTHERS = UsccOverride(uscc="x", name="x", reason="x", evidence_file_id=1, evidence_sha256="x", proposed_by_id=5)
TABLE = [
    (
        lambda a: access.can_view_organisation(a, OWN),
        "admin finance operator bureau auditor money reviewer service cli scheduler",
    ),
    (access.can_register_organisation, "newcomer cli"),
    (lambda a: access.can_edit_organisation(a, OWN), "admin cli"),
    (lambda a: access.can_submit_verification(a, OWN), "admin cli"),
    (lambda a: access.can_add_licence(a, OWN), "admin operator reviewer cli"),
    (access.can_verify_organisation, "operator reviewer cli"),
    (access.can_suspend_organisation, "operator cli"),
    (access.can_read_verifications, "operator reviewer service bureau auditor"),
    (access.can_import_organisations, "operator cli"),
    (access.can_expire_licence, "scheduler"),
    (lambda a: access.can_read_licence_file(a, SCAN), "admin finance operator reviewer bureau auditor"),
    (lambda a: access.can_confirm_facts(a, OWN), "admin"),
    (access.can_remind_overdue, "operator reviewer"),
    (access.can_propose_uscc_override, "operator reviewer"),
    (lambda a: access.can_decide_uscc_override(a, OTHERS), "operator reviewer"),
    (lambda a: access.can_decide_uscc_override(a, OVERRIDE), ""),
    (lambda a: access.can_withdraw_uscc_override(a, OVERRIDE), "operator reviewer"),
    (lambda a: access.can_withdraw_uscc_override(a, OTHERS), ""),
    (lambda a: access.can_edit_public_profile(a, OWN), "admin"),
    (lambda a: access.can_change_bank_account(a, OWN), "admin finance"),
    (lambda a: access.can_change_invoice_data(a, OWN), "admin finance"),
    (lambda a: access.can_view_members(a, OWN), "admin finance"),
    (lambda a: access.can_manage_members(a, OWN), "admin"),
    (lambda a: access.can_leave_organisation(a, OWN), "admin finance"),
    (access.can_join_organisation, "newcomer"),
    (lambda a: access.can_withdraw_join_request(a, JoinRequest(organisation_id=1, user_id=7)), "newcomer"),
    (access.can_lapse_join_requests, "scheduler"),
    (lambda a: access.can_change_approval_limit(a, OWN), ""),  # a firm buys nothing
    (lambda a: access.can_change_approval_limit(a, CLIENT), "admin"),
]


@pytest.mark.parametrize(("may", "who"), TABLE, ids=[str(n) for n in range(len(TABLE))])
def test_each_permission_is_given_to_exactly_these(may, who: str) -> None:  # type: ignore[no-untyped-def]
    assert {name for name, actor in ACTORS.items() if may(actor)} == set(who.split())


@pytest.mark.parametrize(
    ("role", "state", "kind", "may"),
    [
        ("admin", "approved", "client", True), ("purchasing", "approved", "client", True), ("finance", "approved", "client", False),
        ("purchasing", "submitted", "client", False), ("purchasing", "suspended", "client", False), ("admin", "approved", "firm", False),
    ],
)  # fmt: skip
def test_only_purchasers_of_a_verified_client_place_orders(role: str, state: str, kind: str, may: bool) -> None:
    buyer = Organisation(kind=kind, uscc="y", name="y", city_code="310000")
    buyer.id = 1
    buyer.__dict__["state"] = state
    assert access.can_place_orders_for(member(role, kind), buyer) is may
