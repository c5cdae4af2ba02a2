"""Rating a completed order once, replying once, and what the listing shows of it."""

import threading

import pytest
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.exc import DBAPIError

from marketplace.catalog.models import Listing
from marketplace.core.actor import ANONYMOUS, SCHEDULER, Actor, Membership
from marketplace.core.db import db, transaction
from marketplace.core.errors import AccessDenied, Conflict, Invalid, ServiceError
from marketplace.orders.models import Order
from marketplace.orders.queries import lock_order
from marketplace.reviews.access import can_reply_to_review, can_write_review
from marketplace.reviews.models import Review, mask_name
from marketplace.reviews.queries import find_review, get_rating_summary, list_firm_reviews, list_reviews
from marketplace.reviews.services import reply_to_review, write_review
from tests.factories.catalog import make_listing
from tests.factories.orders import make_order, side
from tests.factories.organisations import make_client

WORDS = "服务及时，沟通顺畅"


def review(order=None, score=4):
    order = order or make_order("completed")
    with transaction():
        return write_review(actor=side(order.client_id), order=order, score=score, text=WORDS)


def rating_of(listing_id):
    listing = db.session.get_one(Listing, listing_id, populate_existing=True)
    return listing.rating_sum, listing.rating_count, listing.rating


def test_a_review_moves_the_listings_rating(app):
    order = make_order("completed")
    review(order, 4)
    assert rating_of(order.listing_id) == (4, 1, 4.0)


def test_an_order_is_rated_once(app):
    order = make_order("completed")
    review(order)
    with pytest.raises(Conflict):
        review(order, 1)
    assert rating_of(order.listing_id) == (4, 1, 4.0)


@pytest.mark.parametrize(
    "state", ["placed", "awaiting_payment", "funded", "declined", "cancelled", "expired", "terminated"]
)
def test_only_completed_orders_are_rated(app, state):
    order = make_order(state)
    with pytest.raises(Conflict):
        review(order)
    assert find_review(order.id) is None and rating_of(order.listing_id) == (0, 0, None)


@pytest.mark.parametrize("score", [0, 6, -1])
def test_a_score_outside_one_to_five_is_refused(app, score):
    with pytest.raises(Invalid) as refused:
        review(score=score)
    assert refused.value.field == "score"


@pytest.mark.parametrize("words", ["", "好", "   好的    ", "长" * 2001])
def test_words_too_few_or_too_many_are_refused(app, words):
    order = make_order("completed")
    with pytest.raises(Invalid), transaction():
        write_review(actor=side(order.client_id), order=order, score=5, text=words)
    assert find_review(order.id) is None


def test_the_firm_cannot_rate_itself(app):
    order = make_order("completed")
    with pytest.raises(AccessDenied), transaction():
        write_review(actor=side(order.firm_id), order=order, score=5, text=WORDS)


def test_the_firm_replies_once(app):
    written = review()
    firm = side(written.firm_id)
    with transaction():
        reply_to_review(actor=firm, review=db.session.get_one(Review, written.id), text="感谢信任与支持")
    with pytest.raises(Conflict), transaction():
        reply_to_review(actor=firm, review=db.session.get_one(Review, written.id), text="再说一句话吧")
    assert db.session.get_one(Review, written.id, populate_existing=True).reply == "感谢信任与支持"


def test_the_client_cannot_reply(app):
    written = review()
    with pytest.raises(AccessDenied), transaction():
        reply_to_review(actor=side(written.client_id), review=written, text="感谢信任与支持")


@pytest.mark.parametrize(
    "change",
    [
        update(Review).values(score=5),
        update(Review).values(text="改过的评价"),
        delete(Review),
        text("DELETE FROM review"),
    ],
    ids=["score", "words", "delete", "raw delete"],
)
def test_the_database_refuses_to_change_or_delete_a_review(app, change):
    review(score=1)
    with pytest.raises((DBAPIError, ServiceError)), transaction():
        db.session.execute(change)
    assert db.session.scalars(select(Review)).one().score == 1


def test_reviews_are_listed_newest_first_with_names_masked(app):
    listing, client = make_listing(price_min_fen=100, price_max_fen=10_000_000), make_client(name="青浦智造有限公司")
    first = review(make_order("completed", listing=listing, client=client), 5)
    second = review(make_order("completed", listing=listing), 2)
    page = list_reviews(listing.id)
    assert [r.id for r in page.items] == [second.id, first.id]
    assert page.items[1].client_name == "青****司"
    assert [r.id for r in list_firm_reviews(listing.firm_id).items] == [second.id, first.id]
    summary = get_rating_summary(listing_id=listing.id)
    assert (summary.mean, summary.count) == (3.5, 2)
    assert summary.spread == ((5, 1), (4, 0), (3, 0), (2, 1), (1, 0))


def test_a_listing_without_reviews_has_no_mean(app):
    assert get_rating_summary(listing_id=make_listing().id).mean is None


def test_a_masked_name_shows_its_ends_only():
    assert mask_name("长三角人力资源有限公司") == "长****司"


def test_two_people_of_a_client_rating_at_once_leave_one_review(live_app):
    order = make_order("completed")
    client, order_id, results = side(order.client_id), order.id, []
    start = threading.Barrier(4)
    db.session.remove()

    def rate():
        with live_app.app_context():
            start.wait()
            try:
                with transaction():
                    write_review(actor=client, order=lock_free(order_id), score=5, text=WORDS)
                results.append("written")
            except Conflict:
                results.append("refused")
            finally:
                db.session.remove()

    threads = [threading.Thread(target=rate) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["refused", "refused", "refused", "written"]
    assert db.session.scalar(select(func.count()).select_from(Review)) == 1
    assert rating_of(lock_order(order_id).listing_id) == (5, 1, 5.0)


def lock_free(order_id):
    """The order, read without holding it, as a page does."""
    return db.session.get_one(Order, order_id)


def _member(organisation_id, kind, role):
    return Actor(user_id=9, memberships=(Membership(organisation_id, kind, role, "approved"),))


ROLES = ("admin", "business", "purchasing", "finance", "viewer")


@pytest.mark.parametrize("role", ROLES)
def test_each_role_rates_and_replies_as_the_table_says(role):
    order, written = Order(client_id=1, firm_id=2), Review(client_id=1, firm_id=2)
    client, firm = _member(1, "client", role), _member(2, "firm", role)
    assert can_write_review(client, order) is (role in ("admin", "business", "purchasing"))
    assert can_reply_to_review(firm, written) is (role in ("admin", "business"))
    assert not can_write_review(firm, order) and not can_reply_to_review(client, written)


@pytest.mark.parametrize("who", [ANONYMOUS, SCHEDULER, Actor(user_id=1, staff=frozenset({"operator", "admin"}))])
def test_nobody_else_rates_or_replies(who):
    assert not can_write_review(who, Order(client_id=1, firm_id=2))
    assert not can_reply_to_review(who, Review(client_id=1, firm_id=2))
