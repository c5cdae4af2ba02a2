"""Seeded small corpora."""

import random

from marketplace.search.documents import Document, Suggestion
from marketplace.search.snapshot import Bands

WORDS = [
    "劳务派遣", "灵活用工", "薪酬外包", "个税申报", "背景调查", "人才测评", "校园招聘", "社保代缴", "公积金", "股权激励",
    "人事代理", "高管寻访", "技能培训", "电子合同", "考勤排班", "RPO", "IT外包", "SaaS", "EAP", "员工体检", "芯片", "工程师",
]  # fmt: skip
CITIES = ["310000", "320500", "320100", "330100", "340100"]
BANDS = Bands("price_band", "price", (1000.0, 5000.0, 20000.0))


def make_document(number: int, random_source: random.Random) -> Document:
    """A random document; about one in six has no price."""
    pick = random_source.choices
    parent = f"C0{random_source.randint(1, 4)}"
    numbers: dict[str, int | float] = {"rating": random_source.randint(10, 50) / 10}
    if random_source.random() > 0.17:
        numbers["price"] = random_source.choice([500, 1000, 3000, 5000, 19999, 20000, 88000])
    return Document(
        number,
        "".join(pick(WORDS, k=random_source.randint(1, 2))),
        "，".join(pick(WORDS, k=random_source.randint(2, 9))),
        " ".join(pick(WORDS, k=1)),
        {
            "category": [parent, f"{parent}0{random_source.randint(1, 3)}"],
            "city": sorted(set(pick(CITIES, k=2))),
            "firm": [str(random_source.randint(1, 400))],
        },
        numbers,
        [Suggestion(random_source.choice(WORDS), "term")],
    )


def make_corpus(count: int, seed: int = 1) -> list[Document]:
    """`count` documents, the same for the same seed."""
    source = random.Random(seed)
    return [make_document(number, source) for number in range(1, count + 1)]


def band_of(document: Document, bands: Bands) -> str | None:
    value = document.numbers.get(bands.number)
    return None if value is None else str(sum(value >= edge for edge in bands.edges))
