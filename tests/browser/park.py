"""A small park with something true-looking on every page, made through the services that people use."""

from dataclasses import dataclass
from typing import Any

from flask import Flask

from marketplace.accounts.models import User
from marketplace.accounts.services import open_session
from marketplace.core.db import db, transaction
from marketplace.orders.services import request_changes
from marketplace.payments.services import propose_match
from marketplace.reviews.services import write_review
from marketplace.search import indexer
from tests.factories import actor_for, admin_of, make_client, make_firm, make_staff
from tests.factories.accounts import writing
from tests.factories.catalog import make_listing
from tests.factories.orders import make_booked_order, make_order
from tests.factories.payments import Bank, finance_actor, import_rows, make_credit
from tests.factories.reports import make_report

OFFERS = (
    ("C0301", "苏沪两地社保公积金代缴", ("310000", "320500"), 2_500, 4_500),
    ("C0301", "上海社保代缴与账户托管", ("310000",), 3_000, 3_000),
    ("C0301", "长三角多城市社保公积金一站式代缴服务（含增减员、补缴、年度基数申报与待遇申领协助）",
     ("310000", "320100", "320500", "330100", "340100"), 2_800, 6_000),
    ("C0101", "制造业一线岗位批量招聘", ("320500", "310000"), 80_000, 150_000),
    ("C0501", "灵活用工综合解决方案", ("330100",), 3_000, 8_000),
)  # fmt: skip


@dataclass
class Park:
    """Addresses and people of the park; ids only, since the browser's threads read the rows themselves."""

    listing: int
    firm: int
    waiting: str
    delivered: str
    completed: str
    draft: int
    verification: int
    credit: str
    statement: str
    people: dict[str, int]


def make_park() -> Park:
    """Everything in one transaction."""
    with writing():
        firm = make_firm(
            name="青浦晨星人力资源有限公司",
            short_name="晨星人力",
            intro="深耕长三角十二年。\n服务制造、物流与互联网企业。",
        )
        others = [make_firm(name=f"上海{n}企业管理咨询有限公司") for n in ("云栖", "启明", "博远")]
        client = make_client(name="苏州河畔精密制造有限公司", city_code="320500", industry="制造业", size="中")
        listings = [
            make_listing(
                firm=firm if place < 2 else others[place % 3], category_code=code, title=title, city_codes=cities,
                price_min_fen=low, price_max_fen=high, summary="专人对接，按月核对，准时缴纳，线上随时查询进度。",
            )
            for place, (code, title, cities, low, high) in enumerate(OFFERS)
        ]  # fmt: skip
        own = {
            "listing": make_listing(firm=firm, price_min_fen=100, price_max_fen=10_000_000, title="薪税与社保综合服务"),
            "client": client,
        }
        waiting, delivered = make_order("awaiting_payment", **own), make_booked_order(delivered=2, **own)
        make_order("placed", **own)
        request_changes(
            actor=actor_for(client),
            milestone=delivered.milestones[1],
            reason="缺少十一月新增员工名单，请补充后重新提交",
        )
        completed = make_booked_order(accepted=2, **own)
        write_review(actor=actor_for(client), order=completed, score=4, text="对接及时，账目清楚，月底略忙时回复稍慢。")
        for month, people in (("2026-08", 120), ("2026-09", 130), ("2026-10", 160)):
            make_report(
                firm,
                period=month,
                client_uscc=client.uscc,
                client_city_code="320500",
                category_code="C0301",
                people_served=people,
            )
        bank = Bank()
        credit = make_credit(66_600, bank=bank, name="河畔控股集团有限公司", memo="代子公司付款")
        other = make_credit(88_800, bank=Bank(), name="苏州河畔精密制造有限公司", memo="服务费")
        propose_match(
            actor=finance_actor(), credit=other, organisation=client, decision="credit", reason="电话确认为预付款"
        )
        people = {
            "firm": admin_of(firm).id, "client": admin_of(client).id, "operator": make_staff("operator").id,
            "finance": make_staff("finance").id, "auditor": make_staff("auditor").id,
        }  # fmt: skip
        park = Park(
            listing=own["listing"].id, firm=firm.id, waiting=waiting.number, delivered=delivered.number, completed=completed.number,
            draft=make_listing(firm=firm, state="submitted", title="待审核的背景调查服务").id,
            verification=make_firm(state="submitted", name="新入驻人力资源有限公司").id, credit=credit.number,
            statement=import_rows(bank).number, people=people,
        )  # fmt: skip
    assert len(listings) == len(OFFERS)
    indexer.catch_up()
    db.session.remove()
    return park


def give_session(app: Flask, page: Any, url: str, user_id: int) -> None:
    """The cookie of a person's new session, as after a successful sign-in."""
    with transaction():
        token = open_session(user=db.session.get_one(User, user_id), second_factor=True)
    db.session.remove()
    value = app.session_interface.get_signing_serializer(app).dumps({"_user_id": token, "_fresh": True})  # type: ignore[attr-defined]
    page.context.add_cookies([{"name": app.config["SESSION_COOKIE_NAME"], "value": value, "url": url}])
