"""The demo's past: finished orders from 2023 to last month with payments, ledger postings and reviews, written in bulk.

Batches of 500 orders, one transaction each, since PostgreSQL slows down where one transaction changes a hot account too often.
"""

import hashlib
from collections import Counter
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import bindparam, func, insert, select, update

from marketplace.catalog.models import Listing
from marketplace.catalog.rules.pricing import PricingModel
from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.core.ids import ALPHABET
from marketplace.core.money import split
from marketplace.core.progress import Progress
from marketplace.demo.organisations import insert_many
from marketplace.orders.models import Milestone, Order
from marketplace.orders.rules import share_of
from marketplace.payments.models import BankEntry, LedgerAccount, LedgerTransfer, LedgerTxn, Payment, StatementImport
from marketplace.payments.rules.references import new_reference
from marketplace.reviews.models import Review

ORDERS = 3000
BATCH = 500
BEGIN = date(2023, 1, 5)
BPS = 300
STAGES = (("全部服务",), ("首期服务", "二期服务"), ("方案与启动", "中期交付", "终期交付"))
WORDS = {
    5: ("响应很快，交付及时，资料齐全，会继续合作。", "专业、规范，项目经理全程跟进，验收顺利。", "价格透明，账目清楚，员工反馈好。"),
    4: ("整体满意，个别环节沟通可以更快一些。", "服务规范，交付按期，报表还可以再细一些。", "价格合理，人员到位及时。"),
    3: ("基本达到约定，中途更换过对接人。", "能按期完成，但响应偏慢。"),
    2: ("交付有延迟，经沟通后完成整改。", "服务结果与预期有差距。"),
}  # fmt: skip
HEADS = {
    "C03": (5, 90),
    "C04": (8, 100),
    "C05": (3, 40),
    "C06": (3, 45),
    "C07": (3, 60),
    "C13": (10, 110),
    "C14": (5, 60),
}


def number(rng: Random) -> str:
    return "".join(rng.choice(ALPHABET) for _ in range(14))


def quantities(rng: Random, listing: dict[str, Any]) -> tuple[int, int, int]:
    """Quantity, unit price (分) and people served (人) of an order of this listing, of plausible size."""
    model, top = PricingModel(listing["pricing_model"]), listing["category_code"][:3]
    low, high = listing["price_min_fen"], listing["price_max_fen"] or listing["price_min_fen"]
    if model.is_rate:
        return 1, rng.randrange(2_000_000, 16_000_000) // 10_000 * 10_000, rng.randint(1, 3 if top == "C02" else 60)
    unit = rng.randint(low, high)
    if model is PricingModel.FIXED_PROJECT:
        return 1, unit, rng.randint(0, 40)
    if model is PricingModel.PER_EVENT:
        return rng.randint(1, 3), unit, rng.randint(40, 120)
    if model is PricingModel.PER_PIECE:
        return rng.randint(8_000, 60_000), unit, rng.randint(8, 40)
    least, most = HEADS.get(top, (2, 30))
    heads = rng.randint(least, most)
    months = rng.choice((3, 6, 12)) if model is PricingModel.PER_HEAD_MONTH else 1
    return heads * months, unit, heads


def _days(rng: Random, total: int) -> list[date]:
    """Placing days that thicken over the years, all at least 70 days ago."""
    span = (clock.today() - timedelta(days=70) - BEGIN).days
    return sorted(BEGIN + timedelta(days=int(span * rng.random() ** 0.62)) for _ in range(total))


def _moment(day: date, rng: Random) -> datetime:
    return clock.start_of_day(day) + timedelta(hours=9, minutes=rng.randint(0, 480))


def add_history(
    rng: Random,
    times: int,
    firms: list[dict[str, Any]],
    clients: list[dict[str, Any]],
    listings: list[dict[str, Any]],
    progress: Progress,
) -> None:
    """Insert the finished (and some abandoned) orders of the past, batch by batch."""
    by_firm = {f["id"]: f for f in firms}
    days = _days(rng, ORDERS * times)
    favourites = rng.sample(clients, max(1, len(clients) // 3))
    sales: Counter[int] = Counter()
    scores: dict[int, list[int]] = {}
    for start in range(0, len(days), BATCH):
        with transaction():
            _add_batch(rng, days[start : start + BATCH], by_firm, (clients, favourites), listings, sales, scores)
        progress(min(start + BATCH, len(days)), len(days))
    with transaction():
        _sum_up(sales, scores)


def _add_batch(
    rng: Random, days: list[date], firms: dict[int, dict[str, Any]], clients: tuple[list[dict[str, Any]], ...],
    listings: list[dict[str, Any]], sales: Counter[int], scores: dict[int, list[int]],
) -> None:  # fmt: skip
    chosen = [(rng.choice(listings), rng.choice(clients[rng.random() < 0.6])) for _ in days]
    drafts = [
        _draft(rng, day, listing, firms[listing["firm_id"]], client)
        for day, (listing, client) in zip(days, chosen, strict=True)
    ]
    paid = [d for d in drafts if d["order"]["state"] == "completed"]
    payment_ids = insert_many(Payment, [d["payment"] for d in paid])
    for draft, payment_id in zip(paid, payment_ids, strict=True):
        draft["order"]["payment_id"] = payment_id
    for draft, order_id in zip(drafts, insert_many(Order, [d["order"] for d in drafts]), strict=True):
        for milestone in draft["milestones"]:
            milestone["order_id"] = order_id
        draft["id"] = order_id
    milestone_rows = [m for d in drafts for m in d["milestones"]]
    for row, milestone_id in zip(milestone_rows, insert_many(Milestone, milestone_rows), strict=True):
        row["id"] = milestone_id
    _post(paid)
    _book(paid)
    reviews = [_review(rng, d) for d in paid if rng.random() < 0.62]
    db.session.execute(insert(Review), reviews)
    for draft in paid:
        sales[draft["order"]["listing_id"]] += 1
    for review in reviews:
        scores.setdefault(review["listing_id"], []).append(review["score"])


def _draft(
    rng: Random, day: date, listing: dict[str, Any], firm: dict[str, Any], client: dict[str, Any]
) -> dict[str, Any]:
    quantity, unit, people = quantities(rng, listing)
    total = quantity * unit
    placed = _moment(day, rng)
    fate = rng.random()
    done = fate < 0.93
    confirmed, funded = placed + timedelta(hours=rng.randint(2, 60)), placed + timedelta(days=rng.randint(3, 9))
    titles = rng.choice(STAGES)
    milestones, moment = [], funded
    for position, (title, amount) in enumerate(zip(titles, split(total, [1] * len(titles)), strict=True), 1):
        delivered = moment + timedelta(days=rng.randint(5, 15), hours=rng.randint(0, 9))
        moment = delivered + timedelta(days=rng.randint(0, 5), hours=rng.randint(1, 9))
        milestones.append(
            _milestone(position, title, amount, people, (funded, delivered, moment), day)
            if done
            else _abandoned(position, title, amount)
        )
    state = "completed" if done else "cancelled" if fate < 0.96 else "declined" if fate < 0.985 else "expired"
    order = {
        "number": number(rng), "client_id": client["id"], "firm_id": firm["id"], "listing_id": listing["id"],
        "category_code": listing["category_code"], "title": listing["title"], "terms": terms(listing, client, firm), "quantity": quantity,
        "unit_price_fen": unit, "total_fen": total, "commission_bps": BPS, "starts_on": day + timedelta(days=5),
        "ends_on": day + timedelta(days=365), "city_code": rng.choice(listing["cities"]), "note": "", "payment_id": None, "placed_at": placed,
        "confirmed_at": confirmed if done else None, "funded_at": funded if done else None, "completed_at": moment if done else None,
        "closed_at": None if done else confirmed, "returned_fen": 0, "is_demo": True, "state": state, "version": 4,
    }  # fmt: skip
    payment = {
        "number": number(rng), "payer_organisation_id": client["id"], "payee_organisation_id": firm["id"], "amount_fen": total,
        "reference": new_reference(), "purpose": listing["title"], "rail": "bank", "created_at": confirmed, "settled_at": funded,
        "settled_fen": total, "state": "settled", "version": 2,
    }  # fmt: skip
    return {"order": order, "milestones": milestones, "payment": payment}


def terms(listing: dict[str, Any], client: dict[str, Any], firm: dict[str, Any]) -> dict[str, Any]:
    """The copy of listing and parties that an order keeps."""
    copied = (
        "id",
        "title",
        "summary",
        "description",
        "category_code",
        "pricing_model",
        "price_min_fen",
        "price_max_fen",
        "billing_note",
        "unit",
        "attributes",
    )
    return {
        "listing": {key: listing[key] for key in copied},
        "client": {key: client[key] for key in ("id", "name", "uscc", "city_code")},
        "firm": {key: firm[key] for key in ("id", "name", "uscc", "city_code")},
    }


def _milestone(
    position: int, title: str, amount: int, people: int, moments: tuple[datetime, datetime, datetime], day: date
) -> dict[str, Any]:
    funded, delivered, accepted = moments
    return {
        "position": position, "title": title, "amount_fen": amount, "commission_fen": share_of(amount, BPS).commission_fen,
        "due_on": day + timedelta(days=30 * position), "funded_at": funded, "delivered_at": delivered, "accepted_at": accepted,
        "accepted_period": clock.month_of(accepted), "released_at": accepted, "delivery_count": 1, "people_served": people,
        "period_from": clock.local(funded).date(), "period_to": clock.local(delivered).date(), "delivery_note": "按约定完成本阶段服务。",
        "state": "released", "version": 5,
    }  # fmt: skip


def _abandoned(position: int, title: str, amount: int) -> dict[str, Any]:
    return {
        "position": position, "title": title, "amount_fen": amount, "commission_fen": share_of(amount, BPS).commission_fen, "due_on": None,
        "funded_at": None, "delivered_at": None, "accepted_at": None, "accepted_period": None, "released_at": None, "delivery_count": 0,
        "people_served": None, "period_from": None, "period_to": None, "delivery_note": "", "state": "cancelled", "version": 2,
    }  # fmt: skip


def _review(rng: Random, draft: dict[str, Any]) -> dict[str, Any]:
    order = draft["order"]
    score = rng.choices((5, 4, 3, 2), (60, 30, 8, 2))[0]
    return {
        "order_id": draft["id"], "listing_id": order["listing_id"], "firm_id": order["firm_id"], "client_id": order["client_id"],
        "score": score, "text": rng.choice(WORDS[score]), "created_at": order["completed_at"] + timedelta(days=rng.randint(0, 6)),
        "is_demo": True,
    }  # fmt: skip


def _account_ids(codes: dict[str, str]) -> dict[str, int]:
    """The ids of the accounts named, made where they are new."""
    rows = db.session.execute(select(LedgerAccount.code, LedgerAccount.id).where(LedgerAccount.code.in_(codes)))
    known = {row.code: row.id for row in rows}
    new = [{"code": c, "kind": kind, "credit_floor": kind != "asset"} for c, kind in codes.items() if c not in known]
    return known | dict(zip([row["code"] for row in new], insert_many(LedgerAccount, new), strict=True))


def _post(paid: list[dict[str, Any]]) -> None:
    """The postings that the services would have made: the money in, then each milestone's release."""
    codes = {"bank": "asset", "suspense": "liability", "commission": "revenue"}
    for draft in paid:
        codes[f"escrow:{draft['order']['payment_id']}"] = "liability"
        codes[f"firm:{draft['order']['firm_id']}:payable"] = "liability"
    ids = _account_ids(codes)
    txns, moves = [], []
    for draft in paid:
        order = draft["order"]
        held, owed = ids[f"escrow:{order['payment_id']}"], ids[f"firm:{order['firm_id']}:payable"]
        bank, suspense = ids["bank"], ids["suspense"]
        txns.append(
            _txn(
                f"demo:paid:{order['payment_id']}",
                "settle",
                f"payment:{draft['payment']['number']}",
                order["funded_at"],
            )
        )
        moves.append([(bank, suspense, order["total_fen"]), (suspense, held, order["total_fen"])])
        for milestone in draft["milestones"]:
            fee = milestone["commission_fen"]
            txns.append(
                _txn(
                    f"release:milestone:{milestone['id']}",
                    "release",
                    f"order:{order['number']}",
                    milestone["accepted_at"],
                )
            )
            shares = [(held, owed, milestone["amount_fen"] - fee), (held, ids["commission"], fee)]
            moves.append([share for share in shares if share[2]])
    txn_ids = insert_many(LedgerTxn, txns)
    rows = [
        {"txn_id": txn_id, "seq": seq, "debit_id": debit, "credit_id": credit, "amount_fen": fen}
        for txn_id, parts in zip(txn_ids, moves, strict=True)
        for seq, (debit, credit, fen) in enumerate(parts)
    ]
    db.session.execute(insert(LedgerTransfer), rows)


def _book(paid: list[dict[str, Any]]) -> None:
    """The bank's side of the same money: one statement a batch, one matched credit an order, balances that continue."""
    paid = sorted(paid, key=lambda d: d["order"]["funded_at"])
    total = sum(d["order"]["total_fen"] for d in paid)
    opening = db.session.scalar(select(func.max(StatementImport.closing_fen))) or 0
    first, last = (clock.local(paid[place]["order"]["funded_at"]).date() for place in (0, -1))
    statement = {
        "number": paid[0]["payment"]["number"], "filename": f"演示历史流水 {first} 至 {last}.csv", "row_count": len(paid), "known_count": 0,
        "sha256": hashlib.sha256(f"demo:{paid[0]['payment']['number']}".encode()).hexdigest(), "settled_count": len(paid), "queued_count": 0,
        "outgoing_count": 0, "credit_fen": total, "debit_fen": 0, "opening_fen": opening, "closing_fen": opening + total,
        "first_on": first, "last_on": last, "created_at": paid[-1]["order"]["funded_at"],
    }  # fmt: skip
    (import_id,) = insert_many(StatementImport, [statement])
    rows = []
    for place, draft in enumerate(paid, 1):
        order, payment = draft["order"], draft["payment"]
        opening += order["total_fen"]
        rows.append({
            "number": order["number"], "import_id": import_id, "row_key": f"demo:{payment['number']}", "row_number": place + 1,
            "serial": f"DEMO-{payment['number']}", "booked_on": clock.local(order["funded_at"]).date(), "credit_fen": order["total_fen"],
            "debit_fen": 0, "balance_fen": opening, "counterparty_name": order["terms"]["client"]["name"], "counterparty_account": "",
            "memo": f"服务费 {payment['reference']}", "reference": payment["reference"], "reason": None, "payment_id": order["payment_id"],
            "created_at": order["funded_at"], "closed_at": order["funded_at"], "state": "matched", "version": 2,
        })  # fmt: skip
    db.session.execute(insert(BankEntry), rows)


def _txn(key: str, kind: str, ref: str, moment: datetime) -> dict[str, Any]:
    return {
        "key": key,
        "kind": kind,
        "ref": ref,
        "fingerprint": hashlib.sha256(f"demo:{key}".encode()).hexdigest(),
        "created_at": moment,
    }


def _sum_up(sales: Counter[int], scores: dict[int, list[int]]) -> None:
    rows = [
        {"b_id": listing_id, "n": sold, "s": sum(scores.get(listing_id, ())), "c": len(scores.get(listing_id, ()))}
        for listing_id, sold in sales.items()
    ]
    table: Any = Listing.__table__
    db.session.execute(
        update(table).where(table.c.id == bindparam("b_id"))
        .values(order_count=bindparam("n"), rating_sum=bindparam("s"), rating_count=bindparam("c")),
        rows,
    )  # fmt: skip
