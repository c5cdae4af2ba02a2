"""Shortlists: shared by a client's members, one service once, changed only while in use."""

from collections.abc import Callable
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from marketplace.accounts.queries import actor_of
from marketplace.core import clock, settings
from marketplace.core.actor import CLI
from marketplace.core.audit import AuditEvent
from marketplace.core.db import db
from marketplace.core.errors import AccessDenied, Conflict, Invalid, NotFound
from marketplace.shortlists import services
from marketplace.shortlists.models import Shortlist, ShortlistItem
from marketplace.shortlists.queries import get_shortlist, list_shortlists, shortlist_services
from tests.factories.accounts import make_user, writing
from tests.factories.catalog import make_listing
from tests.factories.organisations import actor_for, make_client, make_member
from tests.factories.shortlists import approve_change, make_shortlist
from tests.support.racing import write_at_once

SignIn = Callable[[Any], FlaskClient]


@pytest.fixture
def client_firm(app: Flask) -> Any:
    return make_client()


@pytest.fixture
def buyer(client_firm: Any) -> Any:
    return actor_for(client_firm)


def soup(answer: Any) -> BeautifulSoup:
    return BeautifulSoup(answer.get_data(as_text=True), "html.parser")


def test_members_share_a_list_and_others_do_not_know_it(client_firm: Any, buyer: Any) -> None:
    listing = make_listing()
    shared = make_shortlist(buyer, listing)
    viewer = actor_of(make_member(client_firm, "viewer"))
    assert get_shortlist(shared.id, actor=viewer).id == shared.id
    with pytest.raises(AccessDenied), writing():
        services.remove_from_shortlist(actor=viewer, shortlist=shared, listing_id=listing.id)
    for stranger in (actor_for(make_client()), actor_of(make_user())):
        with pytest.raises(NotFound):
            get_shortlist(shared.id, actor=stranger)
        assert list_shortlists(stranger)[0].total == 0


def test_a_name_is_used_once_among_an_owners_open_lists(buyer: Any) -> None:
    first = make_shortlist(buyer, name="选型")
    with pytest.raises(Invalid, match=r"shortlist\.twin"):
        make_shortlist(buyer, name=" 选型 ")
    make_shortlist(buyer, name="选型", shared=False)
    make_shortlist(actor_for(make_client()), name="选型")
    with writing():
        services.archive_shortlist(actor=buyer, shortlist=first)
    again = make_shortlist(buyer, name="选型")
    with pytest.raises(Invalid, match=r"shortlist\.twin"), writing():
        services.reopen_shortlist(actor=buyer, shortlist=first)
    with pytest.raises(Invalid, match=r"shortlist\.name"), writing():
        services.edit_shortlist(actor=buyer, shortlist=again, name="  ")


def test_an_archived_list_can_be_read_and_copied_but_not_changed(buyer: Any) -> None:
    listing = make_listing()
    shortlist = make_shortlist(buyer, listing, name="去年")
    approve_change(listing, price_min_fen=30_00)
    with writing():
        services.note_item(actor=buyer, shortlist=shortlist, listing_id=listing.id, note="首选")
        services.archive_shortlist(actor=buyer, shortlist=shortlist)
    for change in (
        lambda: services.add_to_shortlist(actor=buyer, shortlist=shortlist, listing=make_listing()),
        lambda: services.remove_from_shortlist(actor=buyer, shortlist=shortlist, listing_id=listing.id),
        lambda: services.note_item(actor=buyer, shortlist=shortlist, listing_id=listing.id, note="x"),
        lambda: services.edit_shortlist(actor=buyer, shortlist=shortlist, name="x"),
    ):
        with pytest.raises(Conflict, match=r"shortlist\.archived"):
            change()
    with writing():
        copied = services.copy_shortlist(actor=buyer, shortlist=shortlist, name="今年")
    [one] = shortlist_services(copied)
    assert (one.row.note, one.row.seen_version, one.price_move, copied.is_shared) == ("首选", 1, "up", True)


def test_a_copy_by_somebody_who_may_only_read_is_their_own(client_firm: Any, buyer: Any) -> None:
    shortlist = make_shortlist(buyer, make_listing())
    viewer = actor_of(make_member(client_firm, "viewer"))
    with writing():
        copied = services.copy_shortlist(actor=viewer, shortlist=shortlist, name="我的")
    assert (copied.organisation_id, copied.user_id) == (None, viewer.user_id)


def test_the_new_version_counts_as_seen_once_accepted_and_the_trail_says_so(buyer: Any) -> None:
    listing = make_listing()
    shortlist = make_shortlist(buyer, listing)
    approve_change(listing, price_min_fen=30_00)
    assert list_shortlists(buyer)[1][shortlist.id].updated == 1
    with writing():
        services.accept_item(actor=buyer, shortlist=shortlist, listing=listing)
    db.session.expire_all()
    [one] = shortlist_services(shortlist)
    assert (one.is_updated, one.row.seen_version) == (False, 2) and list_shortlists(buyer)[1][shortlist.id].updated == 0
    event = db.session.scalars(select(AuditEvent).where(AuditEvent.event == "shortlist.listing_accepted")).one()
    assert event.codes == {"listing": listing.id, "version": 2} and event.organisation_id == shortlist.organisation_id
    with pytest.raises(NotFound, match=r"shortlist\.no_item"), writing():
        services.accept_item(actor=buyer, shortlist=shortlist, listing=make_listing())


def test_a_full_list_takes_no_more_but_the_same_again(buyer: Any) -> None:
    with writing():
        settings.change_setting(
            actor=CLI, key="shortlists.max_listings", value=4, effective_on=clock.today(), reason="试"
        )
    listings = [make_listing() for _ in range(4)]
    shortlist = make_shortlist(buyer, *listings)
    with writing():
        assert services.add_to_shortlist(actor=buyer, shortlist=shortlist, listing=listings[0]) is False
    with pytest.raises(Invalid, match=r"shortlist\.full"), writing():
        services.add_to_shortlist(actor=buyer, shortlist=shortlist, listing=make_listing())


def test_members_who_add_one_service_at_once_make_one_row(live_app: Flask) -> None:
    client = make_client()
    actors = [actor_for(client), *(actor_of(make_member(client, "purchasing")) for _ in range(3))]
    listing, shortlist = make_listing(), make_shortlist(actors[0])
    ids = listing.id, shortlist.id

    def adding(actor: Any) -> Callable[[], bool]:
        def work() -> bool:
            from marketplace.catalog.models import Listing

            return services.add_to_shortlist(
                actor=actor, shortlist=get_shortlist(ids[1], actor=actor), listing=db.session.get_one(Listing, ids[0])
            )

        return work

    results = write_at_once(live_app, [adding(actor) for actor in actors])
    assert sorted(results) == [False, False, False, True], results
    assert db.session.scalar(select(func.count(ShortlistItem.id))) == 1


def test_of_two_lists_of_one_name_begun_at_once_the_database_lets_one_through(live_app: Flask) -> None:
    client = make_client()
    actors = [actor_for(client), *(actor_of(make_member(client, "purchasing")) for _ in range(2))]
    owner = client.id
    results = write_at_once(
        live_app,
        [lambda a=a: services.create_shortlist(actor=a, name="年度选型", organisation_id=owner).id for a in actors],  # type: ignore[misc]
    )
    assert sum(isinstance(one, int) for one in results) == 1, results
    assert all(isinstance(one, (int, Conflict, Invalid)) for one in results)
    assert db.session.scalar(select(func.count(Shortlist.id))) == 1


@pytest.mark.engine("sqlite")
def test_services_go_from_a_comparison_to_a_new_list_in_one_form(client_firm: Any, sign_in: SignIn) -> None:
    from tests.factories.organisations import admin_of

    listings = [make_listing(title=f"候选{n}") for n in range(2)]
    page = sign_in(admin_of(client_firm))
    query = "&".join(f"id={one.id}" for one in listings)
    form = soup(page.get(f"/shortlists/add?{query}&id=999999"))
    assert [one["value"] for one in form.select("main input[name=id]")] == [str(one.id) for one in listings]
    data: dict[str, Any] = {
        "id": [one.id for one in listings],
        "shortlist": "new",
        "name": "",
        "note": "性价比",
        "form_key": "k1",
    }
    refused = page.post("/shortlists/add", data=data)
    assert refused.status_code == 422 and "请填写清单名称" in refused.text and "性价比" in refused.text
    data |= {"name": "年度选型", "form_key": "k2"}
    first, again = (page.post("/shortlists/add", data=data) for _ in range(2))
    assert first.location == again.location
    shortlist = db.session.scalars(select(Shortlist)).one()
    shown = soup(page.get(first.location)).get_text(" ")
    assert shortlist.is_shared and "候选0" in shown and "候选1" in shown and "性价比" in shown
    assert page.get(f"/shortlists/{shortlist.id}/export/csv").data.decode("utf-8-sig").count("性价比") == 2
    lists = page.get("/shortlists/export/csv?q=年度").data.decode("utf-8-sig").splitlines()
    assert len(lists) == 2 and lists[1].startswith("年度选型,,,是,2,0,0,")
    assert len(page.get("/shortlists/export/csv?archived=1").data.decode("utf-8-sig").splitlines()) == 1


@pytest.mark.engine("sqlite")
def test_a_note_that_is_too_long_is_refused_beside_its_field_and_kept(
    client_firm: Any, buyer: Any, sign_in: SignIn
) -> None:
    from tests.factories.organisations import admin_of

    listing = make_listing()
    shortlist = make_shortlist(buyer, listing)
    path = f"/shortlists/{shortlist.id}/services/{listing.id}/note"
    page = sign_in(admin_of(client_firm))
    answer = page.post(path, data={"note": "长" * 301, "form_key": "k"})
    assert answer.status_code == 422 and "最多 300 字" in answer.text and "长" * 301 in answer.text
    assert page.post(path, data={"note": "可以", "form_key": "k3"}).location == f"/shortlists/{shortlist.id}"
    assert page.get(f"/shortlists/{shortlist.id}/services/999999/note").status_code == 404
