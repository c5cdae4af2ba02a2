"""The pages of reports: the firm's own and the park's."""

import io
from typing import Any

from flask import Flask

from marketplace.core.tabular import read_table
from marketplace.reports.rules import REPORT_COLUMNS
from tests.factories import admin_of, make_client, make_firm, make_staff
from tests.factories.reports import make_report


def upload(text: str, name: str = "a.csv") -> dict[str, Any]:
    return {"file": (io.BytesIO(text.encode()), name)}


def test_a_firm_uploads_its_file_and_sees_the_month(app: Flask, clock: Any, sign_in: Any, queries: Any) -> None:
    firm, client = make_firm(), make_client(name="苏州测试制造有限公司")
    visitor = sign_in(admin_of(firm))
    text = f"firm_uscc,period,revenue_yuan,client_uscc,people_served\n{firm.uscc},2026-10,1234.50,{client.uscc},9\n"
    assert visitor.post("/firm/reports/", data=upload(text)).location == "/firm/reports/"
    answer = visitor.get("/firm/reports/")
    assert "新增 1 行" in answer.text and "1,234.50" in answer.text
    with queries(at_most=12):
        page = visitor.get("/firm/reports/2026-10")
    assert "苏州测试制造有限公司" in page.text and "C 自行申报" in page.text


def test_a_bad_file_is_answered_with_its_cells_and_changes_nothing(app: Flask, clock: Any, sign_in: Any) -> None:
    firm = make_firm()
    visitor = sign_in(admin_of(firm))
    answer = visitor.post("/firm/reports/", data=upload(f"firm_uscc,period,revenue_yuan\n{firm.uscc},2027-01,x\n"))
    assert answer.status_code == 422
    assert "应为金额" in answer.text
    assert "还没有月报" in visitor.get("/firm/reports/").text


def test_a_file_without_rows_and_no_file_at_all_are_refused(app: Flask, sign_in: Any) -> None:
    visitor = sign_in(admin_of(make_firm()))
    answer = visitor.post("/firm/reports/", data=upload("firm_uscc,period,revenue_yuan\n"))
    assert answer.status_code == 422 and "没有数据行" in answer.text
    answer = visitor.post("/firm/reports/", data={})
    assert answer.status_code == 422 and "请选择文件" in answer.text


def test_a_firm_sees_and_exports_only_its_own_months(app: Flask, clock: Any, sign_in: Any) -> None:
    firm, other = make_firm(), make_firm()
    make_report(firm)
    make_report(other, period="2026-09")
    visitor = sign_in(admin_of(firm))
    assert "2026-09" not in visitor.get("/firm/reports/").text
    assert visitor.get("/firm/reports/2026-09").status_code == 404
    rows = read_table(visitor.get("/firm/reports/export").data, "a.csv", REPORT_COLUMNS)
    assert [row["firm_uscc"] for row in rows] == [firm.uscc]
    assert read_table(visitor.get("/firm/reports/template?format=xlsx").data, "a.xlsx", REPORT_COLUMNS) == []


def test_the_operator_verifies_a_month_and_the_evidence_stays_to_be_seen(
    app: Flask, clock: Any, sign_in: Any, queries: Any
) -> None:
    firm = make_firm()
    make_report(firm, verified=False)
    operator = sign_in(make_staff("operator"))
    with queries(at_most=12):
        assert "1 行待核验" in operator.get("/operator/reports/?unverified=1").text
    address = f"/operator/reports/{firm.id}/2026-10"
    assert operator.post(address, data={"evidence": ""}).status_code == 422
    assert operator.post(address, data={"evidence": "审计报告 2026-001"}).location == address
    answer = operator.get(address)
    assert "已核验 1 行" in answer.text and "审计报告 2026-001" in answer.text
    assert "审计报告 2026-001" in sign_in(admin_of(firm)).get("/firm/reports/2026-10").text
    assert "已更正" in operator.get(f"{address}?history=1").text


def test_the_bureau_reads_but_does_not_verify(app: Flask, clock: Any, sign_in: Any) -> None:
    firm = make_firm()
    make_report(firm, verified=False)
    bureau = sign_in(make_staff("bureau"))
    assert "核验本月填报" not in bureau.get(f"/operator/reports/{firm.id}/2026-10").text
    assert bureau.post(f"/operator/reports/{firm.id}/2026-10", data={"evidence": "审计报告"}).status_code == 403


def test_strangers_are_sent_to_sign_in_and_others_refused(app: Flask, client: Any, sign_in: Any) -> None:
    assert client.get("/firm/reports/").status_code == 302
    assert sign_in(admin_of(make_client())).get("/firm/reports/").status_code == 403
    assert sign_in(admin_of(make_firm())).get("/operator/reports/").status_code == 403
