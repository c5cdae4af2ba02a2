"""Serving a stored file, for the routes of the domain that owns it and has asked who may see it."""

from flask import Response, send_file

from marketplace.core.errors import NotFound
from marketplace.core.i18n import lazy
from marketplace.files.models import StoredFile
from marketplace.files.store import path_of


def send(stored: StoredFile) -> Response:
    """The file as an attachment under its own name; the browser neither guesses its type nor runs anything in it."""
    path = path_of(stored.sha256)
    if not path.is_file():
        raise NotFound("file.gone", lazy("文件不存在或已被清理，请联系园区运营人员"))
    answer = send_file(
        path,
        mimetype=stored.media_type,
        as_attachment=True,
        download_name=stored.filename,
        etag=stored.sha256,
        max_age=0,
    )
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer
