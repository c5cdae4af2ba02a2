"""A firm edits a service that is on line: the approved version stays and is found until the operator approves the difference."""

import pytest
from flask import Flask

from marketplace.catalog.queries import search_services
from marketplace.catalog.rules.search import read_search
from marketplace.search import indexer
from tests.factories import admin_of, make_staff
from tests.factories.catalog import make_listing
from tests.support.apps import release
from tests.support.visitor import Visitor

pytestmark = pytest.mark.live


def found(words: str) -> list[str]:
    release()
    indexer.catch_up()
    titles = [card.title for card in search_services(read_search([("q", words)])[0]).page.items]
    release()
    return titles


def test_the_approved_version_stays_on_line_and_searchable_until_the_operator_approves(live_app: Flask) -> None:
    listing = make_listing(title="蓝鲸薪税外包", summary="蓝鲸方案")
    listing_id, owner, operator = listing.id, admin_of(listing.firm), make_staff("operator")
    firm, park, stranger = (Visitor(live_app) for _ in range(3))
    firm.sign_in(owner)
    park.sign_in(operator)
    firm.go(f"/firm/services/{listing_id}/edit")
    firm.press("保存并查看差异", title="海豚薪税外包", summary="海豚方案")
    firm.press("提交审核")
    assert "蓝鲸薪税外包" in stranger.go(f"/services/{listing_id}")
    assert (found("蓝鲸"), found("海豚")) == (["蓝鲸薪税外包"], [])
    text = park.go("/operator/listing-changes/")
    assert "蓝鲸薪税外包" in text
    park.go(park.page.find("a", string="蓝鲸薪税外包")["href"])
    assert [one.get_text() for one in park.page.select(".compare-before del")] == ["蓝鲸", "蓝鲸"]
    park.press("通过并更新")
    assert "海豚薪税外包" in stranger.go(f"/services/{listing_id}")
    assert (found("海豚"), found("蓝鲸")) == (["海豚薪税外包"], [])
    assert "修改申请通过" in firm.go(f"/firm/services/{listing_id}/history")
    assert "蓝鲸薪税外包" in firm.go(f"/firm/services/{listing_id}/versions/1")
