"""The directory of firms and their shops: what is found, counted, ordered, shown."""

from datetime import date
from typing import Any

import pytest
from flask import Flask

from marketplace.core.actor import CLI, SCHEDULER
from marketplace.core.db import db, transaction
from marketplace.organisations import services
from marketplace.organisations.models import FirmFigure, Organisation
from marketplace.organisations.queries import list_licences
from marketplace.organisations.queries.directory import count_choices, each_entry, list_directory
from marketplace.organisations.rules.directory import FirmFilters
from marketplace.organisations.rules.figures import Figures, answer_words, whole_years
from marketplace.organisations.services.figures import keep_figures, spell_names
from marketplace.organisations.states import LicenceState
from marketplace.reviews.jobs import figures_of, refresh_figures, refresh_when_changed
from marketplace.reviews.services import write_review
from tests.factories import make_client, make_firm, make_staff
from tests.factories.catalog import make_listing
from tests.factories.desk import make_closing
from tests.factories.orders import make_order, side
from tests.factories.standards import make_standard

BASIC = ("business", "HR_FILING")


def names(filters: FirmFilters, **paging: Any) -> list[str]:
    return [entry.firm.display_name for entry in list_directory(filters, **paging).items]


def review(firm: Organisation, score: int) -> None:
    listing = make_listing(firm=firm, price_min_fen=100, price_max_fen=10_000_000, title=f"服务{score}")
    order = make_order("completed", listing=listing, amounts=(30_000,))
    with transaction():
        write_review(actor=side(order.client_id), order=order, score=score, text="服务周到，按期交付")


@pytest.fixture
def park(app: Flask, clock: Any) -> list[Organisation]:
    """Six firms that differ in everything the directory asks about; their figures as a job would have left them."""
    firms = [
        make_firm(name="上海青浦启航人力资源有限公司", short_name="启航", city_code="310000"),
        make_firm(name="重庆汇贤咨询（苏州）有限公司", short_name="重庆汇贤", city_code="320500", licences=BASIC),
        make_firm(name="苏州安邦劳务有限公司", short_name="安邦", city_code="320500", in_park=False),
        make_firm(name="58同行人才网络有限公司", city_code="330100", licences=BASIC),
        make_firm(name="长三角人才集团有限公司", city_code="310000", in_park=False),
        make_firm(name="西安先行教育有限公司", short_name="先行", city_code="310000", licences=BASIC),
    ]
    with transaction():
        keep_figures(
            figures={
                firms[0].id: Figures({"C0301": 3, "C0801": 1}, 45, 2, 2, 90, 4),
                firms[2].id: Figures({"C0301": 2}, 50, 1, 1, 600, 5),
                firms[4].id: Figures({"C0301": 3}, 30, 1, 1, None, 0),
            }
        )
    make_standard(firms[0])
    make_standard(firms[2], standard_no="GB/T 33860-2017", valid_to=date(2027, 1, 1))
    make_standard(firms[3], state="submitted")
    return firms


def test_firms_stand_by_pinyin_and_are_found_by_name_pinyin_initials_and_code(park: list[Organisation]) -> None:
    assert names(FirmFilters()) == [
        "安邦",
        "长三角人才集团有限公司",
        "重庆汇贤",
        "启航",
        "先行",
        "58同行人才网络有限公司",
    ]
    found = {
        "启航": ["启航"], "qihang": ["启航"], "QH": ["重庆汇贤", "启航"], "qhr": ["启航"], "qing pu": ["启航"], "Qīngpǔ": ["启航"], "chongqing": ["重庆汇贤"],
        "cq": ["重庆汇贤"],

        "csj": ["长三角人才集团有限公司"], "chang三角": [], "苏州 劳务": ["安邦"], "苏州 laowu": ["安邦"], "５８": ["58同行人才网络有限公司"],
        "xianxing": ["先行"], "ihang": [], "%": [], "_": [], park[3].uscc.lower(): ["58同行人才网络有限公司"],
    }  # fmt: skip
    assert {q: names(FirmFilters(q=q)) for q in found} == found


def test_every_count_is_what_the_choice_leaves_and_filters_meet(park: list[Organisation]) -> None:
    choices: dict[str, list[Any]] = {
        "letter": ["A", "C", "Q", "X", "#"], "city": ["310000", "320500", "330100"], "licence": ["HR_FILING", "HR_PERMIT", "DISPATCH"],
        "category": ["C03", "C08"], "standard": ["GB/T 33530-2017", "GB/T 33860-2017"], "rating_min": ["4.5", "4.0", "3.0"],
        "in_park": [True], "verified": [True],
    }  # fmt: skip
    alone = {(name, value): ids_of({name: value}) for name, values in choices.items() for value in values}
    everybody = {firm.id for firm in park}
    for asked in (
        {},
        {"city": "310000"},
        {"licence": "DISPATCH", "in_park": True},
        {"category": "C03", "rating_min": "4.5"},
    ):
        meeting = set.intersection(everybody, *(alone[one] for one in asked.items()))
        assert ids_of(asked) == meeting
        counts = count_choices(FirmFilters(**asked))
        for (name, value), having in alone.items():
            others = set.intersection(everybody, *(alone[one] for one in asked.items() if one[0] != name))
            assert counts.get(name, {}).get("1" if value is True else value, 0) == len(others & having), (
                asked,
                name,
                value,
            )


def ids_of(asked: dict[str, Any]) -> set[int]:
    return {entry.firm.id for entry in list_directory(FirmFilters(**asked), per_page=100).items}


def test_orders_are_exact_neutral_where_equal_and_paging_is_a_partition(park: list[Organisation]) -> None:
    assert names(FirmFilters(sort="services")) == [
        "启航",
        "长三角人才集团有限公司",
        "安邦",
        "重庆汇贤",
        "先行",
        "58同行人才网络有限公司",
    ]
    assert names(FirmFilters(sort="rating"))[:3] == ["安邦", "启航", "长三角人才集团有限公司"]
    for sort in ("pinyin", "services", "rating", "newest"):
        whole = names(FirmFilters(sort=sort))
        paged = [one for page in (1, 2, 3) for one in names(FirmFilters(sort=sort), page=page, per_page=2)]
        assert paged == whole == [entry.firm.display_name for entry in each_entry(FirmFilters(sort=sort))]


def test_the_figures_of_the_directory_are_those_of_the_shop_and_follow_what_happens(app: Flask, client: Any) -> None:
    def kept(firm: Organisation) -> FirmFigure:
        return db.session.get_one(FirmFigure, firm.id, populate_existing=True)

    first, second = make_firm(name="甲人力公司"), make_firm(name="乙人力公司")
    make_listing(firm=first, category_code="C0801")
    for score in (5, 4):
        review(first, score)
    assert refresh_figures() == 2
    now = kept(first)
    assert (now.service_count, now.rating, now.rating_count, now.clients_served) == (3, 4.5, 2, 2)
    assert (now.response_minutes, now.response_count) == (0, 2)
    assert count_choices(FirmFilters())["category"] == {"C03": 1, "C08": 1}
    assert refresh_figures() == 0  # nothing to write where nothing has changed
    make_listing(firm=second)
    with transaction():
        services.revoke_licence(
            actor=CLI, licence=list_licences(first.id, LicenceState.VALID)[2], reason="发证机关撤销"
        )
    assert (refresh_when_changed(), refresh_when_changed()) == (2, 0)
    assert (kept(second).service_count, kept(second).rating) == (1, None)
    for firm in (first, second):
        assert kept(firm).service_count == figures_of([firm.id])[firm.id].service_count
        assert f'class="count">{kept(firm).service_count}<' in client.get(f"/firms/{firm.id}").text


@pytest.mark.engine("sqlite")
def test_the_page_keeps_its_state_in_the_address_and_its_files_follow_it(
    park: list[Organisation], client: Any, queries: Any
) -> None:
    with queries(at_most=9):
        page = client.get(
            "/firms/?q=su&city=320500&licence=DISPATCH&category=C03&standard=GB/T+33860-2017&rating_min=4&sort=rating"
        ).text
    assert "安邦" in page and "共 1 家机构" in page and "移除此条件" in page and "启航" not in page
    assert 'value="320500" selected' in page and "GB/T 33860-2017" in page and "★" not in page
    file = client.get("/firms/export?city=320500&sort=services").text
    assert file.index("安邦") < file.index("重庆汇贤") and "启航" not in file
    assert client.get("/firms/export?format=xlsx").data[:2] == b"PK"
    item = client.get("/api/v1/firms?letter=q").get_json()["items"][0]
    assert (item["pinyin_initial"], item["rating"], item["service_count"], item["clients_served"]) == ("Q", 4.5, 4, 2)
    assert item["standard_numbers"] == ["GB/T 33530-2017"] and item["response_minutes"] is None
    assert client.get("/api/v1/firms?sort=fastest").status_code == 422


@pytest.mark.engine("sqlite")
def test_a_shop_has_tabs_filters_and_what_the_law_wants_shown(park: list[Organisation], client: Any) -> None:
    firm = park[0]
    make_listing(firm=firm, category_code="C0301", title="社保代理服务")
    make_listing(firm=firm, category_code="C0801", title="薪酬咨询服务")
    for score in (5, 4):
        review(firm, score)
    shop = client.get(f"/firms/{firm.id}?category=C03&sort=price_asc").text
    assert "社保代理服务" in shop and "薪酬咨询服务" not in shop
    for text in (
        "监督机关",
        "监督电话",
        "12333",
        "暂无足够数据",
        "好评率",
        "100%",
        "GB/T 33530-2017",
        "HR_PERMIT-",
        "核验于",
        "没有对该机构的处罚公示",
    ):
        assert text in shop, text
    fees = client.get(f"/firms/{firm.id}?tab=fees").text
    assert "收费标准" in fees and "社保代理服务" in fees and "薪酬咨询服务" in fees
    reviews = client.get(f"/firms/{firm.id}?tab=reviews&score=5").text
    assert reviews.count("服务周到，按期交付") == 1 and "只看 5 分" in reviews
    assert client.get(f"/firms/{firm.id}?tab=reviews").text.count("服务周到，按期交付") == 2
    for odd in ("tab=x", "tab=reviews&score=9&page=99", "category=%27&sort=x&page=0"):
        assert client.get(f"/firms/{firm.id}?{odd}").status_code == 200


@pytest.mark.engine("sqlite")
def test_a_firm_that_is_suspended_or_has_left_says_so(app: Flask, client: Any, clock: Any) -> None:
    suspended, leaving, never = make_firm(), make_firm(), make_firm(state="submitted")
    with transaction():
        services.suspend_organisation(
            actor=CLI,
            organisation=db.session.get_one(Organisation, suspended.id),
            reason="内部说明",
            rule="ecl29",
            is_public=True,
        )
    notice = make_closing(leaving)
    clock.set(notice.closes_on)
    with transaction():
        services.close_organisation(actor=SCHEDULER, notice=notice)
    answer = client.get(f"/firms/{suspended.id}")
    assert answer.status_code == 404 and "已暂停服务" in answer.text and "第二十九条" in answer.text
    assert "内部说明" not in answer.text
    answer = client.get(f"/firms/{leaving.id}")
    assert answer.status_code == 410 and leaving.name in answer.text and notice.closes_on.isoformat() in answer.text
    assert never.name not in client.get(f"/firms/{never.id}").text
    assert client.get(f"/firms/{make_client().id}").status_code == 404


@pytest.mark.engine("sqlite")
def test_names_from_before_the_order_are_spelled_once(app: Flask, sign_in: Any) -> None:
    firm = make_firm(name="厦门博睿公司")
    with transaction():
        old = db.session.get_one(Organisation, firm.id)
        old.pinyin_initial, old.pinyin_key, old.pinyin_words = "#", "", ""
    with transaction():
        assert (spell_names(), spell_names()) == (1, 0)
    assert names(FirmFilters(letter="X", q="xiamen")) == ["厦门博睿公司"]
    assert sign_in(make_staff("auditor")).get("/operator/audit").status_code == 200


@pytest.mark.engine("sqlite")
def test_figures_are_rounded_half_up_and_said_in_words() -> None:
    assert [
        Figures.made_of({}, scores, 0, None).rating_tenths for scores in ({}, {5: 1, 4: 1}, {5: 3, 4: 1}, {5: 1, 4: 3})
    ] == [None, 45, 48, 43]
    assert Figures.made_of({"C0301": 2, "C0302": 1}, {}, 0, None).rows == {"C0301": 2, "C0302": 1, "C03": 3}
    words = [str(answer_words(minutes, 5, 5, 540)) for minutes in (0, 60, 61, 149, 150, 540, 810)]
    assert words == ["1 小时内", "1 小时内", "约 1 小时", "约 2 小时", "约 3 小时", "约 1 个工作日", "约 1.5 个工作日"]
    assert answer_words(10, 4, 5, 540) is None
    years = [whole_years(date(2020, 11, 24), day) for day in (date(2026, 11, 23), date(2026, 11, 24), date(2021, 1, 1))]
    assert years == [5, 6, 0]
