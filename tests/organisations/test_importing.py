"""Organisations by file: recorded, updated, refused whole, and out again without loss."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select

from marketplace.accounts.queries import actor_of
from marketplace.core.actor import CLI
from marketplace.core.db import db, transaction
from marketplace.core.errors import AccessDenied
from marketplace.core.tabular import BadTable, Row, read_table, table_bytes
from marketplace.organisations import queries, services
from marketplace.organisations.models import Organisation
from marketplace.organisations.rules import CLIENT_COLUMNS, FIRM_COLUMNS
from tests.factories import actor_for, make_client, make_firm, make_staff, make_uscc

FIRM: dict[str, Any] = {
    "uscc": "91310118MA0000015P", "name": "=青禾人力资源有限公司", "short_name": "青禾", "city_code": "310000", "address": "青浦区 1 号",
    "established_on": date(2020, 2, 29), "registered_capital_wan": 20_000_050, "contact_name": "王经理", "contact_mobile": "021-59700000",
    "hr_permit_no": "（沪）人服证字〔2021〕第0118000123号", "hr_filing_no": "备-1", "dispatch_permit_no": "0012345678901234567",
    "dispatch_valid_to": date(2027, 6, 30), "intro": "第一行\n“第二行”,;", "in_park": False, "hr_permit_valid_to": date(2028, 1, 1),
}  # fmt: skip
BARE: dict[str, Any] = {"uscc": "91310118MA00000660", "name": "极简机构", "city_code": "320500"}
CLIENT: dict[str, Any] = {
    "uscc": "91320509MA000004XW", "name": "吴江制造有限公司", "city_code": "320500", "industry": "装备制造", "size": "中",
    "contact_name": "李女士", "contact_mobile": "19900001111",
}  # fmt: skip


def rows(*values: dict[str, Any]) -> list[Row]:
    return [Row(number, given) for number, given in enumerate(values, 2)]


def bring_in(service: Any, *values: dict[str, Any]) -> services.ImportResult:
    with transaction():
        return service(actor=CLI, rows=rows(*values))


def the_one(uscc: str) -> Organisation:
    db.session.rollback()
    found = queries.find_by_uscc(uscc)
    assert found
    return found


@pytest.mark.parametrize("fmt", ["csv", "xlsx"])
@pytest.mark.parametrize("header", ["zh", "en"])
def test_what_is_exported_is_imported_again_without_loss(app: Any, clock: Any, fmt: str, header: str) -> None:
    bring_in(services.import_firms, FIRM, BARE)
    bring_in(services.import_clients, CLIENT)
    for columns, out, back in (
        (FIRM_COLUMNS, services.export_firms, services.import_firms), (CLIENT_COLUMNS, services.export_clients, services.import_clients),
    ):  # fmt: skip
        before = out()
        again = read_table(table_bytes(fmt, columns, before, header=header), f"a.{fmt}", columns)
        with transaction():
            result = back(actor=CLI, rows=again)
        assert (result.created, result.updated) == (0, len(before))
        assert out() == before
    assert FIRM.items() <= services.export_firms()[0].items()


def test_an_imported_firm_arrives_approved_and_only_recorded(app: Any, clock: Any) -> None:
    result = bring_in(services.import_firms, FIRM, BARE)
    assert str(result) == "新增 2 家，更新 0 家"
    firm, bare = the_one(FIRM["uscc"]), the_one(BARE["uscc"])
    assert (firm.state, firm.source, firm.is_recorded_only, firm.in_park, firm.pinyin_initial) == (
        "approved",
        "operator_import",
        True,
        False,
        "Q",
    )
    assert bare.in_park
    assert queries.valid_licence_kinds(firm.id) == {"HR_PERMIT", "HR_FILING", "DISPATCH"}
    assert {x.evidence for x in queries.get_organisation(firm.id, CLI).licences} == {"recorded"}


def test_importing_again_updates_and_blank_means_empty(app: Any, clock: Any) -> None:
    bring_in(services.import_firms, FIRM)
    changed = {
        **FIRM,
        "name": "青禾集团",
        "short_name": None,
        "hr_filing_no": None,
        "dispatch_permit_no": "另一号",
        "dispatch_valid_to": None,
    }
    assert bring_in(services.import_firms, changed).updated == 1
    firm = the_one(FIRM["uscc"])
    assert (firm.name, firm.short_name) == ("青禾集团", "")
    assert queries.valid_licence_kinds(firm.id) == {"HR_PERMIT", "DISPATCH"}
    assert services.export_firms()[0]["dispatch_permit_no"] == "另一号"
    assert db.session.scalar(select(func.count()).select_from(Organisation)) == 1


def test_a_verified_licence_stays_verified_when_the_file_says_the_same(app: Any, clock: Any) -> None:
    firm = make_firm()
    row = services.export_firms()[0]
    with transaction():
        services.import_firms(actor=CLI, rows=rows(row))
    after = queries.get_organisation(firm.id, CLI)
    assert {(x.kind, x.state, x.evidence) for x in after.licences if x.kind != "business"} == {
        (kind, "valid", "verified") for kind in ("HR_PERMIT", "HR_FILING", "DISPATCH")
    }


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"city_code": "310118"}, "城市代码"),
        ({"uscc": BARE["uscc"]}, "统一社会信用代码"),
        ({"established_on": date(2026, 11, 24)}, "成立日期"),
        ({"dispatch_permit_no": None}, "派遣有效期至"),
        ({"hr_permit_no": None}, "许可证有效期至"),
    ],
)
def test_a_bad_file_is_refused_whole_with_row_and_column(
    app: Any, clock: Any, change: dict[str, Any], column: str
) -> None:
    with pytest.raises(BadTable) as refused:
        bring_in(services.import_firms, BARE, {**FIRM, **change})
    assert [(e.row, e.column) for e in refused.value.errors] == [(3, column)]
    db.session.rollback()
    assert services.export_firms() == []


def test_a_code_of_a_client_cannot_come_as_a_firm(app: Any, clock: Any) -> None:
    client = make_client()
    with pytest.raises(BadTable):
        bring_in(services.import_firms, {**BARE, "uscc": client.uscc})


def test_an_unknown_size_of_a_client_is_refused(app: Any, clock: Any) -> None:
    with pytest.raises(BadTable) as refused:
        bring_in(services.import_clients, {**CLIENT, "size": "巨"})
    assert refused.value.errors[0].column == "规模"


def test_only_operators_import(app: Any, clock: Any) -> None:
    for actor in (actor_for(make_firm()), actor_of(make_staff("finance"))):
        with pytest.raises(AccessDenied), transaction():
            services.import_clients(actor=actor, rows=rows(CLIENT))


def test_three_thousand_clients_come_in_a_few_statements(app: Any, clock: Any, queries: Any) -> None:
    many = [{**CLIENT, "uscc": make_uscc(500_000 + n), "name": f"客户{n}"} for n in range(3000)]
    assert bring_in(services.import_clients, *many).created == 3000
    with queries() as seen:
        assert bring_in(services.import_clients, *many).updated == 3000
    assert len(seen) < 60
