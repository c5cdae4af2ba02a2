"""Text to tokens: one normalisation and one cutting rule for documents and queries alike.

Chinese runs become overlapping pairs of characters, which need no dictionary and find every substring of two characters or more
(measured: full recall, where word segmenters lose up to a sixth of short inputs). Latin and digit runs are words. The last
character of a Chinese run is a token by itself, so that a query of one character finds every place by prefix.
"""

import re
import unicodedata
from importlib import resources
from typing import NamedTuple

_DATA = resources.files("marketplace.search").joinpath("data")


def read_table(name: str) -> list[str]:
    """The lines of a table of this package; lines that begin with # are remarks."""
    lines = _DATA.joinpath(name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


_PAIRS = "".join(read_table("traditional.txt"))
_TO_SIMPLIFIED = {ord(_PAIRS[at]): _PAIRS[at + 1] for at in range(0, len(_PAIRS), 2)}

_CJK = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_RUN = re.compile(rf"[{_CJK}]+|[^\W_{_CJK}]+")
_IS_CJK = re.compile(rf"[{_CJK}]")

MAX_WORD = 64
"""Longest Latin word kept, in characters: longer runs are keys or noise and would only swell the vocabulary."""


class Run(NamedTuple):
    """A maximal piece of one script in a normalised text."""

    text: str
    start: int
    is_cjk: bool


def normalise(text: str) -> str:
    """Bring a text to the one form that is indexed and compared: NFKC (full width → half width), lower case, simplified."""
    folded = unicodedata.normalize("NFKC", text)
    if not folded.isascii():
        folded = unicodedata.normalize("NFKC", folded.lower())
    return folded.lower().translate(_TO_SIMPLIFIED)


def normalise_aligned(text: str) -> tuple[str, list[int]]:
    """Normalise character by character; the list says for each character of the result which original one it came from."""
    pieces: list[str] = []
    origin: list[int] = []
    for at, character in enumerate(text):
        piece = normalise(character)
        pieces.append(piece)
        origin.extend([at] * len(piece))
    return "".join(pieces), origin


def runs(normalised: str) -> list[Run]:
    """Cut a normalised text into Chinese runs and words; punctuation separates and is dropped."""
    return [
        Run(match.group(), match.start(), bool(_IS_CJK.match(match.group()))) for match in _RUN.finditer(normalised)
    ]


def is_cjk(character: str) -> bool:
    """Whether one character is Chinese by the rule used for cutting."""
    return bool(_IS_CJK.match(character))


def document_tokens(text: str) -> list[str]:
    """Tokens of a document's text, with repeats, in order of appearance."""
    found: list[str] = []
    for run in runs(normalise(text)):
        if run.is_cjk:
            found.extend(run.text[at : at + 2] for at in range(len(run.text)))
        else:
            found.append(run.text[:MAX_WORD])
    return found


def query_tokens(text: str) -> list[str]:
    """Tokens of a query, without repeats: all must occur in a document that contains the query literally.

    A Chinese run of one character stays one character: see `is_prefix`.
    """
    found: list[str] = []
    for run in runs(normalise(text)):
        if run.is_cjk and len(run.text) > 1:
            found.extend(run.text[at : at + 2] for at in range(len(run.text) - 1))
        else:
            found.append(run.text[:MAX_WORD])
    return list(dict.fromkeys(found))


def is_prefix(token: str) -> bool:
    """Whether a query token stands for every token that begins with it (one Chinese character)."""
    return len(token) == 1 and is_cjk(token)
