"""Who may do what with listings: role by function."""

from types import SimpleNamespace

import pytest

from marketplace.catalog import access
from marketplace.core.actor import ANONYMOUS, CLI, Actor, Membership

LISTING = SimpleNamespace(firm_id=1)


def member(role: str, firm: int = 1) -> Actor:
    return Actor(user_id=5, memberships=(Membership(firm, "firm", role, "approved"),))


def staff(role: str) -> Actor:
    return Actor(user_id=6, staff=frozenset({role}))


ACTORS = {
    "visitor": ANONYMOUS, "business": member("business"), "admin of firm": member("admin"), "viewer": member("viewer"),
    "other firm": member("business", firm=2), "operator": staff("operator"), "auditor": staff("auditor"), "shell": CLI,
}  # fmt: skip
ALLOWED = {
    "can_edit_listing": {"business", "admin of firm"},
    "can_see_unpublished_listing": {"business", "admin of firm", "viewer", "operator", "auditor"},
    "can_moderate_listing": {"operator"},
    "can_withdraw_listing": {"business", "admin of firm", "operator"},
    "can_import_listing": {"operator", "shell"},
}


@pytest.mark.parametrize("name", ALLOWED)
@pytest.mark.parametrize("who", ACTORS)
def test_the_table_of_permissions(name: str, who: str) -> None:
    assert getattr(access, name)(ACTORS[who], LISTING) is (who in ALLOWED[name])


@pytest.mark.parametrize(
    ("who", "allowed"), [("business", True), ("viewer", False), ("other firm", False), ("operator", False)]
)
def test_only_the_firms_own_people_create_for_it(who: str, allowed: bool) -> None:
    assert access.can_create_listing(ACTORS[who], 1) is allowed
