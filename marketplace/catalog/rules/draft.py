"""What a firm says about a service, and what is wrong with it: one check for the form, the services and the import."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from dataclasses import field as with_default
from typing import Any

from marketplace.catalog.rules.pricing import TAX_NOTES, PricingModel
from marketplace.catalog.rules.taxonomy import Attribute, Category, find_category
from marketplace.catalog.rules.words import HARD, Finding, excerpt, find_words, marked
from marketplace.core import regions
from marketplace.core.i18n import lazy

TEXT_LABELS = {
    "title": lazy("标题"), "summary": lazy("摘要"), "description": lazy("详情"), "billing_note": lazy("计费说明"),
}  # fmt: skip
MAX_FEN = 10**13
MAX_INT = 10_000_000
MAX_RATE = 100_00


@dataclass(frozen=True, slots=True)
class ListingDraft:
    """The content of a listing. Prices in 分, or hundredths of a percent where the price model is a rate."""

    category_code: str
    title: str
    summary: str = ""
    description: str = ""
    pricing_model: str = ""
    price_min_fen: int | None = None
    price_max_fen: int | None = None
    billing_note: str = ""
    unit: str = ""
    city_codes: tuple[str, ...] = ()
    attributes: Mapping[str, Any] = with_default(default_factory=dict)
    tax_note: str = ""

    def as_json(self) -> dict[str, Any]:
        """The content as it is kept in a version or a requested change."""
        return {**asdict(self), "city_codes": list(self.city_codes), "attributes": dict(self.attributes)}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "ListingDraft":
        """The content out of a version or a requested change."""
        return cls(**{**kept, "city_codes": tuple(kept["city_codes"])})


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that must be put right, with the form field it belongs to."""

    field: str
    code: str
    message: Any
    params: Mapping[str, Any] = with_default(default_factory=dict)

    @property
    def text(self) -> str:
        template = str(self.message)
        return template % self.params if self.params else template


def copied_title(title: str, taken: set[str]) -> str:
    """The title of a copy: the original's with 副本, numbered where that is taken, within 80 characters."""
    stem = title.split("（副本")[0]
    for number in range(1, len(taken) + 2):
        mark = "（副本）" if number == 1 else f"（副本 {number}）"
        if (found := stem[: 80 - len(mark)] + mark) not in taken:
            return found
    raise AssertionError("one more number than titles is always free")


def field_of(attribute: Attribute) -> str:
    """The name of the form field of an attribute."""
    return "city_codes" if attribute.type == "regions" else f"a_{attribute.key}"


def find_problems(draft: ListingDraft) -> list[Problem]:
    """Everything that is wrong with the content; an empty list means that it may be saved."""
    category = find_category(draft.category_code)
    if category is None or not category.is_child:
        return [Problem("category_code", "listing.category", lazy("请选择具体的服务类目（二级）"))]
    found = []
    for name, value, most in (
        ("title", draft.title, 80),
        ("summary", draft.summary, 200),
        ("description", draft.description, 5000),
    ):
        if not value.strip():
            found.append(Problem(name, "listing.required", lazy("请填写此项")))
        elif len(value) > most:
            found.append(Problem(name, "listing.too_long", lazy("最多 %(n)s 字"), {"n": most}))
    if len(draft.unit) > 20:
        found.append(Problem("unit", "listing.too_long", lazy("最多 %(n)s 字"), {"n": 20}))
    unknown = [code for code in draft.city_codes if code not in {city.code for city in regions.cities()}]
    if not draft.city_codes or unknown:
        found.append(Problem("city_codes", "listing.cities", lazy("请至少选择一个服务城市（长三角 41 城）")))
    return [*found, *_price_problems(draft), *_attribute_problems(category, draft.attributes)]


def _price_problems(draft: ListingDraft) -> list[Problem]:
    if draft.pricing_model not in set(PricingModel):
        return [Problem("pricing_model", "listing.pricing", lazy("请选择计价方式"))]
    model = PricingModel(draft.pricing_model)
    low, high, most = draft.price_min_fen, draft.price_max_fen, MAX_RATE if model.is_rate else MAX_FEN
    found = []
    if len(draft.billing_note) > 300:
        found.append(Problem("billing_note", "listing.too_long", lazy("最多 %(n)s 字"), {"n": 300}))
    if draft.tax_note and draft.tax_note not in TAX_NOTES:
        found.append(Problem("tax_note", "listing.tax_note", lazy("请选择税费说明")))
    for name, value in (("price_min", low), ("price_max", high)):
        if value is not None and not 0 <= value <= most:
            found.append(Problem(name, "listing.price", lazy("价格超出允许范围，费率不能超过百分之百")))
    if low is not None and high is not None and low > high:
        found.append(Problem("price_max", "listing.price_range", lazy("最高价不能低于最低价")))
    if low is None and high is None and (model is not PricingModel.QUOTE or not draft.billing_note.strip()):
        text = (
            lazy("面议服务须公示价格区间或计费依据（《人力资源市场暂行条例》第三十二条）")
            if model is PricingModel.QUOTE
            else lazy("请填写价格：收费标准须公示（《人力资源市场暂行条例》第三十二条）")
        )
        found.append(Problem("price_min", "listing.price_missing", text))
    return found


def _attribute_problems(category: Category, given: Mapping[str, Any]) -> list[Problem]:
    found = []
    for attribute in category.own_attributes:
        value = given.get(attribute.key)
        name = field_of(attribute)
        if value is None or value == "" or value == []:
            if attribute.required:
                found.append(
                    Problem(name, "listing.attribute_missing", lazy("请填写“%(label)s”"), {"label": attribute.label})
                )
        elif not _fits(attribute, value):
            found.append(
                Problem(name, "listing.attribute", lazy("“%(label)s”的内容不正确"), {"label": attribute.label})
            )
        elif attribute.must_be_true and value is not True:
            text = lazy("须承诺“%(label)s”方可发布（《个人信息保护法》第二十三条）")
            found.append(Problem(name, "listing.attribute_true", text, {"label": attribute.label}))
    known = {a.key for a in category.own_attributes}
    unknown = sorted(set(given) - known)
    if unknown:
        found.append(
            Problem(
                "attributes",
                "listing.attribute_unknown",
                lazy("该类目没有属性：%(keys)s"),
                {"keys": ", ".join(unknown)},
            )
        )
    return found


def _fits(attribute: Attribute, value: Any) -> bool:
    """Is the value of the attribute's type and within its choices and bounds?"""
    if attribute.type == "enum":
        return isinstance(value, str) and attribute.offers(value)
    if attribute.type == "multi":
        return isinstance(value, list) and all(isinstance(v, str) and attribute.offers(v) for v in value)
    if attribute.type == "bool":
        return isinstance(value, bool)
    if attribute.type == "text":
        return isinstance(value, str) and len(value) <= 500
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        return False
    if attribute.key == "cutoff_day":
        return 1 <= value <= 31
    if attribute.key == "contract_years":
        return 2 <= value <= 50  # 劳动合同法 58: a dispatch contract runs for two years at least
    return value <= {"pct": MAX_RATE, "money": MAX_FEN}.get(attribute.type, MAX_INT)


def _texts(draft: ListingDraft) -> dict[str, str]:
    texts = {
        "title": draft.title, "summary": draft.summary, "description": draft.description, "billing_note": draft.billing_note,
    }  # fmt: skip
    return texts | {f"a_{key}": value for key, value in draft.attributes.items() if isinstance(value, str)}


def word_problems(draft: ListingDraft, kinds: tuple[str, ...] = HARD) -> list[Problem]:
    """The words that may not be published, one problem for each field that has some (条例 24、29)."""
    found = []
    for name, text in _texts(draft).items():
        words = find_words(text, kinds)
        if words:
            shown = "、".join(f"“{one.word}”（{one.hint}）" for one in words)
            found.append(Problem(name, "listing.words", lazy("含有不能发布的内容：%(words)s"), {"words": shown}))
    return found


@dataclass(frozen=True, slots=True)
class MarkedText:
    """A text in which something was found: the form field, its label, what was found, and the places in parts with their kinds."""

    field: str
    label: str
    found: list[Finding]
    parts: list[tuple[str, str]]

    @property
    def is_hard(self) -> bool:
        return any(one.is_hard for one in self.found)


def marked_texts(draft: ListingDraft) -> list[MarkedText]:
    """Each text with words that may not be published or must be weighed, those words marked, in the order of the form."""
    category = find_category(draft.category_code)
    marks = []
    for name, text in _texts(draft).items():
        if found := find_words(text):
            attribute = category.attribute(name.removeprefix("a_")) if category and name.startswith("a_") else None
            label = attribute.label if attribute else str(TEXT_LABELS.get(name, name))
            marks.append(MarkedText(name, label, found, excerpt(marked(text, found))))
    return marks
