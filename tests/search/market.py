"""Demo listings as documents without a database: what the quality of answers is measured on."""

import csv
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from marketplace.catalog.rules.pricing import PricingModel
from marketplace.catalog.rules.taxonomy import Category, category, child_categories
from marketplace.core import regions
from marketplace.demo.listings import FOCUS, TIERS, offers
from marketplace.search.documents import Document, Suggestion

HERE = Path(__file__).parent


def rows_of(name: str) -> list[dict[str, str]]:
    """The rows of a table of queries."""
    with open(HERE / name, encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def demo_documents(count: int = 72, seed: int = 5) -> Iterator[Document]:
    """The demo's listings, at first one of every child category, as the catalogue tells them to the index."""
    source = random.Random(seed)
    children, texts = child_categories(), offers()
    for number in range(count):
        child = children[number % len(children)]
        offer = texts[child.code]
        titles = offer["titles"].split(";")
        if number < len(children):
            yield _document(number + 1, child, titles[0], offer, [city.code for city in regions.cities()])
        else:
            title = f"{source.choice(FOCUS)}{source.choice(titles)}（{source.choice(TIERS)}）"
            cities = sorted({"310000", *source.choices([one.code for one in regions.cities()], k=4)})
            yield _document(number + 1, child, title, offer, cities)


def _document(number: int, child: Category, title: str, offer: dict[str, str], cities: list[str]) -> Document:
    top = category(child.parent)
    names = " ".join(regions.all_regions()[code].name_zh for code in cities)
    numbers: dict[str, Any] = {"rank": 4.0}
    if not PricingModel(offer["pricing"]).is_rate:
        numbers["price"] = int(offer["low"]) * 100
    summary = offer["text"].split("，")[0]
    return Document(
        number, title, f"{summary}。\n{offer['text']}\n服务流程：需求沟通 → 方案与报价 → 双方确认 → 按里程碑交付 → 验收结算。",
        f"{child.name_zh} {child.name_en} 示例人才服务有限公司 {names}",
        {"category": [child.code, top.code], "city": cities, "pricing": [offer["pricing"]], "licensed": ["1"] if number % 2 else []},
        numbers,
        [Suggestion(title, "listing", str(number)), Suggestion(child.name_zh, "category", child.code), Suggestion(top.name_zh, "category", top.code)],
    )  # fmt: skip
