"""Services side by side: the common facts, then the attributes of each category in its definition's order.

Nothing is judged: a row says whether its values differ, and which price is lowest or highest where prices are of one kind.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from marketplace.catalog.rules.facts import fact
from marketplace.catalog.rules.taxonomy import Attribute, category, find_category
from marketplace.core.i18n import _


@dataclass(frozen=True, slots=True)
class Compared:
    """One service as a column. `gone` says why there is nothing to compare; `common` are its facts by key, in words."""

    id: int
    title: str
    gone: str = ""
    category_code: str = ""
    firm_id: int = 0
    common: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[str, Any] = field(default_factory=dict)
    pricing_model: str = ""
    unit: str = ""
    price_fen: int | None = None
    """The lower end of the price, by which prices of one kind are set in order."""

    @property
    def is_here(self) -> bool:
        return not self.gone


@dataclass(frozen=True, slots=True)
class Cell:
    text: str
    is_empty: bool = False
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table; `key` is stable: `common.price`, `C03.cutoff_day`."""

    key: str
    label: str
    cells: tuple[Cell, ...]
    differs: bool


@dataclass(frozen=True, slots=True)
class Block:
    title: str
    lines: tuple[Line, ...]


COMMON: tuple[str, ...] = (
    "firm", "licence", "category", "cities", "pricing", "price", "billing", "rating", "orders", "response", "updated",
)  # fmt: skip


def common_labels() -> dict[str, str]:
    """The facts that every service has, in the order of the table."""
    return {
        "firm": _("服务机构"), "licence": _("资质核验"), "category": _("服务类目"), "cities": _("服务城市"), "pricing": _("计价方式"),
        "price": _("价格"), "billing": _("计费说明"), "rating": _("评分"), "orders": _("成交"), "response": _("响应时间"),
        "updated": _("最近更新"),
    }  # fmt: skip


def compare(columns: Sequence[Compared]) -> list[Block]:
    """The whole table. The rows and each service's values are the same whatever the order of the services."""
    here = [one for one in columns if one.is_here]
    marks = price_marks(here)
    lines = []
    for key, label in common_labels().items():
        cells = [_common_cell(one, key, marks) for one in columns]
        lines.append(_line(f"common.{key}", label, columns, cells))
    return [Block(_("基本信息"), tuple(lines)), *_attribute_blocks(columns, here)]


def _common_cell(one: Compared, key: str, marks: Mapping[int, str]) -> Cell:
    if not one.is_here:
        return Cell("—", True)
    text = one.common.get(key, "")
    return Cell(text, mark=marks.get(one.id, "") if key == "price" else "") if text else Cell(_("未填写"), True)


def _line(key: str, label: str, columns: Sequence[Compared], cells: Sequence[Cell]) -> Line:
    said = {"" if cell.is_empty else cell.text for one, cell in zip(columns, cells, strict=True) if one.is_here}
    return Line(key, label, tuple(cells), len(said) > 1)


def price_marks(columns: Iterable[Compared]) -> dict[int, str]:
    """`最低价` and `最高价` by service, told only where at least two prices are of one price model and unit and differ."""
    alike: dict[tuple[str, str], dict[int, int]] = {}
    for one in columns:
        if one.price_fen is not None:
            alike.setdefault((one.pricing_model, one.unit), {})[one.id] = one.price_fen
    found: dict[int, str] = {}
    for prices in alike.values():
        low, high = min(prices.values()), max(prices.values())
        if low != high:
            found |= {one: _("最低价") for one, price in prices.items() if price == low}
            found |= {one: _("最高价") for one, price in prices.items() if price == high}
    return found


def definition_of(codes: Iterable[str]) -> list[Attribute]:
    """The attributes of these child categories of one top in the order of the definition, each key once."""
    keys: list[str] = []
    known: dict[str, Attribute] = {}
    for code in sorted(set(codes)):
        place = 0
        for attribute in category(code).own_attributes:
            if attribute.key not in known:
                known[attribute.key] = attribute
                keys.insert(place, attribute.key)
            place = keys.index(attribute.key) + 1
    return [known[key] for key in keys]


def _attribute_blocks(columns: Sequence[Compared], here: Sequence[Compared]) -> list[Block]:
    tops = sorted({category(one.category_code).top for one in here})
    blocks = []
    for top in tops:
        asked = definition_of(one.category_code for one in here if category(one.category_code).top == top)
        lines = tuple(
            _line(f"{top}.{a.key}", a.label, columns, [_answer(one, top, a.key) for one in columns]) for a in asked
        )
        if lines:
            blocks.append(
                Block(_("%(category)s要点", category=category(top).label) if len(tops) > 1 else _("服务要点"), lines)
            )
    return blocks


def _answer(one: Compared, top: str, key: str) -> Cell:
    if not one.is_here:
        return Cell("—", True)
    own = find_category(one.category_code)
    attribute = own.attribute(key) if own and own.top == top else None
    if attribute is None:
        return Cell(_("不适用"), True)
    value = one.attributes.get(key)
    return Cell(_("未填写"), True) if value in (None, "", []) else Cell(fact(attribute, value))


def only_different(blocks: Iterable[Block]) -> list[Block]:
    """The table without the rows in which all services say the same."""
    kept = [Block(block.title, tuple(line for line in block.lines if line.differs)) for block in blocks]
    return [block for block in kept if block.lines]
