"""The public directory and the operator's queue."""

from datetime import date
from typing import Any

from marketplace.core.actor import CLI
from marketplace.core.db import transaction
from marketplace.organisations import queries, services
from tests.factories import make_client, make_firm


def names(page: Any) -> list[str]:
    return [one.name for one in page.items]


def test_the_directory_stands_by_letter_and_holds_approved_firms_only(app: Any, clock: Any) -> None:
    make_firm(name="苏州人力公司")
    make_firm(name="安邦人力公司")
    make_firm(name="青禾人力公司", state="submitted")
    make_client(name="博睿制造公司")
    assert names(queries.list_public_firms()) == ["安邦人力公司", "苏州人力公司"]
    assert queries.count_by_letter() == {"A": 1, "S": 1}
    assert names(queries.list_public_firms(letter="S")) == ["苏州人力公司"]


def test_the_directory_is_narrowed_by_city_licence_and_name(app: Any, clock: Any) -> None:
    make_firm(name="安邦人力公司", city_code="320500", licences=("business", "HR_PERMIT"))
    make_firm(name="苏州人力公司", licences=("business", "DISPATCH"))
    assert names(queries.list_public_firms(city="320500")) == ["安邦人力公司"]
    assert names(queries.list_public_firms(licence="DISPATCH")) == ["苏州人力公司"]
    assert names(queries.list_public_firms(q="苏州")) == ["苏州人力公司"]
    assert names(queries.list_public_firms(q="%")) == []
    assert queries.list_firm_cities() == ["310000", "320500"]


def test_a_lapsed_licence_no_longer_finds_its_firm(app: Any, clock: Any) -> None:
    firm = make_firm(licences=("business", "HR_PERMIT"))
    with transaction():
        licence = services.add_licence(
            actor=CLI, organisation=firm, kind="DISPATCH", number="1", valid_to=date(2026, 12, 1)
        )
        services.approve_licence(actor=CLI, licence=licence)
    assert queries.list_public_firms(licence="DISPATCH").total == 1
    clock.set("2026-12-02")
    assert queries.list_public_firms(licence="DISPATCH").total == 0


def test_the_queue_shows_who_waited_longest_first(app: Any, clock: Any) -> None:
    first = make_firm(state="submitted")
    clock.advance(days=2)
    second = make_client(state="submitted")
    make_firm()
    assert [o.id for o in queries.list_verifications().items] == [first.id, second.id]
    assert [o.id for o in queries.list_verifications(kind="client").items] == [second.id]
    assert [o.id for o in queries.list_verifications(q=first.uscc.lower()).items] == [first.id]
    assert queries.list_verifications(state="all").total == 3


def test_the_queue_finds_verified_firms_with_a_new_licence_and_overdue_ones(app: Any, clock: Any) -> None:
    firm, other = make_firm(), make_firm()
    assert queries.list_verifications(state="licences").total == 0
    with transaction():
        services.add_licence(actor=CLI, organisation=firm, kind="ICP", number="1", is_long_term=True)
    assert [o.id for o in queries.list_verifications(state="licences").items] == [firm.id]
    clock.set("2027-05-24")
    assert {o.id for o in queries.list_verifications(state="overdue").items} == {firm.id, other.id}


def test_licences_of_many_firms_are_read_in_one_query(app: Any, clock: Any, queries: Any) -> None:
    from marketplace.organisations.queries import licence_kinds_of

    firms = [make_firm(licences=("business", "HR_FILING")), make_firm()]
    with queries(at_most=1):
        found = licence_kinds_of([f.id for f in firms])
    assert found[firms[0].id] == {"business", "HR_FILING"}
    assert len(found[firms[1].id]) == 4
