"""A source whose documents can be told from the change log alone: thing n has been touched k times; never-again things end in 7."""

from collections.abc import Iterable

from sqlalchemy import func, select

from marketplace.core.db import db
from marketplace.search import sources
from marketplace.search.documents import Document, Removed
from marketplace.search.models import SearchChange

KIND = "counted"


def version_word(count: int) -> str:
    """The word by which a document of this version is found."""
    return f"v{count}"


def build(ids: list[int]) -> Iterable[Document | Removed]:
    """Documents of these things as the log tells them."""
    rows = db.session.execute(
        select(SearchChange.ref_id, func.count())
        .where(SearchChange.kind == KIND, SearchChange.ref_id.in_(ids))
        .group_by(SearchChange.ref_id)
    ).all()
    counts = {row[0]: row[1] for row in rows}
    for one in ids:
        if one % 10 == 7 or one not in counts:
            yield Removed(one)
        else:
            yield Document(one, f"第{one}号", version_word(counts[one]), keywords={"version": [str(counts[one])]})


def all_ids() -> Iterable[int]:
    """All touched things."""
    return list(db.session.scalars(select(SearchChange.ref_id).where(SearchChange.kind == KIND).distinct()))


def register() -> None:
    """Let the indexer know this kind."""
    sources.register(KIND, build, all_ids)


def expected() -> dict[int, str]:
    """What must be found: id and version."""
    return {one.id: one.keywords["version"][0] for one in build(list(all_ids())) if isinstance(one, Document)}
