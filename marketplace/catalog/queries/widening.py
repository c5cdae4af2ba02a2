"""What would be found without one of the conditions, for a search that finds nothing: exact totals, one bare engine call each."""

from dataclasses import dataclass

from marketplace.catalog.queries.search import query_of
from marketplace.catalog.rules.address import address_of, cleared, without
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
    """For each condition (all values of a facet are one) what is found without it, most first; those that help nothing are left out.

    Where no single one helps, each condition alone and the words alone: that is the other end of the same rope.
    """
    groups: dict[str, list[tuple[str, str, str]]] = {}
    for chip in chips_of(params, firm_names):
        groups.setdefault(_HEADING.get(chip[1], chip[1]), []).append(chip)
    conditions = [
        (_("、").join(label for label, _param, _value in chips), chips) for chips in list(groups.values())[:MOST]
    ]
    found = [_widening(_("去掉“%(condition)s”", condition=label), _less(params, chips)) for label, chips in conditions]
    if params.q and conditions:
        found.append(_widening(_("去掉“%(condition)s”", condition=params.q), without(params, "q")))
    if not any(one.total for one in found) and len(found) > 2:
        found = [
            _widening(_("只看“%(condition)s”", condition=label), _less(without(params, "q"), [c for _l, o in conditions if o is not chips for c in o]))
            for label, chips in conditions
        ]  # fmt: skip
        if params.q:
            found.append(_widening(_("只看“%(condition)s”", condition=params.q), cleared(params)))
    return sorted((one for one in found if one.total), key=lambda one: -one.total)


def _less(params: SearchParams, chips: list[tuple[str, str, str]]) -> SearchParams:
    for _label, param, _value in chips:
        params = without(params, param)
    return params


def _widening(label: str, rest: SearchParams) -> Widening:
    try:
        total = engine.current().find(query_of(rest, 0, 0, with_facets=False)).total
    except engine.SearchUnavailable:
        total = 0
    return Widening(label, address_of(rest), total)
