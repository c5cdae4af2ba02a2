"""Registering, verifying, licences and their lapse, on both databases."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from marketplace.accounts.queries import actor_of
from marketplace.core.actor import CLI, SCHEDULER
from marketplace.core.audit import AuditEvent
from marketplace.core.db import db, transaction
from marketplace.core.errors import AccessDenied, Conflict, Invalid, NotFound
from marketplace.notifications.models import Notification
from marketplace.organisations import queries, services
from marketplace.organisations.jobs import expire_lapsed_licences, remind_before_expiry
from marketplace.organisations.models import Licence, Organisation, VerificationCheck
from marketplace.search.models import SearchChange
from tests.factories import actor_for, admin_of, make_client, make_firm, make_member, make_staff, make_uscc, make_user

FACTS: dict[str, Any] = {"kind": "firm", "name": "青禾人力资源有限公司", "city_code": "310000"}


def reread(organisation: Organisation) -> Organisation:
    db.session.rollback()
    return queries.get_organisation(organisation.id, CLI)


def events_for(user_id: int) -> list[str]:
    return list(
        db.session.scalars(select(Notification.event).where(Notification.user_id == user_id).order_by(Notification.id))
    )


def touched() -> list[int]:
    return list(
        db.session.scalars(select(SearchChange.ref_id).where(SearchChange.kind == "firm").order_by(SearchChange.id))
    )


def licence_of(organisation: Organisation, kind: str) -> Licence:
    db.session.rollback()
    query = (
        select(Licence)
        .where(Licence.organisation_id == organisation.id, Licence.kind == kind)
        .order_by(Licence.id.desc())
    )
    return db.session.scalars(query).first()  # type: ignore[return-value]


def test_a_new_organisation_is_a_draft_with_its_founder_as_administrator(app: Any, clock: Any) -> None:
    user = make_user()
    with transaction():
        firm = services.register_organisation(actor=actor_of(user), uscc=make_uscc(), **FACTS)
    assert (firm.state, firm.source, firm.pinyin_initial, firm.in_park) == ("draft", "sign_up", "Q", False)
    assert actor_of(user).has_role(firm.id, "admin")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"uscc": "91310118MA0000015Q"}, "uscc"), ({"kind": "bank"}, "kind"), ({"name": " "}, "name"), ({"city_code": "999999"}, "city_code"),
        ({"city_code": "310118"}, "city_code"), ({"established_on": date(2026, 11, 24)}, "established_on"),
        ({"registered_capital_fen": -1}, "registered_capital_fen"), ({"size": "巨"}, "size"),
    ],
)  # fmt: skip
def test_facts_that_cannot_be_are_refused_beside_their_field(
    app: Any, clock: Any, change: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused, transaction():
        services.register_organisation(actor=CLI, **{"uscc": make_uscc(), **FACTS, **change})
    assert refused.value.field == field
    assert db.session.scalars(select(Organisation)).all() == []


def test_one_code_belongs_to_one_organisation(app: Any, clock: Any) -> None:
    firm = make_firm()
    with pytest.raises(Conflict, match="registered") as refused, transaction():
        services.register_organisation(
            actor=actor_of(make_user()), **{**FACTS, "kind": "client", "uscc": firm.uscc.lower()}
        )
    assert refused.value.field == "uscc"


def test_a_person_of_one_organisation_cannot_register_a_second(app: Any, clock: Any) -> None:
    with pytest.raises(AccessDenied), transaction():
        services.register_organisation(actor=actor_for(make_firm()), uscc=make_uscc(), **FACTS)


@pytest.mark.parametrize(
    ("licences", "field"), [((), "licences"), (("business",), "licences"), (("HR_PERMIT",), "licences")]
)
def test_a_firm_is_not_submitted_without_the_licences_the_law_asks_for(
    app: Any, clock: Any, licences: tuple[str, ...], field: str
) -> None:
    firm = make_firm(state="draft", licences=licences)
    with pytest.raises(Invalid) as refused, transaction():
        services.submit_verification(actor=actor_for(firm), organisation=reread(firm))
    assert refused.value.field == field
    assert reread(firm).state == "draft"


def test_operators_are_told_of_what_was_submitted_and_the_firm_of_what_was_decided(app: Any, clock: Any) -> None:
    operator = make_staff()
    firm = make_firm(state="submitted")
    assert events_for(operator.id) == ["organisation.submitted"]
    with transaction():
        services.return_organisation(actor=actor_of(operator), organisation=reread(firm), reason=" 执照不清晰 ")
    assert queries.find_last_reason(firm.id) == "执照不清晰"
    with transaction():
        services.submit_verification(actor=actor_for(firm), organisation=reread(firm))
    with transaction():
        services.approve_organisation(actor=actor_of(operator), organisation=reread(firm), in_park=True)
    after = reread(firm)
    assert (after.state, after.in_park, after.next_due_on) == ("approved", True, date(2027, 5, 23))
    assert events_for(admin_of(firm).id) == ["organisation.returned", "organisation.approved"]
    results = db.session.scalars(
        select(VerificationCheck.result).where(VerificationCheck.licence_id.is_(None)).order_by(VerificationCheck.id)
    )
    assert results.all() == ["returned", "approved"]
    assert touched().count(firm.id) >= 1
    assert queries.valid_licence_kinds(firm.id) == {"business", "HR_PERMIT", "HR_FILING", "DISPATCH"}


def test_a_client_is_verified_again_after_a_year_and_a_firm_when_its_permit_ends(app: Any, clock: Any) -> None:
    assert make_client().next_due_on == date(2027, 11, 23)
    firm = make_firm(state="draft", licences=("business",))
    with transaction():
        services.add_licence(actor=CLI, organisation=firm, kind="DISPATCH", number="1", valid_to=date(2027, 1, 15))
        services.submit_verification(actor=CLI, organisation=firm)
        services.approve_organisation(actor=CLI, organisation=firm)
    assert reread(firm).next_due_on == date(2027, 1, 15)


def test_an_organisation_cannot_be_approved_while_its_licences_are_not(app: Any, clock: Any) -> None:
    firm = make_firm(state="submitted")
    with pytest.raises(Invalid, match="licences"), transaction():
        services.approve_organisation(actor=CLI, organisation=reread(firm), licences=[])
    assert reread(firm).state == "submitted"
    assert queries.list_checks(firm.id) == []


def test_a_second_decision_on_the_same_file_is_a_conflict(app: Any, clock: Any) -> None:
    firm = make_firm(state="submitted")
    with transaction():
        services.approve_organisation(actor=CLI, organisation=firm)
    with pytest.raises(Conflict), transaction():
        services.return_organisation(actor=CLI, organisation=firm, reason="太晚")


@pytest.mark.parametrize("reason", ["", "  ", "长" * 501])
def test_a_return_needs_a_reason_that_can_be_read(app: Any, clock: Any, reason: str) -> None:
    firm = make_firm(state="submitted")
    with pytest.raises(Invalid) as refused, transaction():
        services.return_organisation(actor=CLI, organisation=firm, reason=reason)
    assert refused.value.field == "reason"


def test_nobody_but_operators_decides(app: Any, clock: Any) -> None:
    firm = make_firm(state="submitted")
    for actor in (
        actor_for(firm),
        actor_of(make_staff("bureau")),
        actor_of(make_staff("finance")),
        actor_for(make_client()),
    ):
        with pytest.raises(AccessDenied), transaction():
            services.approve_organisation(actor=actor, organisation=firm)


def test_a_suspended_firm_leaves_the_directory_and_comes_back_when_restored(app: Any, clock: Any) -> None:
    firm = make_firm()
    with transaction():
        services.suspend_organisation(actor=CLI, organisation=firm, reason="投诉核查")
    with pytest.raises(NotFound):
        queries.get_public_firm(firm.id)
    with transaction():
        services.restore_organisation(actor=CLI, organisation=reread(firm), reason="核查完毕")
    assert queries.get_public_firm(firm.id).id == firm.id
    assert events_for(admin_of(firm).id)[-2:] == ["organisation.suspended", "organisation.restored"]


def test_what_is_not_yours_does_not_exist(app: Any, clock: Any) -> None:
    mine, other = make_firm(), make_firm()
    with pytest.raises(NotFound):
        queries.get_organisation(other.id, actor_for(mine))
    with pytest.raises(NotFound):
        queries.get_licence(licence_of(other, "business").id, actor=actor_for(mine))


def test_a_verified_organisations_identity_is_locked(app: Any, clock: Any) -> None:
    firm = make_firm()
    for changed in ({"name": "别的公司"}, {"city_code": "320500"}, {"address": "别处 1 号"}):
        values: Any = {"name": firm.name, "city_code": "310000", **changed}
        with pytest.raises(Conflict, match="identity"), transaction():
            services.edit_identity(actor=actor_for(firm), organisation=reread(firm), **values)
    assert (reread(firm).name, reread(firm).city_code) == (firm.name, "310000")


def test_what_a_verified_organisation_says_in_public_stays_its_own(app: Any, clock: Any) -> None:
    firm = make_firm()
    actor = actor_of(make_member(firm, "business"))
    with transaction():
        services.edit_public_profile(
            actor=actor, organisation=reread(firm), short_name="安邦人力", intro="简介", website="example.com",
            service_hotline="021-12345678 转 1", service_highlights="驻场\n\n次日到岗 ",
        )  # fmt: skip
    after = reread(firm)
    assert (after.pinyin_initial, after.website) == ("A", "https://example.com")
    assert after.service_highlights == "驻场\n次日到岗"
    assert touched()[-1] == firm.id


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"website": "javascript://x.example/%0aalert(1)"}, "website"), ({"website": "https://u:p@x.example"}, "website"),
        ({"website": "localhost"}, "website"), ({"website": "https://[::"}, "website"), ({"service_hotline": "请加微信"}, "service_hotline"),
        ({"service_highlights": "一\n二\n三\n四\n五\n六\n七"}, "service_highlights"), ({"service_highlights": "长" * 41}, "service_highlights"),
    ],
)  # fmt: skip
def test_a_public_profile_that_cannot_be_shown_is_refused_beside_its_field(
    app: Any, clock: Any, changed: dict[str, str], field: str
) -> None:
    firm = make_firm()
    with pytest.raises(Invalid) as refused, transaction():
        services.edit_public_profile(
            actor=actor_for(firm), organisation=reread(firm), short_name="", intro="", **changed
        )
    assert refused.value.field == field


def test_a_file_under_review_is_not_changed_under_the_operators_eyes(app: Any, clock: Any) -> None:
    firm = make_firm(state="submitted")
    with pytest.raises(Conflict, match="locked"), transaction():
        services.edit_identity(actor=actor_for(firm), organisation=firm, name="新名字公司", city_code="310000")
    with pytest.raises(Conflict, match="locked"), transaction():
        services.edit_contacts(actor=actor_for(firm), organisation=firm, contact_name="别人", contact_mobile="1")


def test_only_administrators_edit(app: Any, clock: Any) -> None:
    firm = make_firm(state="draft")
    actor = actor_of(make_member(firm, "business"))
    with pytest.raises(AccessDenied), transaction():
        services.edit_identity(actor=actor, organisation=firm, name=firm.name, city_code="310000")
    with pytest.raises(AccessDenied), transaction():
        services.edit_contacts(actor=actor, organisation=firm, contact_name="别人", contact_mobile="1")


def test_a_renewed_licence_replaces_the_older_one(app: Any, clock: Any) -> None:
    firm = make_firm()
    older = licence_of(firm, "DISPATCH").id
    with transaction():
        newer = services.add_licence(
            actor=CLI, organisation=firm, kind="DISPATCH", number="new", valid_to=date(2029, 1, 1)
        )
    assert queries.valid_licence_kinds(firm.id) >= {"DISPATCH"}
    with transaction():
        services.approve_licence(actor=CLI, licence=newer)
    states = {x.id: x.state for x in db.session.scalars(select(Licence).where(Licence.kind == "DISPATCH"))}
    assert states == {older: "revoked", newer.id: "valid"}


def test_a_returned_or_revoked_licence_does_not_count(app: Any, clock: Any) -> None:
    firm = make_firm()
    with transaction():
        services.revoke_licence(actor=CLI, licence=licence_of(firm, "HR_PERMIT"), reason="发证机关撤销")
    assert "HR_PERMIT" not in queries.valid_licence_kinds(firm.id)
    with transaction():
        again = services.add_licence(actor=CLI, organisation=firm, kind="HR_PERMIT", number="2", is_long_term=True)
    with transaction():
        services.return_licence(actor=CLI, licence=again, reason="扫描件模糊")
    assert "HR_PERMIT" not in queries.valid_licence_kinds(firm.id)
    assert events_for(admin_of(firm).id)[-2:] == ["licence.revoked", "licence.returned"]


def test_an_organisations_own_people_must_hand_in_a_scan(app: Any, clock: Any) -> None:
    firm = make_firm()
    with pytest.raises(Invalid) as refused, transaction():
        services.add_licence(actor=actor_for(firm), organisation=firm, kind="ICP", number="1", is_long_term=True)
    assert refused.value.field == "file"


def dated_firm(valid_to: date) -> Organisation:
    firm = make_firm(licences=("business", "HR_FILING"))
    with transaction():
        licence = services.add_licence(actor=CLI, organisation=firm, kind="DISPATCH", number="1", valid_to=valid_to)
        services.approve_licence(actor=CLI, licence=licence)
    return firm


def test_a_licence_counts_on_its_last_day_and_not_on_the_next(app: Any, clock: Any) -> None:
    firm = dated_firm(date(2026, 11, 30))
    assert "DISPATCH" in queries.valid_licence_kinds(firm.id, date(2026, 11, 30))
    assert "DISPATCH" not in queries.valid_licence_kinds(firm.id, date(2026, 12, 1))
    clock.set("2026-11-30")
    assert expire_lapsed_licences() == 0
    clock.set("2026-12-01")
    before = len(touched())
    assert expire_lapsed_licences() == 1
    assert expire_lapsed_licences() == 0
    assert touched()[before:] == [firm.id]
    assert licence_of(firm, "DISPATCH").state == "expired"
    assert events_for(admin_of(firm).id)[-1] == "licence.expired"


def test_only_the_scheduler_lets_licences_lapse(app: Any, clock: Any) -> None:
    with pytest.raises(AccessDenied), transaction():
        services.expire_licences(actor=CLI)
    with transaction():
        assert services.expire_licences(actor=SCHEDULER) == 0


def test_each_reminder_before_a_licence_ends_is_sent_once(app: Any, clock: Any) -> None:
    firm = dated_firm(date(2027, 3, 1))
    sent = []
    for day in (
        "2026-11-23",
        "2026-12-01",
        "2026-12-02",
        "2026-12-31",
        "2027-01-30",
        "2027-02-22",
        "2027-02-23",
        "2027-03-01",
    ):
        clock.set(day)
        sent.append(remind_before_expiry())
    assert sent == [0, 1, 0, 1, 1, 1, 0, 0]
    assert events_for(admin_of(firm).id).count("licence.expiring") == 4


def test_a_check_can_be_neither_changed_nor_deleted(app: Any, clock: Any) -> None:
    make_firm()
    for statement in ("UPDATE verification_check SET reason = 'x'", "DELETE FROM verification_check"):
        with pytest.raises(Exception, match=r"append-only|冲突|conflict"), transaction():
            db.session.execute(db.text(statement))


def test_the_first_account_of_an_imported_firm_is_opened_once(app: Any, clock: Any) -> None:
    from marketplace.core.tabular import Row

    with transaction():
        services.import_firms(
            actor=CLI, rows=[Row(2, {"uscc": make_uscc(), "name": "导入机构", "city_code": "310000"})]
        )
    firm = db.session.scalars(select(Organisation)).one()
    values: dict[str, Any] = {"organisation": firm, "name": "王经理", "email": "first@test.example", "mobile": None}
    with transaction():
        user = services.open_organisation_account(actor=CLI, password_hash="x", **values)
    assert actor_of(user).has_role(firm.id, "admin")
    with pytest.raises(Conflict), transaction():
        services.open_organisation_account(actor=CLI, password_hash="x", **{**values, "email": "second@test.example"})


def test_the_audit_trail_holds_no_names(app: Any, clock: Any) -> None:
    firm = make_firm(name="不可出现的名称有限公司")
    texts = [
        str(row.codes) for row in db.session.scalars(select(AuditEvent).where(AuditEvent.organisation_id == firm.id))
    ]
    assert texts and not any("不可出现" in text or firm.uscc in text for text in texts)
