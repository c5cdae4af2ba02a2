"""Each role against each permission of an order, as one table."""

from types import SimpleNamespace

import pytest

from marketplace.core.actor import ANONYMOUS, CLI, SCHEDULER, STAFF_ROLES, Actor, Membership
from marketplace.orders import access

CLIENT, FIRM, OTHER = 1, 2, 3
ORDER = SimpleNamespace(client_id=CLIENT, firm_id=FIRM, placed_by_id=77)


def member(organisation_id, kind, role, state="approved"):
    return Actor(user_id=9, memberships=(Membership(organisation_id, kind, role, state),))


PEOPLE = {
    **{f"client.{r}": member(CLIENT, "client", r) for r in ("admin", "business", "purchasing", "finance", "viewer")},
    **{f"firm.{r}": member(FIRM, "firm", r) for r in ("admin", "business", "purchasing", "finance", "viewer")},
    "other client": member(OTHER, "client", "admin"),
    "other firm": member(OTHER, "firm", "admin"),
    **{r: Actor(user_id=8, staff=frozenset({r})) for r in STAFF_ROLES},
    "anonymous": ANONYMOUS,
    "scheduler": SCHEDULER,
    "cli": CLI,
}
BUYERS = {"client.admin", "client.purchasing", "client.business"}
SELLERS = {"firm.admin", "firm.business"}
RUNNING = {"operator"}
ALL_CLIENT = {p for p in PEOPLE if p.startswith("client.")}
ALL_FIRM = {p for p in PEOPLE if p.startswith("firm.")}
MAY = {
    "can_view_order": ALL_CLIENT | ALL_FIRM | {"operator", "service", "finance", "auditor"},
    "can_approve_order": {"client.admin", "client.finance"},
    "can_withdraw_order": {"client.admin", "client.purchasing"},
    "can_confirm_order": SELLERS,
    "can_decline_order": SELLERS,
    "can_cancel_order": {"client.admin", "client.purchasing"} | RUNNING,
    "can_terminate_order": RUNNING,
    "can_expire_order": {"scheduler", "cli"},
    "can_fund_order": {"scheduler", "cli"},
    "can_see_order_payment": ALL_CLIENT | {"operator", "service", "finance"},
    "can_deliver_milestone": SELLERS,
    "can_accept_milestone": BUYERS | {"scheduler"},
    "can_request_changes": BUYERS,
    "can_dispute_milestone": BUYERS | SELLERS,
    "can_resolve_dispute": RUNNING,
}


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize("what", MAY)
def test_each_role_may_do_exactly_what_the_table_says(what, who):
    assert getattr(access, what)(PEOPLE[who], ORDER) is (who in MAY[what])


def test_the_table_covers_every_permission_about_an_order():
    covered = {*MAY, "can_place_order", "can_list_all_orders"}
    assert {name for name in vars(access) if name.startswith("can_")} == covered


@pytest.mark.parametrize("who", PEOPLE)
def test_nobody_approves_what_they_submitted_themselves(who):
    own = SimpleNamespace(client_id=CLIENT, firm_id=FIRM, placed_by_id=PEOPLE[who].user_id)
    assert not access.can_approve_order(PEOPLE[who], own)


@pytest.mark.parametrize("who", PEOPLE)
def test_only_purchasers_of_a_client_place_orders(who):
    assert access.can_place_order(PEOPLE[who]) is (who in {"client.admin", "client.purchasing", "other client"})


@pytest.mark.parametrize("state", ["draft", "submitted", "returned", "suspended", "closed"])
def test_an_unverified_client_places_no_orders(state):
    assert not access.can_place_order(member(CLIENT, "client", "admin", state))


def test_nobody_orders_from_their_own_organisation():
    assert not access.can_place_order(member(CLIENT, "client", "admin"), SimpleNamespace(firm_id=CLIENT))


def test_staff_who_belong_to_a_side_decide_no_dispute_of_it():
    torn = Actor(
        user_id=9, memberships=(Membership(FIRM, "firm", "viewer", "approved"),), staff=frozenset({"operator"})
    )
    assert not access.can_resolve_dispute(torn, ORDER)


@pytest.mark.parametrize("who", PEOPLE)
def test_only_staff_list_all_orders(who):
    assert access.can_list_all_orders(PEOPLE[who]) is (who in {"operator", "service", "finance", "auditor"})
