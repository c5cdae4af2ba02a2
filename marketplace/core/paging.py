"""A page of a query: its rows, the exact total, and what a pager needs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, func, select

from marketplace.core.db import db

PER_PAGE = (10, 20, 50, 100)
T = TypeVar("T")


@dataclass(frozen=True)
class Page(Generic[T]):
    items: Sequence[T]
    total: int
    page: int
    per_page: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.per_page))

    @property
    def first(self) -> int:
        """The place of the first row shown, counted from 1; 0 when there is none."""
        return (self.page - 1) * self.per_page + 1 if self.items else 0

    @property
    def last(self) -> int:
        return (self.page - 1) * self.per_page + len(self.items)

    @property
    def has_previous(self) -> bool:
        return self.page > 1

    @property
    def has_next(self) -> bool:
        return self.page < self.pages


def clamp(page: int | None, per_page: int | None) -> tuple[int, int]:
    """A page number of at least 1 and a page size of 1 to 100 out of whatever the address said."""
    return max(1, min(page or 1, 100_000)), max(1, min(per_page or 20, 100))


def paginate(query: Select[Any], page: int | None = 1, per_page: int | None = 20) -> Page[Any]:
    """One page of an ordered select of one entity or column: two statements, the count and the rows."""
    number, size = clamp(page, per_page)
    total = db.session.scalar(select(func.count()).select_from(query.order_by(None).options().subquery())) or 0
    rows = db.session.scalars(query.limit(size).offset((number - 1) * size)).unique().all()
    return Page(rows, total, number, size)
