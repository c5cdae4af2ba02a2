"""A document's page as plain text, and what changed between two texts."""

import difflib
import re
from collections.abc import Iterator
from html.parser import HTMLParser

_BLOCKS = {"p", "h1", "h2", "h3", "h4", "ul", "ol", "table", "tr", "section", "div", "dl", "dt", "dd"}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "li":
            self.parts.append("\n- ")
        elif tag in _BLOCKS or tag == "br":
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self.parts.append(" | ")
        elif tag in _BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        self.parts.append(re.sub(r"\s+", " ", data))


def plain_text(html: str) -> str:
    """The words of a page, one paragraph, list item or table row to a line."""
    reader = _Reader()
    reader.feed(html)
    lines = (re.sub(r"(\s*\|\s*)+$", "", line.strip()) for line in "".join(reader.parts).split("\n"))
    return "\n".join(line for line in lines if line.strip()) + "\n"


def _sentences(text: str) -> list[str]:
    """The text in pieces that end with a full stop, a semicolon or the line, which stays with its last piece."""
    return re.findall(r"[^。；;\n]*(?:[。；;]+\n?|\n)|[^。；;\n]+\Z", text)


def compare_texts(old: str, new: str) -> Iterator[tuple[str, str]]:
    """What became of a text, sentence by sentence: pairs of `same`, `gone` or `new` and the words."""
    before, after = _sentences(old), _sentences(new)
    for op, i1, i2, j1, j2 in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if op == "equal":
            yield "same", "".join(before[i1:i2])
            continue
        if i2 > i1:
            yield "gone", "".join(before[i1:i2])
        if j2 > j1:
            yield "new", "".join(after[j1:j2])
