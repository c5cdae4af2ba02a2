"""Reads of stored files. None of them asks who is looking: the domain that calls has asked already."""

from collections.abc import Collection

from sqlalchemy import select

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
