"""Writing, reviewing and withdrawing listings, and when they may be seen."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from marketplace.catalog import services
from marketplace.catalog.models import Listing
from marketplace.catalog.queries import get_listing, get_visible_listing, get_withdrawn_listing, list_submitted_listings
from marketplace.core.actor import ANONYMOUS
from marketplace.core.audit import AuditEvent
from marketplace.core.clock import today
from marketplace.core.db import db, transaction
from marketplace.core.errors import AccessDenied, Conflict, Invalid, NotFound
from marketplace.core.lifecycle import advance
from marketplace.notifications.models import Notification
from marketplace.organisations.models import Licence
from marketplace.search.models import SearchChange
from tests.factories.accounts import make_staff
from tests.factories.catalog import make_draft, make_listing, operator_actor
from tests.factories.organisations import actor_for, make_firm, make_member

pytestmark = pytest.mark.usefixtures("app")


def create(firm: Any, **values: Any) -> Listing:
    with transaction():
        return services.create_listing(actor=actor_for(firm), firm=firm, draft=make_draft(**values))


class TestCreateListing:
    def test_a_new_listing_is_a_draft_that_nobody_else_sees(self) -> None:
        firm = make_firm()
        listing = create(firm)
        assert listing.state == "draft"
        assert get_listing(listing.id, actor=actor_for(firm)).id == listing.id
        for other in (ANONYMOUS, actor_for(make_firm())):
            with pytest.raises(NotFound):
                get_listing(listing.id, actor=other)

    def test_a_category_whose_licence_is_missing_is_refused_and_named(self) -> None:
        firm = make_firm(licences=("business", "HR_FILING"))
        with pytest.raises(Invalid, match="劳务派遣经营许可证"):
            create(firm, category_code="C0501")

    def test_a_viewer_of_the_firm_may_not_write(self) -> None:
        from marketplace.accounts.queries import actor_of

        firm = make_firm()
        viewer = actor_of(make_member(firm, "viewer"))
        with transaction(), pytest.raises(AccessDenied):
            services.create_listing(actor=viewer, firm=firm, draft=make_draft())

    def test_the_same_title_twice_in_one_category_is_refused(self) -> None:
        firm = make_firm()
        create(firm, title="社保代缴")
        with pytest.raises(Invalid) as refused:
            create(firm, title="社保代缴")
        assert refused.value.field == "title"
        assert create(firm, title="社保代缴", category_code="C0302").id


class TestSubmitListing:
    def test_the_operator_is_told_and_finds_it_in_the_queue_oldest_first(self) -> None:
        staff = make_staff("operator")
        firm = make_firm()
        first, second = (make_listing(firm=firm, state="submitted") for _ in range(2))
        assert [one.id for one in list_submitted_listings().items] == [first.id, second.id]
        events = db.session.scalars(select(Notification.event).where(Notification.user_id == staff.id)).all()
        assert events.count("listing.submitted") == 2

    def test_words_that_may_not_be_published_are_named(self) -> None:
        firm = make_firm()
        listing = create(firm, description="仅限男性，急招")
        with transaction(), pytest.raises(Invalid) as refused:
            services.submit_listing(actor=actor_for(firm), listing=get_listing(listing.id, actor=actor_for(firm)))
        assert "仅限男性" in refused.value.text and "急招" in refused.value.text

    def test_a_firm_that_is_not_approved_cannot_submit(self) -> None:
        firm = make_firm(state="submitted")
        with transaction():
            for licence in db.session.scalars(
                select(Licence).where(Licence.organisation_id == firm.id, Licence.state == "pending")
            ):
                advance(licence, "approve", actor=operator_actor())
        listing = create(firm)
        with transaction(), pytest.raises(Conflict):
            services.submit_listing(actor=actor_for(firm), listing=get_listing(listing.id, actor=actor_for(firm)))

    def test_a_waiting_listing_cannot_be_edited(self) -> None:
        listing = make_listing(state="submitted")
        actor = actor_for(listing.firm)
        with transaction(), pytest.raises(Conflict):
            services.edit_listing(actor=actor, listing=get_listing(listing.id, actor=actor), draft=make_draft())


class TestModerate:
    def test_an_approved_listing_is_visible_and_touched_and_the_firm_is_told(self) -> None:
        listing = make_listing(state="published")
        assert get_visible_listing(listing.id).published_at is not None
        assert db.session.scalar(
            select(SearchChange.id).where(SearchChange.kind == "listing", SearchChange.ref_id == listing.id)
        )
        assert db.session.scalar(select(Notification.id).where(Notification.event == "listing.approved"))
        assert db.session.scalar(
            select(AuditEvent.id).where(AuditEvent.event == "listing.approved", AuditEvent.ref_id == listing.id)
        )

    def test_a_return_needs_a_reason_and_keeps_the_listing_hidden(self) -> None:
        listing = make_listing(state="submitted")
        operator = operator_actor()
        with transaction(), pytest.raises(Invalid):
            services.return_listing(actor=operator, listing=get_listing(listing.id, actor=operator), reason="  ")
        with transaction():
            services.return_listing(actor=operator, listing=get_listing(listing.id, actor=operator), reason="价格不清")
        assert listing.state_reason == "价格不清"
        with pytest.raises(NotFound):
            get_visible_listing(listing.id)

    def test_a_returned_listing_can_be_corrected_and_submitted_again(self) -> None:
        listing = make_listing(state="returned")
        actor = actor_for(listing.firm)
        with transaction():
            own = get_listing(listing.id, actor=actor)
            services.edit_listing(
                actor=actor, listing=own, draft=make_draft(title="改好的标题", city_codes=("320500", "310000"))
            )
            services.submit_listing(actor=actor, listing=own)
        again = get_listing(listing.id, actor=actor)
        assert (again.state, again.title, again.city_codes) == ("submitted", "改好的标题", ["310000", "320500"])

    def test_the_firm_cannot_approve_its_own_listing(self) -> None:
        listing = make_listing(state="submitted")
        with transaction(), pytest.raises(AccessDenied):
            services.approve_listing(actor=actor_for(listing.firm), listing=listing)

    def test_a_suspended_listing_is_hidden_and_can_be_restored(self) -> None:
        listing = make_listing(state="suspended")
        with pytest.raises(NotFound):
            get_visible_listing(listing.id)
        operator = operator_actor()
        with transaction():
            services.restore_listing(actor=operator, listing=get_listing(listing.id, actor=operator))
        assert get_visible_listing(listing.id)

    def test_two_decisions_at_once_leave_one_conflict(self) -> None:
        listing = make_listing(state="submitted")
        operator = operator_actor()
        with transaction():
            services.approve_listing(actor=operator, listing=get_listing(listing.id, actor=operator))
        with transaction(), pytest.raises(Conflict):
            services.return_listing(actor=operator, listing=get_listing(listing.id, actor=operator), reason="晚了一步")


class TestVisibility:
    def test_a_lapsed_licence_hides_the_listing_the_same_day(self, clock: Any) -> None:
        listing = make_listing(category_code="C0501")
        with transaction():
            licence = db.session.scalars(
                select(Licence).where(Licence.organisation_id == listing.firm_id, Licence.kind == "DISPATCH")
            ).one()
            licence.valid_to = today() + timedelta(days=1)
        assert get_visible_listing(listing.id)
        clock.advance(days=2)
        with pytest.raises(NotFound):
            get_visible_listing(listing.id)

    def test_a_suspended_firm_hides_its_listings(self) -> None:
        listing = make_listing()
        with transaction():
            firm = get_visible_listing(listing.id).firm
            advance(firm, "suspend", actor=operator_actor())
        with pytest.raises(NotFound):
            get_visible_listing(listing.id)

    def test_a_withdrawn_listing_is_known_as_gone_with_its_reason(self) -> None:
        listing = make_listing(state="withdrawn")
        gone = get_withdrawn_listing(listing.id)
        assert gone and gone.state_reason == "停止提供" and gone.withdrawn_at

    def test_a_listing_that_never_was_public_is_not_known_as_gone(self) -> None:
        listing = make_listing(state="draft")
        actor = actor_for(listing.firm)
        with transaction():
            services.withdraw_listing(actor=actor, listing=get_listing(listing.id, actor=actor), reason="不办了")
        assert get_withdrawn_listing(listing.id) is None

    def test_what_is_on_line_cannot_be_taken_back_to_a_draft(self) -> None:
        listing = make_listing()
        actor = actor_for(listing.firm)
        with transaction(), pytest.raises(Conflict):
            services.revise_listing(actor=actor, listing=get_listing(listing.id, actor=actor))
        assert get_visible_listing(listing.id)


class TestCounters:
    def test_ratings_and_sales_add_up(self) -> None:
        listing = make_listing()
        with transaction():
            services.record_rating(listing_id=listing.id, score=5)
            services.record_rating(listing_id=listing.id, score=4)
            services.record_sale(listing_id=listing.id)
        db.session.expire_all()
        again = get_visible_listing(listing.id)
        assert (again.rating, again.rating_count, again.order_count) == (4.5, 2, 1)

    def test_a_score_out_of_bounds_is_refused(self) -> None:
        listing = make_listing()
        with transaction(), pytest.raises(Invalid):
            services.record_rating(listing_id=listing.id, score=6)


def test_the_factory_makes_every_state(app: Flask) -> None:
    for state in ("draft", "submitted", "returned", "published", "suspended", "withdrawn"):
        assert make_listing(state=state).state == state
