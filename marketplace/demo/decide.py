"""The demo of deciding: the demo client's shortlist with an offer whose price rose and one that was taken down, and favourites."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select, update

from marketplace.catalog import services as catalog
from marketplace.catalog.models import Listing
from marketplace.catalog.queries import draft_of, get_listing
from marketplace.catalog.services.listings import replace_content
from marketplace.core import audit, clock
from marketplace.core.actor import Actor
from marketplace.core.db import db, transaction
from marketplace.demo.story import someone
from marketplace.organisations.models import Organisation
from marketplace.search.changes import touch
from marketplace.shortlists import services
from marketplace.shortlists.models import Favourite, Shortlist, ShortlistItem

CATEGORY = "C0301"


def decide() -> None:
    """A list for one purchase with notes, kept two weeks ago; since then one price rose and one service was withdrawn."""
    buyer, operator = someone("client.buyer"), someone("operator")
    offers = _offers()
    with transaction():
        ending = _short_lived(someone("firm"), operator)
        shortlist = services.create_shortlist(
            actor=buyer, name="2027 年社保代缴选型", purpose="总部与苏州工厂约 320 人，明年一月起", organisation_id=buyer.client_id,
            note="优先自有账户、可开通查询系统的机构；请财务补充对账要求。",
        )  # fmt: skip
        notes = ("苏州可驻场", "报价含增减员", "")
        for listing_id, note in zip((*offers[:3], ending), (*notes, "原合作机构"), strict=True):
            listing = get_listing(listing_id, actor=operator)
            services.add_to_shortlist(actor=buyer, shortlist=shortlist, listing=listing, note=note)
        for name in ("client", "client.buyer", "client.finance"):
            for listing_id in (*offers[1:5], ending):
                services.keep_favourite(actor=someone(name), listing=get_listing(listing_id, actor=operator))
    with transaction():
        _long_ago()
        _raise_price(offers[1], operator)
        ended = get_listing(ending, actor=operator)
        catalog.withdraw_listing(actor=someone("firm"), listing=ended, reason="业务调整，不再提供此项服务")


def _offers() -> list[int]:
    query = select(Listing.id).where(
        Listing.category_code == CATEGORY, Listing.state == "published", Listing.price_min_fen.is_not(None)
    )
    return list(db.session.scalars(query.order_by(Listing.order_count.desc(), Listing.id).limit(5)))


def _short_lived(firm: Actor, operator: Actor) -> int:
    """A service of the demo firm that was on line when it was kept."""
    first = db.session.scalars(
        select(Listing.id)
        .where(Listing.firm_id == firm.firm_id, Listing.state == "published")
        .order_by(Listing.category_code != CATEGORY, Listing.id)
        .limit(1)
    ).one()
    draft = replace(draft_of(get_listing(first, actor=operator)), title="小微企业用工托管（已停办示例）")
    listing = catalog.create_listing(
        actor=firm, firm=db.session.get_one(Organisation, firm.firm_id), draft=draft
    )  # fmt: skip
    listing = get_listing(listing.id, actor=operator)
    catalog.submit_listing(actor=firm, listing=listing)
    catalog.approve_listing(actor=operator, listing=listing)
    return listing.id


def _long_ago() -> None:
    """What was just kept counts as kept two weeks ago."""
    moment = clock.now() - timedelta(days=14)
    for model in (Favourite, ShortlistItem):
        db.session.execute(update(model).values(created_at=moment, seen_at=moment))
    db.session.execute(update(Shortlist).values(created_at=moment))


def _raise_price(listing_id: int, operator: Actor) -> None:
    listing = get_listing(listing_id, actor=operator)
    draft = draft_of(listing)
    low = (draft.price_min_fen or 0) + 5_00
    high = max(low, draft.price_max_fen + 5_00) if draft.price_max_fen is not None else None
    replace_content(listing=listing, draft=replace(draft, price_min_fen=low, price_max_fen=high))
    touch("listing", [listing.id])
    audit.record("listing.edited", "listing", listing.id, actor=operator, organisation_id=listing.firm_id)
