"""What the demo's market shows: two advertisements, and searches that the demo's buyer keeps."""

from datetime import timedelta

from sqlalchemy import select

from marketplace.catalog.models import Listing, SavedSearch
from marketplace.catalog.services.promotions import create_promotion
from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.demo.story import someone

SAVED = (
    ("上海的社保代缴", "q=%E7%A4%BE%E4%BF%9D%E4%BB%A3%E7%BC%B4&city=310000", True),
    ("高管猎头，费率 20%–25%", "category=C0201&rate=20-25", True),
    ("苏州的劳务派遣", "category=C05&city=320500", False),
)
PLACES = (("C0301", "C0301"), ("C0101", ""))


def place_and_save() -> None:
    """Advertise one service in its category and one everywhere; keep three searches, two of them watched.

    There is no index yet to ask; the watched ones know all services but the newest, so their first look finds some: the demo's digest.
    """
    operator, buyer, day = someone("operator"), someone("client"), clock.today()
    with transaction():
        for category_code, place in PLACES:
            listing_id = db.session.scalar(
                select(Listing.id)
                .where(Listing.category_code == category_code, Listing.state == "published", Listing.rating_count > 0)
                .order_by(Listing.id)
                .limit(1)
            )
            if listing_id is not None:
                create_promotion(
                    actor=operator, listing_id=listing_id, category_code=place, first_day=day,
                    last_day=day + timedelta(days=90), note="演示：虚构的推广合同",
                )  # fmt: skip
        published = (
            select(Listing.id).where(Listing.state == "published").order_by(Listing.published_at.desc(), Listing.id)
        )
        known = list(db.session.scalars(published.offset(60).limit(2000)))
        long_ago = clock.now() - timedelta(days=1)
        for name, query, notify in SAVED:
            db.session.add(
                SavedSearch(user_id=buyer.user_id, name=name, query=query, notify=notify, known=known, fresh=[], checked_at=long_ago)
            )  # fmt: skip
