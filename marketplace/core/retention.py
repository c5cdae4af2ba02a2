"""How long each kind of data is kept, as data: every domain registers the rules of its own tables, `duties` shows and carries them out.

A rule names what is kept, for how long after what, by which law, and what happens then. What has `due` and `apply` is carried out every
day; what has not is kept for good and stands in the matrix so that it is complete. Orders, money and audit rows are never touched.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, cast, delete, null, select, update

from marketplace.core import settings
from marketplace.core.db import BIG, db
from marketplace.core.i18n import _, lazy

Due = Callable[[datetime], Select[Any]]
Apply = Callable[[Sequence[Any]], int]


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the matrix. `due(before)` selects `id`, `user_id`, `organisation_id` of the rows that ended before a moment."""

    code: str
    noun: Any
    table: str
    after: Any  # since when the time runs, or, where nothing is carried out, how long it is kept
    law: str
    what: str  # delete, mask, keep
    due: Due | None = None
    apply: Apply | None = None

    @property
    def setting(self) -> str:
        return f"retention.{self.code}_days"

    @property
    def days(self) -> int | None:
        """The days in force today; None for what is kept for good."""
        return None if self.due is None else int(settings.get(self.setting))

    @property
    def keep_text(self) -> str:
        """For how long, in words: `会话结束后 90 天`."""
        days = self.days
        if days is None:
            return str(self.after)
        if days % 365 == 0:
            return _("%(after)s %(n)s 年", after=self.after, n=days // 365)
        return _("%(after)s %(n)s 天", after=self.after, n=days)

    def cutoff(self, now: datetime) -> datetime | None:
        """Rows that ended before this moment are due."""
        days = self.days
        return None if days is None else now - timedelta(days=days)


WHAT = {"delete": lazy("删除"), "mask": lazy("去标识化"), "keep": lazy("长期保存")}
_rules: dict[str, Rule] = {}


def register(rule: Rule, *, days: int | None = None, minimum: int = 1) -> None:
    """Add a rule. `days` is the default of its setting `retention.<code>_days`, `minimum` what the law lets nobody go below."""
    if rule.due is not None:
        label = lazy("保存期限（天）：%(noun)s", noun=rule.noun)
        settings.define(rule.setting, "days", days, label, rule.law, minimum=minimum)
    _rules[rule.code] = rule


def keep(code: str, noun: Any, table: str, how_long: Any, law: str) -> None:
    """A line for what no job ever removes."""
    register(Rule(code, noun, table, how_long, law, "keep"))


def rules() -> list[Rule]:
    """The whole matrix, what is carried out first."""
    return sorted(_rules.values(), key=lambda rule: (rule.due is None, rule.code))


def key_of(model: Any) -> ColumnElement[Any]:
    """The one column of a table's primary key."""
    (column,) = model.__table__.primary_key.columns
    return column


def due_rows(model: Any, *where: ColumnElement[bool], user: Any = None, organisation: Any = None) -> Select[Any]:
    """The rows that match, with whom they concern, as a rule's `due` gives them."""
    nobody = cast(null(), BIG)
    return select(
        key_of(model).label("id"),
        (nobody if user is None else user).label("user_id"),
        (nobody if organisation is None else organisation).label("organisation_id"),
    ).where(*where)


def deleting(model: Any) -> Apply:
    """Delete the rows of these keys; returns how many."""

    def apply(ids: Sequence[Any]) -> int:
        statement = delete(model).where(key_of(model).in_(ids)).execution_options(synchronize_session=False)
        return int(db.session.execute(statement).rowcount)  # type: ignore[attr-defined]

    return apply


def masking(model: Any, **values: Any) -> Apply:
    """Overwrite these columns in the rows of these keys; returns how many."""

    def apply(ids: Sequence[Any]) -> int:
        statement = update(model).where(key_of(model).in_(ids)).values(**values)
        result = db.session.execute(statement.execution_options(synchronize_session=False))
        return int(result.rowcount)  # type: ignore[attr-defined]

    return apply
