"""Field level: who sees whose mobile number, bank account, address. What is allowed stands in `canaries.csv`; see `canaries.py`.

A column that sounds sensitive and has no line fails, and so does a line whose people or pages no longer see the value: an allowance
that nobody uses is closed. `python -m tests.access.propose --canaries` prints who sees what now.
"""

import re

import pytest
from sqlalchemy import select

from marketplace.core.audit import AuditEvent
from marketplace.core.db import Base, db
from tests.access.canaries import Rule, read_rules, sensitive_columns, sightings, values
from tests.access.park import Park
from tests.access.people import PEOPLE, named
from tests.access.walking import by_group

pytestmark = pytest.mark.engine("sqlite")  # what a page shows does not depend on the database
RULES = read_rules()


def in_words(people: set[str]) -> str:
    return " ".join(person for person in PEOPLE if person in people) or "nobody"


def test_every_sensitive_column_has_a_line():
    assert not set(sensitive_columns()) - {rule.column for rule in RULES}


def test_every_line_speaks_of_a_column_that_exists():
    assert not [
        rule.column
        for rule in RULES
        if rule.column.split(".")[1] not in Base.metadata.tables[rule.column.split(".")[0]].columns
    ]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.column} of {rule.whose}")
def test_the_park_holds_a_value_for_every_line(park: Park, rule: Rule):
    assert values(park, rule), "plant one in world.py"


@by_group
def test_each_value_is_seen_by_whom_and_where_the_table_says_and_by_nobody_else(park: Park, people: list[str]):
    seen, wrong = sightings(park, RULES, people), []
    for rule in RULES:
        leaks = sorted(
            f"{person} at {endpoint}" for person, endpoint in seen[rule] if not rule.allows(person, endpoint)
        )
        seeing = {person for person, _ in seen[rule]}
        if leaks:
            wrong.append(f"{rule.column} of {rule.whose} is seen by {leaks[:6]}; now: {in_words(seeing)}")
        elif unused := (named(rule.seen_by) & set(people)) - seeing:
            wrong.append(f"{rule.column} of {rule.whose} is allowed to {in_words(unused)}, who do not see it")
    assert not wrong, "\n".join(wrong)


def test_nothing_of_a_person_is_public():
    """Of the organisations' people nothing at all; a firm's postal address and who represents it by law are, as on its licence. Where
    an invitation was sent is told to whoever holds its link."""
    public = {(rule.column, rule.whose): rule.where for rule in RULES if "anonymous" in named(rule.seen_by)}
    assert public.pop(("organisation_invitation.address", "firm")).split()[1:] == ["organisations.accept_invitation"]
    assert set(public) == {("organisation.address", "firm"), ("organisation.legal_representative", "firm")}


def test_the_audit_trail_holds_ids_and_codes_and_nothing_of_a_person(park: Park):
    """Its rows are never purged, so they may not hold what must be (decision 15)."""
    trail = [f"{event.event} {event.codes}" for event in db.session.scalars(select(AuditEvent))]
    assert len(trail) > 100
    personal = {
        v
        for rule in RULES
        if rule.column.split(".")[0] in ("user_account", "organisation", "bank_entry")
        for v in values(park, rule)
    }
    assert not [line for line in trail if re.search("|".join(map(re.escape, personal)), line) or "<script>" in line]
