"""Which kinds of files are taken for which purpose, how large, and the one check that every upload passes."""

import zipfile
from pathlib import PurePath

from marketplace.core.errors import Invalid
from marketplace.core.i18n import lazy
from marketplace.files.rules.content import Content, as_stream, two_in_one
from marketplace.files.rules.images import JPG, PNG, check_jpg, check_png
from marketplace.files.rules.packages import check_package
from marketplace.files.rules.pdfs import HEADER, check_pdf

MEGABYTE = 1024 * 1024
MAX_BYTES = 20 * MEGABYTE  # where the purpose names no other
SIZES = {"licence": 20 * MEGABYTE, "delivery": 20 * MEGABYTE, "evidence": 20 * MEGABYTE, "statement": 20 * MEGABYTE}
STATEMENT = "statement"  # the one purpose for which a CSV may be kept
MEDIA_TYPES = {
    "pdf": "application/pdf",
    "jpg": "image/jpeg",
    "png": "image/png",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ofd": "application/ofd",
    "csv": "text/csv",
}
EXTENSIONS = {"jpeg": "jpg"}
ACCEPT = ".pdf,.jpg,.jpeg,.png,.docx,.xlsx,.ofd"
_CHECKS = {"pdf": check_pdf, "jpg": check_jpg, "png": check_png}


def max_bytes(purpose: str) -> int:
    """How large a file of this purpose may be."""
    return SIZES.get(purpose, MAX_BYTES)


def extension(filename: str) -> str:
    """`pdf`, `jpg` …: what the name claims to be."""
    claimed = PurePath(filename).suffix.lower().lstrip(".")
    return EXTENSIONS.get(claimed, claimed)


def detect(content: Content) -> str | None:
    """What the first bytes are, whatever the name says; `zip` for any package, None for what is not taken."""
    for kind, beginning in (("pdf", HEADER), ("jpg", JPG), ("png", PNG), ("zip", b"PK\x03\x04")):
        if content[: len(beginning)] == beginning:
            return kind
    return "csv" if _is_text(content) else None


def _is_text(content: Content) -> bool:
    if content.find(b"\0") >= 0:
        return False
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            content[:].decode(encoding)
        except UnicodeDecodeError:
            continue
        return True
    return False


def too_large(purpose: str) -> Invalid:
    """The refusal of more bytes than this purpose may have."""
    return Invalid("file.large", lazy("文件不能超过 %(n)s MB"), field="file", n=max_bytes(purpose) // MEGABYTE)


def check_upload(content: Content, filename: str, purpose: str) -> str:
    """The media type of an upload that may be kept.

    Refused: an empty file, one over its purpose's size, a kind that is not taken, a name that claims another kind, and what the kind's
    own check refuses (cut off, too many pixels, unfolding beyond measure, acting by itself, reaching out, two files in one).
    """
    if not len(content):
        raise Invalid("file.empty", lazy("请选择文件；所选文件是空的"), field="file")
    if len(content) > max_bytes(purpose):
        raise too_large(purpose)
    found = detect(content)
    claimed = extension(filename)
    if found == "zip":
        found = check_package(as_stream(content))
    if found is None or (found == "csv" and purpose != STATEMENT):
        raise Invalid("file.kind", lazy("只支持 PDF、JPG、PNG、DOCX、XLSX、OFD 文件，且文件内容须完好"), field="file")
    if claimed != found:
        raise Invalid("file.mismatch", lazy("文件内容与扩展名不符，请上传原始文件"), field="file")
    if check := _CHECKS.get(found):
        check(content)
        if zipfile.is_zipfile(as_stream(content)):  # an archive is read from its end, whatever stands before it
            raise two_in_one()
    return MEDIA_TYPES[found]
