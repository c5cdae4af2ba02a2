"""Serving a stored file, for the routes of the domain that owns it and has asked who may see it."""

import logging

from flask import Response, send_file

from marketplace.core.errors import Gone, NotFound
from marketplace.core.i18n import lazy
from marketplace.files.models import StoredFile
from marketplace.files.store import path_of

log = logging.getLogger(__name__)
HEADERS = {
    "Cache-Control": "private, no-store",
    "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def send(stored: StoredFile) -> Response:
    """The file as an attachment under its own name; the browser neither guesses its type nor runs anything in it nor keeps it.

    Refused: a file in quarantine (410), bytes that are not there or are not as long as the row says (404).
    """
    if stored.quarantined_at is not None:
        message = lazy("该文件未通过病毒扫描，已被隔离，不再提供下载；如需使用请联系上传方重新提供")
        raise Gone("file.quarantined", message)
    path = path_of(stored.sha256)
    if not path.is_file():
        raise NotFound("file.gone", lazy("文件不存在或已被清理，请联系园区运营人员"))
    if path.stat().st_size != stored.size:
        log.error("stored file %s has %s bytes, its row says %s", stored.number, path.stat().st_size, stored.size)
        raise NotFound("file.damaged", lazy("存储的文件与登记内容不一致，已停止下载，请联系园区运营人员"))
    answer = send_file(
        path,
        mimetype=stored.media_type,
        as_attachment=True,
        download_name=stored.filename,
        conditional=False,
        etag=False,
        max_age=0,
    )
    for name, value in HEADERS.items():
        answer.headers[name] = value
    return answer
