"""The word check of listings: discrimination, prohibited offers, disguised job advertisements, absolute claims.

Grounds: 人力资源市场条例 24、29, 就业促进法 26–30, 五部门通知 2026-01, 广告法 9. The words are data (`data/words.csv`); the check names the
exact words and where they stand. Three kinds refuse a submission; claims are shown to the firm and to the operator, who decides.

A text is read as people read it: full width, traditional characters, upper case and signs pushed between Chinese characters make no
difference, and what is found is marked in the text as it was typed.
"""

import csv
import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from marketplace.core.i18n import lazy, local_name
from marketplace.search.tokens import is_cjk, normalise

KINDS: dict[str, Any] = {
    "discrimination": lazy("涉嫌就业歧视"),
    "prohibited": lazy("平台禁止的内容"),
    "job_ad": lazy("疑似招聘广告或私下联系方式"),
    "claim": lazy("须核实的宣传用语"),
}
LAWS: dict[str, Any] = {
    "discrimination": lazy("《人力资源市场暂行条例》第二十四条、《就业促进法》第三章"),
    "prohibited": lazy("《人力资源市场暂行条例》第二十九条"),
    "job_ad": lazy("五部门通知（2026）与平台规则：服务市场不发布岗位、不留私下联系方式"),
    "claim": lazy("《广告法》第九条、第二十四条"),
}
HARD = ("discrimination", "prohibited", "job_ad")
"""Kinds that refuse a submission; the others are weighed by the operator."""

# Traditional characters of these words that the search's own table does not hold, each followed by its simplified form.
_PAIRS = "僅仅絕绝懷怀漢汉帶带偽伪掛挂徵征壯壮騙骗獨独攜携紋纹貸贷賭赌誘诱剋克喫吃歡欢嬰婴貼贴專专塊块"
_TO_SIMPLIFIED = {ord(_PAIRS[at]): _PAIRS[at + 1] for at in range(0, len(_PAIRS), 2)}
# Signs that say nothing between two Chinese characters; sentence marks and line ends stay, since they part clauses.
_FILLERS = frozenset(" \t\u3000*·•・.-_~|/\\+=#^&@'\"`\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad")
_INVISIBLE = frozenset("\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad")
_CLAUSE = 14
_NEGATED = re.compile(
    r"(?:不得|不(?:会|做|接|办理?|代办|提供|收取?|允许|涉及|支持|参与|从事|代理|承接|以)|绝不|从不|决不|严禁|禁止|杜绝|拒绝|反对|防范|防止|避免|抵制|"
    r"识别|查处|打击|整治|治理|举报|核查|核验|查验|鉴别|辨别|排查|揭露|纠正|规避)[^,。;:!?\n]{0,6}$|(?:不|绝无|并无|没有|反)$"
)
_NAMED_AS_WRONG = re.compile(
    r"(?:的|等)?(?:违法|违规|风险(?!低|小|可控|为零)|隐患|排查|整治|治理|歧视|行为(?:的)?(?:查处|风险|认定|识别|整治))"
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One stretch of text that may not be published, or must be weighed; `start` and `end` are places in the text as typed."""

    kind: str
    word: str
    hint_zh: str
    hint_en: str
    start: int
    end: int

    @property
    def label(self) -> Any:
        return KINDS[self.kind]

    @property
    def hint(self) -> str:
        return local_name({"name_zh": self.hint_zh, "name_en": self.hint_en})

    @property
    def law(self) -> Any:
        return LAWS[self.kind]

    @property
    def is_hard(self) -> bool:
        return self.kind in HARD


@dataclass(frozen=True, slots=True)
class _Word:
    kind: str
    pattern: re.Pattern[str]
    hint_zh: str
    hint_en: str
    negatable: bool
    unless: re.Pattern[str] | None


@cache
def _words() -> tuple[_Word, ...]:
    text = resources.files("marketplace.catalog").joinpath("data/words.csv").read_text(encoding="utf-8")
    return tuple(
        _Word(
            row["kind"], re.compile(row["pattern"]), row["hint_zh"], row["hint_en"], row["negatable"] == "yes",
            re.compile(row["unless"]) if row["unless"] else None,
        )
        for row in csv.DictReader(text.splitlines())
    )  # fmt: skip


@cache
def _plain(character: str) -> str:
    return normalise(character).translate(_TO_SIMPLIFIED)


def _aligned(text: str) -> tuple[str, list[int]]:
    """The text character by character in its plain form, with the place of each in what was typed; invisible signs are gone."""
    pieces: list[str] = []
    places: list[int] = []
    for at, character in enumerate(text):
        if character not in _INVISIBLE:
            piece = _plain(character)
            pieces.append(piece)
            places += [at] * len(piece)
    return "".join(pieces), places


def _readings(text: str) -> list[tuple[str, list[int]]]:
    """The text as it is compared, with the place of each character in what was typed: as it stands, and without fillers between
    Chinese characters where that differs."""
    plain, places = _aligned(text)
    if _FILLERS.isdisjoint(plain):
        return [(plain, places)]
    before = _nearest(plain)
    after = _nearest(plain[::-1])[::-1]
    close = [
        at
        for at, character in enumerate(plain)
        if character not in _FILLERS or not (is_cjk(before[at]) and is_cjk(after[at]))
    ]
    found = [(plain, places)]
    if len(close) < len(plain):
        found.append(("".join(plain[at] for at in close), [places[at] for at in close]))
    return found


def _nearest(text: str) -> list[str]:
    """For each place the last character before it that is no filler; a line end or nothing for the first."""
    last, found = "\n", []
    for character in text:
        found.append(last)
        if character not in _FILLERS:
            last = character
    return found


def _stands(word: _Word, text: str, match: re.Match[str]) -> bool:
    """Does the text offer or ask for this, rather than forbid or name it as wrong?"""
    before = re.split(r"[,。;!?\n]", text[max(0, match.start() - _CLAUSE) : match.start()])[-1]
    if word.unless and (word.unless.search(before) or word.unless.search(match.group())):
        return False
    if not word.negatable:
        return True
    return not (_NEGATED.search(before) or _NAMED_AS_WRONG.match(text, match.end()))


def find_words(text: str, kinds: tuple[str, ...] = tuple(KINDS)) -> list[Finding]:
    """Every word of these kinds in the text, in the order it is read; of overlapping ones the graver, then the longer counts."""
    found = []
    for reading, places in _readings(text):
        for word in _words():
            if word.kind not in kinds:
                continue
            for match in word.pattern.finditer(reading):
                if match.group().strip() and _stands(word, reading, match):
                    start, end = places[match.start()], places[match.end() - 1] + 1
                    found.append(Finding(word.kind, text[start:end], word.hint_zh, word.hint_en, start, end))
    order = list(KINDS)
    kept: list[Finding] = []
    for one in sorted(found, key=lambda f: (not f.is_hard, f.start, -f.end, order.index(f.kind))):
        if all(one.end <= other.start or one.start >= other.end for other in kept):
            kept.append(one)
    return sorted(kept, key=lambda f: f.start)


def marked(text: str, found: list[Finding] | None = None) -> list[tuple[str, str]]:
    """The text cut into parts, each with the kind of what it says (empty: nothing); the parts join to the text."""
    parts, at = [], 0
    for one in find_words(text) if found is None else found:
        if one.start > at:
            parts.append((text[at : one.start], ""))
        parts.append((text[one.start : one.end], one.kind))
        at = one.end
    if at < len(text):
        parts.append((text[at:], ""))
    return parts


def excerpt(parts: list[tuple[str, str]], around: int = 40) -> list[tuple[str, str]]:
    """The marked parts with at most so many characters of what stands before and behind each; what is left out is an ellipsis."""
    shown = []
    for place, (text, kind) in enumerate(parts):
        first, last = place == 0, place == len(parts) - 1
        if kind or len(text) <= around * (1 if first or last else 2):
            shown.append((text, kind))
        else:
            head, tail = "" if first else text[:around], "" if last else text[-around:]
            shown.append((f"{head}…{tail}", kind))
    return shown
