"""The access matrix: every route × method × person, on their own, another's and a missing object, as `matrix.csv` says.

How the file is written stands in `matrix.py`, who the people are in `people.py`, what they act on in `world.py`.

When you add a route, the run fails with "has no row". Then: `python -m tests.access.propose`, read what it prints (it is what the code
does, not yet what it should), paste it into `matrix.csv` in order, run this file. When it complains that the park has no such object,
add one to `world.py`; when it says that nobody got past the form, add the fields to `forms.py`.
"""

import csv
import io
from collections import Counter

import pytest

from tests.access import matrix
from tests.access.checks import SHUT, choices, complaints, missing_code, routes, stand_ins, unconfirmed_code
from tests.access.matrix import COLUMNS, Row, read_cell, read_row, write_cell
from tests.access.park import Park
from tests.access.people import GROUPS, PEOPLE, group_of

ROWS = matrix.read_rows()
OBJECTS = [row for row in ROWS if row.thing != "-"]


@pytest.mark.engine("sqlite")
def test_every_route_and_method_has_a_row(app):
    covered = {(row.endpoint, row.method) for row in ROWS}
    without = [
        f"{rule.endpoint} {method} {rule.rule}"
        for rule, method in routes(app)
        if (rule.endpoint, method) not in covered
    ]
    assert not without, "these have no row in tests/access/matrix.csv (python -m tests.access.propose): " + "; ".join(
        without
    )


@pytest.mark.engine("sqlite")
def test_every_row_has_a_route(app):
    present = {(rule.endpoint, method) for rule, method in routes(app)}
    assert not [str(row) for row in ROWS if (row.endpoint, row.method) not in present]


@pytest.mark.engine("sqlite")
def test_every_choice_in_an_address_has_a_row(app):
    for rule, method in routes(app):
        rows = [row for row in ROWS if (row.endpoint, row.method) == (rule.endpoint, method)]
        for name, values in choices(rule).items():
            without = values - {row.given.get(name) for row in rows}
            assert not without, f"{rule.endpoint} {method}: {name}={'|'.join(sorted(without))} has no row"


def test_no_row_stands_twice_and_all_stand_in_order():
    keys = [row.key for row in ROWS]
    assert not [key for key, number in Counter(keys).items() if number > 1]
    assert keys == sorted(keys)


def test_each_row_is_written_as_short_as_can_be():
    stream = io.StringIO()
    matrix.write_rows(ROWS, stream)
    assert stream.getvalue() == matrix.FILE.read_text(encoding="utf-8")


@pytest.mark.parametrize("column", COLUMNS)
def test_a_row_without_a_value_in_a_column_is_refused(column):
    line = dict(zip(COLUMNS, matrix.write_row(ROWS[0]), strict=True))
    with pytest.raises(ValueError, match="needs a value"):
        read_row({**line, column: ""})
    with pytest.raises(ValueError, match="needs a value"):
        read_row({key: value for key, value in line.items() if key != column})


@pytest.mark.parametrize("cell", ["ok nobody=403", "ok viewer", "ok viewer="])
def test_an_exception_for_somebody_unknown_or_without_a_code_is_refused(cell):
    with pytest.raises(ValueError, match=r"viewer|nobody"):
        read_cell("firm", cell)


def test_a_cell_says_the_commonest_code_first_and_reads_back():
    codes = read_cell("staff", "403 operator,auditor=ok admin=404")
    assert set(codes) == {f"staff.{role}" for role in GROUPS["staff"]} and codes["staff.auditor"] == "ok"
    assert write_cell("staff", codes) == "403 operator,auditor=ok admin=404"


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_row_does_not_tell_a_stranger_that_an_object_exists(row):
    assert not list(complaints(row))


def test_a_row_that_confirms_existence_or_proves_nothing_is_found():
    codes = dict.fromkeys(PEOPLE, "ok")
    assert not list(complaints(Row("x", "GET", "order.placed", codes, "404")))
    assert list(complaints(Row("x", "GET", "order.placed", codes | {"other.firm": "403"}, "404")))
    assert list(complaints(Row("x", "GET", "order.placed", codes, "403")))
    assert list(complaints(Row("x", "POST", "order.placed", dict.fromkeys(PEOPLE, "422"), "404")))
    shut = {person: "403" for person in PEOPLE if group_of(person) == "firm"} | {"other.firm": "403"}
    assert not list(complaints(Row("x", "GET", "order.placed", codes | shut, "404")))


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_everybody_gets_what_the_matrix_says(park: Park, row: Row, engine: str):
    """On the second engine one person for each group and code: who may what does not depend on it, whether the statements run does."""
    people = PEOPLE if engine == "sqlite" else stand_ins(row)
    got = {person: park.ask(row, person).code for person in people}
    wrong = [
        f"{person} got {got[person]}, not {row.expected[person]}"
        for person in people
        if got[person] != row.expected[person]
    ]
    assert not wrong, f"{row} ({park.url(row.endpoint, park.params(row, 'firm.admin'))}): " + "; ".join(wrong)


@pytest.mark.engine("sqlite")  # that a number is not found does not depend on the database
@pytest.mark.parametrize("row", OBJECTS, ids=str)
def test_what_does_not_exist_is_told_as_the_matrix_says(park: Park, row: Row):
    got = {person: missing_code(park, row, person) for person in stand_ins(row)}
    wrong = [f"{person} got {code}" for person, code in got.items() if code not in ("", row.missing)]
    assert not wrong, f"{row}, missing, should be {row.missing}: " + "; ".join(wrong)


PUBLIC_ONCE = {("organisations.show", "GET", "firm.suspended")}
"""Pages that say what everybody knew: the firm was public and is suspended (电子商务法 36 has its measure published)."""


@pytest.mark.engine("sqlite")  # who is let in does not depend on the database
@pytest.mark.parametrize("row", [row for row in OBJECTS if row.key not in PUBLIC_ONCE], ids=str)
def test_a_strangers_refusal_reads_as_if_the_object_did_not_exist(park: Park, row: Row):
    """The same status and the same words for another's object as for none, so that numbers cannot be tried out."""
    for person in ("other.firm", "other.client", "person"):
        if row.expected[person] == "404":
            theirs, none = (
                park.ask(row, person),
                park.ask(row, person, park.params(row, person) | park.world.things[row.thing].missing),
            )
            assert (theirs.status, park.words(theirs)) == (none.status, park.words(none)), f"{row}: {person}"


@pytest.mark.engine("sqlite")  # who is let in does not depend on the database
@pytest.mark.parametrize("row", OBJECTS, ids=str)
def test_parts_of_two_objects_do_not_make_one(park: Park, row: Row):
    """One's own order with the file of another's, an organisation with another's licence: 404, whoever asks."""
    for person in stand_ins(row):
        if row.expected[person] not in SHUT:
            for name, value in park.world.things[row.thing].foreign.items():
                assert park.ask(row, person, park.without(row, name, value, person)).code == "404", (
                    f"{person}: foreign {name}"
                )


@pytest.mark.engine("sqlite")  # who is let in does not depend on the database
@pytest.mark.parametrize("row", ROWS, ids=str)
def test_who_must_confirm_again_who_they_are_is_asked_to(park: Park, row: Row):
    assert unconfirmed_code(park, row) == row.unconfirmed


PUBLIC_ONCE = {("organisations.show", "GET", "firm.suspended")}
"""Pages that say what everybody knew: the firm was public and is suspended (电子商务法 36 has its measure published)."""


@pytest.mark.engine("sqlite")  # who is let in does not depend on the database
@pytest.mark.parametrize("row", [row for row in ROWS if row.expected["person"] in SHUT], ids=str)
def test_staff_who_have_shown_no_second_factor_get_no_more_than_a_stranger(park: Park, row: Row):
    """GB/T 22239-2019 level 3: a password alone opens none of the park's own pages."""
    people = [p for p in stand_ins(row) if group_of(p) == "staff" and row.expected[p] not in SHUT]
    if people:
        with park.password_only():
            got = {person: park.ask(row, person, park.params(row, person)) for person in people}
        assert not [
            f"{p}: {a.code} {a.location}"
            for p, a in got.items()
            if not (a.code in ("403", "404") or 300 <= a.status < 400)
        ]


def test_the_lines_are_plain_csv():
    with matrix.FILE.open(encoding="utf-8", newline="") as stream:
        assert next(csv.reader(stream)) == list(COLUMNS)
