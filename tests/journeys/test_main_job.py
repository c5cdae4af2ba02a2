"""The main job from end to end through the pages alone: publish, find, order, pay, accept, and the park's indicators move."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from marketplace.catalog.rules.pricing import PricingModel, price_text
from marketplace.core import queue
from marketplace.core.db import db
from marketplace.core.outbox import OutboxMessage
from marketplace.core.web import limiter
from marketplace.kpi.queries import compute
from marketplace.orders.models import Order
from marketplace.organisations.models import Organisation
from marketplace.payments import ledger
from marketplace.payments.ledger import balance
from marketplace.payments.models import Payment
from marketplace.search import indexer
from tests.factories import admin_of, make_client, make_firm, make_staff, make_uscc
from tests.factories.catalog import make_listing
from tests.factories.orders import make_booked_order, make_order
from tests.factories.payments import Bank
from tests.factories.reports import make_report
from tests.files.corpus import png
from tests.support.visitor import Visitor

pytestmark = pytest.mark.live
PASSWORD = "Violet-Harbour-27"
PDF = b"%PDF-1.4\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF\n"
PNG = png()
CODES = ("K1", "K2", "K3", "K4", "K6")
TITLE = "青浦社保代缴一站式服务"


@dataclass
class Story:
    """Who takes part, and what they have made so far."""

    app: Flask
    operator: Visitor
    firm: Visitor
    client: Visitor
    firm_id: int = 0
    client_id: int = 0
    client_name: str = "苏州河畔精密制造有限公司"
    listing: int = 0
    number: str = ""
    reference: str = ""
    files: list[str] = field(default_factory=list)


def figures() -> dict[str, int]:
    """The indicators as they stand now."""
    db.session.rollback()
    return {code: compute(code).value for code in CODES}


def told(organisation_id: int, event: str) -> list[OutboxMessage]:
    """The mails of one event to an organisation's administrator."""
    db.session.rollback()
    user = admin_of(db.session.get_one(Organisation, organisation_id))
    query = select(OutboxMessage).where(OutboxMessage.event == event, OutboxMessage.user_id == user.id)
    return list(db.session.scalars(query))


def run_jobs() -> None:
    db.session.rollback()
    queue.drain()
    db.session.rollback()


def organisation_of(name: str) -> int:
    db.session.rollback()
    return db.session.scalars(select(Organisation.id).where(Organisation.name == name)).one()


@pytest.fixture
def story(live_app: Flask, clock: Any) -> Story:
    """A park in which others are busy already, so that every figure must be told apart from theirs."""
    limiter.reset()
    other = make_firm()
    make_report(other, period="2026-10", revenue_yuan=7_000_000_00)
    for city, price, code in (("310000", 60_00, "C0301"), ("320100", 30_00, "C0301"), ("310000", 30_00, "C0302")):
        make_listing(
            firm=other, category_code=code, title=f"社保代缴{price}{city}", city_codes=(city,), price_min_fen=price,
            price_max_fen=price, pricing_model="per_head_month",
        )  # fmt: skip
    make_booked_order(
        accepted=2, listing=make_listing(firm=other, city_codes=("340100",), price_min_fen=50_00, price_max_fen=50_00)
    )
    operator = Visitor(live_app).sign_in(make_staff("operator"))
    return Story(live_app, operator, Visitor(live_app), Visitor(live_app))


def sign_up(visitor: Visitor, kind: str, name: str, email: str) -> int:
    """From the front page to an account with an empty file."""
    visitor.go("/account/sign-up")
    visitor.follow("机构注册" if kind == "firm" else "企业注册")
    code = make_uscc()
    wrong = code[:-1] + ("0" if code[-1] != "0" else "1")
    filled = {
        "name": name, "city_code": "310000" if kind == "firm" else "320500", "person_name": "周经办", "email": email,
        "password": PASSWORD, "repeat": PASSWORD, "agree": True,
    }  # fmt: skip
    visitor.press("注册", status=422, uscc=wrong, **filled)
    assert "校验位" in visitor.errors() and visitor.value("name") == name
    visitor.press("注册", uscc=code, **{k: filled[k] for k in ("password", "repeat")})
    assert visitor.address == "/organisation/onboarding"
    visitor.confirm_email(email)
    return organisation_of(name)


def fill_identity(visitor: Visitor, address: str) -> None:
    visitor.go("/organisation/onboarding")
    visitor.follow("主体信息")
    visitor.press("保存并继续", address=address)
    assert visitor.address == "/organisation/onboarding/licences"
    visitor.go("/organisation/onboarding/contacts")
    visitor.press("保存，稍后再填", contact_name="周经办", contact_mobile="19900004321")
    assert address in visitor.go("/organisation/onboarding/review")


def upload_licence(visitor: Visitor, kind: str, content: bytes, filename: str) -> None:
    visitor.go("/organisation/onboarding/licences")
    visitor.follow("上传证照")
    given = {"kind": kind, "number": f"{kind}-2026-01", "is_long_term": True}
    visitor.press("上传", status=422, file=[(b"MZ not a scan", filename)], **given)
    assert visitor.errors()
    visitor.press("上传", file=[(content, filename)], **given)
    assert "待核验" in visitor.words


def hand_in(visitor: Visitor, status: int = 200) -> None:
    """The wizard's last step."""
    visitor.go("/organisation/onboarding/review")
    visitor.press("提交审核", status=status)


def enter_the_park(story: Story) -> None:
    """Sign up, upload, submit; returned with a reason; told; corrected; approved."""
    firm = story.firm
    story.firm_id = sign_up(firm, "firm", "青浦晨星人力资源有限公司", "firm@chenxing.example")
    hand_in(firm, status=422)
    fill_identity(firm, "青浦区北青公路 1 号")
    upload_licence(firm, "business", PNG, "营业执照.png")
    upload_licence(firm, "HR_FILING", PDF, "备案.pdf")
    hand_in(firm)
    assert "资料已提交" in firm.words

    operator = story.operator
    operator.go("/operator/verifications")
    operator.follow("青浦晨星人力资源有限公司")
    story.files = operator.links("打开")
    assert len(story.files) == 2
    assert {operator.fetch(path)[1] for path in story.files} == {PNG, PDF}
    operator.press("退回并通知", reason="地址与营业执照不一致，请核对门牌号")

    assert "门牌号" in firm.go("/organisation/onboarding")
    assert "退回" in firm.go("/account/messages/")
    assert len(told(story.firm_id, "organisation.returned")) == 1
    fill_identity(firm, "青浦区北青公路 18 号")
    hand_in(firm)
    operator.go(f"/operator/verifications/{story.firm_id}")
    operator.press("通过并通知", in_park=True)
    assert len(told(story.firm_id, "organisation.approved")) == 1


def publish(story: Story) -> None:
    """A form made of the category's attributes, a preview, the operator's word, and the search finds it."""
    firm, operator = story.firm, story.operator
    firm.go("/firm/services/new")
    firm.follow("社保公积金代缴")
    draft = {
        "title": TITLE, "summary": "为企业按月代缴五险一金", "description": "专人对接，按月核对。", "pricing_model": "per_head_month",
        "price_min": "20", "price_max": "40", "city_codes": ["310000", "320500"], "a_own_or_partner": "own",
    }  # fmt: skip
    firm.press("保存并预览", status=422, **draft)
    assert "截止日" in firm.errors() and firm.value("title") == TITLE
    firm.press("保存并预览", a_cutoff_day="15")
    assert price_text(PricingModel.PER_HEAD_MONTH, 20_00, 40_00) in firm.words and TITLE in firm.words
    story.listing = int(firm.address.rsplit("/", 1)[1])
    assert Visitor(story.app).go(f"/services/{story.listing}", status=404)
    firm.press("提交审核")
    operator.go("/operator/listings/")
    operator.follow(TITLE)
    operator.press("通过并上架")
    db.session.rollback()
    indexer.catch_up()
    assert len(told(story.firm_id, "listing.approved")) == 1


def find(story: Story) -> None:
    """Search, then narrow by category, city and price; the number beside a choice is the number it leads to."""
    client = story.client
    story.client_id = sign_up(client, "client", story.client_name, "buyer@hepan.example")
    assert TITLE in client.go("/services/?q=社保代缴")
    chosen = "/services/?q=社保代缴"
    for param, value, left in (("category", "C0301", 4), ("city", "310000", 2), ("price_max", "50", 1)):
        counts = client.facet(param)
        chosen += f"&{param}={value}"
        words = client.go(chosen)
        assert f"共 {left} 项服务" in words, words[:600]
        assert param == "price_max" or counts[value] == left
    client.follow(TITLE)
    assert client.address == f"/services/{story.listing}" and not client.links("立即下单")
    assert client.fetch(f"/services/{story.listing}/order")[0] == 403
    fill_identity(client, "姑苏区桥边路 6 号")
    upload_licence(client, "business", PDF, "执照.pdf")
    hand_in(client)
    story.operator.go(f"/operator/verifications/{story.client_id}")
    story.operator.press("通过并通知")


def order(story: Story) -> None:
    """Fill in, check, go back and correct, submit; the same click again is the same order. Payment is asked for only once confirmed."""
    client, firm = story.client, story.firm
    client.go(f"/services/{story.listing}")
    client.follow("立即下单")
    client.press(
        "下一步：核对订单", quantity="40", unit_price="33.33", starts_on="2026-11-23", ends_on="2026-12-31", city_code="320500",
        **{"milestones-0-title": "十一月代缴", "milestones-0-due_on": "2026-11-30", "milestones-1-title": "十二月代缴"},
    )  # fmt: skip
    assert "1,333.20" in client.words
    client.press("返回修改")
    assert client.value("milestones-1-title") == "十二月代缴"
    client.press("下一步：核对订单", quantity="41")
    assert client.fact("订单总额") == "¥1,366.53"
    client.press("提交订单", agree=True)
    story.number = client.address.rsplit("/", 1)[1]
    client.again()
    assert client.address == f"/orders/{story.number}"
    db.session.rollback()
    assert len(db.session.scalars(select(Order).where(Order.client_id == story.client_id)).all()) == 1

    assert "付款信息" not in client.words
    firm.go("/firm/orders")
    firm.follow(TITLE)
    assert "付款参考号" not in firm.words
    firm.press("确认订单")
    assert "付款信息" in client.go(f"/orders/{story.number}")
    assert "1366.53" in client.fact("付款金额")
    story.reference = client.fact("付款参考号（填入附言）").split()[0]
    assert len(told(story.client_id, "order.confirmed")) == 1


def pay(story: Story) -> None:
    """The statement's exact credit funds the order; the odd one takes two finance people."""
    second = make_order("awaiting_payment", client=db.session.get_one(Organisation, story.client_id))
    payment = db.session.get_one(Payment, second.payment_id)
    reference, second_number, fen = payment.reference, second.number, payment.amount_fen
    one, two = (Visitor(story.app).sign_in(make_staff("finance", name=name)) for name in ("财务甲", "财务乙"))
    bank = Bank()
    bank.credit(1366_53, name=story.client_name, memo=f"服务费 {story.reference}")
    bank.credit(fen, name="河畔控股集团有限公司", memo="代子公司付款")
    one.go("/operator/finance/statements")
    one.press("导入", status=422, file=[("流水号,交易日期\n1,昨天\n".encode(), "坏.csv")])
    one.press("导入", file=[(bank.file(), "流水.csv")])
    assert (one.fact("自动入账"), one.fact("待认领")) == ("1", "1")
    run_jobs()
    assert "款项已到账" in story.client.go(f"/orders/{story.number}")

    one.go("/operator/finance/credits")
    one.follow("河畔控股集团有限公司")
    here = one.address
    one.press("提交复核", payment=reference, reason="母公司代付，已附说明")
    assert "须由另一位财务人员复核" in one.words and not one.has_button("确认入账")
    two.go(here)
    action = two.button("确认入账").find_parent("form")["action"]
    token = one.page.select_one('input[name="csrf_token"]')["value"]
    one.post(str(action), {"csrf_token": [token], "form_key": ["by-hand"], "note": [""]}, status=403)
    two.press("确认入账")
    run_jobs()
    assert "款项已到账" in story.client.go(f"/orders/{second_number}")


def deliver(firm: Visitor, story: Story, position: int, people: int, note: str) -> None:
    firm.go(f"/orders/{story.number}/milestones/{position}/deliver")
    firm.press(
        "提交交付", people_served=str(people), period_from="2026-11-01", period_to="2026-11-23", note=note,
        files=[(PDF, f"{note}.pdf")],
    )  # fmt: skip
    assert note in firm.words


def accept(story: Story) -> None:
    """Delivered, changed, accepted: the ledger releases to the fen, and the indicators move with the first acceptance."""
    client, firm, before = story.client, story.firm, figures()
    deliver(firm, story, 1, 120, "十一月名册")
    client.go(f"/orders/{story.number}")
    client.follow("要求修改")
    client.press("确认提交", reason="缺少两名新员工")
    assert len(told(story.firm_id, "milestone.changes_requested")) == 1
    deliver(firm, story, 1, 122, "十一月名册补正")
    assert figures() == before
    client.go(f"/orders/{story.number}")
    story.files += [path for path in client.links("十一月名册") if "/files/" in path]
    assert client.fetch(story.files[-1]) == (200, PDF)
    client.press("确认验收通过")
    client.again()
    assert balance(f"firm:{story.firm_id}:payable") == 66_278
    gained = {code: value - before[code] for code, value in figures().items()}
    assert gained == {"K1": 0, "K2": 0, "K3": 1, "K4": 122, "K6": 683_27}

    deliver(firm, story, 2, 122, "十二月名册")
    client.go(f"/orders/{story.number}")
    client.press("确认验收通过")
    assert "订单完成" in client.words
    db.session.rollback()
    payment_id = db.session.scalars(select(Order.payment_id).where(Order.number == story.number)).one()
    assert (balance(f"firm:{story.firm_id}:payable"), balance(f"escrow:{payment_id}")) == (66_278 + 66_277, 0)
    assert ledger.check() == []


def review(story: Story) -> None:
    story.client.follow("评价本次服务")
    story.client.press("提交评价", score="5", text="对接及时，账目清楚。")
    words = Visitor(story.app).go(f"/services/{story.listing}")
    assert "5.0 （1）" in words and "账目清楚" in words and "成交 1 单" in words
    story.firm.go(f"/orders/{story.number}")
    story.firm.follow("回复评价")
    story.firm.press("提交回复", text="感谢信任，期待再次合作。")


def keep_out_the_others(story: Story) -> None:
    """Order, delivered files and licence scans do not exist for anybody else."""
    secrets = [f"/orders/{story.number}", f"/orders/{story.number}/document", *story.files]
    assert len(secrets) == 6
    for person in (admin_of(make_firm()), admin_of(make_client())):
        stranger = Visitor(story.app).sign_in(person)
        assert [stranger.fetch(path)[0] for path in secrets] == [404] * len(secrets)
        assert story.number not in stranger.go("/client/orders" if stranger.links("我的订单") else "/desk/")
    nobody = Visitor(story.app)
    assert {nobody.fetch(path)[0] for path in secrets} == {302}


def test_a_firm_publishes_a_client_buys_and_the_indicators_move(story: Story) -> None:
    enter_the_park(story)
    publish(story)
    find(story)
    order(story)
    pay(story)
    accept(story)
    review(story)
    keep_out_the_others(story)
    board = Visitor(story.app)
    assert "暂估" in board.go("/dashboard/")
    assert "700万元" in board.words.replace(".00", ""), board.words[:800]
    for slug in ("scale-firms", "revenue", "clients", "people"):
        assert "口径" in board.go(f"/dashboard/{slug}") and "暂估" in board.words
