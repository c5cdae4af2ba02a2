"""Every service that changes what a listing's document says, or whether there is one, touches it in the same transaction."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select

from marketplace.catalog import services as catalog
from marketplace.catalog.jobs import touch_lapsed
from marketplace.catalog.models import Listing
from marketplace.catalog.queries import get_listing, get_listing_change
from marketplace.catalog.queries.documents import listing_documents
from marketplace.catalog.rules.taxonomy import child_categories
from marketplace.catalog.services.listings import record_rating, record_sale
from marketplace.core import clock as time_source
from marketplace.core.db import db, transaction
from marketplace.organisations import services as firms
from marketplace.organisations.jobs import expire_lapsed_licences
from marketplace.organisations.models import Licence, Organisation
from marketplace.search.documents import Document
from marketplace.search.models import SearchChange
from tests.factories import actor_for
from tests.factories.catalog import make_listing, operator_actor
from tests.factories.licences import come_due, make_evidence, reviewer_actor
from tests.factories.listing_changes import make_listing_change

pytestmark = pytest.mark.engine("sqlite")
Act = Callable[[Listing, Organisation, Any], object]


def _confirmed(firm: Organisation) -> Any:
    return replace(actor_for(firm), is_confirmed=True)


def _rename(_listing: Listing, firm: Organisation, _clock: Any) -> None:
    values = {"name": "改名人力资源有限公司"}
    change = firms.request_change(
        actor=_confirmed(firm), organisation=firm, values=values, reason="更名", file=make_evidence()
    )
    firms.approve_change(actor=reviewer_actor(), change=change)


def _licence(listing: Listing, kind: str) -> Licence:
    return db.session.scalars(
        select(Licence).where(Licence.organisation_id == listing.firm_id, Licence.kind == kind)
    ).one()


def _suspended(firm: Organisation) -> None:
    firms.suspend_organisation(actor=operator_actor(), organisation=firm, reason="接到举报，核查中")


def _profile(_listing: Listing, firm: Organisation, _clock: Any) -> None:
    firms.edit_public_profile(actor=actor_for(firm), organisation=firm, short_name="新简称", intro="介绍")


ACTS: dict[str, tuple[str, str, Act]] = {
    "approve": ("C0301", "submitted", lambda one, _f, _c: catalog.approve_listing(actor=operator_actor(), listing=one)),
    "suspend": ("C0301", "published", lambda one, _f, _c: catalog.suspend_listing(actor=operator_actor(), listing=one, reason="核查")),
    "restore": ("C0301", "suspended", lambda one, _f, _c: catalog.restore_listing(actor=operator_actor(), listing=one)),
    "withdraw": ("C0301", "published", lambda one, firm, _c: catalog.withdraw_listing(actor=actor_for(firm), listing=one, reason="停")),
    "rating": ("C0301", "published", lambda one, _f, _c: record_rating(listing_id=one.id, score=5)),
    "sale": ("C0301", "published", lambda one, _f, _c: record_sale(listing_id=one.id)),
    "firm suspended": ("C0301", "published", lambda _l, firm, _c: _suspended(firm)),
    "firm renamed": ("C0301", "published", _rename),
    "firm's short name": ("C0301", "published", _profile),
    "licence revoked": ("C0501", "published", lambda one, _f, _c: firms.revoke_licence(
        actor=reviewer_actor(), licence=_licence(one, "DISPATCH"), reason="许可证已注销")),
}  # fmt: skip


def newest() -> int:
    return db.session.scalar(select(func.max(SearchChange.id))) or 0


def document(listing_id: int) -> int | None:
    """The sum of a listing's document as it would be indexed now; None where there is none."""
    db.session.expire_all()
    [one] = listing_documents([listing_id])
    return one.digest if isinstance(one, Document) else None


def is_touched(listing: Listing, since: int) -> bool:
    rows = db.session.execute(select(SearchChange.kind, SearchChange.ref_id).where(SearchChange.id > since))
    return bool({("listing", listing.id), ("firm", listing.firm_id)} & {tuple(row) for row in rows})


def dispatch_category() -> str:
    return next(one.code for one in child_categories() if "DISPATCH" in one.licences)


@pytest.mark.parametrize("name", ACTS)
def test_what_changes_a_document_touches_it(app: Any, clock: Any, name: str) -> None:
    code, state, act = ACTS[name]
    listing = make_listing(category_code=dispatch_category() if "licence" in name else code, state=state)
    firm = db.session.get_one(Organisation, listing.firm_id)
    before, since = document(listing.id), newest()
    with transaction():
        act(get_listing(listing.id, actor=operator_actor()), db.session.get_one(Organisation, firm.id), clock)
    assert document(listing.id) != before, "this act changes no document: the table is wrong"
    assert is_touched(listing, since)


def test_an_approved_change_touches_the_listing(app: Any) -> None:
    listing = make_listing()
    change = make_listing_change(listing=listing, title="改过标题的服务")
    before, since = document(listing.id), newest()
    with transaction():
        waiting = get_listing_change(change.id, actor=operator_actor())
        catalog.approve_listing_change(actor=operator_actor(), change=waiting, seen=waiting.version)
    assert document(listing.id) != before and is_touched(listing, since)


def test_a_restored_firm_and_a_repeated_verification_bring_their_listings_back(app: Any, clock: Any) -> None:
    listing = make_listing()
    firm = db.session.get_one(Organisation, listing.firm_id)
    whole = document(listing.id)
    with transaction():
        _suspended(firm)
    assert document(listing.id) is None
    since = newest()
    with transaction():
        firms.restore_organisation(actor=operator_actor(), organisation=firm, reason="核查完毕")
    assert document(listing.id) == whole and is_touched(listing, since)
    come_due(firm, 40)
    assert document(listing.id) is None
    since = newest()
    with transaction():
        firms.reverify_organisation(
            actor=reviewer_actor(), organisation=db.session.get_one(Organisation, firm.id), method="manual"
        )
    assert document(listing.id) == whole and is_touched(listing, since)


def test_a_licence_that_lapses_and_a_verification_beyond_its_grace_are_touched_by_the_days_jobs(
    app: Any, clock: Any
) -> None:
    listing = make_listing(category_code=dispatch_category())
    overdue = make_listing()
    with transaction():
        _licence(listing, "DISPATCH").valid_to = time_source.today()
        come_due(db.session.get_one(Organisation, overdue.firm_id), 15)
    assert document(listing.id) is not None and document(overdue.id) is not None
    since = newest()
    clock.advance(days=1)
    expire_lapsed_licences()
    touch_lapsed()
    assert document(listing.id) is None and is_touched(listing, since)
    assert document(overdue.id) is None and is_touched(overdue, since)
