"""The word check of listings: discrimination, prohibited offers and disguised job advertisements (人力资源市场条例 24、29；五部门通知 2026-01).

The words are data (`data/words.csv`); the check names the exact words and where they stand, a person decides the rest.
"""

import csv
import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from marketplace.core.i18n import lazy

KINDS: dict[str, Any] = {
    "discrimination": lazy("涉嫌就业歧视"),
    "prohibited": lazy("平台禁止的内容"),
    "job_ad": lazy("疑似招聘广告或私下联系方式"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One stretch of text that may not be published."""

    kind: str
    word: str
    hint: str
    start: int
    end: int

    @property
    def label(self) -> Any:
        return KINDS[self.kind]


@cache
def _patterns() -> tuple[tuple[str, str, re.Pattern[str]], ...]:
    text = resources.files("marketplace.catalog").joinpath("data/words.csv").read_text(encoding="utf-8")
    return tuple((row["kind"], row["hint_zh"], re.compile(row["pattern"])) for row in csv.DictReader(text.splitlines()))


def find_words(text: str, kinds: tuple[str, ...] = tuple(KINDS)) -> list[Finding]:
    """Every word of these kinds in the text, in the order it is read; overlapping ones count once."""
    found = [
        Finding(kind, match.group(), hint, match.start(), match.end())
        for kind, hint, pattern in _patterns()
        if kind in kinds
        for match in pattern.finditer(text)
        if match.group()
    ]
    kept: list[Finding] = []
    for one in sorted(found, key=lambda f: (f.start, -f.end)):
        if not kept or one.start >= kept[-1].end:
            kept.append(one)
    return kept


def marked(text: str) -> list[tuple[str, bool]]:
    """The text cut into parts, those that may not stand marked True; the parts join to the text."""
    parts, at = [], 0
    for one in find_words(text):
        if one.start > at:
            parts.append((text[at : one.start], False))
        parts.append((one.word, True))
        at = one.end
    if at < len(text):
        parts.append((text[at:], False))
    return parts
