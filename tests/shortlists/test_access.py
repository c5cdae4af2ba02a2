"""Who may do what with favourites and shortlists: role by function."""

from types import SimpleNamespace

import pytest

from marketplace.core.actor import ANONYMOUS, Actor, Membership
from marketplace.shortlists import access

SHARED = SimpleNamespace(organisation_id=1, user_id=None)
PERSONAL = SimpleNamespace(organisation_id=None, user_id=5)


def member(role: str, client: int = 1, user: int = 7) -> Actor:
    return Actor(user_id=user, memberships=(Membership(client, "client", role, "approved"),))


ACTORS = {
    "visitor": ANONYMOUS, "purchasing": member("purchasing"), "business": member("business"), "admin": member("admin"),
    "finance": member("finance"), "viewer": member("viewer"), "other client": member("admin", client=2),
    "operator": Actor(user_id=8, staff=frozenset({"operator", "auditor"})), "owner": Actor(user_id=5),
}  # fmt: skip
BUYERS = {"purchasing", "business", "admin"}
ALLOWED = {
    ("can_view_shortlist", "shared"): BUYERS | {"finance", "viewer"}, ("can_edit_shortlist", "shared"): BUYERS,
    ("can_view_shortlist", "personal"): {"owner"}, ("can_edit_shortlist", "personal"): {"owner"},
}  # fmt: skip


@pytest.mark.parametrize("case", ALLOWED, ids="-".join)
@pytest.mark.parametrize("who", ACTORS)
def test_the_table_of_permissions(case: tuple[str, str], who: str) -> None:
    about = SHARED if case[1] == "shared" else PERSONAL
    assert getattr(access, case[0])(ACTORS[who], about) is (who in ALLOWED[case])


@pytest.mark.parametrize("who", ACTORS)
def test_everybody_who_signed_in_keeps_things_and_a_clients_buyers_begin_its_lists(who: str) -> None:
    signed_in = who != "visitor"
    assert access.can_keep_favourite(ACTORS[who]) is signed_in
    assert access.can_create_shortlist(ACTORS[who]) is signed_in
    assert access.can_create_shortlist(ACTORS[who], 1) is (who in BUYERS)
