"""The pages of orders as people use them: three steps of placing, both sides of one order, lists and files."""

import io
import re
import threading

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import func, select

from marketplace.core.db import db
from marketplace.orders import jobs as order_jobs
from marketplace.orders.models import Order
from marketplace.orders.queries import payment_of
from marketplace.organisations.models import Organisation
from tests.factories.accounts import make_staff
from tests.factories.catalog import make_listing
from tests.factories.orders import make_milestone, make_order, pay, reread
from tests.factories.organisations import admin_of, make_client, make_firm, make_member
from tests.support.people import signed_in_client

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def typed(**changes):
    values = {
        "quantity": "10", "unit_price": "50", "starts_on": "2026-12-01", "ends_on": "2026-12-31", "city_code": "310000",
        "milestones-0-title": "首月服务", "milestones-0-amount": "300.00", "milestones-0-due_on": "2026-12-15",
        "milestones-1-title": "次月服务", "milestones-1-amount": "200", "milestones-1-due_on": "",
        "milestones-2-title": "", "milestones-2-amount": "", "milestones-2-due_on": "", "note": "请提前联系", "step": "check",
    }  # fmt: skip
    return {**values, **changes}


@pytest.fixture
def market(app, clock):
    """A client with its people, and a published service."""
    return make_client(), make_listing(price_min_fen=20_00, price_max_fen=80_00)


def soup(answer):
    return BeautifulSoup(answer.get_data(as_text=True), "html.parser")


def hidden_fields(page):
    form = page.select_one("form[data-submit-once] button[value=place]").find_parent("form")
    return {i["name"]: i.get("value", "") for i in form.select("input[type=hidden]")}


def count_orders():
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Order))


# --- placing -----------------------------------------------------------------------------------------------------------


def test_a_client_fills_checks_corrects_and_submits_once(market, sign_in):
    client, listing = market
    browser = sign_in(admin_of(client))
    address = f"/services/{listing.id}/order"
    assert browser.get(address).status_code == 200
    check = browser.post(address, data=typed())
    page = soup(check)
    assert check.status_code == 200
    assert "500.00" in page.text and "伍佰元整" in page.text and "合同成立" in page.text
    assert count_orders() == 0
    carried = hidden_fields(page)
    back = soup(browser.post(address, data={**carried, "step": "edit"}))
    assert back.select_one("#milestones-0-title")["value"] == "首月服务"
    refused = browser.post(address, data={**carried, "step": "place"})
    assert refused.status_code == 422 and count_orders() == 0
    first = browser.post(address, data={**carried, "step": "place", "agree": "y"})
    again = browser.post(address, data={**carried, "step": "place", "agree": "y"})
    assert first.status_code == again.status_code == 302
    assert first.location == again.location
    assert count_orders() == 1
    order = db.session.scalars(select(Order)).one()
    assert first.location == f"/orders/{order.number}"
    assert [(m.title, m.amount_fen) for m in order.milestones] == [("首月服务", 300_00), ("次月服务", 200_00)]


def test_a_row_is_added_without_script_and_what_was_typed_stays(market, sign_in):
    client, listing = market
    page = soup(sign_in(admin_of(client)).post(f"/services/{listing.id}/order", data=typed(step="add_row")))
    assert page.select_one("#milestones-3-title") is not None
    assert page.select_one("#milestones-1-title")["value"] == "次月服务"


def test_amounts_left_blank_are_divided_equally(market, sign_in):
    client, listing = market
    answer = sign_in(admin_of(client)).post(
        f"/services/{listing.id}/order",
        data=typed(unit_price="33.33", **{"milestones-0-amount": "", "milestones-1-amount": ""}),
    )
    assert answer.status_code == 200 and soup(answer).text.count("166.65") == 2


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"quantity": "0"}, "quantity", "数量应为 1 至"),
        ({"quantity": "abc"}, "quantity", ""),
        ({"unit_price": "50.001"}, "unit_price", "最多两位小数"),
        ({"unit_price": "90"}, "unit_price", "单价不能高于公示价格"),
        ({"starts_on": "2026-11-22"}, "starts_on", "不能早于今天"),
        ({"starts_on": "32/13"}, "starts_on", "请输入日期"),
        ({"ends_on": "2026-11-30"}, "ends_on", "不能早于开始日期"),
        ({"milestones-0-amount": "299"}, "milestones", "里程碑金额合计"),
        ({"milestones-1-title": ""}, "milestones-1-title", "请填写里程碑名称"),
        ({"city_code": "110000"}, "city_code", ""),
    ],
)
def test_wrong_input_is_named_beside_its_field_and_changes_nothing(market, sign_in, changes, field, words):
    client, listing = market
    answer = sign_in(admin_of(client)).post(f"/services/{listing.id}/order", data=typed(**changes))
    page = soup(answer)
    assert answer.status_code == 422
    note = page.select_one(f"#{field}-error")
    assert note is not None and words in note.text
    assert page.select_one("#milestones-0-title")["value"] == "首月服务"
    assert count_orders() == 0


def test_an_unverified_client_is_told_why_it_cannot_order(app, sign_in):
    answer = sign_in(admin_of(make_client(state="draft"))).get(f"/services/{make_listing().id}/order")
    assert answer.status_code == 403 and "企业认证" in answer.get_data(as_text=True)


def test_a_viewer_cannot_order(market, sign_in):
    client, listing = market
    assert sign_in(make_member(client, "viewer")).post(f"/services/{listing.id}/order", data=typed()).status_code == 403


def test_a_hidden_service_cannot_be_ordered(app, sign_in):
    listing = make_listing(state="suspended")
    assert sign_in(admin_of(make_client())).get(f"/services/{listing.id}/order").status_code == 404


def test_a_double_click_places_one_order(live_app):
    client, listing = make_client(), make_listing(price_min_fen=20_00, price_max_fen=80_00)
    live_app.config["WTF_CSRF_ENABLED"] = False
    browsers = [signed_in_client(live_app, admin_of(client)) for _ in range(6)]
    data = typed(step="place", agree="y", form_key="the-same-key", starts_on="2099-01-01", ends_on="2099-01-31")
    data |= {"milestones-0-due_on": "2099-01-15"}
    answers, start = [], threading.Barrier(len(browsers))
    address, listing_id = f"/services/{listing.id}/order", listing.id
    db.session.remove()

    def click(browser):
        with live_app.app_context():
            start.wait()
            answers.append(browser.post(address, data=data))
            db.session.remove()

    threads = [threading.Thread(target=click, args=(b,)) for b in browsers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [a.status_code for a in answers] == [302] * 6, [a.get_data(as_text=True)[:500] for a in answers]
    assert len({a.location for a in answers}) == 1
    assert db.session.scalar(select(func.count()).select_from(Order).where(Order.listing_id == listing_id)) == 1


# --- one order ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "state", ["placed", "awaiting_payment", "funded", "completed", "declined", "cancelled", "expired", "terminated"]
)
def test_both_sides_and_staff_see_an_order_and_others_do_not(app, sign_in, queries, state):
    order = make_order(state, delivered=1 if state == "funded" else 0)
    seers = [admin_of_id(order.client_id), admin_of_id(order.firm_id), make_staff("operator"), make_staff("finance")]
    page, title = f"/orders/{order.number}", order.title
    for person in seers:
        browser = sign_in(person)
        with queries(at_most=13):
            answer = browser.get(page)
        assert answer.status_code == 200
        assert title in answer.get_data(as_text=True)
    assert sign_in(seers[0]).get(f"/orders/{order.number}/document").status_code == 200
    for person in (admin_of(make_client()), admin_of(make_firm()), make_staff("bureau")):
        for path in ("", "/document", "/milestones/1/deliver", "/milestones/1/request-changes"):
            assert sign_in(person).get(f"/orders/{order.number}{path}").status_code in (403, 404)
        assert sign_in(person).get(f"/orders/{order.number}").status_code == 404


def admin_of_id(organisation_id):
    return admin_of(db.session.get_one(Organisation, organisation_id))


def test_only_the_clients_side_sees_how_to_pay(app, sign_in):
    order = make_order("awaiting_payment")
    reference = payment_of(order).reference
    client = sign_in(admin_of_id(order.client_id)).get(f"/orders/{order.number}").get_data(as_text=True)
    assert reference in client and f'data-copy="{order.total_fen // 100}.{order.total_fen % 100:02d}"' in client
    assert reference not in sign_in(admin_of_id(order.firm_id)).get(f"/orders/{order.number}").get_data(as_text=True)
    assert reference not in sign_in(admin_of_id(order.client_id)).get(f"/orders/{make_order().number}").get_data(
        as_text=True
    )


def test_the_whole_story_from_confirmation_to_review(app, sign_in, jobs):
    order = make_order("placed", amounts=(50_000,))
    firm, client = sign_in(admin_of_id(order.firm_id)), sign_in(admin_of_id(order.client_id))
    page = f"/orders/{order.number}"
    assert "确认订单" in firm.get(page).get_data(as_text=True)
    assert firm.post(f"{page}/confirm").status_code == 302
    pay(reread(order))
    order_jobs.fund_settled_orders()
    answer = firm.post(
        f"{page}/milestones/1/deliver",
        data={
            "people_served": "25", "period_from": "2026-01-01", "period_to": "2026-01-31", "note": "名单已上传",
            "files": [(io.BytesIO(PDF), "名单.pdf")],
        },
    )  # fmt: skip
    assert answer.status_code == 302, answer.get_data(as_text=True)[:3000]
    shown = soup(client.get(page))
    link = shown.select_one("ul.file-list a")
    assert link.text == "名单.pdf" and "25" in shown.select_one("#milestone-1").text
    with client.get(link["href"]) as served:
        assert served.data == PDF
    assert sign_in(admin_of(make_client())).get(link["href"]).status_code == 404
    assert client.post(f"{page}/milestones/1/accept").status_code == 302
    order = reread(order)
    assert (order.state, order.milestones[0].people_served) == ("completed", 25)
    assert client.post(f"{page}/review", data={"score": "4", "text": "服务及时，沟通顺畅"}).status_code == 302
    assert firm.post(f"{page}/review/reply", data={"text": "感谢信任，欢迎再合作"}).status_code == 302
    final = client.get(page).get_data(as_text=True)
    assert "服务及时，沟通顺畅" in final and "感谢信任，欢迎再合作" in final
    assert jobs() > 0


def test_a_wrong_file_is_named_and_nothing_is_delivered(app, sign_in):
    milestone = make_milestone("funded")
    order = milestone.order
    answer = sign_in(admin_of_id(order.firm_id)).post(
        f"/orders/{order.number}/milestones/1/deliver",
        data={
            "people_served": "25", "period_from": "2026-01-01", "period_to": "2026-01-31", "note": "保留的说明",
            "files": [(io.BytesIO(b"MZ\x90\x00\x00"), "名单.pdf")],
        },
    )  # fmt: skip
    page = soup(answer)
    assert answer.status_code == 422
    assert "PDF" in page.select_one("#files-error").text
    assert "保留的说明" in page.select_one("#note").text
    assert reread(order).milestones[0].state == "funded"


@pytest.mark.parametrize(
    ("who", "state", "path"),
    [
        ("firm", "placed", "decline"), ("client", "placed", "cancel"), ("operator", "funded", "terminate"),
        ("client", "delivered", "milestones/1/request-changes"), ("client", "delivered", "milestones/1/dispute"),
        ("firm", "delivered", "milestones/1/dispute"), ("operator", "disputed", "milestones/1/resolve"),
    ],
)  # fmt: skip
def test_a_step_with_a_reason_asks_for_it_keeps_it_and_takes_it(app, sign_in, who, state, path):
    order = make_order(state) if state in ("placed", "funded") else make_milestone(state).order
    people = {"firm": order.firm_id, "client": order.client_id}
    browser = sign_in(make_staff("operator") if who == "operator" else admin_of_id(people[who]))
    address = f"/orders/{order.number}/{path}"
    assert browser.get(address).status_code == 200
    before = (reread(order).state, [m.state for m in order.milestones])
    empty = browser.post(address, data={"reason": " ", "decision": "accept"})
    assert empty.status_code == 422 and soup(empty).select_one("#reason-error") is not None
    assert (reread(order).state, [m.state for m in order.milestones]) == before
    assert browser.post(address, data={"reason": "写明的原因", "decision": "redeliver"}).status_code == 302
    order = reread(order)
    assert (order.state, [m.state for m in order.milestones]) != before
    assert "写明的原因" in browser.get(f"/orders/{order.number}").get_data(as_text=True)


def test_a_button_pressed_too_late_says_so_and_changes_nothing(app, sign_in):
    order = make_order("declined")
    browser = sign_in(admin_of_id(order.firm_id))
    answer = browser.post(
        f"/orders/{order.number}/confirm", headers={"Referer": f"http://localhost/orders/{order.number}"}
    )
    assert answer.status_code == 302
    assert "当前状态下不能执行此操作" in browser.get(answer.location).get_data(as_text=True)
    assert reread(order).state == "declined"


def test_viewers_see_no_buttons_and_may_press_none(app, sign_in):
    order = make_order("placed")
    browser = sign_in(make_member(db.session.get_one(Organisation, order.firm_id), "viewer"))
    page = soup(browser.get(f"/orders/{order.number}"))
    assert not page.select('main form[method="post"]')
    assert browser.post(f"/orders/{order.number}/confirm").status_code == 403
    assert reread(order).state == "placed"


def test_the_money_is_shown_to_the_fen(app, sign_in):
    order = make_order("funded", amounts=(33_335, 16_665), delivered=1)
    text = sign_in(admin_of_id(order.firm_id)).get(f"/orders/{order.number}").get_data(as_text=True)
    assert "323.35" in text and "10.00" in text  # 333.35 less 3 %, floored to the fen
    assert "伍佰元整" in text


# --- lists ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("side", ["client", "firm"])
def test_each_desk_lists_filters_searches_and_exports_its_orders(app, sign_in, queries, side):
    order = make_order("awaiting_payment")
    make_order("placed")
    browser = sign_in(admin_of_id(getattr(order, f"{side}_id")))
    with queries(at_most=12):
        page = browser.get(f"/{side}/orders").get_data(as_text=True)
    assert page.count(f'href="/orders/{order.number}"') == 1
    assert order.number in browser.get(f"/{side}/orders?state=awaiting_payment&q={order.number}").get_data(as_text=True)
    assert "没有符合条件的订单" in browser.get(f"/{side}/orders?state=completed").get_data(as_text=True)
    csv = browser.get(f"/{side}/orders/export?format=csv").get_data().decode("utf-8-sig")
    assert len(csv.strip().splitlines()) == 2 and f"{order.total_fen / 100:.2f}" in csv
    assert browser.get(f"/{side}/orders/export?format=xlsx").data[:2] == b"PK"


def test_an_empty_list_says_what_to_do_next(app, sign_in):
    assert "还没有订单" in sign_in(admin_of(make_client())).get("/client/orders").get_data(as_text=True)
    assert "还没有客户订单" in sign_in(admin_of(make_firm())).get("/firm/orders").get_data(as_text=True)


def test_pages_of_a_list_keep_its_filter(app, sign_in):
    client, listing = make_client(), make_listing(price_min_fen=100, price_max_fen=10_000_000)
    for _ in range(12):
        make_order(client=client, listing=listing)
    page = soup(sign_in(admin_of(client)).get("/client/orders?state=placed&per_page=10"))
    assert len(page.select("tbody tr")) == 10
    assert re.search(r"state=placed.*page=2|page=2.*state=placed", page.select_one("a[rel=next]")["href"])


def test_the_operator_finds_disputes_and_takes_the_list_away(app, sign_in, queries):
    order = make_milestone("disputed").order
    make_order("placed")
    browser = sign_in(make_staff("operator"))
    with queries(at_most=12):
        listed = browser.get("/operator/orders?disputed=1").get_data(as_text=True)
    assert order.number in listed and f"/orders/{order.number}/milestones/1/resolve" in listed
    assert listed.count('data-label="下单时间"') == 1
    assert browser.get("/operator/orders/export?disputed=1").get_data().decode("utf-8-sig").count("\n") == 2
    assert sign_in(admin_of_id(order.client_id)).get("/operator/orders").status_code == 403


def test_a_delivery_of_a_milestone_already_delivered_is_refused_in_words(app, sign_in):
    milestone = make_milestone("delivered")
    answer = sign_in(admin_of_id(milestone.order.firm_id)).post(
        f"/orders/{milestone.order.number}/milestones/1/deliver",
        data={"people_served": "1", "period_from": "2026-01-01", "period_to": "2026-01-31"},
    )
    assert answer.status_code == 422 and "当前状态下不能执行此操作" in answer.get_data(as_text=True)
