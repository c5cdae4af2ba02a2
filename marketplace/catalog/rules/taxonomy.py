"""The category tree everybody reads (14 top, 72 children at first): the one definition behind form, page, facets, comparison, import and API.

It is a value in one module-level reference: `catalog.queries.taxonomy.refresh` puts a new one there when an operator has published a
version, so readers ask here each time and keep nothing. A listing sits in exactly one child. A `regions` attribute is the listing's own
list of service cities and is kept there, so the form, the page and the search have one place for it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from marketplace.catalog.rules.definition import LICENCE_LABELS, Attribute, Category, Choice, missing_licences
from marketplace.catalog.rules.seed import seed


@dataclass(frozen=True, eq=False)
class Taxonomy:
    """All categories by code, each in its present version. Two of them are never equal, so caches may be keyed by it."""

    categories: Mapping[str, Category]

    @cached_property
    def tops(self) -> tuple[Category, ...]:
        return tuple(c for c in self.categories.values() if not c.parent)

    @cached_property
    def children(self) -> tuple[Category, ...]:
        return tuple(c for c in self.categories.values() if c.parent)

    @cached_property
    def by_parent(self) -> dict[str, tuple[Category, ...]]:
        return {top.code: tuple(c for c in self.children if c.parent == top.code) for top in self.tops}


_SEED = Taxonomy(seed())
_current = _SEED


def with_versions(newest: Mapping[str, Category]) -> Taxonomy:
    """The tree of the files with these later versions in their places; new categories stand behind their siblings."""
    if not newest:
        return _SEED
    everything = {**_SEED.categories, **newest}
    return Taxonomy({code: everything[code] for code in sorted(everything)})


def use(taxonomy: Taxonomy) -> None:
    """Let everybody read this tree from now on."""
    global _current
    _current = taxonomy


def current() -> Taxonomy:
    """The tree that is read now."""
    return _current


def categories() -> Mapping[str, Category]:
    """All categories by code, in the order of the tree, retired ones too."""
    return _current.categories


def category(code: str) -> Category:
    """The category of a code; KeyError for an unknown one (use `find_category` for what people type)."""
    return _current.categories[code]


def find_category(code: str | None) -> Category | None:
    return _current.categories.get(code or "")


def top_categories() -> tuple[Category, ...]:
    return _current.tops


def child_categories() -> tuple[Category, ...]:
    """The categories a listing can sit in (72 at first), retired ones too."""
    return _current.children


def children(code: str) -> tuple[Category, ...]:
    return _current.by_parent.get(code, ())


__all__ = [
    "LICENCE_LABELS", "Attribute", "Category", "Choice", "Taxonomy", "categories", "category", "child_categories", "children", "current",
    "find_category", "missing_licences", "top_categories", "use", "with_versions",
]  # fmt: skip
