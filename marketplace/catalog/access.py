"""Who may do what with listings. Pure: no queries, no exceptions."""

from typing import Any

from marketplace.core.actor import BUSINESS_STAFF, Actor


def can_create_listing(actor: Actor, firm_id: int | None = None) -> bool:
    """A firm's business people (and its administrators) write listings for it."""
    return firm_id is not None and actor.firm_id is not None and actor.has_role(firm_id, "business")


def can_edit_listing(actor: Actor, listing: Any) -> bool:
    """The firm's own business people edit, submit and take back its listings."""
    return actor.has_role(listing.firm_id, "business")


def can_see_unpublished_listing(actor: Actor, listing: Any) -> bool:
    """Its firm's members and the park's staff see a listing that the public does not."""
    return actor.is_member(listing.firm_id) or actor.is_staff(*BUSINESS_STAFF)


def can_moderate_listing(actor: Actor, listing: Any = None) -> bool:
    """The park's operators review listings before they are shown (人力资源市场条例 29)."""
    return actor.is_staff("operator", "reviewer")


def can_withdraw_listing(actor: Actor, listing: Any) -> bool:
    """The firm takes its listing down for good, or the operator does."""
    return can_edit_listing(actor, listing) or can_moderate_listing(actor, listing)


def can_edit_category(actor: Actor) -> bool:
    """The park's operator decides what categories there are and what they ask."""
    return actor.is_staff("operator")


def can_read_category_versions(actor: Actor) -> bool:
    """Everybody who works on the park's business, or supervises it, sees versions and drafts of categories."""
    return actor.is_staff(*BUSINESS_STAFF)


def can_import_listing(actor: Actor, listing: Any = None) -> bool:
    """The park's operators, at the desk or in the shell, load listings from files."""
    return actor.is_staff("operator", "reviewer") or actor.system == "cli"


def can_read_promotions(actor: Actor) -> bool:
    """Who works on the market sees its advertisements, and so does who supervises it."""
    return actor.is_staff("operator", "reviewer", "service", "bureau", "auditor")


def can_manage_promotion(actor: Actor, promotion: Any = None) -> bool:
    """The park's operators place advertisements and end them (电子商务法 40)."""
    return actor.is_staff("operator")


def can_keep_saved_search(actor: Actor, saved: Any = None) -> bool:
    """Everybody with an account saves searches; each is its owner's alone."""
    return actor.user_id is not None and (saved is None or saved.user_id == actor.user_id)
