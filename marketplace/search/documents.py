"""What is indexed: the document as its owner hands it over, and the marker for one that is gone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import NamedTuple


class Suggestion(NamedTuple):
    """A text offered while somebody types: what it is (a word of the owner's choosing) and what it points at."""

    text: str
    kind: str
    ref: str = ""


@dataclass(frozen=True)
class Document:
    """One thing that can be found.

    `title` weighs three times `text` and `extra`. `keywords` maps a facet to its values, several allowed; a tree is expressed by
    giving the codes of all ancestors as well. `numbers` are for ranges, bands and sorting; one that is left out sorts last
    and lies in no range. Names of facets and numbers are lower-case words of a-z, 0-9 and underscore.
    """

    id: int
    title: str
    text: str = ""
    extra: str = ""
    keywords: Mapping[str, Sequence[str]] = field(default_factory=dict)
    numbers: Mapping[str, int | float] = field(default_factory=dict)
    suggestions: Sequence[Suggestion] = ()

    @property
    def digest(self) -> int:
        """A number by which the content is compared with what an index holds; 63 bits of a cryptographic sum."""
        keywords = sorted((name, list(dict.fromkeys(values))) for name, values in self.keywords.items() if values)
        numbers = sorted((name, float(number)) for name, number in self.numbers.items())
        told = repr((self.title, self.text, self.extra, keywords, numbers, [tuple(one) for one in self.suggestions]))
        return int.from_bytes(blake2b(told.encode(), digest_size=8).digest(), "big") >> 1


@dataclass(frozen=True)
class Removed:
    """The thing under this id must not be found any more."""

    id: int
