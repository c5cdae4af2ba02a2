"""What somebody means by a query: pure functions over word lists, no index is written and nothing is guessed silently.

Order: normal form → forbidden needs → conditions (prices, licences …) → known words that cover most of the text (topics and synonyms,
places, stop phrases) → what is left: pinyin, initials, words that sound or look alike. The lists are data (`wordlists.py`); the
readings behind pinyin are made at index time (`readings.py`).
"""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from marketplace.search import tokens
from marketplace.search.dictionary import Dictionary, Places, is_ordinary
from marketplace.search.hints import Hint, recognise
from marketplace.search.mending import Vocabulary, mend_chinese, mend_mixed, near_english, read_latin, spaced_pinyin
from marketplace.search.snapshot import Group, Wording
from marketplace.search.suggest import compact
from marketplace.search.wordlists import TOPIC_FACET, Notice, WordLists, clean, read_lists

__all__ = ["Dictionary", "Notice", "Places", "Understanding", "Vocabulary", "WordLists", "read_lists", "understand"]

SYNONYM_WEIGHT = 0.7
TOPIC_WEIGHT = 24.0
"""Score of a document in the category meant, beside that of its text: about a rare word of four characters."""

GUESS_WEIGHT = 6.0

ASIDE_WEIGHT = 8.0
"""Score of a document in the category of a word that only lifts; where it is of the kind that is needed, the full one counts."""

_KIND = 3
"""Characters of a category's code that its kin share: C0101 and C0105 are both recruitment."""


ROOT_GAIN = 1.2
"""What a known word of one character (招, 训, 险) is worth in cutting: it yields to every longer word, and is never cut out of one."""


class Understanding(NamedTuple):
    """A query taken apart. `terms` are the words to highlight; `corrected` is what was searched instead of the text typed.

    Of `groups` all must be found; `lifting` ones only raise the score. `topics` are the categories meant.
    """

    groups: tuple[Group, ...]
    terms: tuple[str, ...]
    regions: tuple[str, ...]
    notices: tuple[Notice, ...]
    corrected: str | None
    hints: tuple[Hint, ...] = ()
    lifting: tuple[Group, ...] = ()
    topics: tuple[str, ...] = ()
    pieces: tuple["Piece", ...] = ()

    @property
    def is_blocked(self) -> bool:
        """Whether the need is forbidden, so that nothing may be offered."""
        return any(notice.is_blocking for notice in self.notices)


class Piece(NamedTuple):
    """A part of the text: a known "word", "region", "weak" or "stop" word, "plain" text, or the "gap" between words."""

    text: str
    kind: str


NOTHING = Understanding((), (), (), (), None)


def understand(text: str, known: Dictionary, vocabulary: Vocabulary) -> Understanding:
    """Take a query apart with the known words, their readings and what the index can tell."""
    cleaned = clean(text)
    notices = known.guard.notices(compact(cleaned))
    hints, rest = recognise(cleaned)
    also: dict[str, list[str]] = {}
    pieces, mended = _read(rest, known, vocabulary, also)
    if not notices and mended != rest:
        notices = known.guard.notices(compact(mended))
    found = dict.fromkeys(code for piece in pieces if piece.kind == "region" for code in known.places[piece.text])
    groups, lifting, terms = _wordings(pieces, known, also)
    if named := _category_named(rest, pieces, vocabulary):
        groups, lifting = [named], []
    if not groups:
        groups, lifting = lifting, []
    if not groups and not found and not hints:
        groups = [(Wording((token,)),) for token in tokens.query_tokens(mended)]
        terms = tokens.query_tokens(mended)
    topics = dict.fromkeys(one.facet[1] for group in groups for one in group if one.facet)
    return Understanding(
        tuple(dict.fromkeys(groups)), tuple(dict.fromkeys(term for term in terms if term)), tuple(found), notices,
        mended.strip() if compact(mended) != compact(rest) else None, hints, tuple(dict.fromkeys(lifting)), tuple(topics), tuple(pieces),
    )  # fmt: skip


def _category_named(text: str, pieces: Sequence[Piece], vocabulary: Vocabulary) -> Group | None:
    """A text that is a category's whole name, as the index knows it: also one that an operator has just made."""
    if len(pieces) == 1 and pieces[0].kind == "word":
        return None
    typed = compact(text)
    for offer in vocabulary.suggest(typed, 5) if typed else ():
        if offer.kind == TOPIC_FACET and compact(offer.text) == typed:
            return Wording(tuple(tokens.query_tokens(text))), Wording((), TOPIC_WEIGHT, (TOPIC_FACET, offer.ref))
    return None


def read_literally(text: str, known: Dictionary, vocabulary: Vocabulary) -> Understanding:
    """A query taken at its word: every token of it, no meaning; forbidden needs stay forbidden, also those written otherwise."""
    notices = understand(text, known, vocabulary).notices
    cut = tuple(tokens.query_tokens(text))
    return NOTHING._replace(groups=tuple((Wording((token,)),) for token in cut), terms=cut, notices=notices)


def _read(text: str, known: Dictionary, vocabulary: Vocabulary, also: dict[str, list[str]]) -> tuple[list[Piece], str]:
    """The pieces of a text, mended where that leads to known words, and the text as mended."""
    pieces = cut(text, known)
    if not any(piece.kind == "plain" for piece in pieces):
        return pieces, text
    mended = spaced_pinyin(text, known)
    if mended == text:
        mended = _mend_runs(mend_mixed(text, known), known, vocabulary, also)
    return (pieces, text) if mended == text else (cut(mended, known), mended)


def _mend_runs(text: str, known: Dictionary, vocabulary: Vocabulary, also: dict[str, list[str]]) -> str:
    pieces = cut(text, known)
    sure = [piece.kind not in ("plain", "weak") and (piece.kind != "word" or len(piece.text) > 1) for piece in pieces]
    is_known = [one for piece, one in zip(pieces, sure, strict=True) for _ in piece.text]
    plain_latin = [piece.text.strip() for piece in pieces if piece.kind == "plain" and piece.text.strip().isascii()]
    parts, at = [], 0
    for run in tokens.runs(text):
        parts.append(text[at : run.start])
        at = run.start + len(run.text)
        seen = is_known[run.start : at]
        fixed = run.text
        if run.is_cjk:
            fixed = mend_chinese(run.text, seen, known, vocabulary) if not all(seen) else run.text
        elif (
            not any(seen)
            and (len(run.text) > 2 or text.isascii())
            and not vocabulary.occurs(tokens.query_tokens(run.text))
        ):
            fixed = read_latin(run.text, known, vocabulary, also)
        parts.append(fixed)
    mended = "".join(parts) + text[at:]
    if mended == text and plain_latin and text.isascii() and " " in text:
        return near_english(text, known) or text
    return mended


def _wordings(
    pieces: Sequence[Piece], known: Dictionary, also: Mapping[str, Sequence[str]]
) -> tuple[list[Group], list[Group], list[str]]:
    """The groups that must be found, those that only lift, and the words to highlight."""
    groups: list[Group] = []
    lifting: list[Group] = []
    terms: list[str] = []
    others: list[str] = []
    named = [piece.text for piece in pieces if piece.kind == "word"]
    firmest = max(map(known.lists.firmness, named), default=0)
    firm = {word for word in named if known.lists.firmness(word) == firmest}
    kinds = {code[:_KIND] for word in firm for code in known.topics(word)}
    circumstances = [word for word in named if word not in firm and not known.lists.firmness(word)]
    told = {code for word in circumstances for code in known.topics(word)}
    beside = {code for code in told if code[:_KIND] in kinds and len(code) > _KIND}
    for piece in pieces:
        if piece.kind == "word":
            meant = [piece.text, *also.get(piece.text, ())]
            if piece.text in firm:
                groups.append(tuple(dict.fromkeys(one for word in meant for one in _word_group(word, known, beside))))
            else:
                near = kinds if piece.text in circumstances else ()
                lifting.append(tuple(dict.fromkeys(one for word in meant for one in _aside(word, known, near))))
            others.extend(known.lists.synonyms.get(piece.text, ()))
        elif piece.kind == "weak":
            lifting.append((Wording(tuple(tokens.query_tokens(piece.text))),))
        elif piece.kind == "plain":
            for run in tokens.runs(piece.text):
                aim = lifting if run.is_cjk and len(run.text) == 1 and len(pieces) > 1 else groups
                aim.append(_plain_group(run.text, known, bool(named)))
        if piece.kind in ("word", "weak", "plain"):
            terms.append(piece.text.strip())
    return groups, lifting, [*terms, *others]


def _plain_group(text: str, known: Dictionary, is_beside_need: bool) -> Group:
    """An unknown text; where no known word says what is needed, also the topics whose words it resembles."""
    cut_up = tuple(tokens.query_tokens(text))
    guessed = () if is_beside_need else known.guess(cut_up)
    return (Wording(cut_up), *(Wording((), GUESS_WEIGHT, (TOPIC_FACET, code)) for code in guessed))


def _texts(word: str, known: Dictionary) -> list[Wording]:
    own = Wording(tuple(tokens.query_tokens(word)))
    synonyms = known.lists.synonyms.get(word, ())
    found = [own, *(Wording(tuple(tokens.query_tokens(other)), SYNONYM_WEIGHT) for other in synonyms)]
    return [wording for wording in found if wording.tokens]


def _word_group(word: str, known: Dictionary, beside: Collection[str]) -> Group:
    """A word that says what is needed: in the text, or by category; `beside` are kin that other words of the query name.

    工作经历核实 alone means standard screening, beside 国外 also screening abroad.
    """
    topics = known.topics(word)
    kin = [code for code in beside if code not in topics and code[:_KIND] in {one[:_KIND] for one in topics}]
    codes = [Wording((), TOPIC_WEIGHT, (TOPIC_FACET, code)) for code in topics]
    return (*_texts(word, known), *codes, *(Wording((), TOPIC_WEIGHT, (TOPIC_FACET, code)) for code in sorted(kin)))


def _aside(word: str, known: Dictionary, kinds: Collection[str]) -> Group:
    """A word that only lifts: much in a category of the kind that is needed, a little in others."""
    codes = known.topics(word)
    weights = [(code, TOPIC_WEIGHT if code[:_KIND] in kinds else ASIDE_WEIGHT) for code in codes]
    return (*_texts(word, known), *(Wording((), weight, (TOPIC_FACET, code)) for code, weight in weights))


def cut(text: str, known: Dictionary) -> list[Piece]:
    """Cut a text into known words so that they cover most of it with the fewest pieces; what lies between is plain."""
    size = len(text)
    worst = -1e9
    closed: list[tuple[float, int, str]] = [(worst, 0, "")] * (size + 1)  # a known word, or the beginning, ends here
    opened: list[tuple[float, int]] = [(worst, 0)] * (size + 1)  # plain text ends here; where it began
    closed[0] = (0.0, 0, "")
    for at in range(size):
        here, running = closed[at][0], opened[at]
        if not text[at].isalnum():
            closed[at + 1] = max(closed[at + 1], (max(here, running[0]), at, "gap"))
        else:
            step = running if running[0] >= here - 1.0 else (here - 1.0, at)
            opened[at + 1] = max(opened[at + 1], step)
        base = max(here, running[0])
        for length in known.sizes.get(text[at], ()):
            word = text[at : at + length]
            kind = known.kinds.get(word)
            if kind is None or len(word) < length or not _stands_alone(text, at, length):
                continue
            if kind == "stop" and length == 1 and tokens.is_cjk(word):
                if here <= worst / 2 or at + 1 == size == 1 or is_ordinary(text[at : at + 2]):
                    continue
                gain = here + 0.5
            elif kind == "word" and length == 1 and tokens.is_cjk(word):
                if is_ordinary(text[at - 1 : at + 1]) or is_ordinary(text[at : at + 2]):
                    continue
                gain = base + ROOT_GAIN
            else:
                gain = base + 2 * length + 0.01 * length * length - (0.5 if kind == "stop" else 0.0)
            if gain > closed[at + length][0]:
                closed[at + length] = (gain, at, kind)
    return _pieces(text, closed, opened)


def _pieces(text: str, closed: Sequence[tuple[float, int, str]], opened: Sequence[tuple[float, int]]) -> list[Piece]:
    """Walk back from the end along the best way."""
    found: list[Piece] = []
    at = len(text)
    while at:
        if closed[at][0] > opened[at][0]:
            _, start, kind = closed[at]
        else:
            start, kind = opened[at][1], "plain"
        found.append(Piece(text[start:at], kind))
        at = start
    return found[::-1]


def _stands_alone(text: str, at: int, size: int) -> bool:
    """Latin words and figures must not be cut out of longer ones."""
    before = text[at - 1] if at else " "
    after = text[at + size] if at + size < len(text) else " "
    starts_inside = _is_latin(text[at]) and _is_latin(before)
    ends_inside = _is_latin(text[at + size - 1]) and _is_latin(after)
    return not (starts_inside or ends_inside)


def _is_latin(character: str) -> bool:
    return character.isalnum() and not tokens.is_cjk(character)
