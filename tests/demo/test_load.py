"""The demo data: marked, coherent, in every category and queue, and never where it does not belong."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from marketplace.accounts.models import User
from marketplace.catalog.models import Listing, ListingCity
from marketplace.catalog.rules.taxonomy import child_categories
from marketplace.core import regions
from marketplace.core.db import db
from marketplace.core.errors import Conflict
from marketplace.core.uscc import check_uscc
from marketplace.demo import load
from marketplace.demo.people import MARK, make_uscc
from marketplace.orders.models import Milestone, Order
from marketplace.organisations.models import BankAccount, JoinRequest, Licence, Organisation
from marketplace.payments import ledger
from marketplace.payments.models import BankEntry
from marketplace.reports.models import ReportLine
from marketplace.reviews.models import Review
from tests.factories import make_user


def states(model: Any) -> set[str]:
    return set(db.session.scalars(select(model.state).distinct()))


def count(model: Any, *where: Any) -> int:
    return db.session.scalar(select(func.count()).select_from(model).where(*where)) or 0


def test_the_park_is_loaded_whole_and_holds_together(live_app: Flask) -> None:
    """One load, looked at from all sides, since loading takes seconds."""
    loaded = load.load(password="A-demo-password-9")
    assert ledger.check() == []
    assert count(Organisation, Organisation.kind == "firm", Organisation.in_park) == 44
    assert count(Organisation, Organisation.kind == "client", Organisation.state == "approved") == 3000
    assert count(Listing, Listing.state == "published") == 1000 and count(Order) > 3000
    assert set(db.session.scalars(select(Listing.category_code).distinct())) == {c.code for c in child_categories()}
    assert set(db.session.scalars(select(ListingCity.city_code).distinct())) == {c.code for c in regions.cities()}
    assert {"awaiting_approval", "placed", "awaiting_payment", "funded", "completed", "cancelled"} <= states(Order)
    assert {"delivered", "changes_requested", "disputed", "released"} <= states(Milestone)
    assert {"queued", "proposed", "matched"} <= states(BankEntry)
    assert {"submitted", "returned", "draft", "approved"} <= states(Organisation) and "pending" in states(Licence)
    assert "requested" in states(JoinRequest) and count(BankAccount) == 2
    assert count(ReportLine, ReportLine.grade == "C") > 0 and count(Review) > 1000
    assert ("client@demo.example", "周总（企业管理员）") in loaded.accounts
    everything_is_marked()


def everything_is_marked() -> None:
    for model in (Organisation, Listing, Order, User, Review, ReportLine):
        assert count(model, model.is_demo.is_(False)) == 0, model
    assert count(Organisation, Organisation.name.not_like(f"%{MARK}")) == 0


def test_a_database_with_people_in_it_is_refused(app: Flask) -> None:
    make_user()
    with pytest.raises(Conflict, match="not_empty"):
        load.load()


def test_production_is_refused(app: Flask) -> None:
    app.config["APP_ENV"] = "production"
    try:
        with pytest.raises(Conflict, match="production"):
            load.load()
    finally:
        app.config["APP_ENV"] = "development"


def test_made_up_codes_pass_every_check_and_are_recognisable() -> None:
    for serial in (0, 1, 44, 100_000, 9_999_999):
        code = make_uscc(serial, "310118")
        assert check_uscc(code) == check_uscc(code).__class__(code) and code[8:10] == "DM"
