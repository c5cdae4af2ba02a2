"""What the market keeps for people and shows for money: saved searches, advertisements."""

from datetime import timedelta

from marketplace.accounts.models import User
from marketplace.accounts.queries import actor_of
from marketplace.catalog.models import SavedSearch
from marketplace.catalog.services.promotions import create_promotion
from marketplace.catalog.services.saved_searches import save_search
from marketplace.core import clock
from marketplace.core.db import db
from tests.access.things import FORMULAS, Params, Thing, World, text


def market_cases(world: World) -> None:
    """A saved search of one person of each side and of who belongs to nobody; an advertisement of the firm's published service."""
    own: dict[str, Params] = {}
    for person in ("firm.admin", "client.admin", "person"):
        user = db.session.get(User, world.users[person])
        saved: SavedSearch = save_search(
            actor=actor_of(user), query="q=%22%3E%3Cb%3E乙%7B%7B7*7%7D%7D", name=text(60), notify=False
        )
        own[person] = {"saved_id": saved.id}
    world.things["saved_search"] = Thing(
        own["firm.admin"], {who: params for who, params in own.items() if who != "firm.admin"}
    )
    operator = actor_of(db.session.get(User, world.users["staff.operator"]))
    day = clock.today()
    promotion = create_promotion(
        actor=operator, listing_id=world.things["listing.published"].params["listing_id"], category_code="", first_day=day,
        last_day=day + timedelta(days=30), note=FORMULAS[0] + text(100),
    )  # fmt: skip
    promotion.end_reason = text(300)
    world.things["promotion"] = Thing({"promotion_id": promotion.id})
