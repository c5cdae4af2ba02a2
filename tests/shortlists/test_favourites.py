"""Favourites: marked in one click, remembered as they were, honest about what became of them."""

from collections.abc import Callable
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from marketplace.accounts.queries import actor_of
from marketplace.catalog.services import suspend_listing
from marketplace.core import clock, settings
from marketplace.core.actor import CLI
from marketplace.core.audit import AuditEvent
from marketplace.core.db import db, transaction
from marketplace.core.errors import Invalid
from marketplace.core.personal import leave_everywhere, personal_data
from marketplace.shortlists import services
from marketplace.shortlists.models import Favourite, Shortlist
from marketplace.shortlists.queries import list_favourites, with_changes
from tests.factories.accounts import make_staff, make_user, writing
from tests.factories.catalog import make_listing
from tests.factories.listing_changes import make_listing_change
from tests.factories.shortlists import approve_change, keep, make_shortlist, take_down

SignIn = Callable[[Any], FlaskClient]


def soup(answer: Any) -> BeautifulSoup:
    return BeautifulSoup(answer.get_data(as_text=True), "html.parser")


def kept(user: Any) -> list[Any]:
    db.session.expire_all()
    return with_changes(list_favourites(actor_of(user)))


def test_the_version_and_price_seen_are_kept_when_a_change_is_approved(app: Flask) -> None:
    user, listing = make_user(), make_listing(price_min_fen=20_00, price_max_fen=None, title="代缴")
    keep(actor_of(user), listing)
    approve_change(listing, price_min_fen=18_00, title="代缴新版", city_codes=("310000", "320500"))
    [one] = kept(user)
    assert (one.row.seen_version, listing.live_version, one.row.seen_price) == (1, 2, "¥20 起 元/人/月")
    assert (one.title, one.price, one.price_move, one.is_updated) == ("代缴新版", "¥18 起 元/人/月", "down", True)
    assert [(c.label, c.before, c.after) for c in one.changes] == [
        ("价格", "¥20 起 元/人/月", "¥18 起 元/人/月"), ("标题", "代缴", "代缴新版"), ("服务城市", "上海市", "上海市、苏州市"),
    ]  # fmt: skip
    with writing():
        services.accept_favourite(actor=actor_of(user), listing=listing)
    [one] = kept(user)
    assert (one.row.seen_version, one.is_updated, one.changes) == (2, False, ())


def test_a_service_that_is_gone_keeps_its_row_without_what_its_firm_writes_now(app: Flask, sign_in: SignIn) -> None:
    user = make_user()
    listings = [make_listing(title=f"看过的服务{n}") for n in range(3)]
    keep(actor_of(user), *listings)
    withdrawn, revised, suspended = listings
    take_down(withdrawn)
    make_listing_change(listing=revised, state="draft", title="正在改的草稿", price_min_fen=1)
    with writing():
        suspend_listing(actor=actor_of(make_staff("operator")), listing=suspended, reason="接到投诉")
    page = soup(sign_in(user).get("/account/favourites/"))
    text = page.get_text(" ", strip=True)
    assert "看过的服务1" in text and "正在改的草稿" not in text and "接到投诉" not in text
    assert f"已下架 {clock.today()} 原因：停止提供" in text and text.count("暂不展示 " + clock.today().isoformat()) == 1
    links = {str(one["href"]) for one in page.select(".kept-table a[href^='/services/']:not([href*='?'])")}
    assert links == {f"/services/{revised.id}"}
    [shown] = [one for one in kept(user) if one.listing_id == revised.id]
    assert (shown.title, shown.price, shown.is_updated) == ("看过的服务1", shown.row.seen_price, False)


def test_what_the_park_told_a_firm_of_its_service_is_not_told_to_those_who_marked_it(app: Flask) -> None:
    user, listing = make_user(), make_listing()
    keep(actor_of(user), listing)
    take_down(listing, "涉嫌虚假宣传，见内部案卷", by_park=True)
    assert [(one.availability, one.reason) for one in kept(user)] == [("withdrawn", "由园区运营方下架")]


def test_marking_twice_is_once_and_unmarking_twice_is_no_fault(app: Flask, sign_in: SignIn) -> None:
    user, listing = make_user(), make_listing()
    page = sign_in(user)
    events = db.session.scalar(select(func.count(AuditEvent.id)))
    for _ in range(2):
        answer = page.post("/account/favourites/add", data={"id": listing.id, "next": "/services/"})
        assert (answer.status_code, answer.location) == (302, "/services/")
    assert [one.listing_id for one in kept(user)] == [listing.id]
    said = page.post("/account/favourites/remove", data={"id": listing.id}, headers={"Accept": "application/json"})
    assert said.json == {"marked": False} and kept(user) == []
    assert (
        page.post("/account/favourites/remove", data={"id": listing.id, "next": "https://evil.example/"}).location
        == "/account/favourites/"
    )
    assert db.session.scalar(select(func.count(AuditEvent.id))) == events, "pages of strangers stay shared"


@pytest.mark.engine("sqlite")
def test_a_visitors_star_leads_through_signing_in_to_one_button(client: FlaskClient, sign_in: SignIn) -> None:
    listing = make_listing()
    link = soup(client.get(f"/services/{listing.id}")).select_one("a.mark")
    assert link
    answer = client.get(str(link["href"]))
    assert answer.location.startswith("/account/sign-in?next=") and f"id%3D{listing.id}" in answer.location
    page = sign_in(make_user())
    form = soup(page.get(str(link["href"]))).select_one("main form[method=post]")
    assert form and form.select_one("input[name=next]")["value"] == f"/services/{listing.id}"  # type: ignore[index]
    assert page.get("/account/favourites/add?id=999999").status_code == 404


def test_more_than_the_setting_allows_is_refused(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    actor = actor_of(make_user())
    with writing():
        settings.change_setting(
            actor=CLI, key="shortlists.max_favourites", value=1, effective_on=clock.today(), reason="试"
        )
    first = make_listing()
    keep(actor, first)
    keep(actor, first)
    with pytest.raises(Invalid, match=r"favourite\.too_many"):
        keep(actor, make_listing())


@pytest.mark.engine("sqlite")
def test_the_list_narrows_sorts_and_exports_what_it_shows(app: Flask, sign_in: SignIn) -> None:
    user = make_user()
    cheap, dear = (
        make_listing(title="便宜的", price_min_fen=10_00),
        make_listing(title="贵的", price_min_fen=40_00, category_code="C0401", billing_note=""),
    )
    gone = make_listing(title="没有了的")
    keep(actor_of(user), cheap, dear, gone)
    approve_change(dear, billing_note="含个税申报")
    take_down(gone, "停止提供")
    page = sign_in(user)

    def titles(query: str) -> list[str]:
        return [
            one.get_text() for one in soup(page.get(f"/account/favourites/?{query}")).select(".kept-table .fw-semibold")
        ]

    assert titles("") == ["没有了的", "贵的", "便宜的"] and titles("sort=price_asc") == ["便宜的", "贵的", "没有了的"]
    assert titles("showing=updated") == ["贵的"] and titles("showing=withdrawn") == ["没有了的"]
    assert titles("category=C03") == ["没有了的", "便宜的"] and titles(f"firm={cheap.firm_id}") == ["便宜的"]
    assert titles("per_page=2&page=2") == ["便宜的"] and titles("sort=nonsense&firm=x&page=9") == titles("")
    rows = page.get("/account/favourites/export/csv?showing=updated").data.decode("utf-8-sig").splitlines()
    assert len(rows) == 2 and "贵的" in rows[1] and "→ 含个税申报" in rows[1]
    assert page.get("/account/favourites/export/xlsx").data[:2] == b"PK"


@pytest.mark.engine("sqlite")
def test_what_is_on_a_page_costs_no_statement_per_service(app: Flask, sign_in: SignIn, queries: Any) -> None:
    user = make_user()
    listings = [make_listing() for _ in range(6)]
    page = sign_in(user)
    keep(actor_of(user), listings[0])
    page.get("/account/favourites/")
    with queries() as few:
        page.get("/account/favourites/")
    keep(actor_of(user), *listings)
    for one in listings[:3]:
        approve_change(one, price_min_fen=21_00)
    with queries() as many:
        page.get("/account/favourites/")
    assert len(many) <= len(few) + 1, f"{few}\n{many}"


def test_everything_personal_goes_with_the_account_and_stands_in_the_copy(app: Flask) -> None:
    user, listing = make_user(), make_listing()
    keep(actor_of(user), listing)
    make_shortlist(actor_of(user), listing, name="个人选型")
    tables = {one.name: list(one.rows(user.id)) for one in personal_data() if one.name in ("favourites", "shortlists")}
    assert tables["favourites"][0]["listing_id"] == listing.id and tables["shortlists"][0]["name"] == "个人选型"
    db.session.expire_all()
    with transaction():
        leave_everywhere(actor_of(user), user.id)
    assert (
        db.session.scalar(select(func.count(Favourite.id))) == 0 == db.session.scalar(select(func.count(Shortlist.id)))
    )
