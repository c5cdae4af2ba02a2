"""The demo's firms and clients, with licences: inserted in bulk, every name and code fictional and marked."""

from datetime import date, timedelta
from random import Random
from typing import Any

from sqlalchemy import insert

from marketplace.core import clock, regions
from marketplace.core.db import db
from marketplace.demo.people import (
    CITY_WEIGHTS,
    CLIENT_FIRST,
    CLIENT_SECOND,
    FIRM_BRANDS,
    FIRM_KINDS,
    INDUSTRIES,
    MARK,
    SIZES,
    make_uscc,
    mobile,
    person,
)
from marketplace.organisations.models import Licence, Organisation
from marketplace.organisations.rules import pinyin_initial, spell

FIRMS, CLIENTS = 44, 3000
TOWNS = ("夏阳街道", "盈浦街道", "香花桥街道", "朱家角镇", "赵巷镇", "徐泾镇", "华新镇", "重固镇", "白鹤镇")
INTROS = (
    "深耕长三角制造业与现代服务业，提供从招聘到薪酬社保的一站式服务。", "专注中高端人才寻访与管理咨询，顾问平均从业八年以上。",
    "以数字化系统支撑人事外包与灵活用工，服务过程全程可查。", "面向产业园区企业提供合规用工、培训与员工关怀服务。",
)  # fmt: skip


def insert_many(model: Any, rows: list[dict[str, Any]]) -> list[int]:
    """Insert rows in one go and return their ids in the same order."""
    statement = insert(model).returning(model.id, sort_by_parameter_order=True)
    return list(db.session.scalars(statement, rows)) if rows else []


def brand(rng: Random, number: int) -> str:
    """A brand by its place: the hand-picked ones first, then pairs of characters that never repeat."""
    if number < len(FIRM_BRANDS):
        return FIRM_BRANDS[number]
    number -= len(FIRM_BRANDS)
    first, rest = CLIENT_FIRST[number % len(CLIENT_FIRST)], number // len(CLIENT_FIRST)
    second = CLIENT_SECOND[rest % len(CLIENT_SECOND)]
    return first + second + (str(rest // len(CLIENT_SECOND)) if rest >= len(CLIENT_SECOND) else "")


def add_firms(rng: Random, times: int) -> list[dict[str, Any]]:
    """44 firms in the park (and, at larger scales, their peers in the delta), approved, with licences; returns what the rest needs."""
    moment, rows = clock.now(), []
    for number in range(FIRMS * times):
        in_park = number < FIRMS
        name = brand(rng, number)
        city = "310000" if in_park else rng.choice(regions.cities()).code
        founded = date(rng.randint(2005, 2022), rng.randint(1, 12), rng.randint(1, 28))
        approved = moment - timedelta(days=rng.randint(20, 150))
        rows.append({
            "kind": "firm", "uscc": make_uscc(1000 + number, "310118" if in_park else f"{city[:4]}00"),
            "name": (full := f"{'上海' if in_park else regions.get(city).short_name}{name}{FIRM_KINDS[number % len(FIRM_KINDS)]}{MARK}"),  # type: ignore[union-attr]
            "short_name": f"{name}{MARK}", **spell(full.removesuffix(MARK), name)._asdict(), "city_code": city,
            "address": f"上海市青浦区{rng.choice(TOWNS)}示范路 {rng.randint(1, 900)} 号" if in_park else "",
            "established_on": founded, "registered_capital_fen": rng.choice((200, 500, 1000, 2000, 5000)) * 1_000_000,
            "industry": "人力资源服务", "size": rng.choice(("小", "中", "中", "大")), "contact_name": person(rng),
            "contact_mobile": mobile(number), "intro": rng.choice(INTROS), "source": "demo", "is_demo": True, "in_park": in_park,
            "state": "approved", "version": 3, "submitted_at": approved - timedelta(days=2), "approved_at": approved,
            "last_verified_at": approved, "next_due_on": clock.add_months(clock.local(approved).date(), 6), "created_at": approved,
        })  # fmt: skip
    ids = insert_many(Organisation, rows)
    firms = [
        {**row, "id": id_, "licences": _licence_kinds(rng, number)}
        for number, (id_, row) in enumerate(zip(ids, rows, strict=True))
    ]
    _add_licences(rng, firms)
    return firms


def _licence_kinds(rng: Random, number: int) -> list[str]:
    kinds = ["HR_FILING"]
    if number % 10 != 7:
        kinds.append("HR_PERMIT")
    if number % 2 == 0:
        kinds.append("DISPATCH")
    if number % 4 == 0:
        kinds.append("ICP")
    return kinds


def _add_licences(rng: Random, firms: list[dict[str, Any]]) -> None:
    today, rows = clock.today(), []
    words = {"HR_PERMIT": "人服证字", "HR_FILING": "人服备字", "DISPATCH": "人社派许字", "ICP": "电信业务字"}
    for number, firm in enumerate(firms):
        for kind in ["business", *firm["licences"]]:
            ends = None if kind in ("business", "HR_FILING") else today + timedelta(days=rng.randint(120, 1000))
            if number in (5, 17) and kind == "DISPATCH":
                ends = today + timedelta(days=25)  # so that a reminder stands on the page
            code = (
                firm["uscc"]
                if kind == "business"
                else f"（演示）{words[kind]}〔{rng.randint(2021, 2025)}〕第{rng.randint(1, 99999):05d}号"
            )
            rows.append({
                "organisation_id": firm["id"], "kind": kind, "number": code, "valid_to": ends, "is_long_term": ends is None,
                "issuing_region": "上海市青浦区" if firm["in_park"] else "", "evidence": "verified", "state": "valid", "version": 2,
                "created_at": firm["approved_at"], "reviewed_at": firm["approved_at"],
            })  # fmt: skip
    insert_many(Licence, rows)


def add_clients(rng: Random, times: int) -> list[dict[str, Any]]:
    """3,000 client enterprises over the 41 cities, most of them in Shanghai and its neighbours; every fortieth outside the delta's habit."""
    moment, rows = clock.now(), []
    cities = [c.code for c in regions.cities()]
    weights = [CITY_WEIGHTS.get(code, 1.2) for code in cities]
    for number in range(CLIENTS * times):
        city = rng.choices(cities, weights)[0]
        industry, suffix = INDUSTRIES[rng.randrange(len(INDUSTRIES))]
        first = CLIENT_FIRST[number % len(CLIENT_FIRST)]
        rest = number // len(CLIENT_FIRST)
        second = CLIENT_SECOND[rest % len(CLIENT_SECOND)]
        extra = str(rest // len(CLIENT_SECOND)) if rest >= len(CLIENT_SECOND) else ""
        age = rng.randint(30, 1300)
        approved, verified = (
            moment - timedelta(days=age),
            moment - timedelta(days=age % 340),
        )  # looked at again every year
        label = f"{first}{second}{extra}"
        rows.append({
            "kind": "client", "uscc": make_uscc(100_000 + number, f"{city[:4]}00" if city != "310000" else "310118"),
            "name": f"{regions.get(city).short_name}{label}{suffix}{MARK}", "short_name": f"{label}{MARK}",  # type: ignore[union-attr]
            "pinyin_initial": pinyin_initial(label), "city_code": city, "address": "", "established_on": None,
            "registered_capital_fen": None, "industry": industry, "size": rng.choice(SIZES), "contact_name": person(rng),
            "contact_mobile": mobile(100_000 + number), "intro": "", "source": "demo", "is_demo": True, "in_park": False,
            "state": "approved", "version": 3, "submitted_at": approved, "approved_at": approved, "last_verified_at": verified,
            "next_due_on": clock.add_months(clock.local(verified).date(), 12), "created_at": approved,
        })  # fmt: skip
    ids = insert_many(Organisation, rows)
    return [{**row, "id": id_} for id_, row in zip(ids, rows, strict=True)]
