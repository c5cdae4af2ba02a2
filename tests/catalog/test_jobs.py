"""What the scheduler does for the catalogue."""

from typing import Any

import pytest
from sqlalchemy import select

from marketplace.catalog.jobs import touch_lapsed
from marketplace.core.clock import today
from marketplace.core.db import db, transaction
from marketplace.organisations.models import Licence
from marketplace.search.models import SearchChange
from tests.factories.catalog import make_listing

pytestmark = pytest.mark.usefixtures("app")


def test_a_firm_whose_licence_ran_out_yesterday_is_touched_once_per_run(clock: Any) -> None:
    listing = make_listing(category_code="C0501")
    with transaction():
        licence = db.session.scalars(
            select(Licence).where(Licence.organisation_id == listing.firm_id, Licence.kind == "DISPATCH")
        ).one()
        licence.valid_to = today()
    assert touch_lapsed() == 0
    clock.advance(days=1)
    assert touch_lapsed() == 1
    assert db.session.scalar(
        select(SearchChange.id).where(SearchChange.kind == "firm", SearchChange.ref_id == listing.firm_id)
    )
    clock.advance(days=3)
    assert touch_lapsed() == 0


def test_an_imported_service_is_touched_when_its_grace_ends(clock: Any) -> None:
    listing = make_listing()
    with transaction():
        row = db.session.get_one(type(listing), listing.id)
        row.source = "operator_import"
    assert touch_lapsed() == 0
    clock.advance(days=90)
    assert touch_lapsed() == 1
