"""What only some may see: sensitive columns with the values the park holds in them, and who saw which where.

`canaries.csv` is the table of what is allowed, one line per column and owner:

    column,whose,seen_by,where
    organisation.contact_mobile,firm,firm staff.operator,*

* **column**: `table.column`. Every column whose name sounds sensitive (`SENSITIVE`) needs at least one line; a new one without fails.
* **whose**: whose values: `firm`, `client`, `other_firm`, `other_client` (an organisation's, or its rows'), a person (`firm.admin`,
  `staff.finance`, `person`), or `all` (every row of the table).
* **seen_by**: people as in `people.py` (`firm`, `client.admin,finance`, `staff`, `nobody` …).
* **where**: endpoints with `*`, several with blanks; `*` for wherever these people get.

The values are read from the park's own database (sealed ones are opened), so a new column only needs a value in `world.py`.
"""

import csv
import io
import json
import re
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from sqlalchemy import Table, select

from marketplace.core.db import Base, db
from marketplace.core.vault import Unreadable, unseal
from tests.access.park import Answer, Park
from tests.access.people import PEOPLE, named
from tests.access.walking import walk

FILE = Path(__file__).with_name("canaries.csv")
COLUMNS = ("column", "whose", "seen_by", "where")
SENSITIVE = re.compile(
    r"mobile|phone|e?mail|contact|address|bank|account|secret|token|hash|password|identity|id_card|birth|tax|memo|counterparty|agent|reference|legal_rep"
)
SENSITIVE_TABLES = re.compile(r"bank_account|payout|factor|recovery|identity|consent")  # all their texts
NOT_SECRET = {
    "bank_entry.counterparty_name",  # the payers' names are those of organisations
    "bank_entry.reference",  # the same as payment.reference
    "consent.decision", "consent.document", "consent.how", "consent.scope", "identity_export.actor", "identity_export.period",  # codes
    "listing.tax_note",  # one of two codes that everybody reads
    "organisation_bank_account.account_last4", "organisation_invoice_data.account_last4",  # what is left of a masked number
    "organisation_bank_account.holder",  # the organisation's own name
    "outbox_message.address",  # the same as user_account.email
    "sign_in_event.login_hash",  # of logins that nobody has
    "statement_import.sha256", "stored_file.sha256",
}  # fmt: skip
SHORTEST = 6


@dataclass(frozen=True)
class Rule:
    column: str
    whose: str
    seen_by: str
    where: str

    def allows(self, person: str, endpoint: str) -> bool:
        return person in named(self.seen_by) and any(fnmatch(endpoint, one) for one in self.where.split())


def read_rules() -> list[Rule]:
    with FILE.open(encoding="utf-8", newline="") as stream:
        return [Rule(**line) for line in csv.DictReader(stream)]


def sensitive_columns() -> Iterator[str]:
    """The columns that hold text and sound as if not everybody should read it."""
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            name = f"{table.name}.{column.name}"
            kind = str(column.type).upper()
            sensitive = SENSITIVE.search(column.name) or SENSITIVE_TABLES.search(table.name)
            if sensitive and ("CHAR" in kind or "TEXT" in kind) and name not in NOT_SECRET:
                yield name


def _owner(table: Table, park: Park, whose: str) -> Any:
    """The condition that picks the rows of an owner."""
    if whose == "all":
        return True
    organisations = {w: getattr(park.world, w) for w in ("firm", "client", "other_firm", "other_client")}
    names: tuple[str, ...]
    if whose in organisations:
        wanted, names = (
            organisations[whose],
            ("organisation_id", "owner_organisation_id", "payer_organisation_id", f"{whose.removeprefix('other_')}_id"),
        )
        own = table.name == "organisation"
    else:
        wanted, names = park.world.users[whose], ("user_id", "uploaded_by_id")
        own = table.name == "user_account"
    column = table.c.id if own else next((table.c[n] for n in names if n in table.c), None)
    if column is None:
        raise LookupError(f"{table.name} does not say whose a row is; use `all`, or add its column to `_owner`")
    return column == wanted


def values(park: Park, rule: Rule) -> list[str]:
    """What these rows hold, without the hostile words behind it; sealed values opened."""
    name, _, column = rule.column.partition(".")
    table = Base.metadata.tables[name]
    condition = _owner(table, park, rule.whose)
    query = select(table.c[column]).where(table.c[column].is_not(None))
    rows = db.session.scalars(query if condition is True else query.where(condition)).all()
    found = {_opened(str(row)).split('">')[0].strip() for row in rows}
    return sorted(value for value in found if len(value) >= SHORTEST)


def _opened(value: str) -> str:
    try:
        return unseal(value) if len(value) > 80 else value
    except Unreadable:
        return value


def readable(answer: Answer) -> str:
    """Everything a person can read out of an answer: a page, JSON, CSV, a spreadsheet."""
    if "spreadsheet" in answer.kind:
        with zipfile.ZipFile(io.BytesIO(answer.body)) as book:
            return "\n".join(book.read(name).decode("utf-8") for name in book.namelist() if name.endswith(".xml"))
    if "json" in answer.kind:
        return json.dumps(json.loads(answer.body), ensure_ascii=False)
    return answer.text


def sightings(park: Park, rules: list[Rule], people: Iterable[str] = PEOPLE) -> dict[Rule, set[tuple[str, str]]]:
    """Per rule, who of these people saw one of its values, and at which endpoint."""
    rules_of = defaultdict(list)
    for rule in rules:
        for value in values(park, rule):
            rules_of[value].append(rule)
    seen: dict[Rule, set[tuple[str, str]]] = defaultdict(set)
    held: dict[str, list[str]] = {}  # the values in a line: most lines stand on many pages
    for row, person, answer in walk(park, people):
        if answer.status < 400:
            for line in set(readable(answer).splitlines()):
                if line not in held:
                    held[line] = [value for value in rules_of if value in line]
                for value in held[line]:
                    for rule in rules_of[value]:
                        seen[rule].add((person, row.endpoint))
    return seen


def propose(park: Park) -> None:
    """Print who sees what now, for whoever adds a line: `python -m tests.access.propose --canaries`."""
    owners = ["firm", "client", "other_client", "firm.admin", "client.viewer", "staff.operator", "all"]
    rules = []
    for column in sorted({*sensitive_columns(), *(rule.column for rule in read_rules())}):
        for whose in owners:
            rule = Rule(column, whose, "", "")
            try:
                if values(park, rule):
                    rules.append(rule)
            except LookupError:
                continue
    seen = sightings(park, rules)
    for rule in rules:
        people = [p for p in PEOPLE if p in {person for person, _ in seen[rule]}]
        print(
            rule.column,
            rule.whose,
            "|",
            " ".join(people) or "nobody",
            "|",
            " ".join(sorted({e for _, e in seen[rule]})),
        )
