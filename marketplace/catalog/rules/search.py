"""The search parameters of `/services/`: read from the address, checked, and said in a sentence. One address is the whole state."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from marketplace.catalog.rules.pricing import PRICE_BANDS, RATE_BANDS, PricingModel, band_label, rate_label
from marketplace.catalog.rules.taxonomy import Attribute, find_category
from marketplace.core import regions
from marketplace.core.i18n import _, lazy
from marketplace.core.money import format_yuan, parse_yuan

SORTS = ("relevance", "price_asc", "price_desc", "rating", "sales", "newest")
SORT_LABELS: dict[str, Any] = {
    "relevance": lazy("综合"), "price_asc": lazy("价格从低到高"), "price_desc": lazy("价格从高到低"), "rating": lazy("评分"),
    "sales": lazy("成交量"), "newest": lazy("最新上架"),
}  # fmt: skip
FACET_LABELS: dict[str, Any] = {
    "category": lazy("服务类目"), "city": lazy("服务城市"), "price": lazy("价格"), "rate": lazy("费率"), "pricing": lazy("计价方式"),
    "rating_min": lazy("评分"), "licensed": lazy("资质"), "firm": lazy("服务机构"),
}  # fmt: skip
RATINGS = ("4.5", "4", "3")
VIEWS = ("cards", "list")
MAX_PAGE = 100_000
TRUE, FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "")
_SINGLE = ("q", "price_min", "price_max", "licensed", "rating_min", "sort", "page", "per_page", "literal")


@dataclass(frozen=True, slots=True)
class SearchParams:
    """What is searched for. Prices in 分, rates in hundredths of a percent, both ends included; several values of one parameter mean
    any of them and stand in one order, so that the same search is always the same value. What only concerns how the page looks
    (`view`, the facets folded or shown in full, the categories opened, the firm looked for) is part of it: one address is the whole state.
    """

    q: str = ""
    category: tuple[str, ...] = ()
    city: tuple[str, ...] = ()
    pricing: tuple[str, ...] = ()
    firm: tuple[str, ...] = ()
    price: tuple[str, ...] = ()
    price_min_fen: int | None = None
    price_max_fen: int | None = None
    rate: tuple[str, ...] = ()
    rate_min: int | None = None
    rate_max: int | None = None
    rating_min: str = ""
    licensed: bool = False
    sort: str = "relevance"
    page: int = 1
    per_page: int = 20
    attributes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    literal: bool = False
    view: str = "cards"
    fold: tuple[str, ...] = ()
    more: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    firm_q: str = ""

    @property
    def top(self) -> str:
        """The one top category that all chosen categories lie in, whose attributes may be filtered; empty otherwise."""
        tops = {code[:3] for code in self.category}
        return tops.pop() if len(tops) == 1 else ""

    @property
    def filterable(self) -> tuple[Attribute, ...]:
        """The attributes that may be filtered now."""
        chosen = find_category(self.category[0] if len(self.category) == 1 else self.top)
        return chosen.filters if chosen else ()

    @property
    def is_filtered(self) -> bool:
        return bool(
            self.category or self.city or self.pricing or self.firm or self.price or self.rating_min or self.licensed
            or self.attributes or self.price_min_fen is not None or self.price_max_fen is not None or self.rate
            or self.rate_min is not None or self.rate_max is not None
        )  # fmt: skip


@dataclass(slots=True)
class _Reading:
    """The pairs of an address on their way to SearchParams."""

    given: dict[str, list[str]]
    errors: list[tuple[str, Any]]

    def one(self, name: str) -> str:
        return self.given.get(name, [""])[-1].strip()

    def refuse(self, name: str, message: Any) -> None:
        self.errors.append((name, message))

    def known(self, name: str, allowed: Iterable[str], values: list[str] | None = None) -> tuple[str, ...]:
        known, kept = set(allowed), []
        for value in values if values is not None else self.given.get(name, []):
            if value in known:
                kept.append(value)
            elif value:
                self.refuse(name, lazy("没有这个选项"))
        return tuple(sorted(set(kept)))

    def names(self, name: str) -> tuple[str, ...]:
        """Words that name parts of the page; whatever else stands there is nobody's mistake worth a word."""
        return tuple(
            sorted({v for v in self.given.get(name, []) if v.isascii() and v.isidentifier() and len(v) <= 40})
        )[:40]

    def two(self, name: str, message: Any) -> tuple[int | None, int | None]:
        """The two ends of a range; both are left out where the higher lies below the lower."""
        low, high = self.yuan(f"{name}_min", message), self.yuan(f"{name}_max", message)
        if low is not None and high is not None and low > high:
            self.refuse(
                f"{name}_max", lazy("最高价不能低于最低价") if name == "price" else lazy("最高费率不能低于最低费率")
            )
            return None, None
        return low, high

    def yuan(self, name: str, message: Any) -> int | None:
        text = self.one(name)
        if not text:
            return None
        try:
            return parse_yuan(text.rstrip("%％") if name.startswith("rate") else text)
        except ValueError:
            self.refuse(name, message)
            return None

    def whole(self, name: str, default: int, most: int) -> int:
        text = self.one(name)
        if not text:
            return default
        if text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= most:
            return int(text[:9])
        self.refuse(name, lazy("请输入 1 至 %(most)s 的整数", most=most))
        return default


def read_search(pairs: Iterable[tuple[str, str]]) -> tuple[SearchParams, list[tuple[str, Any]]]:
    """The search an address asks for, and what in it is wrong (parameter, message); wrong values are left out."""
    given: dict[str, list[str]] = {}
    for name, value in pairs:
        given.setdefault(name, []).append(value)
    read = _Reading(given, [])
    licensed, rating, sort = read.one("licensed").lower(), read.one("rating_min"), read.one("sort")
    low, high = read.two("price", lazy("请输入金额（元），最多两位小数"))
    least, most = read.two("rate", lazy("请输入百分比，最多两位小数"))
    if licensed not in TRUE + FALSE:
        read.refuse("licensed", lazy("请填 1 或 0"))
    if sort and sort not in SORTS:
        read.refuse("sort", lazy("没有这个选项"))
    if rating and not _is_rating(rating):
        read.refuse("rating_min", lazy("请填写 1 至 5 的评分"))
        rating = ""
    base = SearchParams(
        q=read.one("q")[:100].strip(),
        category=read.known("category", _codes(given)),
        city=read.known("city", [city.code for city in regions.cities()]),
        pricing=read.known("pricing", list(PricingModel)),
        firm=tuple(sorted({str(int(v)) for v in given.get("firm", []) if v.isascii() and v.isdigit() and len(v) < 18}, key=int)),
        price=read.known("price", [code for code, _low, _high in PRICE_BANDS]),
        price_min_fen=low, price_max_fen=high, rate=read.known("rate", [code for code, _low, _high in RATE_BANDS]),
        rate_min=least, rate_max=most, rating_min=rating, licensed=licensed in TRUE,
        sort=sort if sort in SORTS else "relevance",
        page=read.whole("page", 1, MAX_PAGE), per_page=read.whole("per_page", 20, 100),
        literal=read.one("literal").lower() in TRUE,
        view="list" if read.one("view") == "list" else "cards", fold=read.names("fold"), more=read.names("more"),
        open=read.names("open"), firm_q=read.one("firm_q")[:30].strip(),
    )  # fmt: skip
    if any(v and not (v.isascii() and v.isdigit()) for v in given.get("firm", [])):
        read.refuse("firm", lazy("请填写机构编号"))
    for attribute in base.filterable:
        values = read.known(attribute.key, values_of(attribute))
        if values:
            base.attributes[attribute.key] = values
    return base, read.errors


def _codes(given: dict[str, list[str]]) -> list[str]:
    return [code for code in given.get("category", []) if find_category(code)]


def _is_rating(text: str) -> bool:
    try:
        return 1 <= float(text) <= 5
    except ValueError:
        return False


def values_of(attribute: Attribute) -> list[str]:
    """The values by which an attribute is filtered: its choices, its steps, or yes."""
    if attribute.choices:
        return [choice.value for choice in attribute.choices]
    return [str(step) for step in attribute.bands] if attribute.bands else ["1"]


def value_label(attribute: Attribute, value: str) -> str:
    """The value in words: a choice's label, `90 天以上`, `3 天以内`, or `是`."""
    if attribute.choices:
        found = attribute.choice(value)
        return found.label if found else value
    if attribute.bands:
        figure = f"{int(value):,} {attribute.unit_label}".strip()
        return _("%(n)s 及以上", n=figure) if attribute.at_least else _("%(n)s 及以内", n=figure)
    return _("是")


def chips_of(params: SearchParams, firm_names: dict[str, str]) -> list[tuple[str, str, str]]:
    """Each condition as (label, parameter, value), in the order of the page; the query itself is not one."""
    found = [(_category_label(code), "category", code) for code in params.category]
    found += [(regions.label(code), "city", code) for code in params.city]
    found += [(band_label(code), "price", code) for code in params.price]
    if params.price_min_fen is not None:
        found.append((_("最低 %(n)s 元", n=_figure(params.price_min_fen)), "price_min", ""))
    if params.price_max_fen is not None:
        found.append((_("最高 %(n)s 元", n=_figure(params.price_max_fen)), "price_max", ""))
    found += [(rate_label(code), "rate", code) for code in params.rate]
    if params.rate_min is not None:
        found.append((_("最低 %(n)s%%", n=_figure(params.rate_min)), "rate_min", ""))
    if params.rate_max is not None:
        found.append((_("最高 %(n)s%%", n=_figure(params.rate_max)), "rate_max", ""))
    found += [(str(PricingModel(code).label), "pricing", code) for code in params.pricing]
    if params.rating_min:
        found.append((_("%(n)s 分及以上", n=params.rating_min), "rating_min", ""))
    if params.licensed:
        found.append((_("资质已核验"), "licensed", ""))
    found += [(firm_names.get(code, code), "firm", code) for code in params.firm]
    for attribute in params.filterable:
        found += [
            (f"{attribute.label}：{value_label(attribute, value)}", attribute.key, value)
            for value in params.attributes.get(attribute.key, ())
        ]
    return found


def _figure(hundredths: int) -> str:
    return format_yuan(hundredths).removesuffix(".00")


def _category_label(code: str) -> str:
    found = find_category(code)
    return found.label if found else code


def sentence_of(params: SearchParams, chips: list[tuple[str, str, str]]) -> str:
    """The whole search as one readable sentence: the words, every condition by its facet, the order."""
    groups: dict[str, list[str]] = {}
    for label, param, _value in chips:
        heading = {"price_min": "price", "price_max": "price", "rate_min": "rate", "rate_max": "rate"}.get(param, param)
        groups.setdefault(heading, []).append(label)
    parts = [
        _("%(facet)s为%(values)s", facet=FACET_LABELS[heading], values=_together(heading, labels, params))
        if heading in FACET_LABELS
        else _together(heading, labels, params)
        for heading, labels in groups.items()
    ]
    parts.append(_("按“%(sort)s”排序", sort=SORT_LABELS[params.sort]))
    if params.q:
        what = _("正在查看“%(q)s”", q=params.q)
    else:
        what = _("正在查看符合条件的服务") if groups else _("正在查看全部服务")
    return what + _("：") + _("；").join(parts) + _("。")


def _together(heading: str, labels: list[str], params: SearchParams) -> str:
    """Values of one facet mean any of them, the two ends of a range both; with bands and a range, both must hold."""
    ends = {
        "price": (params.price_min_fen, params.price_max_fen), "rate": (params.rate_min, params.rate_max),
    }.get(heading, ())  # fmt: skip
    ranges = sum(one is not None for one in ends)
    bands, bounds = labels[: len(labels) - ranges], labels[len(labels) - ranges :]
    return _("、").join([*([_(" 或 ").join(bands)] if bands else []), *bounds])
