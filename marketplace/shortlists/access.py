"""Who may keep what, and who may see and change a shortlist. Pure: no queries, no exceptions."""

from typing import Any

from marketplace.core.actor import Actor

EDITORS = ("purchasing", "business")


def can_keep_favourite(actor: Actor) -> bool:
    """Everybody who has signed in marks services for themselves."""
    return actor.is_signed_in


def can_create_shortlist(actor: Actor, organisation_id: int | None = None) -> bool:
    """For oneself everybody who has signed in; for a client its purchasing and business people."""
    return actor.is_signed_in and (organisation_id is None or actor.has_role(organisation_id, *EDITORS))


def can_view_shortlist(actor: Actor, shortlist: Any) -> bool:
    """All members of the client whose list it is; a personal list its person alone, not even the park's staff."""
    if shortlist.organisation_id is None:
        return actor.user_id is not None and shortlist.user_id == actor.user_id
    return actor.is_member(shortlist.organisation_id)


def can_edit_shortlist(actor: Actor, shortlist: Any) -> bool:
    """The client's purchasing and business people; a personal list its person."""
    if shortlist.organisation_id is None:
        return can_view_shortlist(actor, shortlist)
    return actor.has_role(shortlist.organisation_id, *EDITORS)
