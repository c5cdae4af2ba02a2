"""The service file: its columns, and attributes as people write them (choices by value or label, 元, percent, 是/否)."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from marketplace.catalog.rules.draft import ListingDraft
from marketplace.catalog.rules.pricing import TAX_NOTES, PricingModel
from marketplace.catalog.rules.taxonomy import Attribute, find_category
from marketplace.core import regions
from marketplace.core.i18n import lazy
from marketplace.core.tabular import Column

SERVICE_COLUMNS = [
    Column("firm_uscc", "机构统一社会信用代码", "known_uscc"),
    Column("category_code", "类目代码"),
    Column("title", "标题", max_length=80),
    Column("summary", "摘要", required=False, max_length=200),
    Column("description", "详情", required=False, max_length=5000),
    Column("pricing_model", "计价方式"),
    Column("price_min_yuan", "最低价", "yuan", required=False, minimum=0),
    Column("price_max_yuan", "最高价", "yuan", required=False, minimum=0),
    Column("unit", "单位", required=False, max_length=20),
    Column("city_codes", "服务城市（;分隔）", "list", required=False),
    Column("attributes", "属性（JSON）", "json", required=False),
    Column("billing_note", "计费说明", required=False, max_length=300),
    Column("tax_note", "税费", required=False, max_length=20),
]
"""`billing_note` and `tax_note` may be missing. The prices of a rate model are percentages (20 means 20 %)."""

COLUMN_OF = {"price_min": "最低价", "price_max": "最高价"} | {c.key: c.label_zh for c in SERVICE_COLUMNS}


class Unreadable(ValueError):
    """A value in the file that its attribute does not take; says which column and why."""

    def __init__(self, column: str, message: Any, **params: Any) -> None:
        super().__init__(column)
        self.column, self.message, self.params = column, message, params

    @property
    def text(self) -> str:
        return str(self.message) % self.params if self.params else str(self.message)


def row_of(uscc: str, draft: ListingDraft) -> dict[str, Any]:
    """A listing as a row of the file."""
    found = find_category(draft.category_code)
    return {
        "firm_uscc": uscc, "category_code": draft.category_code, "title": draft.title, "summary": draft.summary or None,
        "description": draft.description or None, "pricing_model": draft.pricing_model, "price_min_yuan": draft.price_min_fen,
        "price_max_yuan": draft.price_max_fen, "unit": draft.unit or None, "city_codes": list(draft.city_codes) or None,
        "attributes": {a.key: _written(a, draft.attributes[a.key]) for a in (found.readable_attributes if found else ())
                       if draft.attributes.get(a.key) is not None},
        "billing_note": draft.billing_note or None, "tax_note": draft.tax_note or None,
    }  # fmt: skip


def draft_from(row: Mapping[str, Any]) -> ListingDraft:
    """The listing a row describes. Raises Unreadable for a category, price model or attribute that cannot be read.

    Retired attributes and choices are read too, since a file that was exported must come in again; `unfit` finds them.
    """
    found = find_category((row["category_code"] or "").strip().upper())
    if found is None or not found.is_child:
        raise Unreadable("category_code", lazy("没有这个二级类目，应为类目页列出的代码，例如 C0101"))
    given = {} if row["attributes"] is None else row["attributes"]
    if not isinstance(given, dict):
        raise Unreadable("attributes", lazy('应为 JSON 对象，例如 {"days": 2}'))
    codes = list(row["city_codes"] or [])
    attributes: dict[str, Any] = {}
    for key, value in given.items():
        attribute = found.readable_attribute(key)
        if attribute is None:
            raise Unreadable("attributes", lazy("该类目没有属性“%(key)s”"), key=key)
        if attribute.type == "regions":
            codes += value if isinstance(value, list) else [value]
        elif value is not None and value != "" and value != []:
            attributes[key] = _read(attribute, value)
    return ListingDraft(
        found.code, row["title"], row["summary"] or "", row["description"] or "", _model(row["pricing_model"]),
        row["price_min_yuan"], row["price_max_yuan"], row.get("billing_note") or "", row["unit"] or "",
        tuple(sorted({_city(code) for code in codes})), attributes, _tax_note(row.get("tax_note") or ""),
    )  # fmt: skip


def _model(text: str) -> str:
    for model in PricingModel:
        if text.strip() in (model.value, model.label.text):
            return model.value
    raise Unreadable("pricing_model", lazy("没有这种计价方式，应为：%(all)s"), all="、".join(PricingModel))


def _tax_note(text: str) -> str:
    for key, label in TAX_NOTES.items():
        if text.strip() in (key, label.text):
            return key
    if text.strip():
        raise Unreadable("tax_note", lazy("税费应为 included（价格含税）、excluded（价格不含税，税费另计）或留空"))
    return ""


def _city(text: Any) -> str:
    code = str(text).strip()
    found = code if regions.get(code) else regions.find_city(code)
    city = regions.city_of(found)
    if not found or regions.get(city) not in regions.cities():
        raise Unreadable("city_codes", lazy("“%(code)s”不是长三角 41 城的代码或名称"), code=code)
    return city


def _written(attribute: Attribute, value: Any) -> Any:
    if attribute.type in ("money", "pct"):
        figure = Decimal(value) / 100
        return int(figure) if figure == figure.to_integral() else float(figure)
    return value


def _read(attribute: Attribute, value: Any) -> Any:
    refused = Unreadable("attributes", lazy("属性“%(key)s”的值“%(value)s”不正确"), key=attribute.key, value=value)
    if attribute.type == "enum":
        return _choice(attribute, value, refused)
    if attribute.type == "multi":
        items = value if isinstance(value, list) else str(value).replace("；", ";").split(";")
        return list(dict.fromkeys(_choice(attribute, one, refused) for one in items))
    if attribute.type == "bool":
        if value in (True, "是", "有", "yes", "true", 1, "1"):
            return True
        if value in (False, "否", "无", "no", "false", 0, "0"):
            return False
        raise refused
    if attribute.type == "text":
        return str(value)
    return _figure(attribute, value, refused)


def _choice(attribute: Attribute, value: Any, refused: Unreadable) -> str:
    text = str(value).strip()
    for choice in (*attribute.choices, *attribute.retired_choices):
        if text in (choice.value, choice.label_zh, choice.label_en):
            return choice.value
    raise refused


def _figure(attribute: Attribute, value: Any, refused: Unreadable) -> int:
    try:
        figure = Decimal(str(value).strip().removesuffix("%"))
    except InvalidOperation as error:
        raise refused from error
    if not figure.is_finite():
        raise refused
    if attribute.type in ("money", "pct"):
        figure *= 100
    if isinstance(value, bool) or figure < 0 or figure != figure.to_integral() or figure > 10**15:
        raise refused
    return int(figure)
