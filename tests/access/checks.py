"""The rules of the matrix that tests and `propose` share."""

from collections.abc import Iterable, Iterator
from typing import Any

from flask import Flask
from werkzeug.routing import AnyConverter, Rule

from tests.access.matrix import ALLOWED_WITHOUT_ROW, Row
from tests.access.people import GROUPS, PEOPLE, full_name, group_of

SHUT = ("in", "403")


def routes(app: Flask) -> Iterator[tuple[Rule, str]]:
    """Every rule with each of its methods that needs a row."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda r: (r.endpoint, r.rule)):
        if rule.endpoint not in ALLOWED_WITHOUT_ROW:
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield rule, method


def choices(rule: Rule) -> dict[str, set[str]]:
    """What the `<any(…)>` parameters of a rule may be."""
    return {name: set(c.items) for name, c in rule._converters.items() if isinstance(c, AnyConverter)}


def complaints(row: Row) -> Iterator[str]:
    """What is wrong with a row by itself.

    Another's object does not exist: an administrator of another firm or client gets a 404, unless the route is shut to every firm
    (or every client) whatever the object, which tells nothing.
    """
    if row.thing == "-":
        return
    for kind in GROUPS["other"]:
        code = row.expected[full_name("other", kind)]
        own = {row.expected[full_name(kind, role)] for role in GROUPS[kind]}
        if code == "403" and own != {"403"}:
            yield f"another {kind} gets 403, which confirms that the object exists; it should be 404"
    if row.missing not in ("404", "ok", "-"):
        yield f"a missing object gives {row.missing}, not 404"
    if row.method == "POST" and "422" in row.expected.values() and "ok" not in row.expected.values():
        yield "nobody got past the form: fill it in forms.py, or the permission of the deed is not proved"


def stand_ins(row: Row, people: Iterable[str] = PEOPLE) -> list[str]:
    """One person for each group and code of a row: who gets the same there goes the same way through the code."""
    found: dict[tuple[str, str], str] = {}
    for person in people:
        found.setdefault((group_of(person), row.expected[person]), person)
    return list(found.values())


def missing_code(park: Any, row: Row, person: str) -> str:
    """What this person gets for an id that nobody has, each parameter of the object missing in turn; "" for who is refused anyway."""
    if row.expected[person] in SHUT:
        return ""
    thing = park.world.things[row.thing]
    codes = {
        park.ask(row, person, park.without(row, name, value, person)).code for name, value in thing.missing.items()
    }
    return codes.pop() if len(codes) == 1 else "|".join(sorted(codes))


def unconfirmed_code(park: Any, row: Row) -> str:
    """`again` where the first person with an `ok` is sent to confirm who they are once that is long ago."""
    person = next((p for p in PEOPLE if row.expected[p] == "ok" and p != "anonymous"), None)
    if person is None:
        return "same"
    with park.long_ago():
        answer = park.ask(row, person, park.params(row, person))
    return "again" if answer.code == "again" else "same"
