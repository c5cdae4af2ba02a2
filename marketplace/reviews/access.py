"""Who may rate and reply: the client's purchasing and business people once, the firm's business people once."""

from marketplace.core.actor import Actor
from marketplace.orders.models import Order
from marketplace.reviews.models import Review


def can_write_review(actor: Actor, order: Order) -> bool:
    return actor.has_role(order.client_id, "purchasing", "business")


def can_reply_to_review(actor: Actor, review: Review) -> bool:
    return actor.has_role(review.firm_id, "business")
