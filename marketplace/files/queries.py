"""Reads of stored files. None of them asks who is looking: the domain that calls has asked already."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import func, select

from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.core.i18n import lazy
from marketplace.files.models import StoredFile


def get_file(number: str) -> StoredFile:
    """The file with this public number."""
    found = db.session.scalar(select(StoredFile).where(StoredFile.number == number))
    if found is None:
        raise NotFound("file.missing", lazy("没有这个文件"))
    return found


def list_files(ids: Collection[int]) -> dict[int, StoredFile]:
    """The files of these ids, by id."""
    if not ids:
        return {}
    return {f.id: f for f in db.session.scalars(select(StoredFile).where(StoredFile.id.in_(ids)))}


def list_known_hashes(hashes: Collection[str]) -> set[str]:
    """Which of these hashes a row still names."""
    if not hashes:
        return set()
    return set(db.session.scalars(select(StoredFile.sha256).where(StoredFile.sha256.in_(hashes)).distinct()))


def count_usage(organisation_id: int) -> tuple[int, int]:
    """How many files an organisation has, and how many bytes they are."""
    count, size = db.session.execute(
        select(func.count(), func.coalesce(func.sum(StoredFile.size), 0)).where(
            StoredFile.owner_organisation_id == organisation_id
        )
    ).one()
    return count, int(size)


def count_uploads(user_id: int, since: datetime) -> int:
    """How many files a person has handed in since a moment."""
    query = select(func.count()).where(StoredFile.uploaded_by_id == user_id, StoredFile.created_at >= since)
    return db.session.scalar(query) or 0


def is_quarantined(sha256: str) -> bool:
    """Are these bytes known to carry something?"""
    query = select(StoredFile.id).where(StoredFile.sha256 == sha256, StoredFile.quarantined_at.is_not(None)).limit(1)
    return db.session.scalar(query) is not None


def list_unscanned(after_id: int, limit: int) -> Sequence[StoredFile]:
    """The next files that no scanner has seen, by id."""
    query = select(StoredFile).where(
        StoredFile.id > after_id, StoredFile.scanned_at.is_(None), StoredFile.quarantined_at.is_(None)
    )
    return db.session.scalars(query.order_by(StoredFile.id).limit(limit)).all()


def list_stored(after: str, limit: int) -> Sequence[tuple[str, int]]:
    """The next hashes in their order, each with the size that its rows name."""
    query = select(StoredFile.sha256, StoredFile.size).where(StoredFile.sha256 > after).distinct()
    return [(row.sha256, row.size) for row in db.session.execute(query.order_by(StoredFile.sha256).limit(limit))]


def count_stored() -> int:
    """How many different files are stored."""
    return db.session.scalar(select(func.count(StoredFile.sha256.distinct()))) or 0
