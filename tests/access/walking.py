"""Every page that can be looked at, as everybody: the walk that the checks of whole pages share.

The answers are kept by the park, so a second walk costs nothing. A new GET route is walked as soon as it has a row in the matrix.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

import pytest

from tests.access import matrix
from tests.access.checks import SHUT
from tests.access.matrix import Row
from tests.access.park import Answer, Park
from tests.access.people import GROUPS, PEOPLE, members_of

# The same page about another object shows other parts of it: looked at here, though one row of the matrix says who may.
MORE_OBJECTS = {
    "catalog.preview": ("listing.returned", "listing.suspended", "listing.withdrawn"),
    "operator.show_credit": ("credit.proposed", "credit.rejected"),
    "operator.show_listing": ("listing.suspended",),
    "operator.show_verification": ("organisation.client", "organisation.submitted", "organisation.suspended"),
    "operator.show_change": ("change.returned",), "operator.show_data_request": ("data_request.answered",),
    "operator.show_uscc_override": ("override.rejected",),
    "orders.document": ("order.placed",),
    "orders.show": ("order.placed", "order.declined", "order.funded", "order.disputed", "order.completed", "order.replied", "order.unapproved"),
    "reports.show": ("report.verified",), "reports.show_own": ("month.verified",),
}  # fmt: skip
# Further views of the same page, where an address says more than the matrix does: everything that is filtered away, the other format.
MORE = "state=all&format=xlsx&per_page=100"


def _pages() -> list[Row]:
    rows = [row for row in matrix.read_rows() if row.method == "GET"]
    first = {row.endpoint: row for row in reversed(rows)}
    return rows + [replace(first[e], object=o) for e, objects in MORE_OBJECTS.items() if e in first for o in objects]


PAGES = _pages()


def views(row: Row) -> Iterator[str]:
    """The query strings under which a row is looked at."""
    yield ""
    if any(word in row.endpoint for word in ("list_", "export_", "inbox", "search")):
        yield MORE


def look(park: Park, row: Row, person: str, query: str = "") -> Answer:
    """One page as one person; kept."""
    if not query:
        return park.ask(row, person)
    key = ((*row.key, query), person)
    if key not in park.seen:
        url = park.url(row.endpoint, park.params(row, person))
        with park.undone():
            park.seen[key] = park.send(person, "GET", f"{url}?{query}")
    return park.seen[key]


def walk(park: Park, people: Iterable[str] = PEOPLE) -> Iterator[tuple[Row, str, Answer]]:
    """Every view of every page as each of these people, where the matrix does not shut the door on them."""
    for row in PAGES:
        for query in views(row):
            for person in people:
                if row.expected[person] not in SHUT:
                    answer = look(park, row, person, query)
                    yield replace(row, object=f"{row.object} ?{query}") if query else row, person, answer


# The people of one group at a time, so that no single test walks for minutes.
by_group = pytest.mark.parametrize("people", [members_of(group) for group in GROUPS], ids=GROUPS)
