"""A form changes what its fields say and nothing else, whatever else is sent with it (ASVS 15.3.3)."""

import re
from collections.abc import Iterable
from typing import Any

import pytest
from sqlalchemy import Column, select

from marketplace.core.db import Base, db
from tests.access import matrix
from tests.access.forms import COMMON, filled
from tests.access.matrix import Row
from tests.access.park import Park
from tests.access.people import PEOPLE

pytestmark = pytest.mark.engine(
    "sqlite"
)  # what a form reads does not depend on the database; ids are the same each time there
POSTS = [row for row in matrix.read_rows() if row.method == "POST"]
NOT_COMPARED = {"form_submission"}  # its keys are digests of what is made anew for each form
NAMED = {
    "state": "approved", "role": "admin", "kind": "firm", "evidence": "verified", "grade": "A", "source": "demo", "locale": "en",
}  # fmt: skip
# What the address of a form may say, since it filters: the trail notes under which filters the trail was taken away.
FILTERED = {"operator.export_audit": {("audit_event", "codes")}}
Rows = dict[tuple[Any, ...], dict[str, Any]]


def written(statements: Iterable[str]) -> set[str]:
    """The tables that statements have changed."""
    found = (re.match(r"\s*(?:INSERT INTO|UPDATE|DELETE FROM) \"?(\w+)", statement) for statement in statements)
    return {match.group(1) for match in found if match}


def rows_of(tables: set[str]) -> Rows:
    """Every row of these tables as it is now."""
    found: Rows = {}
    for table in Base.metadata.sorted_tables:
        if table.name in tables - NOT_COMPARED:
            for row in db.session.execute(select(table)).mappings():
                key = (table.name, *(row[column.name] for column in table.primary_key))
                found[key] = dict(row)
    return found


def bogus(column: "Column[Any]") -> str:
    """A value that this column would take."""
    kind = str(column.type).upper()
    if column.name in NAMED:
        return NAMED[column.name]
    if column.name.endswith("_fen"):
        return "1"
    if "BOOL" in kind:
        return "1"
    if "DATE" in kind:
        return "2031-01-01"
    return "1" if "INT" in kind else "666666"


COLUMNS = {column.name: bogus(column) for table in Base.metadata.sorted_tables for column in table.columns}


def unasked(park: Park, row: Row) -> dict[str, str]:
    """A value for every column name that is no field of this form; for the rows of its lists as well."""
    fields = set(park.fields(row))
    prefixes = {name.rsplit("-", 1)[0] + "-" for name in fields if "-" in name}
    return {
        f"{prefix}{name}": value
        for prefix in ("", *prefixes)
        for name, value in COLUMNS.items()
        if f"{prefix}{name}" not in fields
    }


def outcome(park: Park, row: Row, person: str, extra: dict[str, str]) -> tuple[str, Rows]:
    """What the route answers and what the tables hold then, the extra names in the form and in the address."""
    url, fields = park.url(row.endpoint, park.params(row, person)), park.fields(row)
    typed = {k: v for k, v in filled(row.endpoint, park.world).items() if k in fields or k not in COMMON}
    with park.undone():
        answer = park.send(person, "POST", url, data={**extra, **typed}, query_string=extra)
        return answer.code, rows_of(written(answer.statements))


def differences(one: Rows, other: Rows) -> set[tuple[str, str]]:
    """Table and column of each value that differs; a row that only one side has counts with all its columns."""
    found = set()
    for key in one.keys() | other.keys():
        left, right = one.get(key, {}), other.get(key, {})
        found.update((key[0], name) for name in left.keys() | right.keys() if left.get(name) != right.get(name))
    return found


@pytest.mark.parametrize("row", POSTS, ids=str)
def test_names_that_are_no_fields_of_a_form_change_nothing(park: Park, row: Row):
    person = next((p for p in PEOPLE if row.expected[p] in ("ok", "409", "422") and p != "anonymous"), "anonymous")
    code, rows = outcome(park, row, person, {})
    polluted_code, polluted = outcome(park, row, person, unasked(park, row))
    assert polluted_code == code
    changed = differences(rows, polluted) - FILTERED.get(row.endpoint, set())
    if changed:
        changed -= differences(rows, outcome(park, row, person, {})[1])  # what is made anew each time: tokens, numbers
    assert not changed, f"{row} took " + ", ".join(sorted(f"{table}.{column}" for table, column in changed))


def test_a_form_that_takes_what_it_does_not_show_would_be_found(park: Park):
    before = {("listing", 1): {"id": "1", "state": "draft", "title": "x"}}
    assert differences(before, {("listing", 1): {"id": "1", "state": "approved", "title": "x"}}) == {
        ("listing", "state")
    }
    assert ("listing", "title") in differences(before, {})


def test_the_names_sent_are_those_that_would_hurt():
    assert {
        "state",
        "organisation_id",
        "firm_id",
        "is_demo",
        "evidence",
        "version",
        "role",
        "user_id",
        "password_hash",
    } <= set(COLUMNS)
