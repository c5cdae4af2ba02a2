"""The access matrix as data: `matrix.csv`, one row per route, method and kind of object.

A row says what each person gets who sends this method to this route for this object of the small park that `world.py` builds:

    endpoint,method,object,anonymous,person,firm,client,other,staff,missing,unconfirmed
    orders.decline,POST,order.placed,in,403,ok finance,viewer=403,403,404 client=403,403,404,same

* **object**: the thing of `world.things` that the URL names (`-`: none), then further parameters of the URL: `listing.submitted decision=approve`.
  Several rows of one route and method are allowed where objects or parameters differ; every choice of an `<any(…)>` needs one.
* **a group's cell**: what its people get, then who gets something else: `403 admin,business=ok finance=422`. The groups and who is in them
  stand in `people.py`. `other` is another firm's and another client's administrator at *this* firm's and client's object. What
  belongs to an organisation or a person (`licence`, `session` …) is each one's own; for who owns none it is the firm's administrator's.
* **codes**: `ok` (2xx, or a redirect to anywhere but the next two), `in` (sent to the sign-in page), `again` (sent to confirm who they are),
  else the status: `403`, `404`, `409`, `410`, `422` … A `422` on a POST means that the form was refused by its shape and the
  permission of the deed has *not* been proved: fill the form in `forms.py` until somebody gets `ok`.
* **missing**: what all who do not get `in` or `403` receive for an id that nobody has (`-` where the URL names no object).
* **unconfirmed**: `again` where somebody with an `ok` is asked to confirm who they are once that is long ago, else `same`.

Adding a route = adding one line. `python -m tests.access.propose` prints proposals for what has none, to be read by a person
before they are pasted: it writes down what *is*, the matrix says what *should be*.
"""

import csv
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.access.people import GROUPS, PEOPLE, full_name

FILE = Path(__file__).with_name("matrix.csv")
COLUMNS = ("endpoint", "method", "object", *GROUPS, "missing", "unconfirmed")
# Files that are the same for everybody and for which no view of ours is asked.
ALLOWED_WITHOUT_ROW = {"static", "openapi.spec", "assets.vendor"}


@dataclass(frozen=True)
class Row:
    """One line of the matrix, its cells taken apart."""

    endpoint: str
    method: str
    object: str = "-"
    expected: Mapping[str, str] = field(default_factory=dict, hash=False)
    missing: str = "-"
    unconfirmed: str = "same"

    @property
    def thing(self) -> str:
        """The name of the thing, `-` for none."""
        return self.object.split()[0]

    @property
    def given(self) -> dict[str, str]:
        """The further parameters of the URL."""
        return dict(word.split("=", 1) for word in self.object.split()[1:])

    @property
    def key(self) -> tuple[str, str, str]:
        return self.endpoint, self.method, self.object

    def __str__(self) -> str:
        return " ".join(part for part in self.key if part != "-")


def read_cell(group: str, cell: str) -> dict[str, str]:
    """What each person of a group gets; a word that is not `members=code` or a member that does not exist is refused."""
    default, *exceptions = cell.split()
    found = {full_name(group, member): default for member in GROUPS[group]}
    for word in exceptions:
        members, _, code = word.partition("=")
        for member in members.split(","):
            if member not in GROUPS[group] or not code:
                raise ValueError(f"{group}: {word} names nobody of {', '.join(GROUPS[group])}, or no code")
            found[full_name(group, member)] = code
    return found


def write_cell(group: str, codes: Mapping[str, str]) -> str:
    """The shortest cell that says this: the commonest code first, then the exceptions in the group's order."""
    of = {member: codes[full_name(group, member)] for member in GROUPS[group]}
    default = Counter(of.values()).most_common(1)[0][0]
    others = dict.fromkeys(code for code in of.values() if code != default)
    return " ".join([default, *(f"{','.join(m for m in of if of[m] == code)}={code}" for code in others)])


def read_rows(path: Path = FILE) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as stream:
        lines = list(csv.DictReader(stream))
    return [read_row(line) for line in lines]


def read_row(line: Mapping[str, str]) -> Row:
    """A line as a row; an empty or superfluous cell is refused."""
    if tuple(line) != COLUMNS or not all(line[c] and line[c].strip() for c in COLUMNS):
        raise ValueError(f"{line.get('endpoint')}: every one of {', '.join(COLUMNS)} needs a value")
    expected: dict[str, str] = {}
    for group in GROUPS:
        expected |= read_cell(group, line[group])
    assert set(expected) == set(PEOPLE)
    return Row(line["endpoint"], line["method"], line["object"], expected, line["missing"], line["unconfirmed"])


def write_row(row: Row) -> list[str]:
    cells = [write_cell(group, row.expected) for group in GROUPS]
    return [row.endpoint, row.method, row.object, *cells, row.missing, row.unconfirmed]


def write_rows(rows: Iterable[Row], stream: object) -> None:
    """Header and rows in the order of the file."""
    writer = csv.writer(stream, lineterminator="\n")  # type: ignore[arg-type]
    writer.writerow(COLUMNS)
    writer.writerows(write_row(row) for row in sorted(rows, key=lambda r: r.key))
