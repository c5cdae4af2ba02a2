"""The part of the demo that a search needs, and nothing else: firms and listings. At 100,000 listings this takes minutes instead of an hour."""

from random import Random

from sqlalchemy import func, select

from marketplace.catalog.models import Listing
from marketplace.core.db import db, transaction
from marketplace.demo import listings, organisations
from marketplace.demo.load import SEED, TIMES
from marketplace.search.changes import touch


def load_market(scale: str) -> int:
    """Fill an empty database with the firms and listings of this scale, as the demo makes them; returns how many listings it holds."""
    have: int = db.session.scalar(select(func.count()).select_from(Listing)) or 0
    if have:
        return have
    rng, times = Random(SEED), TIMES[scale]
    with transaction():
        offered = listings.add_listings(rng, times, organisations.add_firms(rng, times))
        touch("listing", [row["id"] for row in offered])
    return len(offered)
