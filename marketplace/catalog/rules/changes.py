"""What differs between two versions of a category, in words: the operator's history, the preview, the reason given on publishing."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from marketplace.catalog.rules.definition import CHOICE_TYPES, OTHER, TYPES, Attribute, Category, Choice
from marketplace.catalog.rules.pricing import PricingModel
from marketplace.core.i18n import _, listed


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that changed: what it belongs to, what it is, and how it read before and reads after (empty: was or is not there)."""

    subject: str
    what: str
    before: str
    after: str


def differences(old: Category | None, new: Category) -> list[Difference]:
    """Everything that the newer version says differently, names first, then attribute by attribute."""
    found: list[Difference] = []
    before, after = _facts(old), _facts(new)
    found += [
        Difference(_("类目"), label, before.get(label, ""), text)
        for label, text in after.items()
        if before.get(label, "") != text
    ]
    was = {a.key: a for a in old.asked} if old else {}
    once = {a.key: a for a in old.retired} if old else {}
    for attribute in new.asked:
        subject = _("属性“%(label)s”", label=attribute.label)
        if attribute.key in was:
            found += _attribute_differences(subject, was[attribute.key], attribute)
        elif attribute.key in once:
            found.append(Difference(subject, _("重新启用"), _("已停用"), str(TYPES[attribute.type])))
            found += _attribute_differences(subject, once[attribute.key], attribute)
        else:
            found.append(Difference(subject, _("新增"), "", attribute_words(attribute)))
    found += [
        Difference(_("属性“%(label)s”", label=a.label), _("停用"), attribute_words(was[a.key]), _("已停用"))
        for a in new.retired if a.key in was
    ]  # fmt: skip
    return found + _order(old, new)


def _facts(of: Category | None) -> dict[str, str]:
    if of is None:
        return {}
    return {
        _("中文名称"): of.name_zh, _("英文名称"): of.name_en, _("准入许可"): licence_words(of), _("国民经济行业代码"): of.gbt4754,
        _("高附加值业态"): yes_no(of.high_value), _("推荐计价方式"): pricing_words(of.pricing), _("审核要点（中文）"): of.review_zh,
        _("审核要点（英文）"): of.review_en, _("状态"): _("已停用") if of.is_retired else _("启用"),
    }  # fmt: skip


def pricing_words(recommended: Collection[str]) -> str:
    """The recommended price models, in words."""
    return listed(str(model.label) for model in PricingModel if model in recommended) or _("无")


def licence_words(of: Category) -> str:
    """The licences that gate a category, in words."""
    return _("无需园区登记的许可") if of.licence == OTHER else of.licence_label


def yes_no(value: bool) -> str:
    """A mark in words."""
    return _("是") if value else _("否")


def attribute_facts(attribute: Attribute) -> dict[str, str]:
    """Everything an attribute says of itself but its choices, in words."""
    facts = {
        _("中文标签"): attribute.label_zh, _("英文标签"): attribute.label_en, _("必填"): required_words(attribute),
        _("可筛选"): yes_no(attribute.filterable), _("采购方也填写"): yes_no(attribute.ask_buyer),
    }  # fmt: skip
    if attribute.type not in (*CHOICE_TYPES, "bool", "regions"):
        facts[_("单位")] = attribute.unit_label
        facts[_("筛选档位")] = bands_words(attribute)
    facts[_("仅用于子类目")] = listed(attribute.only)
    return facts


def required_words(attribute: Attribute) -> str:
    """Must it be answered, and with yes?"""
    if attribute.must_be_true:
        return _("必须承诺“是”")
    return yes_no(attribute.required)


def bands_words(attribute: Attribute) -> str:
    """The steps by which a figure is filtered, such as `≥ 30、60、90`."""
    return f"{'≥' if attribute.at_least else '≤'} {'、'.join(map(str, attribute.bands))}" if attribute.bands else ""


def attribute_words(attribute: Attribute) -> str:
    """A whole attribute in one line."""
    parts = [str(TYPES[attribute.type])]
    if attribute.required:
        parts.append(_("必须承诺“是”") if attribute.must_be_true else _("必填"))
    if attribute.filterable:
        parts.append(_("可筛选"))
    if attribute.choices:
        parts.append(listed(choice.label for choice in attribute.choices))
    return "；".join(parts)


def _attribute_differences(subject: str, old: Attribute, new: Attribute) -> Iterator[Difference]:
    before = attribute_facts(old)
    for label, text in attribute_facts(new).items():
        if before.get(label, "") != text:
            yield Difference(subject, label, before.get(label, ""), text)
    was, once = _by_value(old.choices), _by_value(old.retired_choices)
    for choice in new.choices:
        earlier = was.get(choice.value) or once.get(choice.value)
        if earlier is None:
            yield Difference(subject, _("新增选项"), "", _both(choice))
        elif choice.value in once:
            yield Difference(subject, _("重新启用选项"), "", _both(choice))
        elif earlier != choice:
            yield Difference(subject, _("选项改名"), _both(earlier), _both(choice))
    for choice in new.retired_choices:
        if choice.value in was:
            yield Difference(subject, _("停用选项"), _both(was[choice.value]), "")
    kept = [value for value in was if value in _by_value(new.choices)]
    if kept != [c.value for c in new.choices if c.value in was]:
        yield Difference(subject, _("选项顺序"), _labels(old.choices), _labels(new.choices))


def _by_value(choices: tuple[Choice, ...]) -> dict[str, Choice]:
    return {choice.value: choice for choice in choices}


def _both(choice: Choice) -> str:
    return f"{choice.label_zh} / {choice.label_en}"


def _labels(things: Any) -> str:
    return listed(one.label for one in things)


def _order(old: Category | None, new: Category) -> list[Difference]:
    if old is None:
        return []
    before, after = [a.key for a in old.asked], [a.key for a in new.asked]
    if [key for key in before if key in after] == [key for key in after if key in before]:
        return []
    return [Difference(_("类目"), _("属性顺序"), _labels(old.asked), _labels(new.asked))]
