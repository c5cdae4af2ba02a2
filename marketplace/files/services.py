"""Taking an upload in two steps: `prepare` before the transaction, `attach` inside it."""

import hashlib
from dataclasses import dataclass
from typing import IO

from marketplace.core.access import step
from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.core.errors import Conflict
from marketplace.core.i18n import lazy
from marketplace.files import store
from marketplace.files.models import StoredFile
from marketplace.files.rules import MAX_BYTES, check_upload, clean_name


@dataclass(frozen=True, slots=True)
class Prepared:
    """An upload that has been read, checked and written under its hash; it belongs to nobody yet."""

    sha256: str
    filename: str
    media_type: str
    size: int
    purpose: str


def prepare(stream: IO[bytes], filename: str, purpose: str) -> Prepared:
    """Read an upload, check it by its content and write its bytes, all before the transaction opens.

    Refused (field `file`): what `rules.check_upload` refuses: empty, over 20 MB, not PDF, JPG, PNG, DOCX, XLSX, OFD (CSV for the purpose
    `statement`), or another kind than its name says.
    """
    content = stream.read(MAX_BYTES + 1)
    media_type = check_upload(content, filename, purpose)
    sha256 = hashlib.sha256(content).hexdigest()
    store.write(sha256, content)
    return Prepared(sha256, clean_name(filename), media_type, len(content), purpose)


@step
def attach(*, actor: Actor, prepared: Prepared, organisation_id: int | None) -> StoredFile:
    """Give a prepared upload to its owner, within the caller's transaction: a row of its own, never shared."""
    if not store.path_of(prepared.sha256).is_file():
        raise Conflict("file.gone", lazy("上传的文件已失效，请重新选择文件"), field="file")
    stored = StoredFile(
        owner_organisation_id=organisation_id, uploaded_by_id=actor.user_id, purpose=prepared.purpose, filename=prepared.filename,
        media_type=prepared.media_type, size=prepared.size, sha256=prepared.sha256,
    )  # fmt: skip
    db.session.add(stored)
    db.session.flush()
    return stored
