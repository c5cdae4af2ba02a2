"""The facts of an organisation as plain JSON: which there are, which are locked once verified, how two states of them differ. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from marketplace.core import regions
from marketplace.core.i18n import LazyString, lazy
from marketplace.core.money import format_yuan
from marketplace.organisations.rules import LICENCE_KINDS

FACTS: dict[str, LazyString] = {
    "name": lazy("单位全称"),
    "uscc": lazy("统一社会信用代码"),
    "short_name": lazy("简称"),
    "city_code": lazy("所在城市"),
    "address": lazy("住所"),
    "legal_representative": lazy("法定代表人"),
    "established_on": lazy("成立日期"),
    "registered_capital_fen": lazy("注册资本"),
    "registrar": lazy("登记机关"),
    "business_scope": lazy("经营范围"),
    "industry": lazy("行业"),
    "size": lazy("规模"),
    "contact_name": lazy("联系人"),
    "contact_mobile": lazy("联系电话"),
    "website": lazy("官方网站"),
    "service_hotline": lazy("服务热线"),
    "service_highlights": lazy("服务亮点"),
    "intro": lazy("单位简介"),
}
# What a verified organisation changes only by a reviewed request (市场主体登记管理条例; 电子商务法 27).
LOCKED = (
    "name", "uscc", "city_code", "address", "legal_representative", "established_on", "registered_capital_fen", "registrar",
    "business_scope",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """One fact beside its earlier value, both as words; `kind` is same, changed, added or removed."""

    label: str
    before: str
    after: str
    kind: str

    @property
    def is_changed(self) -> bool:
        return self.kind != "same"


def plain_value(field: str, value: Any) -> Any:
    """A fact as JSON keeps it: days as ISO text, absent texts as ""."""
    if isinstance(value, date):
        return value.isoformat()
    if value is None and field not in ("established_on", "registered_capital_fen"):
        return ""
    return value.strip() if isinstance(value, str) else value


def typed_value(field: str, value: Any) -> Any:
    """What the column takes for a fact that JSON kept."""
    return date.fromisoformat(value) if field == "established_on" and value else value


def facts_of(organisation: Any) -> dict[str, Any]:
    """Every fact of an organisation as JSON; the contact's number masked, since nobody needs it from a record that is kept for good."""
    facts = {field: plain_value(field, getattr(organisation, field)) for field in FACTS}
    return facts | {"contact_mobile": masked(organisation.contact_mobile)}


def locked_facts(organisation: Any) -> dict[str, Any]:
    return {field: plain_value(field, getattr(organisation, field)) for field in LOCKED}


def masked(number: str) -> str:
    """`199****1234`; other numbers keep their last two signs."""
    if len(number) == 11 and number.isdigit():
        return f"{number[:3]}****{number[-4:]}"
    return "*" * max(len(number) - 2, 3) + number[-2:] if number else ""


def licence_facts(licence: Any) -> dict[str, Any]:
    return {
        "id": licence.id, "kind": licence.kind, "number": licence.number, "issuing_region": licence.issuing_region,
        "valid_to": licence.valid_to.isoformat() if licence.valid_to else None, "is_long_term": licence.is_long_term,
        "state": licence.state,
    }  # fmt: skip


def in_words(field: str, value: Any) -> str:
    """A fact as a page shows it."""
    if value is None or value == "":
        return ""
    if field == "city_code":
        return regions.label(value)
    return f"¥{format_yuan(value)}" if field == "registered_capital_fen" else str(value)


def licence_in_words(licence: Mapping[str, Any], sha256: str | None) -> str:
    """A licence in one line; the scan by the first signs of its hash, so that another scan shows as a difference."""
    end = licence["valid_to"] or (str(lazy("长期")) if licence["is_long_term"] else str(lazy("未注明有效期")))
    parts = [licence["number"], licence["issuing_region"], end]
    if sha256:
        parts.append(f"{lazy('扫描件')} {sha256[:8]}")
    return " · ".join(part for part in parts if part)


def compare_facts(before: Mapping[str, Any] | None, after: Mapping[str, Any], fields: Sequence[str] = ()) -> list[Row]:
    """Each fact beside what it was; without an earlier state every fact counts as the same. A fact that the earlier state did not know
    yet is added where it says something now."""
    rows = []
    for field in fields or FACTS:
        new = in_words(field, after.get(field))
        old = in_words(field, before.get(field)) if before is not None else new
        rows.append(Row(str(FACTS[field]), old, new, _kind(old, new)))
    return rows


def compare_licences(
    before: tuple[Sequence[Mapping[str, Any]], Mapping[str, str]] | None,
    after: tuple[Sequence[Mapping[str, Any]], Mapping[str, str]],
) -> list[Row]:
    """Licences beside those of an earlier state, matched by id; each state is the licences and the hashes of their scans."""
    new = {str(one["id"]): one for one in after[0]}
    old = {str(one["id"]): one for one in before[0]} if before is not None else new
    hashes = before[1] if before is not None else after[1]
    rows = []
    for key in sorted({*new, *old}, key=int):
        left = licence_in_words(old[key], hashes.get(key)) if key in old else ""
        right = licence_in_words(new[key], after[1].get(key)) if key in new else ""
        kind = (new.get(key) or old[key])["kind"]
        rows.append(Row(str(LICENCE_KINDS.get(kind, kind)), left, right, _kind(left, right)))
    return rows


def _kind(old: str, new: str) -> str:
    if old == new:
        return "same"
    return "changed" if old and new else ("added" if new else "removed")
