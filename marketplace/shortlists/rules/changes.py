"""What changed in a service since somebody saw it, in words: price, scope, answers, texts."""

from dataclasses import dataclass

from marketplace.catalog.rules.draft import ListingDraft
from marketplace.catalog.rules.facts import fact_rows
from marketplace.catalog.rules.pricing import PricingModel, price_text, unit_text
from marketplace.catalog.rules.taxonomy import category
from marketplace.core import regions
from marketplace.core.i18n import _, listed


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that differs; both sides are empty for a long text, whose wording the service's page shows."""

    label: str
    before: str = ""
    after: str = ""

    @property
    def text(self) -> str:
        """The change in one line, for a file."""
        if not self.before and not self.after:
            return _("%(what)s有修改", what=self.label)
        return _("%(what)s：%(before)s → %(after)s", what=self.label, before=self.before, after=self.after)


def price_line(model: str, low: int | None, high: int | None, unit: str = "") -> str:
    """A price with its unit in one line: `¥20–¥50 元/人/月`. 分, or hundredths of a percent for a rate model."""
    known = PricingModel(model)
    return f"{price_text(known, low, high)} {unit_text(known, low, high, unit)}".rstrip()


def changes_between(before: ListingDraft, after: ListingDraft) -> list[Change]:
    """Everything that a buyer would want to know, the price first; an empty list where the contents say the same."""
    found = [
        Change(label, was or _("未填写"), now or _("未填写"))
        for label, was, now in _short(before, after)
        if was != now
    ]  # fmt: skip
    if before.description != after.description:
        found.append(Change(_("服务详情")))
    return found


def _short(before: ListingDraft, after: ListingDraft) -> list[tuple[str, str, str]]:
    rows = [
        (_("价格"), _price(before), _price(after)),
        (_("计价方式"), str(PricingModel(before.pricing_model).label), str(PricingModel(after.pricing_model).label)),
        (_("计费说明"), before.billing_note, after.billing_note),
        (_("标题"), before.title, after.title),
        (_("摘要"), before.summary, after.summary),
        (_("服务城市"), _cities(before), _cities(after)),
    ]  # fmt: skip
    was, now = (dict(fact_rows(category(one.category_code), one.attributes)) for one in (before, after))
    return rows + [(label, was.get(label, ""), now.get(label, "")) for label in dict.fromkeys([*was, *now])]


def _price(one: ListingDraft) -> str:
    return price_line(one.pricing_model, one.price_min_fen, one.price_max_fen, one.unit)


def _cities(one: ListingDraft) -> str:
    return listed(regions.label(code) for code in sorted(one.city_codes))
