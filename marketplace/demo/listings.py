"""The demo's listings: 1,000 in all 72 categories and 41 cities, with every attribute their category asks for."""

import csv
from datetime import timedelta
from importlib import resources
from random import Random
from typing import Any

from sqlalchemy import insert

from marketplace.catalog.models import Listing, ListingCity
from marketplace.catalog.rules.draft import ListingDraft, find_problems
from marketplace.catalog.rules.pricing import PricingModel
from marketplace.catalog.rules.taxonomy import Attribute, Category, child_categories
from marketplace.core import clock, regions
from marketplace.core.db import db
from marketplace.demo.organisations import insert_many
from marketplace.demo.people import CITY_WEIGHTS

LISTINGS = 1000
FOCUS = (
    "制造业",
    "汽车零部件",
    "集成电路",
    "生物医药",
    "新能源",
    "电子商务",
    "物流仓储",
    "软件企业",
    "商贸零售",
    "外资企业",
    "中小企业",
    "产业园区",
)
TIERS = ("标准版", "专业版", "旗舰版", "基础版", "驻场版")
TEXTS = {
    "permit_no": "见机构资质页", "kpi_terms": "按服务水平协议月度考核，未达标按约定扣减。", "tax_basis": "依据业务实质与现行税收规定办理。",
    "instrument": "自研胜任力量表，定期更新题库。", "norm_group": "长三角在职人群常模，样本 12,000 人。", "data_sources": "候选人授权的公开渠道与原雇主核实。",
    "data_location": "境内数据中心（上海）",
}  # fmt: skip
SIZES = {
    "cutoff_day": (12, 20),
    "contract_years": (2, 3),
    "guarantee_days": (30, 180),
    "first_cv_days": (2, 7),
    "turnaround_days": (1, 7),
    "weeks": (4, 24),
}


def offers() -> dict[str, dict[str, str]]:
    """What each child category sells, by code."""
    text = resources.files("marketplace.demo").joinpath("data/offers.tsv").read_text(encoding="utf-8")
    return {row["code"]: row for row in csv.DictReader(text.splitlines(), delimiter="\t")}


def _value(rng: Random, attribute: Attribute, low: int, high: int) -> Any:
    values = [c.value for c in attribute.choices]
    if attribute.type == "enum":
        return rng.choice(values)
    if attribute.type == "multi":
        return sorted(rng.sample(values, min(len(values), rng.randint(1, 4))), key=values.index)
    if attribute.type == "bool":
        return True if attribute.must_be_true else rng.random() < 0.7
    if attribute.type == "text":
        return TEXTS.get(attribute.key, "按双方约定执行，详见服务方案。")
    if attribute.type == "pct":
        return rng.randint(3, 30) * 100
    if attribute.type == "money":
        return rng.randrange(2, 9) * 10_000_000 if attribute.key == "min_salary" else rng.randrange(low, high + 1)
    least, most = SIZES.get(attribute.key, (5, 200))
    return rng.randint(least, most)


def _attributes(rng: Random, category: Category, low: int, high: int) -> dict[str, Any]:
    chosen = (a for a in category.own_attributes if a.type != "file" and (a.required or rng.random() < 0.6))
    return {a.key: _value(rng, a, low, high) for a in chosen}


def _prices(rng: Random, offer: dict[str, str]) -> tuple[int, int | None]:
    low, high = int(offer["low"]) * 100, int(offer["high"]) * 100
    step = 100 if high < 10_000 else 1000 if high < 1_000_000 else 100_000
    least = rng.randrange(low, low + (high - low) // 2 + 1) // step * step or low
    if rng.random() < 0.35:
        return least, least
    return least, max(least, rng.randrange(least, high + 1) // step * step)


def _cities(rng: Random) -> list[str]:
    codes = [c.code for c in regions.cities()]
    weights = [CITY_WEIGHTS.get(code, 2.0) for code in codes]
    return sorted(
        {"310000", *rng.choices(codes, weights, k=rng.randint(0, 6))}
        if rng.random() < 0.8
        else set(rng.choices(codes, weights, k=3))
    )


def add_listings(rng: Random, times: int, firms: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Published listings, spread evenly over the categories among the firms that hold their licence; each passes the form's own check."""
    categories, texts = child_categories(), offers()
    holders = {c.code: [f for f in firms if set(c.licences) <= set(f["licences"])] for c in categories}
    seen: set[tuple[int, str, str]] = set()
    rows: list[dict[str, Any]] = []
    cities: list[list[str]] = []
    number = 0
    while len(rows) < LISTINGS * times:
        category = categories[number % len(categories)]
        number += 1
        firm, offer = rng.choice(holders[category.code]), texts[category.code]
        title = rng.choice(offer["titles"].split(";"))
        if number > len(categories):
            title = f"{rng.choice(FOCUS)}{title}（{rng.choice(TIERS)}）"
        if times > 1 and (firm["id"], category.code, title) in seen:
            title = f"{title} {number}"
        if (firm["id"], category.code, title) in seen:
            continue
        seen.add((firm["id"], category.code, title))
        rows.append(_row(rng, category, firm, title, offer))
        cities.append(_cities(rng))
        if number <= 2 * len(categories):
            _prove(rows[-1], cities[-1])
    ids = insert_many(Listing, rows)
    pairs = [{"listing_id": id_, "city_code": code} for id_, codes in zip(ids, cities, strict=True) for code in codes]
    db.session.execute(insert(ListingCity), pairs)
    return [{**row, "id": id_, "cities": codes} for id_, row, codes in zip(ids, rows, cities, strict=True)]


def _row(rng: Random, category: Category, firm: dict[str, Any], title: str, offer: dict[str, str]) -> dict[str, Any]:
    low, high = _prices(rng, offer)
    published = clock.now() - timedelta(days=rng.randint(1, 1000), minutes=rng.randint(0, 1400))
    summary = offer["text"].split("，")[0] + "。"
    description = (
        f"{offer['text']}\n\n服务流程：需求沟通 → 方案与报价 → 双方确认 → 按里程碑交付 → 验收结算。\n"
        f"服务团队：由{firm['short_name']}的项目经理统筹，工作日两小时内响应。\n本服务为演示内容。"
    )
    return {
        "firm_id": firm["id"], "category_code": category.code, "title": title, "summary": summary, "description": description,
        "pricing_model": offer["pricing"], "price_min_fen": low, "price_max_fen": high, "billing_note": "按实际服务量月度结算，含税。",
        "unit": "", "attributes": _attributes(rng, category, low, high or low), "source": "demo", "is_demo": True, "state": "published",
        "version": 3, "live_version": 1, "state_reason": "", "rating_sum": 0, "rating_count": 0, "order_count": 0, "created_at": published,
        "updated_at": published, "submitted_at": published - timedelta(days=1), "published_at": published,
    }  # fmt: skip


def _prove(row: dict[str, Any], cities: list[str]) -> None:
    """The first listings of every category pass the very check of the form, so that the demo never shows what nobody could enter."""
    names = (
        "category_code",
        "title",
        "summary",
        "description",
        "pricing_model",
        "price_min_fen",
        "price_max_fen",
        "billing_note",
        "unit",
        "attributes",
    )
    problems = find_problems(ListingDraft(**{n: row[n] for n in names}, city_codes=tuple(cities)))
    if problems:
        raise ValueError(f"demo listing {row['title']}: {[(p.field, p.text) for p in problems]}")
    assert PricingModel(row["pricing_model"])
