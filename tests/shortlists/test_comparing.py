"""The page of a comparison, services like one service, and what every card carries."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from marketplace.catalog.queries.similar import list_similar
from marketplace.core import clock
from marketplace.core.db import db
from marketplace.orders.models import Order
from marketplace.shortlists.queries import compare_services
from tests.factories.accounts import make_user, writing
from tests.factories.catalog import make_listing
from tests.factories.orders import make_booked_order
from tests.factories.organisations import make_firm
from tests.factories.shortlists import take_down

SignIn = Callable[[Any], FlaskClient]


def soup(answer: Any) -> BeautifulSoup:
    return BeautifulSoup(answer.get_data(as_text=True), "html.parser")


def address(*listings: Any) -> str:
    return "/services/compare?" + "&".join(f"id={getattr(one, 'id', one)}" for one in listings)


def row(page: BeautifulSoup, label: str) -> list[str]:
    found = next(
        one
        for one in page.select(".compare-table tbody tr")
        if one.th and one.th.get_text(" ", strip=True).startswith(label)
    )  # type: ignore[union-attr]
    return [cell.get_text(" ", strip=True) for cell in found.select("td")]


def test_services_stand_side_by_side_with_their_facts(client: FlaskClient) -> None:
    one = make_listing(price_min_fen=20_00, price_max_fen=None, billing_note="含增减员", attributes={"cutoff_day": 15})
    two = make_listing(price_min_fen=30_00, price_max_fen=30_00, billing_note="", attributes={"cutoff_day": 20})
    page = soup(client.get(address(one, two, one)))
    assert len(page.select("thead th[data-id]")) == 2
    assert row(page, "价格") == ["¥20 起 元/人/月 最低价", "¥30 元/人/月 最高价"] and row(page, "计费说明") == [
        "含增减员",
        "未填写",
    ]
    assert row(page, "每月增减员截止日") == ["15 日", "20 日"] and row(page, "评分") == ["暂无评价"] * 2
    assert all("已核验" in text for text in row(page, "资质核验"))
    narrowed = soup(client.get(address(one, two) + "&diff=1"))
    assert row(narrowed, "计费说明") and not [r for r in narrowed.select("tbody tr td") if r.parent and "is-different" not in r.parent["class"]]  # fmt: skip


def test_a_service_that_is_not_public_says_so_and_no_more(client: FlaskClient) -> None:
    shown, draft, gone = make_listing(), make_listing(title="秘密草稿", state="draft"), make_listing(title="旧服务")
    take_down(gone, "停止提供")
    answer = client.get(address(shown, draft, gone, 999_999))
    words = soup(answer).get_text(" ", strip=True)
    assert "秘密草稿" not in words and words.count("不存在或暂不展示") == 2 and f"已于 {clock.today()} 下架" in words
    assert row(soup(answer), "服务机构")[1:] == ["—", "—", "—"]


@pytest.mark.engine("sqlite")
def test_a_fifth_is_refused_with_what_to_take_out(client: FlaskClient) -> None:
    listings = [make_listing(title=f"候选{n}") for n in range(5)]
    answer = client.get(address(*listings))
    page = soup(answer)
    alert = page.select_one(".alert-danger")
    assert answer.status_code == 422 and len(page.select("thead th[data-id]")) == 4
    assert alert and "“候选4”" in alert.get_text() and "最多同时对比 4 项服务" in alert.get_text()
    without = next(str(a["href"]) for a in alert.select("a") if "候选1" in a.get_text())
    assert client.get(without).status_code == 200 and f"id={listings[1].id}" not in without.split("&")
    assert client.get("/services/compare?id=abc").status_code == 200


@pytest.mark.engine("sqlite")
def test_the_file_holds_what_the_page_shows(client: FlaskClient) -> None:
    one, two = make_listing(title="=1+1 甲", price_min_fen=20_00), make_listing(title="乙", price_min_fen=30_00)
    text = client.get(address(one, two).replace("compare?", "compare/export/csv?")).data.decode("utf-8-sig")
    assert "¥20–¥50 元/人/月（最低价）" in text and "'=1+1 甲" in text.splitlines()[0]
    narrowed = client.get(address(one, two).replace("compare?", "compare/export/csv?diff=1&")).data.decode("utf-8-sig")
    assert 2 < len(narrowed.splitlines()) < len(text.splitlines())
    assert client.get("/services/compare/export/xlsx").data[:2] == b"PK"


def test_four_services_cost_as_many_statements_as_two(client: FlaskClient, queries: Any) -> None:
    listings = [make_listing() for _ in range(4)]
    client.get(address(*listings))
    with queries(at_most=8):
        compare_services([one.id for one in listings])


@pytest.mark.engine("sqlite")
def test_how_fast_a_firm_answers_is_told_as_in_its_shop(app: Flask, client: FlaskClient) -> None:
    listing = make_listing(price_min_fen=100, price_max_fen=10_000_000)
    orders = [make_booked_order(listing=listing) for _ in range(5)]
    week_ago = clock.local(clock.now() - timedelta(days=7))
    moment = (week_ago - timedelta(days=week_ago.weekday() % 5)).replace(hour=10)
    moment -= timedelta(days=max(moment.weekday() - 4, 0))
    with writing():
        db.session.execute(update(Order).values(placed_at=moment, confirmed_at=moment + timedelta(hours=5)))
    told = compare_services([listing.id])[0].common["response"]
    assert told == "约 5 小时" and told in client.get(f"/firms/{listing.firm_id}").text
    db.session.execute(update(Order).where(Order.id == orders[0].id).values(placed_at=moment - timedelta(days=400)))
    assert compare_services([listing.id])[0].common["response"] == "暂无足够数据"


def test_similar_services_are_public_of_other_firms_first_and_the_likest_first(app: Flask) -> None:
    firm = make_firm()
    this = make_listing(firm=firm, price_min_fen=20_00)
    far = make_listing(city_codes=("340100",), price_min_fen=20_00)
    near = make_listing(price_min_fen=24_00)
    own = make_listing(firm=firm, title="自己的另一项")
    other_kind = make_listing(category_code="C0401")
    hidden = make_listing(state="suspended")
    found = [card.id for card in list_similar(this)]
    assert found == [near.id, far.id, own.id] and other_kind.id not in found and hidden.id not in found


@pytest.mark.engine("sqlite")
def test_a_card_has_a_star_and_a_box_and_its_marks_cost_one_statement(
    app: Flask, client: FlaskClient, sign_in: SignIn, queries: Any, indexed: Any
) -> None:
    listings = [make_listing() for _ in range(3)]
    indexed()
    stranger = soup(client.get("/services/"))
    assert len(stranger.select("label.card-tool input[form=compare]")) == 3
    assert not stranger.select("form#mark") and len(stranger.select("a.mark")) == 3
    page = sign_in(make_user())
    page.post("/account/favourites/add", data={"id": listings[0].id})
    with queries() as seen:
        shown = soup(page.get("/services/"))
    assert [one["value"] for one in shown.select("button.mark[aria-pressed=true]")] == [str(listings[0].id)]
    assert str(seen).count("FROM favourite") == 1
    assert not shown.select("form form")
