"""Placing an order: the terms are checked, copied from the listing of this moment, and put before the firm."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from marketplace.catalog.models import Listing
from marketplace.catalog.rules.pricing import PricingModel
from marketplace.core import clock, settings
from marketplace.core.access import require
from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid
from marketplace.core.i18n import lazy
from marketplace.orders import rules
from marketplace.orders.access import buying_membership, can_place_order
from marketplace.orders.models import Milestone, Order
from marketplace.orders.queries import listing_city_codes, parties_of
from marketplace.orders.rules import MilestoneDraft, OrderTerms
from marketplace.orders.services.approving import put_before_firm, request_approval
from marketplace.orders.services.telling import MAX_TEXT
from marketplace.organisations.queries import closing_days, is_client_over


def place_order(
    *,
    actor: Actor,
    listing: Listing,
    quantity: int,
    unit_price_fen: int | None = None,
    starts_on: date,
    ends_on: date,
    milestones: Sequence[MilestoneDraft],
    city_code: str | None = None,
    note: str = "",
    is_demo: bool = False,
) -> Order:
    """A verified client orders a published service: quantity, unit price (分), period, city, milestones that add up to the total.

    The listing, the names of both sides, their credit codes and the commission rate are copied as of now (电子商务法 31). No money
    is due yet: the firm confirms first. A purchaser's order above the client's limit waits for a second person of the client; until
    then no firm knows of it. Refused: a person who may not order, a listing no longer offered, a price outside the
    published range, milestones that miss the total, a period in the past.
    """
    require(can_place_order(actor, listing))
    terms = check_order(
        actor=actor, listing=listing, quantity=quantity, unit_price_fen=unit_price_fen, starts_on=starts_on,
        ends_on=ends_on, milestones=milestones, city_code=city_code, note=note,
    )  # fmt: skip
    member = buying_membership(actor)
    assert member is not None
    client, firm = parties_of(member.organisation_id, listing.firm_id)
    bps = settings.get("orders.commission_bps")
    order = Order(
        client_id=client.id, firm_id=firm.id, listing_id=listing.id, category_code=listing.category_code,
        title=listing.title, terms=_snapshot(listing, client, firm), quantity=terms.quantity,
        unit_price_fen=terms.unit_price_fen, total_fen=terms.total_fen, commission_bps=bps, starts_on=terms.starts_on,
        ends_on=terms.ends_on, city_code=terms.city_code, note=terms.note, placed_by_id=actor.user_id, is_demo=is_demo,
    )  # fmt: skip
    order.milestones = [_milestone(position, draft, bps) for position, draft in enumerate(terms.milestones, 1)]
    db.session.add(order)
    db.session.flush()
    if rules.needs_approval(order.total_fen, client.approval_above_fen, member.role):
        request_approval(actor=actor, order=order)
    else:
        put_before_firm(actor=actor, order=order, action="place")
    return order


def check_order(
    *,
    actor: Actor,
    listing: Listing,
    quantity: int,
    unit_price_fen: int | None,
    starts_on: date,
    ends_on: date,
    milestones: Sequence[MilestoneDraft],
    city_code: str | None = None,
    note: str = "",
) -> OrderTerms:
    """The terms as they would be placed, for the page where everything can still be corrected (电子商务法 50). Writes nothing."""
    require(can_place_order(actor, listing))
    member = buying_membership(actor)
    if member is not None and is_client_over(member.organisation_id):
        raise Conflict(
            "order.client_overdue",
            lazy("贵单位的资料复核已逾期，复核完成前不能提交新订单；请在单位资料页声明资料无变化或更新资料"),
        )
    if listing.state != "published":
        raise Conflict("order.listing_gone", lazy("该服务已下架或暂停，暂不能下单"))
    _refuse_leaving(actor, listing)
    least, most = price_limits(listing)
    if unit_price_fen is None:
        if least is None or least != most:
            raise Invalid("order.unit_price_missing", lazy("请填写双方商定的单价"), field="unit_price")
        unit_price_fen = least
    terms = OrderTerms(
        quantity, unit_price_fen, starts_on, ends_on,
        tuple(MilestoneDraft(m.title.strip(), m.amount_fen, m.due_on) for m in milestones), city_code or None, note.strip(),
    )  # fmt: skip
    rules.check_price(unit_price_fen, least, most)
    rules.check_amounts(terms)
    rules.check_period(terms, clock.today())
    if len(terms.note) > MAX_TEXT:
        raise Invalid("order.note", lazy("文字过长，最多 %(n)s 字"), field="note", n=MAX_TEXT)
    offered = listing_city_codes(listing.id)
    if terms.city_code and offered and terms.city_code not in offered:
        raise Invalid("order.city", lazy("该服务不覆盖所选城市"), field="city_code")
    return terms


def _refuse_leaving(actor: Actor, listing: Listing) -> None:
    """Nothing new with a side that has announced its leaving (电子商务法 16); what runs is finished."""
    member = buying_membership(actor)
    leaving = closing_days([listing.firm_id, member.organisation_id if member else 0])
    if listing.firm_id in leaving:
        day = leaving[listing.firm_id].isoformat()
        raise Conflict("order.firm_leaving", lazy("该机构将于 %(day)s 退出平台，不再接受新订单"), day=day)
    if leaving:
        raise Conflict("order.client_leaving", lazy("贵单位已发布退出公告，不能再下新订单"))


def price_limits(listing: Listing) -> tuple[int | None, int | None]:
    """The range (分) in which a unit price must lie. 面议 and rates (% of pay) leave the amount to the two sides."""
    if listing.model is PricingModel.QUOTE or listing.model.is_rate:
        return None, None
    return listing.price_min_fen, listing.price_max_fen


def _milestone(position: int, draft: MilestoneDraft, bps: int) -> Milestone:
    return Milestone(
        position=position, title=draft.title, amount_fen=draft.amount_fen, due_on=draft.due_on,
        commission_fen=rules.share_of(draft.amount_fen, bps).commission_fen,
    )  # fmt: skip


def _snapshot(listing: Listing, client: Any, firm: Any) -> dict[str, Any]:
    """What the listing and the two sides said when the order was placed, as plain JSON."""
    copied = (
        "id", "title", "summary", "description", "category_code", "pricing_model", "price_min_fen", "price_max_fen",
        "billing_note", "unit", "attributes", "category_version",
    )  # fmt: skip
    return {
        "listing": {name: getattr(listing, name) for name in copied},
        "client": _party(client),
        "firm": _party(firm),
    }


def _party(organisation: Any) -> dict[str, Any]:
    return {
        "id": organisation.id, "name": organisation.name, "uscc": organisation.uscc, "city_code": organisation.city_code,
    }  # fmt: skip
