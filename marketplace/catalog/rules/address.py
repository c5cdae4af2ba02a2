"""A search as an address: the same search gives the same pairs, and reading them gives the same search."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from marketplace.catalog.rules.search import SearchParams
from marketplace.core.money import format_yuan

PATH = "/services/"
_MANY = ("category", "city", "pricing", "firm", "price", "rate")
_EMPTY: Mapping[str, Any] = {
    "price_min": ("price_min_fen", None), "price_max": ("price_max_fen", None), "rate_min": ("rate_min", None),
    "rate_max": ("rate_max", None), "rating_min": ("rating_min", ""), "licensed": ("licensed", False), "q": ("q", ""),
}  # fmt: skip


def pairs_of(params: SearchParams, *, whole: bool = True) -> list[tuple[str, str]]:
    """The parameters of a search, what stands at its default left out. Without `whole` only what decides which services are found."""
    pairs = [("q", params.q)] if params.q else []
    if params.literal:
        pairs.append(("literal", "1"))
    pairs += [(name, value) for name in _MANY for value in getattr(params, name)]
    for name, fen in (
        ("price_min", params.price_min_fen), ("price_max", params.price_max_fen), ("rate_min", params.rate_min), ("rate_max", params.rate_max),
    ):  # fmt: skip
        if fen is not None:
            pairs.append((name, format_yuan(fen).replace(",", "").removesuffix(".00")))
    if params.rating_min:
        pairs.append(("rating_min", params.rating_min))
    if params.licensed:
        pairs.append(("licensed", "1"))
    pairs += [(key, value) for key in sorted(params.attributes) for value in params.attributes[key]]
    return pairs + _looks_of(params) if whole else pairs


def _looks_of(params: SearchParams) -> list[tuple[str, str]]:
    """How the result is ordered, cut and shown."""
    pairs = [("sort", params.sort)] if params.sort != "relevance" else []
    if params.view != "cards":
        pairs.append(("view", params.view))
    pairs += [(name, value) for name in ("fold", "more", "open") for value in getattr(params, name)]
    if params.firm_q:
        pairs.append(("firm_q", params.firm_q))
    if params.per_page != 20:
        pairs.append(("per_page", str(params.per_page)))
    if params.page != 1:
        pairs.append(("page", str(params.page)))
    return pairs


def query_of(params: SearchParams, *, whole: bool = True) -> str:
    """The pairs as they stand behind the question mark; empty for all services."""
    return urlencode(pairs_of(params, whole=whole))


def address_of(params: SearchParams, **changes: Any) -> str:
    """The page of this search, some of it changed; from its first page on unless `page` is named."""
    changed = replace(params, **{"page": 1, **changes})
    query = query_of(changed)
    return f"{PATH}?{query}" if query else PATH


def without(params: SearchParams, param: str, value: str = "") -> SearchParams:
    """The search without one condition: one value of a parameter, or the whole parameter where no value is named."""
    changes: dict[str, Any] = {"page": 1}
    if param in _MANY:
        changes[param] = tuple(one for one in getattr(params, param) if value and one != value)
    elif param in _EMPTY:
        name, empty = _EMPTY[param]
        changes[name] = empty
    else:
        left = {
            key: tuple(v for v in values if key != param or (value and v != value))
            for key, values in params.attributes.items()
        }
        changes["attributes"] = {key: values for key, values in left.items() if values}
    found = replace(params, **changes)
    known = {attribute.key for attribute in found.filterable}
    return replace(found, attributes={key: values for key, values in found.attributes.items() if key in known})


def cleared(params: SearchParams) -> SearchParams:
    """The search without any condition: its words and its looks stay."""
    return SearchParams(
        q=params.q,
        literal=params.literal,
        sort=params.sort,
        per_page=params.per_page,
        view=params.view,
        fold=params.fold,
    )
