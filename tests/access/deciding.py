"""What people keep while they decide: a client's shortlists, personal ones, favourites."""

from typing import Any

from marketplace.accounts.models import User
from marketplace.accounts.queries import actor_of
from marketplace.catalog.models import Listing
from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.shortlists import services
from tests.access.things import Thing, World, text


def build_deciding(world: World) -> None:
    """A list of the client with the published service and one that is gone, an archived one, the other client's list, favourites."""
    published, withdrawn = (
        db.session.get_one(Listing, world.things[f"listing.{state}"].params["listing_id"]) for state in ("published", "withdrawn")
    )  # fmt: skip
    buyer, rival = _actor(world, "client.purchasing"), _actor(world, "other.client")
    shared, put_away = (_list(buyer, world.client, name) for name in ("年度选型", "去年选型"))
    foreign = _list(rival, world.other_client, "别家选型")
    for one, actor in ((shared, buyer), (put_away, buyer), (foreign, rival)):
        services.add_to_shortlist(actor=actor, shortlist=one, listing=published, note=text(300, "价格合适"))
    services.add_to_shortlist(actor=buyer, shortlist=shared, listing=withdrawn, note=text(300))
    services.archive_shortlist(actor=buyer, shortlist=put_away)
    for person in ("person", "firm.admin", "client.purchasing"):
        actor = _actor(world, person)
        services.keep_favourite(actor=actor, listing=published)
        services.keep_favourite(actor=actor, listing=withdrawn)
    _list(_actor(world, "person"), None, "个人选型")
    db.session.flush()
    item = {"shortlist_id": shared.id, "listing_id": published.id}
    world.things |= {
        "shortlist": Thing({"shortlist_id": shared.id}), "shortlist.archived": Thing({"shortlist_id": put_away.id}),
        "shortlist.item": Thing(item), "shortlist.foreign": Thing({"shortlist_id": foreign.id}),
        "service": Thing({"id": published.id}),
    }  # fmt: skip


def _actor(world: World, person: str) -> Actor:
    return actor_of(db.session.get_one(User, world.users[person]))


def _list(actor: Actor, organisation_id: int | None, name: str) -> Any:
    return services.create_shortlist(
        actor=actor, name=text(60, name), purpose=text(200, "采购用途"), note=text(1000, "选型说明"), organisation_id=organisation_id
    )  # fmt: skip
