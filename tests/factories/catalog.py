"""Listings for tests: made, submitted and reviewed by the services that people use."""

from itertools import count
from typing import Any

from marketplace.accounts.queries import actor_of
from marketplace.catalog import services
from marketplace.catalog.models import Listing
from marketplace.catalog.rules.draft import ListingDraft
from marketplace.catalog.rules.taxonomy import Attribute, category
from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.organisations.models import Organisation
from tests.factories.accounts import make_staff, writing
from tests.factories.organisations import FIRM_LICENCES, actor_for, make_firm

serial = count(1)
STATES = ("draft", "submitted", "returned", "published", "suspended", "withdrawn")


def answer(attribute: Attribute) -> Any:
    """A valid answer to a category's question."""
    if attribute.type == "enum":
        return attribute.choices[0].value
    if attribute.type == "multi":
        return [attribute.choices[0].value]
    return {"bool": True, "text": "测试内容", "money": 300_000_00, "pct": 20_00}.get(attribute.type, 10)


def make_draft(category_code: str = "C0301", **values: Any) -> ListingDraft:
    """The content of a listing with every required answer of its category."""
    given = {a.key: answer(a) for a in category(category_code).own_attributes if a.required}
    ordinary: dict[str, Any] = {
        "title": f"社保公积金代缴服务{next(serial)}", "summary": "为企业按月代缴五险一金", "description": "专人对接，按月核对，准时缴纳。",
        "pricing_model": "per_head_month", "price_min_fen": 20_00, "price_max_fen": 50_00, "city_codes": ("310000",),
        "billing_note": "按当月实际参保人数结算，不足一月按月计",
    }  # fmt: skip
    more = values.pop("attributes", {})
    return ListingDraft(category_code=category_code, **{**ordinary, **values}, attributes={**given, **more})


def operator_actor() -> Actor:
    """A member of the park's staff who reviews listings."""
    return actor_of(make_staff("operator"))


def make_listing(
    *, firm: Organisation | None = None, category_code: str = "C0301", state: str = "published", **values: Any
) -> Listing:
    """A listing in any state of its process, of a firm that holds the licences of its category unless one is given."""
    assert state in STATES
    with writing():
        licences = (*FIRM_LICENCES, *(k for k in category(category_code).licences if k not in FIRM_LICENCES))
        firm = firm or make_firm(licences=licences)
        actor, operator = actor_for(firm), operator_actor()
        listing = services.create_listing(actor=actor, firm=firm, draft=make_draft(category_code, **values))
        listing.firm = firm
        if state != "draft":
            services.submit_listing(actor=actor, listing=listing)
        if state == "returned":
            services.return_listing(actor=operator, listing=listing, reason="请补充服务流程")
        if state in ("published", "suspended", "withdrawn"):
            services.approve_listing(actor=operator, listing=listing)
        if state == "suspended":
            services.suspend_listing(actor=operator, listing=listing, reason="接到投诉，核查中")
        if state == "withdrawn":
            services.withdraw_listing(actor=actor, listing=listing, reason="停止提供")
        db.session.flush()
        return listing
