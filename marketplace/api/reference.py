"""Firms and reference data: categories with their attributes, regions."""

from dataclasses import asdict
from typing import Any

from flask import request

from marketplace.api import schemas
from marketplace.api.blueprint import bad_parameters, bp, listed
from marketplace.catalog.rules.taxonomy import Attribute, categories
from marketplace.core import clock, regions
from marketplace.core.i18n import lazy
from marketplace.core.web import public
from marketplace.organisations.models import Licence, Organisation
from marketplace.organisations.queries import get_public_firm, list_public_firms
from marketplace.organisations.rules import LICENCE_KINDS


def _firm(firm: Organisation) -> dict[str, Any]:
    return {
        "id": firm.id, "uscc": firm.uscc, "name": firm.name, "short_name": firm.short_name, "city_code": firm.city_code,
        "city_name": regions.label(firm.city_code), "in_park": firm.in_park, "is_demo": firm.is_demo, "url": f"/firms/{firm.id}",
    }  # fmt: skip


def _licence(licence: Licence) -> dict[str, Any]:
    return {
        "kind": licence.kind, "label": str(LICENCE_KINDS[licence.kind]), "number": licence.number,
        "valid_to": licence.valid_to.isoformat() if licence.valid_to else None, "evidence": licence.evidence,
    }  # fmt: skip


def _paging() -> tuple[int, int, list[tuple[str, Any]]]:
    values, errors = {"page": 1, "per_page": 20}, []
    for name, most in (("page", 100_000), ("per_page", 100)):
        text = request.args.get(name, "").strip()
        if text and text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= most:
            values[name] = int(text[:9])
        elif text:
            errors.append((name, lazy("请输入 1 至 %(most)s 的整数", most=most)))
    return values["page"], values["per_page"], errors


@bp.get("/firms")
@public
@bp.doc(summary="The park's HR firms", responses={422: "A parameter cannot be read"})
@bp.input(schemas.FirmQuery, location="query", validation=False)
@bp.output(schemas.FirmPage)
def list_firms(query_data: Any) -> Any:
    page, per_page, errors = _paging()
    city, licence = request.args.get("city", ""), request.args.get("licence", "")
    if city and regions.get(city) is None:
        errors.append(("city", lazy("没有这个选项")))
    if licence and licence not in LICENCE_KINDS:
        errors.append(("licence", lazy("没有这个选项")))
    if errors:
        return bad_parameters(errors)
    q = request.args.get("q", "").strip()[:100]
    found = list_public_firms(q=q, city=city, licence=licence, page=page, per_page=per_page)
    return listed([_firm(firm) for firm in found.items], found.total, found.page, found.per_page)


@bp.get("/firms/<int:firm_id>")
@public
@bp.doc(summary="One firm with its licences", responses={404: "No such firm"})
@bp.output(schemas.FirmDetail)
def get_firm(firm_id: int) -> Any:
    firm = get_public_firm(firm_id)
    today = clock.today()
    return {
        **_firm(firm), "intro": firm.intro, "address": firm.address,
        "licences": [_licence(one) for one in firm.licences if one.counts_on(today)],
        "last_verified_at": clock.local(firm.last_verified_at) if firm.last_verified_at else None,
    }  # fmt: skip


def _attribute(attribute: Attribute) -> dict[str, Any]:
    return {
        "key": attribute.key, "type": attribute.type, "label_zh": attribute.label_zh, "label_en": attribute.label_en,
        "required": attribute.required, "filterable": attribute.filterable, "ask_buyer": attribute.ask_buyer,
        "unit": attribute.unit, "choices": [asdict(choice) for choice in attribute.choices], "steps": list(attribute.bands),
    }  # fmt: skip


@bp.get("/categories")
@public
@bp.doc(summary="The category tree with the attributes of each category")
@bp.output(schemas.CategoryPage)
def list_categories() -> Any:
    items = [
        {
            "code": one.code, "parent": one.parent or None, "name_zh": one.name_zh, "name_en": one.name_en,
            "licences": list(one.licences), "gbt4754": one.gbt4754, "high_value": one.high_value,
            "version": one.number, "retired": one.is_retired, "pricing_models": list(one.pricing),
            "attributes": [_attribute(attribute) for attribute in one.attributes],
        }
        for one in categories().values()
    ]  # fmt: skip
    return listed(items, len(items), 1, len(items))


@bp.get("/regions")
@public
@bp.doc(summary="The 41 cities of the delta, Shanghai's districts and Qingpu's towns")
@bp.output(schemas.RegionPage)
def list_regions() -> Any:
    items = [
        {
            "code": one.code, "name_zh": one.name_zh, "name_en": one.name_en, "province": one.province,
            "is_core27": one.is_core27, "level": one.level, "parent": one.parent or None,
        }
        for one in regions.all_regions().values()
    ]  # fmt: skip
    return listed(items, len(items), 1, len(items))
