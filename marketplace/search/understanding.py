"""What somebody means by a query: pure functions over word lists, no index is written and nothing is guessed silently.

Order: normal form → forbidden needs → longest known words (synonyms, regions, stop phrases) → pinyin and initials → homophones.
The lists are data (`search_index/*.txt`); the readings behind pinyin and homophones are made at index time (`readings.py`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Protocol

from marketplace.search import tokens
from marketplace.search.readings import Readings
from marketplace.search.snapshot import Group, Wording
from marketplace.search.suggest import Offer, compact

SYNONYM_WEIGHT = 0.7
_LONGEST_TYPO = 8


class Vocabulary(Protocol):
    """What the index can tell about words."""

    def occurs(self, wording_tokens: Sequence[str]) -> bool: ...

    def suggest(self, typed: str, limit: int = 10) -> list[Offer]: ...


@dataclass(frozen=True)
class Notice:
    """Something to tell whoever searched for this; a blocking one stands in place of results. Named in both languages."""

    code: str
    is_blocking: bool
    name_zh: str
    name_en: str


@dataclass(frozen=True)
class WordLists:
    """The word lists in normal form."""

    synonyms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    stop_phrases: frozenset[str] = frozenset()
    forbidden: tuple[tuple[tuple[str, ...], Notice], ...] = ()

    @property
    def words(self) -> list[str]:
        """All words whose readings are needed."""
        return [*self.synonyms, *self.stop_phrases]


class Understanding(NamedTuple):
    """A query taken apart. `terms` are the words to highlight; `corrected` is what was searched instead of the text typed."""

    groups: tuple[Group, ...]
    terms: tuple[str, ...]
    regions: tuple[str, ...]
    notices: tuple[Notice, ...]
    corrected: str | None

    @property
    def is_blocked(self) -> bool:
        """Whether the need is forbidden, so that nothing may be offered."""
        return any(notice.is_blocking for notice in self.notices)


def _lines(path: Path) -> list[str]:
    text = path.read_text(encoding="utf-8")
    return [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]


def read_lists(folder: Path) -> WordLists:
    """Read `synonyms.txt` (a group per line), `stop_phrases.txt` and `prohibited.txt` (code | block or note | phrases | zh | en)."""
    groups: dict[str, list[str]] = {}
    for line in _lines(folder / "synonyms.txt"):
        words = [_clean(word) for word in line.split(";") if word.strip()]
        for word in words:
            groups.setdefault(word, []).extend(other for other in words if other != word)
    forbidden: list[tuple[tuple[str, ...], Notice]] = []
    for line in _lines(folder / "prohibited.txt"):
        code, effect, phrases, zh, en = (part.strip() for part in line.split("|"))
        notice = Notice(code, effect == "block", zh, en)
        forbidden.extend((tuple(compact(one) for one in phrase.split("+")), notice) for phrase in phrases.split(";"))
    return WordLists(
        {word: tuple(dict.fromkeys(others)) for word, others in groups.items()},
        frozenset(_clean(line) for line in _lines(folder / "stop_phrases.txt")),
        tuple(forbidden),
    )


def _clean(text: str) -> str:
    return " ".join(tokens.normalise(text).split())


class Dictionary:
    """Word lists and a caller's places as one table of known words, made once and reused."""

    def __init__(self, lists: WordLists, regions: Mapping[str, str]) -> None:
        """`regions` maps words of places (any script) to codes."""
        self.lists = lists
        self.places = {_clean(word): code for word, code in regions.items()}
        self.kinds = dict.fromkeys(lists.stop_phrases, "stop") | dict.fromkeys(lists.synonyms, "word")
        self.kinds |= {word: "region" for word in self.places if word not in lists.synonyms}
        self.longest = max(map(len, self.kinds), default=0)


class _Piece(NamedTuple):
    text: str
    kind: str


def understand(text: str, known: Dictionary, readings: Readings, vocabulary: Vocabulary) -> Understanding:
    """Take a query apart with the known words, their readings and what the index can tell."""
    lists, places = known.lists, known.places
    cleaned = _clean(text)
    pieces = [fixed for piece in _cut(cleaned, known) for fixed in _mend(piece, known, readings, vocabulary)]
    mended = "".join(piece.text for piece in pieces)
    notices = _notices(cleaned, lists) or _notices(mended, lists)
    groups: list[Group] = []
    terms: list[str] = []
    for piece in pieces:
        if piece.kind in ("word", "plain"):
            groups.extend(_groups(piece, lists))
            terms.append(piece.text.strip())
    found = tuple(dict.fromkeys(places[piece.text] for piece in pieces if piece.kind == "region"))
    if not groups and not found:
        groups = [(Wording((token,)),) for token in tokens.query_tokens(mended)]
    for piece in pieces:
        terms.extend(lists.synonyms.get(piece.text, ()))
    return Understanding(
        tuple(dict.fromkeys(groups)),
        tuple(dict.fromkeys(term for term in terms if term)),
        found,
        notices,
        mended.strip() if compact(mended) != compact(cleaned) else None,
    )


def _notices(text: str, lists: WordLists) -> tuple[Notice, ...]:
    squeezed = compact(text)
    return tuple(dict.fromkeys(notice for parts, notice in lists.forbidden if all(part in squeezed for part in parts)))


def _cut(text: str, known: Dictionary) -> list[_Piece]:
    """Longest known words from left to right; what lies between is plain."""
    pieces: list[_Piece] = []
    plain, at = 0, 0
    while at < len(text):
        word = _longest_at(text, at, known)
        if word is None:
            at += 1
            continue
        if plain < at:
            pieces.append(_Piece(text[plain:at], "plain"))
        pieces.append(_Piece(word, known.kinds[word]))
        at += len(word)
        plain = at
    if plain < len(text):
        pieces.append(_Piece(text[plain:], "plain"))
    return pieces


def _longest_at(text: str, at: int, known: Dictionary) -> str | None:
    for size in range(min(known.longest, len(text) - at), 0, -1):
        word = text[at : at + size]
        if word in known.kinds and _stands_alone(text, at, size, known.kinds[word]):
            return word
    return None


def _stands_alone(text: str, at: int, size: int, kind: str) -> bool:
    """Latin words must not be cut out of longer ones; a stop phrase of one character counts only where a run begins."""
    before = text[at - 1] if at else " "
    after = text[at + size] if at + size < len(text) else " "
    if kind == "stop" and size == 1 and tokens.is_cjk(text[at]):
        return not tokens.is_cjk(before)
    starts_inside = _is_latin(text[at]) and _is_latin(before)
    ends_inside = _is_latin(text[at + size - 1]) and _is_latin(after)
    return not (starts_inside or ends_inside)


def _is_latin(character: str) -> bool:
    return character.isalnum() and not tokens.is_cjk(character)


def _mend(piece: _Piece, known: Dictionary, readings: Readings, vocabulary: Vocabulary) -> list[_Piece]:
    """Read pinyin as Chinese and homophones as the known word, where the index has nothing for what was typed."""
    if piece.kind != "plain":
        return [piece]
    mended, at, changed = [], 0, False
    for run in tokens.runs(piece.text):
        mended.append(piece.text[at : run.start])
        at = run.start + len(run.text)
        fixed = run.text
        if not vocabulary.occurs(tokens.query_tokens(run.text)):
            fixed = (
                _same_sound(run.text, readings, vocabulary) if run.is_cjk else _spoken(run.text, readings, vocabulary)
            )
        changed = changed or fixed != run.text
        mended.append(fixed)
    text = "".join(mended) + piece.text[at:]
    return _cut(text, known) if changed else [piece]


def _spoken(word: str, readings: Readings, vocabulary: Vocabulary) -> str:
    """The Chinese behind pinyin or initials; the word itself when nobody would read it so."""
    if not word.isascii() or not word.isalpha():
        return word
    parts = readings.spell_out(word)
    if parts:
        return "".join(parts)
    initials = readings.initials.get(word)
    if initials:
        return initials[0]
    for offer in vocabulary.suggest(word, 1):
        if len(word) > 1:
            return tokens.normalise(offer.text)
    return word


def _same_sound(run: str, readings: Readings, vocabulary: Vocabulary) -> str:
    """Replace parts that occur nowhere by the known word of the same sound and length."""
    sounds = [readings.characters.get(character, character) for character in run]
    for size in range(min(_LONGEST_TYPO, len(run)), 1, -1):
        for at in range(len(run) - size + 1):
            part = run[at : at + size]
            same = [word for word in readings.words.get("".join(sounds[at : at + size]), ()) if len(word) == size]
            if same and part not in same and not vocabulary.occurs(tokens.query_tokens(part)):
                return run[:at] + same[0] + run[at + size :]
    return run


def _groups(piece: _Piece, lists: WordLists) -> list[Group]:
    if piece.kind == "word":
        wordings = [Wording(tuple(tokens.query_tokens(piece.text)))]
        wordings += [Wording(tuple(tokens.query_tokens(other)), SYNONYM_WEIGHT) for other in lists.synonyms[piece.text]]
        return [tuple(dict.fromkeys(wording for wording in wordings if wording.tokens))]
    return [(Wording(tuple(tokens.query_tokens(run.text))),) for run in tokens.runs(piece.text)]
