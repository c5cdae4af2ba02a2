"""What the park is made of: names for its objects, and the hostile words that stand in every text that people write."""

from dataclasses import dataclass, field
from typing import Any

from tests.access.people import group_of

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
# What `hostile.py` looks for on every page; `乙{{7*7}}` would read 乙49 where a text is taken for a template.
BITE = '"><script>alert(1)</script><img src=x onerror=alert(1)>乙{{7*7}}'
SMALL_BITE = '"><script>alert(1)</script>'
TINY_BITE = '"><b>乙{{7*7}}'
FORMULAS = ("=1+1", "+1+1", "-1+1", "@SUM(1)")


def text(most: int, start: str = "") -> str:
    """Hostile words of at most `most` characters."""
    fitting = next(b for b in (BITE, SMALL_BITE, TINY_BITE, '"><b>') if len(start + b) <= most)
    return start + fitting


Params = dict[str, Any]


@dataclass
class Thing:
    """One kind of object: the URL parameters that name it, for everybody or by owner."""

    params: Params
    own: dict[str, Params] = field(default_factory=dict)  # by group or by person
    foreign: Params = field(default_factory=dict)  # the inner part of another object: of its licence, of its file

    def of(self, person: str) -> Params:
        return self.own.get(person) or self.own.get(group_of(person)) or self.params

    @property
    def missing(self) -> Params:
        """An id that nobody has."""
        return {k: 2_000_000_000 if isinstance(v, int) else "ZZZZZZZZZZZZ" for k, v in self.params.items()}


@dataclass
class World:
    """The park by names; ids and plain values only, so that any session may use it."""

    tokens: dict[str, str] = field(default_factory=dict)  # of each person's session
    users: dict[str, int] = field(default_factory=dict)
    things: dict[str, Thing] = field(default_factory=dict)
    firm: int = 0
    client: int = 0
    other_firm: int = 0
    other_client: int = 0
    codes: dict[str, str] = field(default_factory=dict)  # credit codes and the like that forms need
