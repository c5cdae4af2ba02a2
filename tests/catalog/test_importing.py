"""Services in and out by file."""

import json
from typing import Any

import pytest
from sqlalchemy import func, select

from marketplace.catalog import services
from marketplace.catalog.models import Listing
from marketplace.catalog.queries import get_visible_listing, visible_ids
from marketplace.catalog.rules.files import SERVICE_COLUMNS
from marketplace.core.actor import ANONYMOUS, CLI
from marketplace.core.db import db, transaction
from marketplace.core.errors import AccessDenied, NotFound
from marketplace.core.tabular import BadTable, read_table, table_bytes
from marketplace.organisations.services import import_firms
from tests.factories.catalog import make_listing
from tests.factories.organisations import make_firm, make_uscc

pytestmark = pytest.mark.usefixtures("app")


def row(uscc: str, **values: Any) -> dict[str, Any]:
    ordinary = {
        "firm_uscc": uscc, "category_code": "C0301", "title": "社保代缴", "summary": "按月代缴", "description": "专人对接",
        "pricing_model": "per_head_month", "price_min_yuan": 20_00, "price_max_yuan": 50_00, "unit": "元/人/月",
        "city_codes": ["310000", "320500"], "attributes": {"own_or_partner": "自有网点", "cutoff_day": 20, "system_access": True},
    }  # fmt: skip
    return {**ordinary, **values}


def bring_in(rows: list[dict[str, Any]], fmt: str = "csv") -> Any:
    content = table_bytes(fmt, SERVICE_COLUMNS, rows)
    with transaction():
        return services.import_services(actor=CLI, rows=read_table(content, f"services.{fmt}", SERVICE_COLUMNS))


def imported_firm(**values: str) -> str:
    uscc = make_uscc()
    from marketplace.organisations.rules import FIRM_COLUMNS

    given = {"uscc": uscc, "name": f"导入机构{uscc}", "city_code": "310000", "hr_filing_no": "备案1", **values}
    header = ",".join(c.key for c in FIRM_COLUMNS)
    content = f"{header}\n" + ",".join(given.get(c.key, "") for c in FIRM_COLUMNS)
    with transaction():
        import_firms(actor=CLI, rows=read_table(content.encode(), "firms.csv", FIRM_COLUMNS))
    return uscc


class TestImport:
    @pytest.mark.parametrize("fmt", ["csv", "xlsx"])
    def test_a_file_makes_published_listings_and_again_changes_nothing(self, fmt: str) -> None:
        firm = make_firm()
        first = bring_in([row(firm.uscc), row(firm.uscc, title="公积金代缴")], fmt)
        assert (first.created, first.updated, first.hidden) == (2, 0, 0)
        listing = get_visible_listing(visible_ids(firm_id=firm.id)[0])
        assert (listing.state, listing.source) == ("published", "operator_import")
        assert listing.attributes == {"own_or_partner": "own", "cutoff_day": 20, "system_access": True}
        again = bring_in([row(firm.uscc), row(firm.uscc, title="公积金代缴")], fmt)
        assert (again.created, again.updated, again.unchanged) == (0, 0, 2)

    def test_importing_again_updates_by_firm_category_and_title(self) -> None:
        firm = make_firm()
        bring_in([row(firm.uscc)])
        result = bring_in([row(firm.uscc, price_min_yuan=30_00, city_codes=["330100"])])
        assert (result.created, result.updated) == (0, 1)
        listing = get_visible_listing(visible_ids(firm_id=firm.id)[0])
        assert (listing.price_min_fen, listing.city_codes) == (30_00, ["330100"])

    def test_what_is_exported_is_imported_without_loss(self) -> None:
        make_listing(category_code="C0201", pricing_model="pct_annual_salary", price_min_fen=20_00, price_max_fen=33_33)
        make_listing(
            category_code="C1101",
            pricing_model="quote",
            price_min_fen=None,
            price_max_fen=None,
            billing_note="按项目报价",
        )
        for fmt in ("csv", "xlsx"):
            before = list(services.export_services())
            result = bring_in(before, fmt)
            assert (result.created, result.updated, result.unchanged) == (0, 0, 2)
            assert list(services.export_services()) == before

    @pytest.mark.parametrize(
        ("values", "column"),
        [
            ({"category_code": "C03"}, "类目代码"), ({"category_code": "C9999"}, "类目代码"), ({"pricing_model": "随意"}, "计价方式"),
            ({"city_codes": ["110000"]}, "服务城市（;分隔）"), ({"attributes": {"colour": 1}}, "属性（JSON）"),
            ({"attributes": {"cutoff_day": 40}}, "属性（JSON）"), ({"attributes": {"own_or_partner": "租用"}}, "属性（JSON）"),
            ({"price_min_yuan": 90_00}, "最高价"), ({"price_min_yuan": None, "price_max_yuan": None}, "最低价"),
            ({"firm_uscc": make_uscc(999_999)}, "机构统一社会信用代码"), ({"title": "仅限男性的服务"}, "标题"), ({"attributes": []}, "属性（JSON）"),
        ],
    )  # fmt: skip
    def test_one_bad_row_refuses_the_whole_file_with_row_and_column(self, values: dict[str, Any], column: str) -> None:
        firm = make_firm()
        with pytest.raises(BadTable) as refused:
            bring_in([row(firm.uscc), row(firm.uscc, **{"title": "第二项", **values})])
        assert (refused.value.errors[0].row, refused.value.errors[0].column) == (3, column)
        assert db.session.scalar(select(func.count()).select_from(Listing)) == 0

    def test_the_same_key_twice_is_refused_naming_both_rows(self) -> None:
        firm = make_firm()
        with pytest.raises(BadTable, match="第 2 行"):
            bring_in([row(firm.uscc), row(firm.uscc)])

    def test_prices_as_labels_and_cities_by_name_are_understood(self) -> None:
        firm = make_firm()
        bring_in(
            [
                row(
                    firm.uscc,
                    pricing_model="按人按月",
                    city_codes=["苏州", "上海市"],
                    attributes={"cities_covered": ["330100"]},
                )
            ]
        )
        listing = get_visible_listing(visible_ids(firm_id=firm.id)[0])
        assert (listing.pricing_model, listing.city_codes) == ("per_head_month", ["310000", "320500", "330100"])

    def test_strangers_may_not_import(self) -> None:
        with transaction(), pytest.raises(AccessDenied):
            services.import_services(actor=ANONYMOUS, rows=[])


class TestGrace:
    def test_recorded_licences_show_imported_services_for_90_days(self, clock: Any) -> None:
        uscc = imported_firm()
        assert bring_in([row(uscc)]).hidden == 0
        listing_id = visible_ids()[0]
        clock.advance(days=89)
        assert get_visible_listing(listing_id)
        clock.advance(days=2)
        with pytest.raises(NotFound):
            get_visible_listing(listing_id)

    def test_services_without_a_recorded_licence_stay_hidden_and_are_counted(self) -> None:
        uscc = imported_firm()
        result = bring_in([row(uscc), row(uscc, category_code="C0501", title="派遣", attributes={})])
        assert (result.created, result.hidden) == (2, 1)
        assert "1 项" in str(result)


def test_a_thousand_rows_come_in_within_seconds() -> None:
    import time

    firm = make_firm()
    rows = [row(firm.uscc, title=f"社保代缴 {n}", attributes={"cutoff_day": n % 31 + 1}) for n in range(1000)]
    started = time.perf_counter()
    assert bring_in(rows).created == 1000
    assert time.perf_counter() - started < 20
    assert json.dumps(next(iter(services.export_services())), ensure_ascii=False)
