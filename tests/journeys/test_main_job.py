"""The whole job on real parts: a firm publishes, a client finds, orders, pays and accepts, and the park's indicators move."""

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from marketplace.core import clock, queue
from marketplace.core.db import db
from marketplace.core.outbox import OutboxMessage
from marketplace.demo.story import scan
from marketplace.kpi import queries as kpi
from marketplace.orders.models import Order
from marketplace.organisations.models import Licence, Organisation
from marketplace.payments import ledger
from marketplace.payments.models import BankEntry, Payment
from marketplace.search import indexer
from tests.factories import PASSWORD, make_staff, make_uscc
from tests.journeys.walker import Walker

SECRET = "Qing-Pu-2026-market"


def staff(app: Flask, role: str) -> Walker:
    user = make_staff(role)
    return Walker(app).sign_in(user.email or "", PASSWORD)


def work() -> None:
    """What the worker does between two clicks."""
    db.session.rollback()
    queue.drain()
    indexer.catch_up()
    db.session.rollback()


def sign_up(app: Flask, kind: str, name: str, email: str) -> Walker:
    person = Walker(app).get(f"/account/sign-up/organisation?kind={kind}")
    person.submit(
        kind=kind, uscc=make_uscc(), name=name, city_code="310000", person_name="经办人", email=email, password=SECRET, repeat=SECRET,
        agree="y",
    )  # fmt: skip
    person.get("/organisation/edit").submit(
        address="青浦区示范路 1 号", contact_name="王经理", contact_mobile="19900001111"
    )
    return upload(person, "business", "营业执照.png")


def upload(person: Walker, kind: str, filename: str) -> Walker:
    person.get("/organisation/licences/new")
    valid_to = (clock.today() + timedelta(days=700)).isoformat()
    given: dict[str, Any] = (
        {"is_long_term": "y", "valid_to": ""} if kind in ("business", "HR_FILING") else {"valid_to": valid_to}
    )
    return person.submit(kind=kind, number=f"（测试）{kind}第 1 号", file=(scan(200), filename), **given)


def approve(operator: Walker, name: str) -> None:
    operator.get("/operator/verifications").follow(name).submit("/approve")
    assert "已通过" in operator.text


def yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"


def figures(app: Flask) -> dict[str, Any]:
    """The headline and volume figures as the public interface shows them now."""
    items = app.test_client().get("/api/v1/kpis").get_json()["items"]
    return {item["code"]: item["value"] for item in items}


@pytest.fixture
def app(live_app: Flask) -> Flask:
    indexer.rebuild()
    return live_app


def test_the_main_job_from_sign_up_to_the_indicators(app: Flask) -> None:
    operator, finance1, finance2 = staff(app, "operator"), staff(app, "finance"), staff(app, "finance")

    # A firm signs up; the operator returns it, it corrects, the operator approves.
    firm = upload(sign_up(app, "firm", "上海旅程人力资源服务有限公司", "firm@journey.example"), "HR_FILING", "备案.png")
    firm.get("/organisation/onboarding").submit("/submit")
    operator.get("/operator/verifications").follow("上海旅程人力资源")
    licence = db.session.scalars(select(Licence)).first()
    assert licence is not None
    scan_path = f"/organisation/licences/{licence.id}/file"
    assert operator.download(scan_path)[1].startswith("attachment")
    operator.submit("/return_back", reason="营业执照不清晰，请重新上传")
    work()
    assert "营业执照不清晰" in firm.get("/organisation/onboarding").text
    assert db.session.scalar(select(OutboxMessage).where(OutboxMessage.event == "organisation.returned")) is not None
    upload(firm, "business", "营业执照清晰版.png").get("/organisation/onboarding").submit("/submit")
    approve(operator, "上海旅程人力资源")

    # It publishes a service; the operator approves; it is found at once.
    firm.get("/firm/services/new/C0301")
    firm.submit(
        title="社保公积金代缴旅程版", summary="代办五险一金", description="按月代办增减员与缴费对账。", pricing_model="per_head_month",
        price_min="30", price_max="50", city_codes=["310000", "320500"], a_own_or_partner=first(firm, "a_own_or_partner"),
        a_cutoff_day="15",
    )  # fmt: skip
    listing_id = int(re.findall(r"/firm/services/(\d+)", firm.path)[0])
    firm.submit("/submit")
    operator.get("/operator/listings/").follow("社保公积金代缴旅程版").submit("/approve")
    work()

    # A client signs up, is verified, searches, narrows, orders.
    client = sign_up(app, "client", "苏州旅程制造有限公司", "client@journey.example").get("/organisation/onboarding")
    client.submit("/submit")
    assert client.get(f"/services/{listing_id}/order", expect=403).status == 403
    approve(operator, "苏州旅程制造")
    assert (
        "社保公积金代缴旅程版"
        in client.get("/services/?q=社保代缴&category=C03&city=310000&price_min=20&price_max=60").text
    )
    assert "社保公积金代缴旅程版" not in client.get("/services/?q=社保代缴&city=330100").text
    today = clock.today()
    client.get("/services/?q=社保代缴").follow("社保公积金代缴").get(f"/services/{listing_id}/order")
    client.submit(
        quantity="100", unit_price="30.01", starts_on=today.isoformat(), ends_on=(today + timedelta(days=90)).isoformat(),
        city_code="310000", milestones__0__title="首期", milestones__0__amount="1000.33", milestones__1__title="二期",
        milestones__1__amount="2000.67", button=("step", "check"),
    )  # fmt: skip
    assert "双方" in client.text and "3,001.00" in client.text
    client.submit(agree="y", button=("step", "place"))
    number = client.path.rsplit("/", 1)[-1]
    assert client.again().path == f"/orders/{number}"
    assert len(db.session.scalars(select(Order)).all()) == 1

    # Only after the firm confirms is payment due, by the park's account, exact amount and reference.
    assert "附言" not in client.get(f"/orders/{number}").text or "确认前无需付款" in client.text
    firm.get(f"/orders/{number}").submit("/confirm")
    payment = db.session.scalars(select(Payment)).one()
    shown = client.get(f"/orders/{number}").text
    assert payment.reference in shown and "3,001.00" in shown

    # The bank's file: the exact credit funds the order, the odd one waits for two people.
    header = "流水号,交易日期,收入,支出,余额,对方户名,对方账号,附言\n"
    rows = f"A1,{today},3001.00,,3001.00,苏州旅程制造有限公司,6222,服务费 {payment.reference}\nA2,{today},88.00,,3089.00,不明公司,1,货款\n"
    finance1.get("/operator/finance/statements").submit(file=((header + rows).encode("gb18030"), "流水.csv"))
    work()
    assert db.session.scalars(select(Order)).one().state == "funded"
    odd = db.session.scalars(select(BankEntry).where(BankEntry.state == "queued")).one()
    client_uscc = db.session.scalar(select(Organisation.uscc).where(Organisation.kind == "client"))
    finance1.get(f"/operator/finance/credits/{odd.number}")
    finance1.submit("/propose", decision="credit", organisation_uscc=client_uscc, reason="电话确认为预付款")
    action = f"/operator/finance/credits/{odd.number}/confirm"
    finance2.get(f"/operator/finance/credits/{odd.number}")
    token = {k: v for k, v in finance2.fields(finance2.form("/confirm")).items() if k != "csrf_token"}
    finance1.get(f"/operator/finance/credits/{odd.number}")
    own = finance1.client.post(
        action, data=token | {"csrf_token": finance1.page.select_one("input[name=csrf_token]")["value"]}
    )
    assert own.status_code == 403
    finance2.submit("/confirm")
    db.session.rollback()
    assert ledger.balance(f"buyer:{payment.payer_organisation_id}:credit") == 8_800

    # Delivery with a file, changes asked, delivery again, acceptance, release to the fen.
    before = figures(app)
    deliver(firm, number, 1)
    client.get(f"/orders/{number}/milestones/1/request-changes").submit(reason="请补充缴费明细")
    deliver(firm, number, 1)
    client.get(f"/orders/{number}").submit("/milestones/1/accept")
    client.again()
    db.session.rollback()
    firm_id = payment.payee_organisation_id
    assert (ledger.balance(f"firm:{firm_id}:payable"), ledger.balance("commission")) == (97_033, 3_000)
    after = figures(app)
    moved = {code for code in after if after[code] != before[code]}
    assert {"K3", "K4", "K6"} <= moved and not {"K1", "K2"} & moved
    assert (
        after["K3"] == before["K3"] + 1 and after["K4"] == before["K4"] + 40 and after["K6"] == before["K6"] + 100_033
    )
    assert "暂估" in Walker(app).get("/dashboard/").text

    # The second milestone completes it; the client reviews, the listing shows it.
    deliver(firm, number, 2)
    client.get(f"/orders/{number}").submit("/milestones/2/accept")
    client.get(f"/orders/{number}/review").submit(score="5", text="交付及时，账目清楚")
    work()
    assert "交付及时，账目清楚" in Walker(app).get(f"/services/{listing_id}").text
    assert ledger.check() == [] and kpi.headline()

    # Nobody else sees any of it.
    stranger = sign_up(app, "client", "杭州旁观有限公司", "stranger@journey.example")
    stranger.get(f"/orders/{number}", expect=404)
    assert stranger.download(scan_path)[0] == 404
    delivered = re.findall(rf"/orders/{number}/files/[^\"]+", str(client.get(f"/orders/{number}").page))
    assert delivered and stranger.download(delivered[0])[0] == 404
    assert client.download(delivered[0])[0] == 200


def first(person: Walker, name: str) -> str:
    """The first real choice of a field of the open page."""
    options = person.page.select(f"select[name={name}] option[value]") or person.page.select(f"input[name={name}]")
    return next(o["value"] for o in options if o["value"])


def deliver(firm: Walker, number: str, position: int) -> None:
    today = clock.today()
    firm.get(f"/orders/{number}/milestones/{position}/deliver").submit(
        people_served="40", period_from=today.isoformat(), period_to=today.isoformat(), note="已完成",
        files=(scan(180), "交付明细.png"),
    )  # fmt: skip
