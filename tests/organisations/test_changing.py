"""Changing the verified identity: asked for, decided, applied only against the facts it was made for."""

from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from marketplace.accounts.queries import actor_of
from marketplace.core.actor import CLI
from marketplace.core.audit import AuditEvent
from marketplace.core.db import db, transaction
from marketplace.core.errors import AccessDenied, ConfirmationNeeded, Conflict, Invalid, NotFound
from marketplace.core.outbox import OutboxMessage
from marketplace.organisations import queries, services
from marketplace.organisations.identity import compare_facts, compare_licences, facts_of, locked_facts
from marketplace.organisations.models import ChangeRequest, Organisation, OrganisationSnapshot, VerificationCheck
from marketplace.search.models import SearchChange
from tests.factories import actor_for, make_client, make_firm, make_member, make_staff, make_uscc
from tests.factories.desk import make_change, make_evidence


def reread(organisation: Organisation) -> Organisation:
    db.session.rollback()
    return queries.get_organisation(organisation.id, CLI)


def again(change: ChangeRequest) -> ChangeRequest:
    return queries.get_change(change.id, actor=CLI)


def approve(change: ChangeRequest) -> None:
    with transaction():
        services.approve_change(actor=CLI, change=again(change))


def test_the_old_facts_stand_until_the_change_is_approved(app: Any, clock: Any) -> None:
    firm = make_firm(name="旧名人力公司")
    change = make_change(firm, name="新名人力公司", legal_representative="李某", established_on=date(2020, 1, 1))
    assert reread(firm).name == "旧名人力公司"
    approve(change)
    after = reread(firm)
    assert (after.name, after.legal_representative, after.established_on) == ("新名人力公司", "李某", date(2020, 1, 1))
    assert after.pinyin_initial == "X"
    assert again(change).state == "approved"


def test_an_approved_change_leaves_a_check_a_snapshot_an_audit_row_a_message_and_a_touch(app: Any, clock: Any) -> None:
    firm = make_firm()
    change = make_change(firm)
    approve(change)
    check = db.session.scalars(select(VerificationCheck).where(VerificationCheck.result == "changed")).one()
    snapshot = db.session.scalars(select(OrganisationSnapshot).where(OrganisationSnapshot.occasion == "changed")).one()
    assert (check.organisation_id, snapshot.facts["name"]) == (firm.id, change.new["name"])
    event = db.session.scalars(select(AuditEvent).where(AuditEvent.event == "organisation.identity_changed")).one()
    assert event.codes["fields"] == ["name"]
    assert change.new["name"] not in str(event.codes)
    assert db.session.scalars(select(OutboxMessage.event).where(OutboxMessage.event == "change.approved")).all()
    last = db.session.scalars(select(SearchChange).order_by(SearchChange.id.desc()).limit(1)).one()
    assert (last.kind, last.ref_id) == ("firm", firm.id)


def test_facts_that_changed_meanwhile_are_not_overwritten(app: Any, clock: Any) -> None:
    firm = make_firm(address="青浦区 1 号")
    change = make_change(firm, address="青浦区 2 号")
    with transaction():
        reread_now = db.session.get_one(Organisation, firm.id)
        reread_now.address = "青浦区 9 号"
    with pytest.raises(Conflict) as refused:
        approve(change)
    assert refused.value.code == "change.outdated"
    assert (reread(firm).address, again(change).state) == ("青浦区 9 号", "submitted")


def test_a_blank_fact_is_compared_as_blank(app: Any, clock: Any) -> None:
    firm = make_firm()
    change = make_change(firm, registered_capital_fen=100_00)
    assert change.old == {"registered_capital_fen": None}
    approve(change)
    second = make_change(reread(firm), registered_capital_fen=None)
    approve(second)
    assert reread(firm).registered_capital_fen is None


def test_only_one_request_is_open_at_a_time(app: Any, clock: Any) -> None:
    firm = make_firm()
    make_change(firm)
    with pytest.raises(Conflict):
        make_change(firm, address="另一处")


def test_a_code_stays_unique(app: Any, clock: Any) -> None:
    firm, other = make_firm(), make_firm()
    with pytest.raises(Conflict):
        make_change(firm, uscc=other.uscc)
    taken_later = make_uscc()
    change = make_change(firm, uscc=taken_later)
    make_firm(uscc=taken_later)
    with pytest.raises(Conflict):
        approve(change)
    assert again(change).state == "submitted"


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"uscc": "91310118MA0000015Q"}, "organisation.uscc_checksum"), ({"name": "x"}, "organisation.name"), ({"city_code": "110000"}, "organisation.city"),
        ({"established_on": date(2099, 1, 1)}, "organisation.established"), ({"registered_capital_fen": -1}, "organisation.capital"),
        ({"address": ""}, "organisation.address"), ({"short_name": "不在锁定之列"}, "change.nothing"),
    ],
)  # fmt: skip
def test_a_request_that_could_not_stand_is_refused_at_once(
    app: Any, clock: Any, values: dict[str, Any], code: str
) -> None:
    with pytest.raises(Invalid) as refused:
        make_change(make_firm(), **values)
    assert refused.value.code == code


def test_a_request_needs_evidence_a_reason_a_verified_organisation_and_a_fresh_confirmation(
    app: Any, clock: Any
) -> None:
    firm, draft = make_firm(), make_firm(state="draft")
    admin = actor_for(firm)
    given: dict[str, Any] = {"organisation": firm, "values": {"name": "新名公司"}, "reason": "变更"}
    with pytest.raises(Invalid), transaction():
        services.request_change(actor=admin, file=None, **given)
    with pytest.raises(Invalid), transaction():
        services.request_change(actor=admin, file=make_evidence(), **{**given, "reason": " "})
    with pytest.raises(Conflict), transaction():
        services.request_change(
            actor=actor_for(draft), organisation=draft, values={"name": "新名公司"}, reason="变更", file=make_evidence()
        )
    stale = type(admin)(user_id=admin.user_id, memberships=admin.memberships)
    with pytest.raises(ConfirmationNeeded), transaction():
        services.request_change(actor=stale, file=make_evidence(), **given)


def test_members_who_are_not_administrators_and_others_file_nothing(app: Any, clock: Any) -> None:
    firm = make_firm()
    for actor in (actor_of(make_member(firm, "business")), actor_for(make_firm()), actor_of(make_staff("operator"))):
        with pytest.raises(AccessDenied), transaction():
            services.request_change(
                actor=actor, organisation=firm, values={"name": "新名公司"}, reason="变更", file=make_evidence()
            )


def test_a_returned_request_is_corrected_and_sent_in_again_or_taken_back(app: Any, clock: Any) -> None:
    firm = make_firm()
    change = make_change(firm, address="青浦区 2 号")
    with transaction():
        services.return_change(actor=CLI, change=again(change), reason="证明不清晰")
    assert again(change).decision_reason == "证明不清晰"
    with pytest.raises(Conflict):
        approve(change)
    with transaction():
        services.resubmit_change(
            actor=actor_for(firm), change=again(change), values={"address": "青浦区 3 号"}, reason="更正", file=None
        )
    assert again(change).new == {"address": "青浦区 3 号"}
    with transaction():
        services.withdraw_change(actor=actor_for(firm), change=again(change))
    assert reread(firm).address == "青浦区测试路 1 号"
    make_change(reread(firm), address="青浦区 4 号")


def test_anothers_request_does_not_exist(app: Any, clock: Any) -> None:
    change = make_change()
    with pytest.raises(NotFound):
        queries.get_change(change.id, actor=actor_for(make_firm()))
    with pytest.raises(NotFound):
        queries.get_change(change.id, actor=actor_of(make_staff("finance")))
    for role in ("operator", "reviewer", "service", "bureau", "auditor"):
        assert queries.get_change(change.id, actor=actor_of(make_staff(role))).id == change.id


def test_a_verified_organisation_edits_what_is_not_locked(app: Any, clock: Any) -> None:
    client = make_client()
    locked = {
        "address": "别处",
        "legal_representative": "王某",
        "established_on": date(2020, 1, 1),
        "registered_capital_fen": 1,
    }
    for field, value in locked.items():
        with pytest.raises(Conflict) as refused, transaction():
            services.edit_identity(
                actor=actor_for(client), organisation=reread(client), name=client.name, city_code=client.city_code, **{field: value}
            )  # fmt: skip
        assert refused.value.code == "organisation.identity"
    with transaction():
        services.edit_contacts(
            actor=actor_for(client), organisation=reread(client), contact_name="新联系人", contact_mobile="19900001234"
        )
    assert reread(client).contact_name == "新联系人"


CHANGES = st.lists(
    st.dictionaries(
        st.sampled_from(("name", "address", "legal_representative", "registered_capital_fen", "established_on")),
        st.integers(0, 3), min_size=1, max_size=4,
    ),
    min_size=1, max_size=5,
)  # fmt: skip


def value_of(field: str, number: int) -> Any:
    if field == "registered_capital_fen":
        return number * 100 or None
    return date(2020, 1, 1 + number) if field == "established_on" else f"{field} 第 {number} 版"


@given(CHANGES)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_approved_in_turn_the_facts_are_those_last_approved(
    app: Any, changes: list[dict[str, int]]
) -> None:
    """A model beside the service: a dictionary that each approved request updates."""
    firm = make_firm()
    expected = locked_facts(firm)
    for wanted in changes:
        values = {field: value_of(field, number) for field, number in wanted.items()}
        try:
            change = make_change(reread(firm), **values)
        except Invalid as nothing:
            assert nothing.code == "change.nothing"
            continue
        approve(change)
        expected |= change.new
        snapshot = queries.list_snapshots(firm.id)[0]
        assert {k: snapshot.facts[k] for k in expected} == expected
    assert locked_facts(reread(firm)) == expected


def test_differences_are_named(app: Any) -> None:
    firm = make_firm()
    before = facts_of(firm) | {"short_name": "旧简称", "contact_name": ""}
    rows = {row.label: row.kind for row in compare_facts(before, facts_of(firm))}
    assert (rows["单位全称"], rows["简称"], rows["联系人"]) == ("same", "removed", "added")
    one = {"id": 1, "kind": "business", "number": "A", "issuing_region": "", "valid_to": None, "is_long_term": True}
    rows = compare_licences(([one], {"1": "a" * 64}), ([one], {"1": "b" * 64}))
    assert [row.kind for row in rows] == ["changed"]
    assert compare_licences(None, ([one], {}))[0].kind == "same"
