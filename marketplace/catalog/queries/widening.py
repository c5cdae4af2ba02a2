"""What would be found without one of the conditions, for a search that finds nothing: exact totals, one bare engine call each."""

from dataclasses import dataclass

from marketplace.catalog.queries.search import query_of
from marketplace.catalog.rules.address import address_of, without
from marketplace.catalog.rules.search import SearchParams, chips_of
from marketplace.core.i18n import _
from marketplace.search import engine

MOST = 8
_HEADING = {"price_min": "price", "price_max": "price", "rate_min": "rate", "rate_max": "rate"}


@dataclass(frozen=True, slots=True)
class Widening:
    """One condition that could go: in words, where that leads, and how many services are found there."""

    label: str
    address: str
    total: int


def list_widenings(params: SearchParams, firm_names: dict[str, str]) -> list[Widening]:
    """For each condition (all values of a facet are one) what is found without it, most first; those that help nothing are left out."""
    groups: dict[str, list[tuple[str, str, str]]] = {}
    for chip in chips_of(params, firm_names):
        groups.setdefault(_HEADING.get(chip[1], chip[1]), []).append(chip)
    found = []
    for chips in list(groups.values())[:MOST]:
        rest = params
        for _label, param, _value in chips:
            rest = without(rest, param)
        found.append(_widening(_("、").join(label for label, _param, _value in chips), rest))
    if params.q and params.is_filtered:
        found.append(_widening(_("关键词“%(q)s”", q=params.q), without(params, "q")))
    return sorted((one for one in found if one.total), key=lambda one: -one.total)


def _widening(label: str, rest: SearchParams) -> Widening:
    try:
        total = engine.current().find(query_of(rest, 0, 0, with_facets=False)).total
    except engine.SearchUnavailable:
        total = 0
    return Widening(label, address_of(rest), total)
