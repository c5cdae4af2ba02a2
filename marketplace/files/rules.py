"""The pure rules of uploads: which kinds of files, told by what they contain, and what a name may look like."""

import io
import re
import zipfile
from pathlib import PurePath

from marketplace.core.errors import Invalid
from marketplace.core.i18n import lazy

MAX_BYTES = 20 * 1024 * 1024
MAX_UNPACKED = 200 * 1024 * 1024
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
_INSIDE = {"docx": "word/document.xml", "xlsx": "xl/workbook.xml", "ofd": "OFD.xml"}


def clean_name(filename: str) -> str:
    """The file's name without folders, control and reserved characters, at most 120 characters, its ending kept."""
    base = re.split(r"[/\\]", filename)[-1]
    base = re.sub(r'[\x00-\x1f\x7f<>:"|?*\u200e\u200f\u202a-\u202e\u2066-\u2069]', "", base).strip(" .")
    path = PurePath(base or "file")
    return path.stem[:110] + path.suffix[:10].lower()


def extension(filename: str) -> str:
    """`pdf`, `jpg` …: what the name claims to be."""
    claimed = PurePath(filename).suffix.lower().lstrip(".")
    return EXTENSIONS.get(claimed, claimed)


def detect(content: bytes) -> str | None:
    """What the bytes are, whatever the name says; None for anything that is not taken."""
    if content.startswith(b"%PDF-"):
        return "pdf" if b"%%EOF" in content[-2048:] else None
    if content.startswith(b"\xff\xd8\xff"):
        return "jpg"
    if content.startswith(b"\x89PNG\r\n\x1a\n") and content[12:16] == b"IHDR":
        return "png"
    if content.startswith(b"PK\x03\x04"):
        return _detect_package(content)
    return "csv" if _is_text(content) else None


def _detect_package(content: bytes) -> str | None:
    """A document in a zip, without macros and not unfolding beyond measure."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            entries = package.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return None
    names = {entry.filename for entry in entries}
    if len(entries) > 5000 or sum(entry.file_size for entry in entries) > MAX_UNPACKED:
        return None
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        return None
    return next((kind for kind, inside in _INSIDE.items() if inside in names), None)


def _is_text(content: bytes) -> bool:
    if b"\0" in content:
        return False
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return True
    return False


def check_upload(content: bytes, filename: str, purpose: str) -> str:
    """The media type of an upload. Refused: an empty file, one over 20 MB, a kind that is not taken, a name that claims another kind."""
    if not content:
        raise Invalid("file.empty", lazy("请选择文件；所选文件是空的"), field="file")
    if len(content) > MAX_BYTES:
        raise Invalid("file.large", lazy("文件不能超过 %(n)s MB"), field="file", n=MAX_BYTES // (1024 * 1024))
    found = detect(content)
    if found is None or (found == "csv" and purpose != STATEMENT):
        raise Invalid("file.kind", lazy("只支持 PDF、JPG、PNG、DOCX、XLSX、OFD 文件，且文件内容须完好"), field="file")
    if extension(filename) != found:
        raise Invalid("file.mismatch", lazy("文件内容与扩展名不符，请上传原始文件"), field="file")
    return MEDIA_TYPES[found]
