"""The pages of reviews: errors beside their fields, one review per order, the firm's list."""

from marketplace.core.db import db
from marketplace.organisations.models import Organisation
from marketplace.reviews.queries import find_review
from tests.factories.orders import make_order
from tests.factories.organisations import admin_of, make_client, make_member


def admin_of_id(organisation_id):
    return admin_of(db.session.get_one(Organisation, organisation_id))


def test_a_review_without_score_is_refused_beside_the_field_and_keeps_the_words(app, sign_in):
    order = make_order("completed")
    answer = sign_in(admin_of_id(order.client_id)).post(
        f"/orders/{order.number}/review", data={"text": "服务及时，沟通顺畅"}
    )
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422 and "请选择评分" in page and "服务及时，沟通顺畅" in page
    assert find_review(order.id) is None


def test_an_unfinished_order_has_no_review_page(app, sign_in):
    order = make_order("placed")
    answer = sign_in(admin_of_id(order.client_id)).get(f"/orders/{order.number}/review")
    assert answer.status_code == 302


def test_strangers_and_viewers_write_no_review(app, sign_in):
    order = make_order("completed")
    data = {"score": "1", "text": "并非客户的评价"}
    assert sign_in(admin_of(make_client())).post(f"/orders/{order.number}/review", data=data).status_code == 404
    viewer = make_member(db.session.get_one(Organisation, order.client_id), "viewer")
    assert sign_in(viewer).post(f"/orders/{order.number}/review", data=data).status_code == 403
    assert find_review(order.id) is None


def test_a_review_is_public_on_the_listing_and_listed_on_the_firms_desk(app, sign_in, client, queries):
    order = make_order("completed")
    data = {"score": "5", "text": "<b>服务</b>及时，沟通顺畅"}
    assert sign_in(admin_of_id(order.client_id)).post(f"/orders/{order.number}/review", data=data).status_code == 302
    page = client.get(f"/services/{order.listing_id}").get_data(as_text=True)
    assert "&lt;b&gt;服务&lt;/b&gt;及时" in page and order.client_name not in page
    firm = sign_in(admin_of_id(order.firm_id))
    with queries(at_most=12):
        desk = firm.get("/firm/reviews").get_data(as_text=True)
    assert f"/orders/{order.number}/review/reply" in desk


def test_a_reply_to_a_review_that_does_not_exist_is_not_found(app, sign_in):
    order = make_order("completed")
    assert sign_in(admin_of_id(order.firm_id)).get(f"/orders/{order.number}/review/reply").status_code == 404


def test_both_sides_read_in_their_messages_what_was_written(app, sign_in):
    order = make_order("completed")
    client, firm = (admin_of_id(i) for i in (order.client_id, order.firm_id))
    sign_in(client).post(f"/orders/{order.number}/review", data={"score": "5", "text": "服务及时，沟通顺畅"})
    sign_in(firm).post(f"/orders/{order.number}/review/reply", data={"text": "感谢信任，期待再次合作"})
    assert "服务及时，沟通顺畅" in sign_in(firm).get("/account/messages/").get_data(as_text=True)
    assert "感谢信任，期待再次合作" in sign_in(client).get("/account/messages/").get_data(as_text=True)
