"""Advertisements: beside the results where they match, never in them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from marketplace.accounts.queries import actor_of
from marketplace.catalog.models import Promotion
from marketplace.catalog.queries import get_listing, search_services
from marketplace.catalog.queries.promotions import get_promotion, list_promotions
from marketplace.catalog.rules.search import read_search
from marketplace.catalog.services import suspend_listing
from marketplace.catalog.services.promotions import create_promotion, end_promotion
from marketplace.core.clock import today
from marketplace.core.db import db, transaction
from marketplace.core.errors import AccessDenied, Conflict, Invalid
from tests.factories import make_staff, make_user
from tests.factories.catalog import make_listing, operator_actor
from tests.factories.market import make_promotion
from tests.support.racing import write_at_once

Index = Callable[[], int]


def find(*pairs: tuple[str, str]) -> Any:
    return search_services(read_search(pairs)[0], with_promoted=True)


def ads(found: Any) -> list[int]:
    return [card.id for card in found.promoted]


def facts(found: Any) -> Any:
    return [card.id for card in found.page.items], found.page.total, found.counts


def test_an_advertisement_shows_beside_what_it_matches_and_moves_nothing(indexed: Index, client: FlaskClient) -> None:
    one, two, three = make_listing(), make_listing(city_codes=("320500",)), make_listing()
    indexed()
    searches: list[list[tuple[str, str]]] = [
        [], [("city", "320500")], [("category", "C01")], [("q", "社保")], [("sort", "newest")],
    ]  # fmt: skip
    before = [facts(find(*pairs)) for pairs in searches]
    make_promotion(two, category_code="C03")
    indexed()
    assert [facts(find(*pairs)) for pairs in searches] == before
    assert ads(find()) == [], "a place in a category shows in that category only"
    assert ads(find(("category", "C03"))) == ads(find(("category", "C0301"), ("city", "320500"))) == [two.id]
    assert ads(find(("category", "C03"), ("city", "310000"))) == ads(find(("category", "C02"))) == []
    assert ads(find(("category", "C03"), ("per_page", "10"), ("page", "1"), ("q", "猎头寻访"))) == []
    for listing in (one, three, two):
        make_promotion(listing)
    indexed()
    assert len(ads(find())) == 2, "never more than the setting"
    page = BeautifulSoup(client.get("/services/").get_data(as_text=True), "html.parser")
    assert page.select_one(".promoted .ad-mark").get_text() == "广告" and len(page.select(".promoted article")) == 2
    assert len(page.select(".listing-cards article")) == 3
    exported = client.get("/services/export/csv").get_data().decode("utf-8-sig")
    assert len(exported.strip().splitlines()) == 4 and client.get("/api/v1/services").json["total"] == 3


def test_it_shows_on_its_days_only_and_only_while_its_service_may_be_seen(indexed: Index, clock: Any) -> None:
    listing, other = make_listing(), make_listing()
    make_promotion(listing, first_day=today() + timedelta(days=1), days=1)
    gone = make_promotion(other, days=100)
    indexed()
    assert ads(find()) == [other.id]
    with transaction():
        end_promotion(actor=operator_actor(), promotion=get_promotion(gone.id), reason="合同终止")
    indexed()
    assert ads(find()) == []
    clock.advance(days=1)
    assert ads(find()) == [listing.id]
    clock.advance(days=2)
    assert ads(find()) == [], "its last day is over"
    make_promotion(listing)
    assert ads(find()) == [listing.id]
    with transaction():
        suspend_listing(
            actor=operator_actor(), listing=get_listing(listing.id, actor=operator_actor()), reason="核查中"
        )
    assert ads(find()) == [], "seen again at read time"


def test_what_makes_no_sense_is_refused(indexed: Index) -> None:
    listing, draft, day = make_listing(), make_listing(state="draft"), today()
    make_promotion(listing, days=5)
    cases: list[tuple[dict[str, Any], str]] = [
        ({"listing_id": draft.id}, "promotion.listing"), ({"category_code": "C02"}, "promotion.category"),
        ({"last_day": day - timedelta(days=1), "first_day": day - timedelta(days=3)}, "promotion.past"),
        ({"last_day": day - timedelta(days=1)}, "promotion.days"), ({"last_day": day + timedelta(days=400)}, "promotion.long"),
        ({"first_day": day + timedelta(days=5), "last_day": day + timedelta(days=9)}, "promotion.twin"),
    ]  # fmt: skip
    for changed, code in cases:
        values = {
            "listing_id": listing.id,
            "category_code": "",
            "first_day": day,
            "last_day": day,
            "note": "",
            **changed,
        }
        with pytest.raises(Invalid) as refused, transaction():
            create_promotion(actor=operator_actor(), **values)
        assert refused.value.code == code
    with pytest.raises(AccessDenied), transaction():
        create_promotion(
            actor=actor_of(make_user()),
            listing_id=listing.id,
            category_code="C03",
            first_day=day,
            last_day=day,
            note="",
        )


def test_the_operator_places_lists_exports_and_ends(indexed: Index, sign_in: Callable[..., Any]) -> None:
    listing = make_listing(title="被推广的服务")
    operator, reader = sign_in(make_staff("operator")), sign_in(make_staff("auditor"))
    day = today().isoformat()
    data = {"listing_id": str(listing.id), "category_code": "C0301", "first_day": day, "last_day": day, "note": "=1+1"}
    wrong = operator.post("/operator/promotions/new", data={**data, "form_key": "a", "listing_id": "999999"})
    assert wrong.status_code == 422 and "没有这项在架服务" in wrong.get_data(as_text=True)
    for key in ("b", "b"):
        assert operator.post("/operator/promotions/new", data={"form_key": key, **data}).status_code == 302
    promotion = db.session.scalars(select(Promotion)).one()
    text = reader.get("/operator/promotions/?state=running&q=推广&category=C0301").get_data(as_text=True)
    assert "被推广的服务" in text and "/end" not in text
    assert (
        reader.post(f"/operator/promotions/{promotion.id}/end", data={"form_key": "c", "reason": "x"}).status_code
        == 403
    )
    assert "'=1+1" in reader.get("/operator/promotions/export/csv").get_data().decode("utf-8-sig")
    assert (
        operator.post(
            f"/operator/promotions/{promotion.id}/end", data={"form_key": "d", "reason": "合同终止"}
        ).status_code
        == 302
    )
    assert "合同终止" in reader.get("/operator/promotions/?state=ended").get_data(as_text=True)


@pytest.mark.engine("sqlite")
def test_signs_of_patterns_are_letters_in_the_operators_search(indexed: Index) -> None:
    promotion = make_promotion(make_listing())
    assert [list_promotions(q=q).total for q in ("%", "_", "")] == [0, 0, 1] and promotion.id


def test_two_operators_place_one_advertisement_and_end_it_once(live_app: Flask) -> None:
    listing_id, actor, day = make_listing().id, operator_actor(), today()

    def place() -> int:
        return create_promotion(
            actor=actor, listing_id=listing_id, category_code="", first_day=day, last_day=day, note=""
        ).id

    results = write_at_once(live_app, [place] * 3)
    placed = [one for one in results if isinstance(one, int)]
    assert len(placed) == 1 and db.session.scalar(select(func.count()).select_from(Promotion)) == 1
    ended = write_at_once(
        live_app, [lambda: end_promotion(actor=actor, promotion=get_promotion(placed[0]), reason="到期")] * 3
    )
    assert sum(isinstance(one, Conflict) for one in ended) == 2
