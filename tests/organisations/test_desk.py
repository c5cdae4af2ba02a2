"""What the desk keeps and asks: snapshots, claims, measures made public, numbers shown on record, who may do which."""

from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from marketplace.accounts.queries import actor_of
from marketplace.core.actor import CLI, MEMBER_ROLES, STAFF_ROLES, Actor, Membership
from marketplace.core.audit import AuditEvent
from marketplace.core.db import db, transaction
from marketplace.core.errors import AccessDenied, Conflict, Invalid, NotFound
from marketplace.organisations import access, queries, services
from marketplace.organisations.models import Organisation
from marketplace.organisations.queries import baseline_of
from tests.factories import actor_for, admin_of, make_firm, make_staff

OWN = Organisation(id=7, kind="firm")
ACTORS = {
    **{f"staff:{role}": Actor(user_id=1, staff=frozenset({role})) for role in STAFF_ROLES},
    **{f"own:{role}": Actor(user_id=2, memberships=(Membership(7, "firm", role, "approved"),)) for role in MEMBER_ROLES},
    "other": Actor(user_id=3, memberships=(Membership(8, "firm", "admin", "approved"),)),
    "cli": CLI, "scheduler": Actor(system="scheduler"), "anonymous": Actor(),
}  # fmt: skip
WATCHERS = {"staff:service", "staff:reviewer", "staff:operator", "staff:bureau", "staff:auditor"}
MEMBERS = {f"own:{role}" for role in MEMBER_ROLES}
TABLE = [
    (lambda a: access.can_request_change(a, OWN), {"own:admin", "cli"}),
    (lambda a: access.can_withdraw_change(a, OWN), {"own:admin", "cli", "staff:operator", "scheduler"}),
    (access.can_decide_change, {"staff:operator", "staff:reviewer", "cli"}),
    (lambda a: access.can_view_change(a, OWN), WATCHERS | MEMBERS | {"cli"}),
    (lambda a: access.can_read_change_file(a, OWN), (WATCHERS | MEMBERS) - {"staff:service"}),
    (lambda a: access.can_announce_closing(a, OWN), {"own:admin", "staff:operator", "cli"}),
    (access.can_close_organisation, {"scheduler", "cli"}),
    (access.can_claim_case, {"staff:operator", "staff:reviewer"}),
    (access.can_reveal_contact, {"staff:operator", "staff:reviewer", "staff:service"}),
    (lambda a: access.can_see_own_contacts(a, OWN), {"own:admin"}),
]  # fmt: skip


@pytest.mark.parametrize(("may", "allowed"), TABLE, ids=[str(n) for n in range(len(TABLE))])
def test_each_permission_is_for_these_and_nobody_else(may: Any, allowed: set[str]) -> None:
    assert {name for name, actor in ACTORS.items() if may(actor)} == allowed


def test_a_file_is_kept_when_it_is_sent_in_and_when_it_is_approved(app: Any, clock: Any) -> None:
    firm = make_firm(state="submitted")
    assert [s.occasion for s in queries.list_snapshots(firm.id)] == ["submitted"]
    with transaction():
        services.approve_organisation(actor=CLI, organisation=firm)
    newest = queries.list_snapshots(firm.id)[0]
    assert (newest.occasion, newest.facts["name"]) == ("approved", firm.name)
    assert [x["state"] for x in newest.licences] == ["valid"] * 4
    assert newest.facts["contact_mobile"] == "199****1234"


def test_what_was_kept_cannot_be_changed(app: Any, clock: Any) -> None:
    make_firm()
    for statement in ("UPDATE organisation_snapshot SET occasion = 'x'", "DELETE FROM organisation_snapshot"):
        with pytest.raises(DatabaseError), db.session.begin_nested():
            db.session.execute(text(statement))


def test_a_returned_file_is_compared_with_what_was_sent_in_before(app: Any, clock: Any) -> None:
    firm = make_firm(state="submitted")
    with transaction():
        services.return_organisation(actor=CLI, organisation=firm, reason="补充")
    with transaction():
        services.edit_identity(
            actor=actor_for(firm), organisation=firm, name=firm.name, city_code=firm.city_code, address="新地址"
        )
        services.submit_verification(actor=actor_for(firm), organisation=firm)
    snapshots = queries.list_snapshots(firm.id)
    before = baseline_of(snapshots, "submitted")
    assert before is snapshots[1]
    assert (before.facts["address"], snapshots[0].facts["address"]) == ("青浦区测试路 1 号", "新地址")


def claim(actor: Actor, ref_id: int) -> None:
    with transaction():
        services.claim_case(actor=actor, noun="organisation", ref_id=ref_id)


def test_a_claim_holds_two_hours_and_binds_only_others(app: Any, clock: Any) -> None:
    firm = make_firm(state="submitted")
    one, two = actor_of(make_staff("reviewer")), actor_of(make_staff("operator"))
    claim(one, firm.id)
    claim(one, firm.id)
    with pytest.raises(Conflict):
        claim(two, firm.id)
    assert queries.claims_of("organisation", [firm.id])[firm.id].user_id == one.user_id
    assert queries.list_next_cases(two) == []
    assert queries.list_next_cases(one) == [firm.id]
    clock.advance(hours=2)
    assert queries.claims_of("organisation", [firm.id]) == {}
    claim(two, firm.id)
    assert [case.ref_id for case in queries.list_held(two.user_id)] == [firm.id]


def test_a_decision_ends_the_claim_and_needs_none(app: Any, clock: Any) -> None:
    firm = make_firm(state="submitted")
    one, two = actor_of(make_staff("reviewer")), actor_of(make_staff("operator"))
    claim(one, firm.id)
    with transaction():
        services.approve_organisation(actor=two, organisation=firm)
    assert queries.list_held(one.user_id) == []


def test_a_case_is_given_back_only_by_who_holds_it(app: Any, clock: Any) -> None:
    firm = make_firm(state="submitted")
    one, two = actor_of(make_staff("reviewer")), actor_of(make_staff("operator"))
    claim(one, firm.id)
    with transaction():
        services.release_case(actor=two, noun="organisation", ref_id=firm.id)
    assert queries.claims_of("organisation", [firm.id])
    with transaction():
        services.release_case(actor=one, noun="organisation", ref_id=firm.id)
    assert not queries.claims_of("organisation", [firm.id])


def test_the_next_case_is_the_oldest_that_nobody_holds(app: Any, clock: Any) -> None:
    first = make_firm(state="submitted")
    clock.advance(hours=1)
    second = make_firm(state="submitted")
    one, two = actor_of(make_staff("reviewer")), actor_of(make_staff("operator"))
    with transaction():
        taken = services.claim_first(actor=one, noun="organisation", ref_ids=queries.list_next_cases(one, kind="firm"))
    assert taken == first.id
    with transaction():
        assert (
            services.claim_first(actor=two, noun="organisation", ref_ids=[first.id, second.id]) == second.id
        )  # skips what was taken since the list was read


def test_a_number_is_shown_on_record_and_only_with_a_reason(app: Any, clock: Any) -> None:
    firm = make_firm()
    service = actor_of(make_staff("service"))
    with transaction():
        shown = services.reveal_contact(
            actor=service, organisation=firm, field="contact_mobile", reason="complaint", case_number="T-20261123"
        )
    assert shown == "19900001234"
    row = db.session.scalars(select(AuditEvent).where(AuditEvent.event == "organisation.contact_revealed")).one()
    assert (row.user_id, row.codes) == (
        service.user_id, {"field": "contact_mobile", "reason": "complaint", "case": "T-20261123"},
    )  # fmt: skip
    with transaction():
        assert "@" in services.reveal_contact(
            actor=service, organisation=firm, field="login", reason="service", member_id=admin_of(firm).id
        )
    for wrong in ({"reason": ""}, {"reason": "因为好奇"}, {"field": "intro"}, {"case_number": "张三 138"}):
        with pytest.raises(Invalid), transaction():
            services.reveal_contact(
                **{"actor": service, "organisation": firm, "field": "contact_mobile", "reason": "complaint", **wrong}
            )
    with pytest.raises(NotFound), transaction():
        services.reveal_contact(
            actor=service, organisation=firm, field="login", reason="service", member_id=admin_of(make_firm()).id
        )
    for role in ("bureau", "auditor", "finance", "admin"):
        with pytest.raises(AccessDenied), transaction():
            services.reveal_contact(
                actor=actor_of(make_staff(role)), organisation=firm, field="contact_mobile", reason="complaint"
            )


def test_only_published_measures_against_firms_are_public_and_lifted_ones_stay(app: Any, clock: Any) -> None:
    shown, hidden = make_firm(name="被公示机构"), make_firm(name="未公示机构")
    with transaction():
        services.suspend_organisation(actor=CLI, organisation=shown, reason="张某投诉", rule="ecl29", is_public=True)
        services.suspend_organisation(actor=CLI, organisation=hidden, reason="核查")
    (one,) = queries.list_sanctions().items
    assert (one.firm, one.rule, one.lifted_at) == ("被公示机构", "ecl29", None)
    assert queries.list_sanctions(state="current").total == 1
    clock.advance(days=3)
    with transaction():
        services.restore_organisation(actor=CLI, organisation=shown, reason="已整改")
    (one,) = queries.list_sanctions(state="lifted").items
    assert one.lifted_at is not None
    assert queries.list_sanctions(state="current").total == 0
    clock.advance(days=3)
    with transaction():
        services.suspend_organisation(actor=CLI, organisation=shown, reason="再犯", rule="rules5", is_public=True)
    assert [s.lifted_at is None for s in queries.list_sanctions().items] == [True, False]


def test_a_measure_without_a_clause_is_not_published(app: Any, clock: Any) -> None:
    firm = make_firm()
    for wrong in ({"is_public": True}, {"rule": "made up"}):
        with pytest.raises(Invalid), transaction():
            services.suspend_organisation(actor=CLI, organisation=firm, reason="核查", **wrong)  # type: ignore[arg-type]
