"""Changing what is on line: the approved content stays until an operator has read the new one."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from marketplace.catalog import services
from marketplace.catalog.models import Listing, ListingChange, ListingReason, ListingVersion
from marketplace.catalog.queries import (
    content_of,
    describe_listing,
    diff_of,
    draft_of,
    find_open_listing_change,
    get_listing,
    get_listing_change,
    get_visible_listing,
    list_listing_changes,
)
from marketplace.core.actor import CLI
from marketplace.core.db import db, transaction
from marketplace.core.errors import AccessDenied, Conflict, Invalid, NotFound
from marketplace.core.tabular import Row
from marketplace.notifications.models import Notification
from marketplace.search.models import SearchChange
from tests.factories.accounts import make_staff
from tests.factories.catalog import make_draft, make_listing, operator_actor
from tests.factories.listing_changes import make_listing_change
from tests.factories.organisations import actor_for, make_firm
from tests.support.racing import write_at_once


def reread(change: ListingChange) -> ListingChange:
    db.session.expire_all()
    return get_listing_change(change.id, actor=operator_actor())


@pytest.mark.usefixtures("app")
class TestChangeOfALiveListing:
    def test_the_approved_content_stays_on_line_until_the_change_is_approved(self) -> None:
        listing = make_listing(title="原来的标题")
        change = make_listing_change(listing=listing, title="新的标题", price_max_fen=80_00)
        for moment in ("waiting", "returned"):
            shown = get_visible_listing(listing.id)
            assert (shown.title, shown.price_max_fen, shown.live_version) == ("原来的标题", 50_00, 1), moment
            if moment == "waiting":
                with transaction():
                    again = reread(change)
                    services.return_listing_change(
                        actor=operator_actor(), change=again, reason="请说明依据", seen=again.version
                    )

    def test_approval_puts_the_new_content_on_line_and_keeps_the_old_as_a_version(self) -> None:
        listing = make_listing(title="原来的标题", city_codes=("310000",))
        before = db.session.scalar(select(SearchChange.id).order_by(SearchChange.id.desc())) or 0
        change = make_listing_change(
            listing=listing, state="approved", title="新的标题", city_codes=("310000", "320500")
        )
        db.session.expire_all()
        shown = get_visible_listing(listing.id)
        assert (shown.title, shown.city_codes, shown.live_version) == ("新的标题", ["310000", "320500"], 2)
        assert (content_of(shown, 1)[0].title, content_of(shown, 2)[0].title) == ("原来的标题", "新的标题")
        assert reread(change).number == 2 and find_open_listing_change(listing.id) is None
        touched = select(SearchChange.id).where(SearchChange.ref_id == listing.id, SearchChange.id > before)
        assert db.session.scalar(touched) is not None
        assert db.session.scalar(select(Notification.id).where(Notification.event == "listing_change.approved"))

    def test_a_returned_change_is_corrected_and_handed_in_again(self) -> None:
        staff = make_staff("reviewer")
        change = make_listing_change(state="returned")
        actor, listing = actor_for(change.listing.firm), change.listing
        with transaction():
            again = services.save_listing_change(
                actor=actor, listing=listing, draft=make_draft(title="补充后的标题"), base_version=1
            )
            services.submit_listing_change(actor=actor, change=again)
        assert again.id == change.id and reread(change).state == "submitted"
        assert [one.id for one in list_listing_changes().items] == [change.id]
        told = db.session.scalars(select(Notification.event).where(Notification.user_id == staff.id)).all()
        assert told.count("listing_change.submitted") == 2

    def test_a_waiting_change_must_be_taken_back_before_it_is_written_on(self) -> None:
        change = make_listing_change()
        actor, listing = actor_for(change.listing.firm), change.listing
        with transaction(), pytest.raises(Conflict, match="waiting"):
            services.save_listing_change(actor=actor, listing=listing, draft=make_draft(), base_version=1)
        with transaction():
            services.take_back_listing_change(actor=actor, change=reread(change))
            services.save_listing_change(actor=actor, listing=listing, draft=make_draft(title="改"), base_version=1)
        assert reread_own(change, actor).state == "draft"

    def test_what_was_handed_in_anew_is_not_approved_unseen(self) -> None:
        change = make_listing_change()
        actor, seen = actor_for(change.listing.firm), change.version
        with transaction():
            services.take_back_listing_change(actor=actor, change=reread(change))
            other = services.save_listing_change(
                actor=actor, listing=change.listing, draft=make_draft(title="别的内容"), base_version=1
            )
            services.submit_listing_change(actor=actor, change=other)
        with transaction(), pytest.raises(Conflict):
            services.approve_listing_change(actor=operator_actor(), change=reread(change), seen=seen)

    def test_a_change_of_content_that_is_no_longer_on_line_must_be_renewed(self) -> None:
        change = make_listing_change()
        actor, listing = actor_for(change.listing.firm), change.listing
        row = imported(listing)
        with transaction():
            services.import_services(actor=CLI, rows=[row])
        with transaction(), pytest.raises(Conflict, match="outdated"):
            again = reread(change)
            services.approve_listing_change(actor=operator_actor(), change=again, seen=again.version)
        with transaction():
            services.take_back_listing_change(actor=actor, change=reread(change))
        with transaction(), pytest.raises(Conflict, match="outdated"):
            services.submit_listing_change(actor=actor, change=reread_own(change, actor))
        with transaction():
            services.save_listing_change(
                actor=actor, listing=reread_own(change, actor).listing, draft=make_draft(title="新"), base_version=2
            )
            services.submit_listing_change(actor=actor, change=reread_own(change, actor))

    def test_an_import_that_updates_what_is_on_line_keeps_the_old_content(self) -> None:
        listing = make_listing(summary="原来的摘要")
        row = imported(listing)
        with transaction():
            services.import_services(actor=CLI, rows=[row])
        db.session.expire_all()
        shown = get_visible_listing(listing.id)
        assert (shown.summary, shown.live_version) == ("导入的摘要", 2)
        assert content_of(shown, 1)[0].summary == "原来的摘要"

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"description": "仅限男性，急招"}, "description"),
            ({"billing_note": "", "price_max_fen": 500_00}, "billing_note"),
        ],
    )
    def test_a_change_is_checked_as_a_new_listing_is(self, values: dict[str, Any], field: str) -> None:
        change = make_listing_change(state="draft", **values)
        with transaction(), pytest.raises(Invalid) as refused:
            services.submit_listing_change(actor=actor_for(change.listing.firm), change=change)
        assert refused.value.field == field

    def test_nothing_changed_is_refused(self) -> None:
        listing = make_listing()
        actor = actor_for(listing.firm)
        with transaction(), pytest.raises(Invalid, match="nothing"):
            own = get_listing(listing.id, actor=actor)
            services.save_listing_change(actor=actor, listing=own, draft=draft_of(own), base_version=1)

    @pytest.mark.parametrize("state", ["draft", "submitted", "returned", "withdrawn"])
    def test_only_what_has_been_approved_is_changed_by_request(self, state: str) -> None:
        listing = make_listing(state=state)
        with transaction(), pytest.raises(Conflict, match="not_live"):
            services.save_listing_change(
                actor=actor_for(listing.firm), listing=listing, draft=make_draft(), base_version=listing.live_version
            )

    def test_a_suspended_listing_is_changed_and_stays_suspended(self) -> None:
        listing = make_listing(state="suspended")
        make_listing_change(listing=listing, state="approved", title="改正后的标题")
        db.session.expire_all()
        own = get_listing(listing.id, actor=operator_actor())
        assert (own.state, own.title) == ("suspended", "改正后的标题")

    def test_withdrawing_a_listing_gives_its_change_up(self) -> None:
        change = make_listing_change()
        with transaction():
            services.withdraw_listing(actor=operator_actor(), listing=change.listing, reason="内容违规")
        assert reread(change).state == "cancelled"

    def test_a_change_is_its_firms_and_a_draft_not_even_the_parks(self) -> None:
        draft, waiting = make_listing_change(state="draft"), make_listing_change()
        stranger = actor_for(make_firm())
        for actor, change in ((stranger, draft), (stranger, waiting), (operator_actor(), draft)):
            with pytest.raises(NotFound):
                get_listing_change(change.id, actor=actor)
        with transaction(), pytest.raises(AccessDenied):
            again = get_listing_change(waiting.id, actor=operator_actor())
            services.approve_listing_change(actor=actor_for(again.listing.firm), change=again, seen=again.version)

    def test_an_approved_change_still_shows_what_it_changed(self) -> None:
        change = make_listing_change(state="approved", title="新的标题")
        assert [row.field for row in diff_of(reread(change))] == ["title"]

    def test_the_page_says_since_when_and_what_the_price_was_before(self, clock: Any) -> None:
        listing = make_listing(price_min_fen=20_00, price_max_fen=20_00)
        clock.advance(days=10)
        make_listing_change(listing=listing, state="approved", price_min_fen=30_00, price_max_fen=30_00)
        raised = clock.now
        clock.advance(days=10)
        make_listing_change(listing=get_visible_listing(listing.id), state="approved", summary="只改摘要")
        edition = describe_listing(get_visible_listing(listing.id))["edition"]
        assert edition.number == 3 and edition.since == clock.now
        assert (edition.price_since, edition.earlier_price) == (raised, "¥20 元/人/月")


def reread_own(change: ListingChange, actor: Any) -> ListingChange:
    db.session.expire_all()
    return get_listing_change(change.id, actor=actor)


def imported(listing: Listing) -> Row:
    """The listing as a row of a service file, with another summary."""
    values = {
        "firm_uscc": listing.firm.uscc, "category_code": listing.category_code, "title": listing.title, "summary": "导入的摘要", "description": "详情",
        "pricing_model": "per_head_month", "price_min_yuan": 20_00, "price_max_yuan": 20_00, "unit": None, "city_codes": ["310000"],
        "attributes": {},
    }  # fmt: skip
    return Row(2, values)


@pytest.mark.live
class TestAtTheSameMoment:
    """Who wins is the database's matter: exactly one of two decisions stands, and nothing is half done."""

    def outcome(self, results: list[Any]) -> tuple[int, int]:
        lost = [one for one in results if isinstance(one, Exception)]
        assert all(isinstance(one, Conflict) for one in lost), lost
        return len(results) - len(lost), len(lost)

    def test_of_two_approvals_one_stands(self, live_app: Flask) -> None:
        change = make_listing_change(title="新的标题")
        change_id, seen, operators = change.id, change.version, [operator_actor() for _ in range(3)]

        def approving(actor: Any) -> Any:
            return lambda: services.approve_listing_change(
                actor=actor, change=get_listing_change(change_id, actor=actor), seen=seen
            )

        assert self.outcome(write_at_once(live_app, [approving(one) for one in operators])) == (1, 2)
        assert len(db.session.scalars(select(ListingVersion)).all()) == 1
        assert db.session.scalars(select(Listing.live_version)).one() == 2

    def test_of_approving_and_giving_up_one_stands_and_the_content_agrees(self, live_app: Flask) -> None:
        change = make_listing_change(title="新的标题")
        change_id, seen, firm, operator = change.id, change.version, actor_for(change.listing.firm), operator_actor()
        results = write_at_once(
            live_app,
            [
                lambda: services.approve_listing_change(
                    actor=operator, change=get_listing_change(change_id, actor=operator), seen=seen
                ),
                lambda: services.cancel_listing_change(actor=firm, change=get_listing_change(change_id, actor=firm)),
            ],
        )
        assert self.outcome(results) == (1, 1)
        state, number = db.session.execute(select(ListingChange.state, Listing.live_version).join(Listing)).one()
        assert (state, number) in (("approved", 2), ("cancelled", 1))

    def test_handing_in_while_the_listing_is_taken_down_or_suspended_leaves_no_orphan(self, live_app: Flask) -> None:
        change = make_listing_change(state="draft")
        change_id, listing_id = change.id, change.listing_id
        firm, operator = actor_for(change.listing.firm), operator_actor()
        results = write_at_once(
            live_app,
            [
                lambda: services.submit_listing_change(actor=firm, change=get_listing_change(change_id, actor=firm)),
                lambda: services.suspend_listing(
                    actor=operator, listing=get_listing(listing_id, actor=operator), reason="核查"
                ),
                lambda: services.withdraw_listing(
                    actor=firm, listing=get_listing(listing_id, actor=firm), reason="不再提供"
                ),
            ],
        )
        self.outcome(results)
        state, of_listing = db.session.execute(select(ListingChange.state, Listing.state).join(Listing)).one()
        assert (state == "cancelled") is (of_listing == "withdrawn")
        assert db.session.scalars(select(ListingReason.event)).all()

    def test_two_people_of_the_firm_begin_one_change(self, live_app: Flask) -> None:
        listing = make_listing()
        listing_id, actor = listing.id, actor_for(listing.firm)

        def saving(title: str) -> Any:
            return lambda: services.save_listing_change(
                actor=actor, listing=get_listing(listing_id, actor=actor), draft=make_draft(title=title), base_version=1
            )

        self.outcome(write_at_once(live_app, [saving("甲的标题"), saving("乙的标题")]))
        assert len(db.session.scalars(select(ListingChange)).all()) == 1


@pytest.mark.usefixtures("app")
class TestColleaguesAtOneDraft:
    def test_a_change_that_a_colleague_wrote_on_is_not_overwritten_unseen(self) -> None:
        listing = make_listing()
        actor = actor_for(listing.firm)
        with transaction():
            first = services.save_listing_change(
                actor=actor, listing=listing, draft=make_draft(title="甲写的"), base_version=1, seen=0
            )
        seen = first.version
        with transaction():
            services.save_listing_change(
                actor=actor, listing=listing, draft=make_draft(title="乙写的"), base_version=1, seen=seen
            )
        for stale in (0, seen):
            with transaction(), pytest.raises(Conflict, match="edited_meanwhile"):
                services.save_listing_change(
                    actor=actor, listing=listing, draft=make_draft(title="丙写的"), base_version=1, seen=stale
                )
        assert reread_own(first, actor).content["title"] == "乙写的"

    def test_a_draft_that_a_colleague_wrote_on_is_neither_overwritten_nor_handed_in_unseen(self) -> None:
        listing = make_listing(state="draft")
        actor, seen = actor_for(listing.firm), listing.version
        with transaction():
            services.edit_listing(actor=actor, listing=listing, draft=make_draft(title="甲写的"), seen=seen)
        assert listing.version == seen + 1
        with transaction(), pytest.raises(Conflict, match="edited_meanwhile"):
            services.edit_listing(actor=actor, listing=listing, draft=make_draft(title="乙写的"), seen=seen)

    def test_a_change_that_was_taken_back_is_the_firms_own_again(self) -> None:
        change = make_listing_change()
        with transaction():
            services.take_back_listing_change(actor=actor_for(change.listing.firm), change=reread(change))
        with pytest.raises(NotFound):
            get_listing_change(change.id, actor=operator_actor())
        assert list_listing_changes(state="draft").items == list_listing_changes(state="all").items == []
