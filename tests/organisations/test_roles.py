"""The table of roles that the members page shows, held against the permission functions that really decide."""

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.app import permissions
from marketplace.core.actor import MEMBER_ROLES, Actor, Membership
from marketplace.organisations.rules import ROLES
from marketplace.organisations.rules.roles import POWERS, ROLE_NOTES, powers_of

OWN, OTHER, PLACED_BY = 1, 2, 77


def actor(kind: str, role: str, organisation_id: int = OWN) -> Actor:
    return Actor(user_id=9, memberships=(Membership(organisation_id, kind, role, "approved"),))


def thing(kind: str) -> Any:
    """What a permission is about: an organisation, an order, a listing or a review of this organisation's side."""
    sides = {"firm_id": OWN, "client_id": OTHER} if kind == "firm" else {"firm_id": OTHER, "client_id": OWN}
    return SimpleNamespace(id=OWN, kind=kind, organisation_id=OWN, placed_by_id=PLACED_BY, **sides)


def asked(can: str, who: Actor, kind: str) -> bool:
    about = OWN if can == "can_declare_report" else thing(kind)
    return bool(permissions()[can](who, about))


@pytest.mark.parametrize("power", POWERS, ids=lambda p: p.can)
@pytest.mark.parametrize("role", MEMBER_ROLES)
def test_the_table_says_what_the_permission_functions_decide(power: Any, role: str) -> None:
    for kind in power.kinds:
        assert asked(power.can, actor(kind, role), kind) is (role in power.roles), kind


@given(st.sampled_from(POWERS), st.sampled_from(MEMBER_ROLES), st.sampled_from(["firm", "client"]))
def test_no_role_reaches_into_another_organisation(power: Any, role: str, kind: str) -> None:
    if power.can == "can_place_order":  # about a listing of any firm but one's own
        return
    assert not asked(power.can, actor(kind, role, organisation_id=3), power.kinds[0])


def test_an_administrator_may_everything_and_a_viewer_changes_nothing() -> None:
    assert all("admin" in power.roles for power in POWERS)
    assert {p.can for p in POWERS if "viewer" in p.roles} == {
        "can_view_organisation",
        "can_view_order",
        "can_see_order_payment",
    }


def test_every_role_is_explained_and_every_row_is_of_some_kind() -> None:
    assert set(ROLE_NOTES) == set(ROLES) == set(MEMBER_ROLES)
    assert set(powers_of("firm")) | set(powers_of("client")) == set(POWERS)
