"""The word lists as data: files in `search_index/` are the seed, what the operator changes in the browser lies over them.

synonyms.txt: words with one meaning · topics.txt: which value of a facet answers which words · stop_phrases.txt: words that say nothing ·
weak.txt: words that only lift · forms.txt: words for a form of service, which give way to a need · qualifiers.txt: words for jobs, trades and
circumstances, which give way to both · prohibited.txt: needs that get a notice instead of results.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import NamedTuple

from marketplace.search import tokens
from marketplace.search.suggest import compact

TOPIC_FACET = "category"
"""The facet whose values topics.txt names."""

_PREVENTION = re.compile(
    "防范|预防|防止|避免|排查|自查|培训|审计|体检|举报|投诉|仲裁|起诉|维权|识别|合规咨询|(?<![无零没低])(?<!没有)(?<!规避)风险|后果|违法吗|违不违法"
    "|合法吗|合不合法|是否合法|是否违法|犯法吗|算不算违法|有效吗|有没有效|处罚|会不会被|法律责任|怎么整改|如何整改|员工(?:要求|不愿|不肯|拒绝|坚持)"
)
_MOST_PHRASES = 500
_BEFORE_SHAM = "(?<![产病年休婚丧事请探育放公例寒暑])"


@dataclass(frozen=True)
class Notice:
    """Something to tell whoever searched for this; a blocking one stands in place of results. Named in both languages."""

    code: str
    is_blocking: bool
    name_zh: str
    name_en: str


class Forbidden(NamedTuple):
    """One phrase of a notice: all `parts` must occur in the squeezed text, none of `without`."""

    parts: tuple[str, ...]
    without: tuple[str, ...]
    notice: Notice


def forbidden_of(phrase: str, notice: Notice) -> list[Forbidden]:
    """A phrase as it is written in a list: parts joined by "+", one of several by "/", those that must not occur marked by "^"."""
    parts = [part.strip() for part in phrase.split("+") if part.strip()]
    wanted = [[compact(one) for one in part.split("/")] for part in parts if not part.startswith("^")]
    without = tuple(
        filter(None, (compact(one) for part in parts if part.startswith("^") for one in part[1:].split("/")))
    )
    several = [tuple(filter(None, chosen)) for chosen in product(*wanted)][:_MOST_PHRASES]
    return [Forbidden(chosen, without, notice) for chosen in several if chosen]


@dataclass(frozen=True)
class WordLists:
    """The word lists in normal form."""

    synonyms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    stop_phrases: frozenset[str] = frozenset()
    forbidden: tuple[Forbidden, ...] = ()
    topics: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    weak: frozenset[str] = frozenset()
    qualifiers: frozenset[str] = frozenset()
    forms: frozenset[str] = frozenset()

    def firmness(self, word: str) -> int:
        """How surely a word says what is needed: 2 a need, 1 a form of service, 0 whom or which trade it is about."""
        return 0 if word in self.qualifiers else 1 if word in self.forms else 2

    @property
    def words(self) -> list[str]:
        """All words whose readings are needed, the more important ones first."""
        phrases = (one.parts[0] for one in self.forbidden if len(one.parts) == 1)
        return list(dict.fromkeys([*self.topics, *self.synonyms, *self.weak_words, *self.stop_words, *phrases]))

    @property
    def weak_words(self) -> list[str]:
        return sorted(self.weak)

    @property
    def stop_words(self) -> list[str]:
        return sorted(self.stop_phrases)


def clean(text: str) -> str:
    """Normal form with single spaces: how words are kept and queries are read."""
    return " ".join(tokens.normalise(text).split())


def split_words(line: str) -> list[str]:
    """The words of a line, separated by ";" (also full width), in normal form and without repeats."""
    return list(dict.fromkeys(word for word in (clean(one) for one in re.split("[;；]", line)) if word))


def group_synonyms(groups: Iterable[Iterable[str]]) -> dict[str, tuple[str, ...]]:
    """Each word with the other words of its groups."""
    found: dict[str, list[str]] = {}
    for group in groups:
        words = list(group)
        for word in words:
            found.setdefault(word, []).extend(other for other in words if other != word)
    return {word: tuple(dict.fromkeys(others)) for word, others in found.items()}


def _lines(path: Path) -> list[str]:
    if not path.exists():
        return []
    text = path.read_text(encoding="utf-8")
    return [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]


@dataclass(frozen=True)
class Seed:
    """What the files say, group by group, as the operator's changes refer to it."""

    synonyms: tuple[tuple[str, ...], ...]
    stop_phrases: tuple[str, ...]
    forbidden: tuple[tuple[Notice, tuple[str, ...]], ...]
    topics: Mapping[str, tuple[str, ...]]
    weak: frozenset[str]
    qualifiers: frozenset[str]
    forms: frozenset[str]


def read_seed(folder: Path) -> Seed:
    """Read the files of a folder; one that is missing is empty."""
    topics: dict[str, list[str]] = {}
    for line in _lines(folder / "topics.txt"):
        code, words = (part.strip() for part in line.split("|"))
        for word in split_words(words):
            topics.setdefault(word, []).append(code)
    forbidden = []
    for line in _lines(folder / "prohibited.txt"):
        code, effect, phrases, zh, en = (part.strip() for part in line.split("|"))
        forbidden.append((Notice(code, effect == "block", zh, en), tuple(one for one in phrases.split(";") if one)))
    return Seed(
        tuple(tuple(split_words(line)) for line in _lines(folder / "synonyms.txt")),
        tuple(dict.fromkeys(clean(line) for line in _lines(folder / "stop_phrases.txt"))),
        tuple(forbidden),
        {word: tuple(dict.fromkeys(codes)) for word, codes in topics.items()},
        *(
            frozenset(word for line in _lines(folder / name) for word in split_words(line))
            for name in ("weak.txt", "qualifiers.txt", "forms.txt")
        ),
    )


def lists_of(seed: Seed) -> WordLists:
    """The lists that a seed makes."""
    phrases = (one for notice, several in seed.forbidden for phrase in several for one in forbidden_of(phrase, notice))
    return WordLists(
        group_synonyms(seed.synonyms),
        frozenset(seed.stop_phrases),
        tuple(phrases),
        seed.topics,
        seed.weak,
        seed.qualifiers,
        seed.forms,
    )


def read_lists(folder: Path) -> WordLists:
    """The lists of a folder of files."""
    return lists_of(read_seed(folder))


class Guard:
    """Finds forbidden needs in a squeezed text: one pass of one pattern where there is none."""

    def __init__(self, phrases: Iterable[Forbidden]) -> None:
        self._by_first: dict[str, list[Forbidden]] = {}
        for one in phrases:
            self._by_first.setdefault(one.parts[0], []).append(one)
        firsts = sorted(map(re.escape, self._by_first), key=len)
        self._first = re.compile("|".join(firsts)) if firsts else None

    def notices(self, squeezed: str) -> tuple[Notice, ...]:
        """The notices for a text, each once; blocking ones only warn where somebody asks how to prevent the thing."""
        if self._first is None or not self._first.search(squeezed):
            return ()
        found: dict[Notice, None] = {}
        for first, phrases in self._by_first.items():
            if first in squeezed:
                found |= dict.fromkeys(one.notice for one in phrases if _is_met(one, squeezed))
        if _PREVENTION.search(squeezed):
            return tuple(Notice(one.code, False, one.name_zh, one.name_en) for one in found)
        return tuple(found)


def _is_met(one: Forbidden, squeezed: str) -> bool:
    if not all(part in squeezed for part in one.parts) or any(part in squeezed for part in one.without):
        return False
    return all(part[0] != "假" or re.search(_BEFORE_SHAM + part, squeezed) for part in one.parts)
