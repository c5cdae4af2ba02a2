"""Writing a review and replying to it."""

from sqlalchemy import update

from marketplace.catalog.services import record_rating
from marketplace.core import audit, clock
from marketplace.core.access import require
from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.core.errors import Conflict
from marketplace.core.i18n import lazy
from marketplace.notifications.services import notify
from marketplace.orders.models import Order
from marketplace.orders.states import OrderState
from marketplace.reviews.access import can_reply_to_review, can_write_review
from marketplace.reviews.models import Review
from marketplace.reviews.queries import find_review
from marketplace.reviews.rules import check_score, checked_text


def write_review(*, actor: Actor, order: Order, score: int, text: str, is_demo: bool = False) -> Review:
    """The client rates a completed order with 1 to 5 and a few words; the listing's rating moves with it.

    Refused: anybody but the client's purchasing and business people; an order that is not completed (电子商务法 17: no invented
    ratings); a second review; a score outside 1–5; fewer than 5 characters.
    """
    require(can_write_review(actor, order))
    check_score(score)
    words = checked_text(text)
    if order.state != OrderState.COMPLETED:
        raise Conflict("review.not_completed", lazy("订单完成后才能评价"))
    if find_review(order.id) is not None:
        raise Conflict("review.twice", lazy("该订单已评价，每单只能评价一次"))
    review = Review(
        order_id=order.id, listing_id=order.listing_id, firm_id=order.firm_id, client_id=order.client_id, score=score,
        text=words, created_by_id=actor.user_id, is_demo=is_demo,
    )  # fmt: skip
    db.session.add(review)
    db.session.flush()
    record_rating(listing_id=order.listing_id, score=score)
    audit.record("review.written", "review", review.id, actor=actor, organisation_id=order.client_id, score=score)
    notify(
        event="review.written", params={"number": order.number, "title": order.title, "score": score, "text": words},
        url=f"/orders/{order.number}", organisation_id=order.firm_id,
    )  # fmt: skip
    return review


def reply_to_review(*, actor: Actor, review: Review, text: str) -> Review:
    """The firm answers a review once. Refused: anybody but the firm's business people; a second reply; too short or long."""
    require(can_reply_to_review(actor, review))
    words = checked_text(text)
    order = review.order
    moment = clock.now()
    changed = db.session.execute(
        update(Review).where(Review.id == review.id, Review.reply.is_(None))
        .values(reply=words, replied_at=moment, replied_by_id=actor.user_id)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    if changed.rowcount != 1:  # type: ignore[attr-defined]
        raise Conflict("review.replied", lazy("已回复过该评价，每条评价只能回复一次"))
    db.session.refresh(review)
    audit.record("review.replied", "review", review.id, actor=actor, organisation_id=review.firm_id)
    notify(
        event="review.replied", params={"number": order.number, "title": order.title, "text": words},
        url=f"/orders/{order.number}", organisation_id=review.client_id,
    )  # fmt: skip
    return review
