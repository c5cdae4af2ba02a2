"""A demo of the operator's page on search: a month of counted queries, two entries of the word lists."""

from datetime import timedelta
from random import Random

from sqlalchemy import insert

from marketplace.core import clock
from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.search import services
from marketplace.search.models import SearchQuery
from marketplace.search.wordbook import Entry

ASKED = (
    ("社保代缴", 46, 0), ("猎头", 38, 0), ("劳务派遣", 35, 0), ("灵活用工", 31, 0), ("背调", 22, 0), ("薪酬外包", 19, 0), ("居转户", 17, 0),
    ("rpo", 12, 0), ("校招", 11, 0), ("eap", 9, 0), ("青浦 普工", 8, 0), ("薪无忧", 6, 6), ("元宇宙培训", 3, 3), ("量子测评", 2, 2),
)  # fmt: skip


def add_words(rng: Random, operator: Actor) -> None:
    """Counted queries of the last month in one insert, and what the demo's operator has added."""
    rows = []
    for back in range(30):
        moment = clock.now() - timedelta(days=back)
        for text, often, empty in ASKED:
            count = rng.randint(0, often)
            if count:
                rows.append(
                    {
                        "day": clock.today() - timedelta(days=back), "text": text, "count": count, "zero_count": count if empty else 0,
                        "corrected_count": 0, "relaxed_count": 0, "blocked_count": 0, "last_at": moment,
                    }
                )  # fmt: skip
    db.session.execute(insert(SearchQuery), rows)
    for entry in (
        Entry("topic", "薪管家", ("薪管家", "薪事通"), "C0401", note="演示：本地对薪酬外包的叫法"),
        Entry("synonym", "驻厂管理", ("驻厂管理", "驻场管理"), note="演示"),
    ):
        services.save_search_words(actor=operator, entry=entry, known_number=0, is_new=True)
