"""Conditions and places that a query was understood to hold: what they filter, and how the page names them."""

from marketplace.catalog.rules.pricing import PricingModel
from marketplace.catalog.rules.search import RATINGS
from marketplace.core import regions
from marketplace.core.i18n import _, listed
from marketplace.core.money import format_yuan
from marketplace.search.engine import Restriction
from marketplace.search.hints import Hint


def narrow(hint: Hint) -> Restriction | None:
    """What a condition written into the query filters: prices, ratings, licences and ways of pricing; None for what is only shown."""
    if hint.kind == "price":
        return "price", (hint.low, hint.high)
    if hint.kind == "rating":
        steps = [step for step in RATINGS if float(step) <= (hint.low or 0)]
        return ("rating", frozenset(steps[:1])) if steps else None
    if hint.kind == "licensed":
        return "licensed", frozenset(("1",))
    return ("pricing", frozenset(hint.values)) if hint.kind == "pricing" else None


def understood_labels(places: tuple[str, ...], hints: tuple[Hint, ...]) -> list[str]:
    """Places and conditions found in a query as the page names them."""
    return [*([places_label(places)] if places else []), *(hint_label(hint) for hint in hints)]


def places_label(codes: tuple[str, ...]) -> str:
    """Cities in words; all of them are the delta, of many the first ones stand for the rest."""
    if len(codes) == len(regions.cities()):
        return _("长三角")
    names = listed(regions.label(code) for code in codes[:4])
    return _("%(names)s 等 %(n)s 城", names=names, n=len(codes)) if len(codes) > 4 else names


def hint_label(hint: Hint) -> str:
    """A condition found in a query in words."""
    if hint.kind == "price":
        low, high = (
            None if fen is None else format_yuan(int(fen)).removesuffix(".00") for fen in (hint.low, hint.high)
        )
        if low is None:
            return _("价格不高于 %(n)s 元", n=high)
        if high is None:
            return _("价格不低于 %(n)s 元", n=low)
        return _("价格 %(low)s–%(high)s 元", low=low, high=high)
    if hint.kind == "rating":
        return _("%(n)s 分及以上", n=next(step for step in RATINGS if float(step) <= (hint.low or 5)))
    if hint.kind == "licensed":
        return _("资质已核验")
    return " / ".join(str(PricingModel(model).label) for model in hint.values)
