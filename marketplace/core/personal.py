"""What the platform holds of a person, and what stands in the way of their leaving: each domain tells it for its own tables.

A domain's `personal.py` registers here at import; `duties` asks for everything at once. A test walks all tables for columns that name a
person and fails where one is neither covered nor exempt, so that a new table is not forgotten (PIPL 45, 47; 电子商务法 24).
"""

from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import or_, select

from marketplace.core import clock
from marketplace.core.actor import Actor
from marketplace.core.db import db

Rows = Callable[[int], Generator[dict[str, Any], None, None]]


@dataclass(frozen=True, slots=True)
class PersonalData:
    """One table of a person's copy: file name, title, the columns with their Chinese headings, and the rows of one person."""

    name: str
    label: Any
    columns: Mapping[str, Any]
    rows: Rows
    covers: tuple[str, ...]  # `table.column`: which columns that name a person this answers for


@dataclass(frozen=True, slots=True)
class Blocker:
    """One reason why an account cannot be closed now, in words for the person, and the page where they can deal with it."""

    code: str
    text: Any
    endpoint: str = ""
    args: dict[str, Any] = field(default_factory=dict)


_data: dict[str, PersonalData] = {}
_exempt: dict[str, str] = {}
_blockers: list[Callable[[int], Iterable[Blocker]]] = []
_leavers: list[Callable[[Actor, int], None]] = []


def register_personal_data(
    name: str, label: Any, columns: Mapping[str, Any], provider: Rows, covers: Iterable[str]
) -> None:
    """Put a table into every person's copy of their data: `provider(user_id)` is a generator of rows of plain values under the keys of `columns`."""
    _data[name] = PersonalData(name, label, columns, provider, tuple(covers))


def register_table(name: str, label: Any, model: Any, who: str | tuple[str, ...], columns: Mapping[str, Any]) -> None:
    """The ordinary case: the rows of one table in whose column `who` the person stands, with these of its columns."""
    named = (who,) if isinstance(who, str) else who
    covers = [f"{model.__tablename__}.{column}" for column in named]
    register_personal_data(name, label, columns, own_rows(model, named, tuple(columns)), covers)


def exempt(*columns: str, why: str) -> None:
    """Columns (`table.column`) that name a person but are left out of the copy, and why."""
    _exempt.update(dict.fromkeys(columns, why))


def own_rows(model: Any, who: tuple[str, ...], columns: tuple[str, ...]) -> Rows:
    """A provider that reads these columns of the rows in which one of the columns `who` is the person, in their own order."""

    def rows(user_id: int) -> Generator[dict[str, Any], None, None]:
        table = model.__table__
        query = (
            select(*(table.c[name] for name in columns))
            .where(or_(*(table.c[name] == user_id for name in who)))
            .order_by(*table.primary_key.columns)
        )
        result = db.session.execute(query.execution_options(yield_per=1000))
        try:
            for row in result:
                yield {name: plain(value) for name, value in zip(columns, row, strict=True)}
        finally:
            result.close()  # whoever stops half way leaves no cursor open on the server

    return rows


def plain(value: Any) -> Any:
    """A value as JSON holds it; moments in Asia/Shanghai."""
    if isinstance(value, datetime):
        return clock.local(value).isoformat(timespec="seconds")
    return value.isoformat() if isinstance(value, date) else value


def personal_data() -> list[PersonalData]:
    """Every registered table, by name."""
    return [_data[name] for name in sorted(_data)]


def exemptions() -> dict[str, str]:
    return dict(_exempt)


def register_account_blocker(provider: Callable[[int], Iterable[Blocker]]) -> None:
    """Let a domain say what keeps a person's account from being closed."""
    _blockers.append(provider)


def account_blockers(user_id: int) -> list[Blocker]:
    """Everything that keeps this account from being closed; empty when nothing does."""
    return [blocker for provider in _blockers for blocker in provider(user_id)]


def register_account_leaver(leaver: Callable[[Actor, int], None]) -> None:
    """Let a domain clear up its own tables when an account closes, within that transaction."""
    _leavers.append(leaver)


def leave_everywhere(actor: Actor, user_id: int) -> None:
    """Run every domain's part of closing an account."""
    for leaver in _leavers:
        leaver(actor, user_id)
