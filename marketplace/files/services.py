"""Taking an upload in two steps: `prepare` before the transaction, `attach` inside it; and putting a file into quarantine later."""

import mmap
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import IO

from sqlalchemy import func, select, update

from marketplace.core import audit, clock, refusals
from marketplace.core.access import step
from marketplace.core.actor import Actor, current_actor
from marketplace.core.db import db, is_sqlite
from marketplace.core.errors import Conflict, Invalid
from marketplace.core.i18n import lazy
from marketplace.files import scanning, store
from marketplace.files.models import StoredFile
from marketplace.files.queries import count_uploads, count_usage, is_quarantined
from marketplace.files.rules import Content, Mapped, check_upload, clean_name, limits, max_bytes

_ORGANISATION, _PERSON = 7_406_001, 7_406_002  # advisory locks: whose uploads are being counted


@dataclass(frozen=True, slots=True)
class Prepared:
    """An upload that has been read, checked and written under its hash; it belongs to nobody yet."""

    sha256: str
    filename: str
    media_type: str
    size: int
    purpose: str
    scanner: str | None = None
    scanned_at: datetime | None = None


def prepare(stream: IO[bytes], filename: str, purpose: str) -> Prepared:
    """Read an upload, check it by its content, have it scanned and write its bytes, all before the transaction opens.

    Refused (field `file`), nothing kept: what `rules.check_upload` refuses (empty, over the purpose's size, not PDF, JPG, PNG, DOCX,
    XLSX, OFD, or CSV for the purpose `statement`; another kind than its name says; damaged, active, reaching out, unfolding beyond
    measure); what the virus scanner finds something in (noted in the trail), and anything at all while that scanner does not answer.
    """
    with store.receiving(stream, max_bytes(purpose)) as received:
        with _mapped(received) as content:
            media_type = check_upload(content, filename, purpose)
        scanner = _scan(received, purpose)
        store.keep(received)
    name = clean_name(filename)
    scanned_at = clock.now() if scanner else None
    return Prepared(received.sha256, name, media_type, received.size, purpose, scanner, scanned_at)


@contextmanager
def _mapped(received: store.Received) -> Iterator[Content]:
    if not received.size:  # nothing cannot be mapped
        yield b""
        return
    with received.path.open("rb") as file:
        content = Mapped(file.fileno(), 0, access=mmap.ACCESS_READ)
        try:
            yield content
        finally:
            with suppress(BufferError):  # a refusal's traceback may still hold a piece; the mapping goes with it
                content.close()


def _scan(received: store.Received, purpose: str) -> str | None:
    """The scanner that found the file clean; None where none is wanted."""
    try:
        seen = scanning.scan(received.path)
    except scanning.ScannerUnavailable as unavailable:
        message = lazy("病毒扫描服务暂时不可用，文件未被接收，请稍后重试")
        raise Invalid("file.unscanned", message, field="file") from unavailable
    if seen is None:
        return None
    scanner, verdict = seen
    if not verdict.clean:
        refusals.note(
            "file.infected", "file", actor=current_actor(), sha256=received.sha256, purpose=purpose, scanner=scanner, found=verdict.name,
        )  # fmt: skip
        raise _infected()
    return scanner


def _infected() -> Invalid:
    return Invalid("file.infected", lazy("文件未通过病毒扫描，已拒绝接收；请在本机查杀病毒后更换文件"), field="file")


@step
def attach(*, actor: Actor, prepared: Prepared, organisation_id: int | None) -> StoredFile:
    """Give a prepared upload to its owner, within the caller's transaction: a row of its own, never shared.

    Refused (field `file`): bytes that were swept meanwhile or are known to be infected, and what would pass the organisation's number
    of files or bytes, or the person's number of files of the day (settings `files.…`), however many uploads come at once.
    """
    if not store.path_of(prepared.sha256).is_file():
        raise Conflict("file.gone", lazy("上传的文件已失效，请重新选择文件"), field="file")
    if is_quarantined(prepared.sha256):
        raise _infected()
    _check_limits(actor, prepared.size, organisation_id)
    stored = StoredFile(
        owner_organisation_id=organisation_id, uploaded_by_id=actor.user_id, purpose=prepared.purpose, filename=prepared.filename,
        media_type=prepared.media_type, size=prepared.size, sha256=prepared.sha256, scanner=prepared.scanner,
        scanned_at=prepared.scanned_at,
    )  # fmt: skip
    db.session.add(stored)
    db.session.flush()
    return stored


def _lock(kind: int, key: int) -> None:
    """Let uploads of one owner be counted one after the other; SQLite has one writer anyway."""
    if not is_sqlite():
        db.session.execute(select(func.pg_advisory_xact_lock(kind, key % 2**31)))


def _check_limits(actor: Actor, size: int, organisation_id: int | None) -> None:
    allowed = limits()
    if organisation_id is not None:
        _lock(_ORGANISATION, organisation_id)
        count, total = count_usage(organisation_id)
        if count >= allowed.count:
            message = lazy("本单位的文件数已达上限（%(n)s 个），请联系园区运营人员")
            raise Invalid("file.quota_count", message, field="file", n=allowed.count)
        if total + size > allowed.total_bytes:
            message = lazy("本单位的文件总量已达上限（%(n)s MB），请联系园区运营人员")
            raise Invalid("file.quota_bytes", message, field="file", n=allowed.total_bytes // 1024 // 1024)
    if actor.user_id is not None:
        _lock(_PERSON, actor.user_id)
        if count_uploads(actor.user_id, clock.start_of_day(clock.today())) >= allowed.per_day:
            message = lazy("您今天上传的文件已达上限（%(n)s 个），请明天再上传")
            raise Invalid("file.quota_day", message, field="file", n=allowed.per_day)


@step
def mark_scanned(*, actor: Actor, sha256: str, scanner: str, found: str) -> int:
    """Write down what a scanner says of bytes that are stored already; with something found, every file of them goes into quarantine.

    Returns how many files were put into quarantine. Each has its row in the trail.
    """
    now = clock.now()
    waiting = select(StoredFile.id, StoredFile.owner_organisation_id).where(
        StoredFile.sha256 == sha256, StoredFile.quarantined_at.is_(None)
    )
    rows = db.session.execute(waiting).all()
    values: dict[str, object] = {"scanned_at": now, "scanner": scanner} | ({"quarantined_at": now} if found else {})
    db.session.execute(
        update(StoredFile).where(StoredFile.id.in_([row.id for row in rows])).values(values)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    if not found:
        return 0
    for row in rows:
        audit.record(
            "file.quarantined", "file", row.id, actor=actor, organisation_id=row.owner_organisation_id, sha256=sha256,
            scanner=scanner, found=found,
        )  # fmt: skip
    return len(rows)
