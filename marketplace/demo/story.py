"""The demo's present: what waits in every queue today, made by the product's own services and nobody else."""

import io
import struct
import zlib
from datetime import timedelta
from random import Random
from typing import Any

from sqlalchemy import select

from marketplace.accounts.models import User
from marketplace.accounts.queries import actor_of
from marketplace.accounts.services import create_user
from marketplace.catalog import services as catalog
from marketplace.catalog.models import Listing
from marketplace.catalog.queries import get_listing
from marketplace.catalog.services.listings import draft_of
from marketplace.core import clock, queue
from marketplace.core.actor import CLI, SCHEDULER, Actor
from marketplace.core.db import db, transaction
from marketplace.demo import licences
from marketplace.demo.desk import fill_desk
from marketplace.demo.people import MARK, make_uscc, mobile
from marketplace.files import services as files
from marketplace.orders import services as orders
from marketplace.orders.models import Milestone, Order
from marketplace.orders.queries import get_order
from marketplace.orders.rules import MilestoneDraft
from marketplace.organisations import services as organisations
from marketplace.organisations.models import Organisation
from marketplace.payments import ledger
from marketplace.payments import services as payments
from marketplace.payments.models import BankEntry, Payment

APPLICANTS = (
    ("firm", "上海晨曦人力资源服务有限公司", "晨曦人力", "submitted"), ("firm", "苏州远帆人才服务有限公司", "远帆人才", "submitted"),
    ("firm", "上海博远劳务服务有限公司", "博远劳务", "returned"), ("firm", "上海新禾企业管理咨询有限公司", "新禾咨询", "draft"),
    ("client", "嘉善精工机械有限公司", "精工机械", "submitted"), ("client", "吴江华彩纺织有限公司", "华彩纺织", "submitted"),
    ("client", "上海云海供应链管理有限公司", "云海供应链", "returned"),
)  # fmt: skip
CITIES = {"上海": "310000", "苏州": "320500", "嘉善": "330400", "吴江": "320500"}


def scan(shade: int) -> bytes:
    """A small grey PNG that stands for a licence's scan: shows nothing, looks like nothing real."""
    width, height = 480, 340
    rows = []
    for y in range(height):
        frame = 12 < y < 16 or height - 16 < y < height - 12
        text = 60 < y < 300 and y % 34 < 5
        rows.append(b"\x00" + bytes(60 if frame or (text and 60 < x < 420) else shade for x in range(width)))
    raw = zlib.compress(b"".join(rows))

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", raw) + chunk(b"IEND", b"")


def someone(name: str) -> Actor:
    """The demo account of this name as an actor."""
    user = db.session.scalars(select(User).where(User.email == f"{name}@demo.example")).one()
    return actor_of(user)


def play(rng: Random) -> None:
    """Fill the queues: applications, listings under review, orders in every open state, credits that did not match."""
    _apply()
    _offer()
    placed = _order(rng)
    _pay(placed)
    _deliver(placed)
    licences.add_cases(scan(205))
    fill_desk(someone("operator"), scan(210))
    queue.drain_if_memory()


def _apply() -> None:
    for number, (kind, name, short, fate) in enumerate(APPLICANTS):
        prepared = files.prepare(io.BytesIO(scan(200 + number * 5)), f"营业执照{number + 1}.png", "licence")
        permit = files.prepare(io.BytesIO(scan(190 + number * 5)), f"许可证{number + 1}.png", "licence")
        city = CITIES[name[:2]]
        with transaction():
            user = create_user(
                actor=CLI, name="经办人", email=f"applicant{number + 1}@demo.example", mobile=None,
                password_hash=_same_password(), is_demo=True,
            )  # fmt: skip
            organisation = organisations.register_organisation(
                actor=actor_of(user), kind=kind, uscc=make_uscc(5_000 + number, f"{city[:4]}00" if city != "310000" else "310118"),
                name=name + MARK, city_code=city, source="demo", is_demo=True, in_park=False, short_name=short + MARK,
                contact_name="经办人", contact_mobile=mobile(900 + number), industry="人力资源服务" if kind == "firm" else "制造业",
                size="中", address="演示路 1 号",
            )  # fmt: skip
        with transaction():
            organisation = db.session.get_one(Organisation, organisation.id)
            _hand_in(db.session.get_one(User, user.id), organisation, prepared, permit, fate)


def _same_password() -> str:
    return str(db.session.scalar(select(User.password_hash).where(User.email == "client@demo.example")))


def _hand_in(user: User, organisation: Organisation, prepared: Any, permit: Any, fate: str) -> None:
    actor = actor_of(user)
    file = files.attach(actor=actor, prepared=prepared, organisation_id=organisation.id)
    organisations.add_licence(
        actor=actor, organisation=organisation, kind="business", number=organisation.uscc, is_long_term=True, file=file
    )
    if organisation.is_firm:
        second = files.attach(actor=actor, prepared=permit, organisation_id=organisation.id)
        organisations.add_licence(
            actor=actor, organisation=organisation, kind="HR_PERMIT", number=f"（演示）人服证字〔2026〕第{organisation.id:05d}号",
            valid_to=clock.today() + timedelta(days=900), file=second,
        )  # fmt: skip
    if fate != "draft":
        organisations.submit_verification(actor=actor, organisation=organisation)
    if fate == "returned":
        organisations.return_organisation(
            actor=someone("operator"),
            organisation=organisation,
            reason="营业执照扫描件不清晰，请重新上传彩色原件扫描件。",
        )


def sold_by(firm_id: int, limit: int) -> list[Listing]:
    query = (
        select(Listing)
        .where(
            Listing.firm_id == firm_id,
            Listing.state == "published",
            Listing.pricing_model.not_in(("pct_annual_salary", "pct_payroll")),
        )
        .order_by(Listing.category_code.not_in(("C0301", "C0401", "C1102")), Listing.id)
        .limit(limit)
    )
    return list(db.session.scalars(query))


def _offer() -> None:
    firm, operator = someone("firm"), someone("operator")
    assert firm.firm_id is not None
    for number, listing in enumerate(sold_by(firm.firm_id, 5)):
        with transaction():
            original = get_listing(listing.id, actor=firm)
            draft = draft_of(original)
            new = type(draft)(
                **{n: getattr(draft, n) for n in draft.__slots__}
                | {"title": f"{draft.title[:60]}（2027 新版 {number + 1}）"}
            )
            made = catalog.create_listing(actor=firm, firm=db.session.get_one(Organisation, firm.firm_id), draft=new)
            made.is_demo = True
        if number < 4:
            with transaction():
                catalog.submit_listing(actor=firm, listing=get_listing(made.id, actor=firm))
        if number == 3:
            with transaction():
                again = get_listing(made.id, actor=operator)
                catalog.return_listing(actor=operator, listing=again, reason="请在详情中补充服务网点与响应时限。")


def _order(rng: Random) -> list[str]:
    """Fourteen orders of two clients from two firms; returns their numbers, oldest first."""
    numbers = []
    today = clock.today()
    for seller in ("firm", "firm2"):
        firm = someone(seller)
        assert firm.firm_id is not None
        for place, listing in enumerate(sold_by(firm.firm_id, 7)):
            buyer = someone("client" if place % 3 else "client2")
            price = listing.price_min_fen or 100_000
            count = max(1, min(60, 6_000_000 // price))
            total = count * price
            first = total // 2
            with transaction():
                order = orders.place_order(
                    actor=buyer, listing=get_listing(listing.id, actor=buyer), quantity=count, unit_price_fen=price,
                    starts_on=today + timedelta(days=3), ends_on=today + timedelta(days=183),
                    milestones=[
                        MilestoneDraft("首期服务", first, today + timedelta(days=33)),
                        MilestoneDraft("二期服务", total - first, today + timedelta(days=63)),
                    ],
                    note="演示订单", is_demo=True,
                )  # fmt: skip
            numbers.append(order.number)
            if place not in (0, 6):
                with transaction():
                    orders.confirm_order(actor=firm, order=get_order(order.number, actor=firm))
    return numbers


def _awaiting(numbers: list[str]) -> list[tuple[Payment, str]]:
    query = (
        select(Payment, Organisation.name)
        .join(Order, Order.payment_id == Payment.id)
        .join(Organisation, Organisation.id == Payment.payer_organisation_id)
        .where(Order.number.in_(numbers), Order.state == "awaiting_payment")
        .order_by(Payment.id)
    )
    return [(p, n) for p, n in db.session.execute(query)]


def _pay(numbers: list[str]) -> None:
    """One bank statement: seven exact credits, and odd ones for the two finance people."""
    due = _awaiting(numbers)
    balance, lines = max(ledger.balance("bank"), 0), ["流水号,交易日期,收入,支出,余额,对方户名,对方账号,附言"]
    rows = [(p.amount_fen, name, f"服务费 {p.reference}") for p, name in due[:7]]
    if len(due) >= 9:
        rows.append((due[7][0].amount_fen - 5_000, due[7][1], f"{due[7][0].reference} 扣手续费"))
        rows.append((due[8][0].amount_fen, "上海某某贸易有限公司（演示）", f"代付 {due[8][0].reference}"))
    rows.append((1_280_000, "昆山无名电子有限公司（演示）", "货款"))
    for number, (fen, name, memo) in enumerate(rows, 1):
        balance += fen
        lines.append(
            f"DEMO{clock.today():%Y%m%d}{number:04d},{clock.today()},{_yuan(fen)},,{_yuan(balance)},{name},6222****{number:04d},{memo}"
        )
    with transaction():
        payments.import_statement(
            actor=someone("finance1"), content="\n".join(lines).encode(), filename="演示对账单.csv"
        )
    with transaction():
        orders.fund_settled_orders(actor=SCHEDULER)
    with transaction():
        entry = db.session.scalars(select(BankEntry).where(BankEntry.state == "queued").order_by(BankEntry.id)).first()
        if entry is not None and len(due) >= 9:
            payments.propose_match(
                actor=someone("finance2"), credit=entry, decision="credit", organisation=db.session.get_one(Organisation, due[7][0].payer_organisation_id),
                payment=None, reason="金额少 50 元，已电话确认为手续费，先转入客户余额。",
            )  # fmt: skip


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"


def _deliver(numbers: list[str]) -> None:
    """Walk the funded orders on: delivered, sent back, disputed, accepted."""
    funded = db.session.scalars(
        select(Order.number).where(Order.number.in_(numbers), Order.state == "funded").order_by(Order.id)
    ).all()
    today = clock.today()
    for place, number in enumerate(funded):
        with transaction():
            firm, client = _sides(number)
            order = get_order(number, actor=firm)
            first = order.milestones[0]
            if place == 0:
                continue
            orders.deliver_milestone(
                actor=firm, milestone=first, people_served=20 + place * 7, period_from=today - timedelta(days=20), period_to=today,
                note="首期服务已完成，附服务明细。",
            )  # fmt: skip
        with transaction():
            milestone = db.session.get_one(Milestone, first.id)
            if place == 2:
                orders.request_changes(actor=client, milestone=milestone, reason="请补充分城市的缴费明细。")
            elif place == 3:
                orders.dispute_milestone(
                    actor=client, milestone=milestone, reason="服务人数与我方记录不一致，请园区协调。"
                )
            elif place >= 5:
                orders.accept_milestone(actor=client, milestone=milestone)


def _sides(number: str) -> tuple[Actor, Actor]:
    order = db.session.scalars(select(Order).where(Order.number == number)).one()
    firm = next(a for a in (someone("firm"), someone("firm2")) if a.firm_id == order.firm_id)
    client = next(a for a in (someone("client"), someone("client2")) if a.client_id == order.client_id)
    return firm, client
