"""What is typed into forms: one bag of words that fits nearly every form, and what single routes need besides.

A route whose row says `422` for everybody has a form that these words do not fill. Add the missing field to `COMMON` when its name
says everywhere the same, else to `OF` under its endpoint. Files are `(bytes, name)`. `WORLD` values are read from the park.
"""

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from marketplace.catalog.rules.taxonomy import category
from marketplace.core import clock
from marketplace.core.tabular import table_bytes
from tests.access.things import PDF, World
from tests.factories.accounts import PASSWORD
from tests.factories.catalog import answer
from tests.factories.licences import faulty_uscc
from tests.factories.organisations import make_uscc
from tests.factories.payments import Bank

NEW_PASSWORD = "Another-Password-2027"
COMMON: dict[str, Any] = {
    "reason": "情况属实，按规定处理", "note": "已核对", "text": "服务及时，资料齐全", "evidence": "审计报告第 1 号", "score": "5",
    "method": "manual", "address": "青浦区新路 9 号", "contact_name": "李经理", "contact_mobile": "13900009999", "agree": "y",
    "person_name": "新管理员", "name": "新名称有限公司", "city_code": "310000", "number": "NEW-001", "is_long_term": "y",
}  # fmt: skip


def _listing(world: World) -> dict[str, Any]:
    answers = {f"a_{a.key}": answer(a) for a in category("C0301").own_attributes if a.required and a.type != "regions"}
    return {
        "title": "新服务", "summary": "为企业按月代缴", "description": "专人对接", "pricing_model": "per_head_month", "price_min": "20",
        "price_max": "50", "city_codes": ["310000"], **{k: "yes" if v is True else v for k, v in answers.items()},
    }  # fmt: skip


def _order(world: World) -> dict[str, Any]:
    today = clock.today()
    return {
        "quantity": "2", "unit_price": "50", "starts_on": today, "ends_on": today + timedelta(days=30), "step": "place",
        "milestones-0-title": "交付", "milestones-0-amount": "100", "milestones-0-due_on": today + timedelta(days=20),
    }  # fmt: skip


def _statement(world: World) -> dict[str, Any]:
    bank = Bank(balance_fen=5_000_000)
    bank.credit(4_200, name="某公司", memo="货款")
    return {"file": (bank.file(), "流水.csv")}


def _reports(world: World) -> dict[str, Any]:
    from marketplace.reports.rules import REPORT_COLUMNS

    row = {
        "firm_uscc": world.codes["firm_uscc"], "period": "2026-08", "revenue_yuan": 100_00, "pass_through_yuan": 0, "people_served": 3,
    }  # fmt: skip
    return {"file": (table_bytes("csv", REPORT_COLUMNS, [row]), "月报.csv")}


def _sign_up(world: World) -> dict[str, Any]:
    return {
        "kind": "firm",
        "uscc": make_uscc(990_001),
        "email": "new@mail.example",
        "password": NEW_PASSWORD,
        "repeat": NEW_PASSWORD,
    }


def _override(world: World) -> dict[str, Any]:
    return {"uscc": faulty_uscc(), "evidence": (PDF, "查询.pdf")}


def _change(world: World) -> dict[str, Any]:
    return {"uscc": make_uscc(990_002), "file": (PDF, "变更.pdf")}


def _service(world: World) -> dict[str, Any]:
    return dict(world.things["service"].params)


NEWCOMER = {"email": "new@mail.example", "password": NEW_PASSWORD, "repeat": NEW_PASSWORD}
BANK = {"bank_name": "交通银行", "branch": "青浦支行", "account": "3100661234567890", "seen": "1"}
ATTRIBUTE = {
    "seen": "2", "type": "enum", "label_zh": "说明", "label_en": "Remark", "required": "no", "direction": "least", "choices-0-value": "a",
    "choices-0-label_zh": "甲", "choices-0-label_en": "A", "choices-0-is_offered": "y",
}  # fmt: skip
INVOICE = {"invoice_kind": "ordinary", "email": "bills@mail.example"}
OF: dict[str, dict[str, Any] | Callable[[World], dict[str, Any]]] = {
    "accounts.sign_in": {"email": "canary2@mail.example", "password": PASSWORD},
    "accounts.confirm": {"password": PASSWORD},
    "accounts.change_contacts": {"email": "renamed@mail.example"},
    "accounts.change_password": {"current": PASSWORD, "password": NEW_PASSWORD, "repeat": NEW_PASSWORD},
    "accounts.forgot": {"login": "canary2@mail.example"},
    "accounts.reset": {"password": NEW_PASSWORD, "repeat": NEW_PASSWORD},
    "catalog.create": _listing, "catalog.edit": _listing, "catalog.edit_change": lambda world: {**_listing(world), "base_version": "1"},
    "operator.approve_listing_change": lambda world: {"seen": world.codes["listing_change_version"]},
    "operator.return_listing_change": lambda world: {"seen": world.codes["listing_change_version"]},
    "duties.close_account": {"understood": "y"}, "duties.requests": {"kind": "correct"},
    "operator.add_category": {"name_zh": "新类目", "name_en": "New category"},
    "operator.add_category_attribute": ATTRIBUTE | {"key": "second_remark"}, "operator.edit_category_attribute": ATTRIBUTE | {"key": "remark"},
    "operator.move_category_attribute": {"seen": "2"}, "operator.publish_category_draft": {"seen": "2"},
    "operator.discard_category": {"seen": "2"},
    "operator.edit_category": {"seen": "2", "name_zh": "薪酬", "name_en": "Payroll", "gbt4754": "7269", "licences": ["HR_FILING"]},
    "operator.create_staff_account": {"email": "colleague@mail.example"},
    "operator.decide_data_request": {"answer": "已按您的请求更正"},
    "operator.grant_staff_role": {"role": "reviewer"}, "operator.revoke_staff_role": {"role": "service"},
    "operator.make_identity_report": {"half": "2026H1", "recipient": "市场监督管理局"},
    "operator.place_hold": lambda world: {"subject": "organisation", "uscc": world.codes["firm_uscc"]},
    "operator.propose_uscc_override": _override,
    "operator.reveal_contact": {"reason": "verification"},
    "operator.approve_organisation": lambda world: {"licences": world.codes["pending_licences"].split()},
    "operator.change_setting": lambda world: {"value": "9", "effective_on": clock.today()},
    "operator.list_statements": _statement,
    "operator.open_organisation_account": {"email": "opened@mail.example", "password": NEW_PASSWORD},
    "operator.propose_match": lambda world: {"decision": "credit", "organisation_uscc": world.codes["client_uscc"]},
    "orders.deliver": lambda world: {"people_served": "3", "period_from": clock.today(), "period_to": clock.today()},
    "orders.place": _order,
    "orders.resolve": {"decision": "accept"},
    "organisations.accept_invitation": NEWCOMER,
    "organisations.add_licence": {"kind": "OTHER", "file": (PDF, "证照.pdf")},
    "organisations.add_standard": {"standard_no": "ISO 27001-2022", "title": "信息安全", "issuer": "评定中心", "file": (PDF, "证书.pdf")},
    "organisations.correct_standard": {"standard_no": "ISO 2-2015", "title": "质量管理", "issuer": "评定中心"},
    "organisations.change_approval_limit": {"mode": "on", "limit": "100"},
    "organisations.change_bank_account": BANK, "organisations.onboarding_bank_account": BANK,
    "organisations.change_invoice_data": INVOICE, "organisations.onboarding_invoice": INVOICE,
    "organisations.correct_licence": {"file": (PDF, "更正.pdf")},
    "organisations.decide_join_request": {"approve-role": "viewer"},
    "organisations.edit_member": {"role": "finance"},
    "organisations.joining": lambda world: {"uscc": world.codes["client_uscc"]},
    "organisations.onboarding_identity": lambda world: {"uscc": world.codes["firm_uscc"]},
    "organisations.register": lambda world: {"kind": "firm", "uscc": make_uscc(990_003)},
    "organisations.request_change": _change, "organisations.resubmit_change": _change,
    "organisations.sign_up": _sign_up,
    "shortlists.add": lambda world: {"shortlist": "new", **_service(world)},
    "shortlists.accept_favourite_version": _service, "shortlists.add_favourite": _service, "shortlists.remove_favourite": _service,
    "reports.list_all": _reports, "reports.list_own": _reports,
}  # fmt: skip


def filled(endpoint: str, world: World) -> dict[str, Any]:
    """The fields of a POST to this route, ready for the test client."""
    more = OF.get(endpoint, {})
    data = {**COMMON, **(more(world) if callable(more) else more)}
    return {k: (io.BytesIO(v[0]), v[1]) if isinstance(v, tuple) else _plain(v) for k, v in data.items()}


def _plain(value: Any) -> Any:
    return [str(v) for v in value] if isinstance(value, list) else str(value)
