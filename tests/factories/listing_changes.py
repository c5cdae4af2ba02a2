"""Changes of listings that are on line, made by the services that people use."""

from dataclasses import replace
from typing import Any

from marketplace.catalog import services
from marketplace.catalog.models import Listing, ListingChange
from marketplace.catalog.queries import draft_of, get_listing
from tests.factories.accounts import writing
from tests.factories.catalog import make_listing, operator_actor
from tests.factories.organisations import actor_for


def make_listing_change(
    *, listing: Listing | None = None, state: str = "submitted", reason: str = "请补充结算方式", **values: Any
) -> ListingChange:
    """A change in any state of its process that gives the listing's content these `values`; without any, another title."""
    with writing():
        operator = operator_actor()
        own = get_listing((listing or make_listing()).id, actor=operator)
        actor = actor_for(own.firm)
        wanted = replace(draft_of(own), **(values or {"title": f"{own.title}（新）"}))
        change = services.save_listing_change(actor=actor, listing=own, draft=wanted, base_version=own.live_version)
        if state in ("submitted", "returned", "approved"):
            services.submit_listing_change(actor=actor, change=change)
        if state == "returned":
            services.return_listing_change(actor=operator, change=change, reason=reason, seen=change.version)
        if state == "approved":
            services.approve_listing_change(actor=operator, change=change, seen=change.version)
        if state == "cancelled":
            services.cancel_listing_change(actor=actor, change=change)
        return change
