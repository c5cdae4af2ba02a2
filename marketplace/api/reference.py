"""Firms and reference data: categories with their attributes, regions."""

from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime
from typing import Any

from flask import request

from marketplace.api import schemas
from marketplace.api.blueprint import bad_parameters, bp, listed
from marketplace.catalog.rules.taxonomy import Attribute, categories
from marketplace.core import clock, regions, settings
from marketplace.core.i18n import lazy
from marketplace.core.web import public
from marketplace.organisations.models import FirmStandard, Licence
from marketplace.organisations.queries import get_public_firm
from marketplace.organisations.queries.directory import FirmEntry, list_directory, list_entries
from marketplace.organisations.rules import LETTERS, LICENCE_KINDS
from marketplace.organisations.rules.directory import RATINGS, SORTS, FirmFilters


def _firm(entry: FirmEntry) -> dict[str, Any]:
    firm, figure = entry.firm, entry.figure
    told = figure is not None and figure.response_count >= settings.get("orders.response_least")
    return {
        "id": firm.id, "uscc": firm.uscc, "name": firm.name, "short_name": firm.short_name, "city_code": firm.city_code,
        "city_name": regions.label(firm.city_code), "in_park": firm.in_park, "is_demo": firm.is_demo, "url": f"/firms/{firm.id}",
        "pinyin_initial": firm.pinyin_initial, "rating": figure.rating if figure else None,
        "rating_count": figure.rating_count if figure else 0, "service_count": figure.service_count if figure else 0,
        "clients_served": figure.clients_served if figure else 0,
        "response_minutes": figure.response_minutes if figure and told else None, "licence_kinds": entry.licences,
        "standard_numbers": [one.standard_no for one in entry.standards],
    }  # fmt: skip


def _licence(licence: Licence) -> dict[str, Any]:
    return {
        "kind": licence.kind, "label": str(LICENCE_KINDS[licence.kind]), "number": licence.number,
        "valid_to": licence.valid_to.isoformat() if licence.valid_to else None, "evidence": licence.evidence, "scope": licence.scope,
        "issuing_region": licence.issuing_region, "recognised_in": licence.recognised_in,
        "verified_at": _moment(licence.reviewed_at) if licence.evidence == "verified" else None,
    }  # fmt: skip


def _standard(standard: FirmStandard) -> dict[str, Any]:
    return {
        "standard_no": standard.standard_no, "title": standard.title, "level": standard.level, "issuer": standard.issuer,
        "issued_on": standard.issued_on.isoformat() if standard.issued_on else None,
        "valid_to": standard.valid_to.isoformat() if standard.valid_to else None, "verified_at": _moment(standard.reviewed_at),
    }  # fmt: skip


def _moment(moment: datetime | None) -> datetime | None:
    return clock.local(moment) if moment else None


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
    args = request.args
    known: dict[str, Collection[str]] = {
        "city": regions.all_regions(), "licence": LICENCE_KINDS, "category": categories(), "sort": SORTS,
        "letter": {*LETTERS, *LETTERS.lower()}, "rating_min": {*RATINGS, "4", "3"},
    }  # fmt: skip
    errors += [
        (name, lazy("没有这个选项")) for name, choices in known.items() if args.get(name) and args[name] not in choices
    ]
    if errors:
        return bad_parameters(errors)
    found = list_directory(FirmFilters.read(args, LICENCE_KINDS), page, per_page)
    return listed([_firm(entry) for entry in found.items], found.total, found.page, found.per_page)


@bp.get("/firms/<int:firm_id>")
@public
@bp.doc(summary="One firm with its licences and standards", responses={404: "No such firm"})
@bp.output(schemas.FirmDetail)
def get_firm(firm_id: int) -> Any:
    firm = get_public_firm(firm_id)
    today, [entry] = clock.today(), list_entries([firm])
    return {
        **_firm(entry), "intro": firm.intro, "address": firm.address,
        "licences": [_licence(one) for one in firm.licences if one.counts_on(today)],
        "standards": [_standard(one) for one in entry.standards], "last_verified_at": _moment(firm.last_verified_at),
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
