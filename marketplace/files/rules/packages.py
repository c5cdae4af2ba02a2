"""Documents in a zip (DOCX, XLSX, OFD): every entry is unpacked once and counted while it streams, since headers lie.

Refused: too many, too large, too dense or too deeply nested entries; names that lead elsewhere or stand twice; encryption; macros, controls
and embedded objects; document types (XXE); references to other machines than plain links; bytes before or behind the archive.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO
from xml.etree import ElementTree

from marketplace.core.errors import Invalid
from marketplace.core.i18n import lazy
from marketplace.files.rules.content import active, damaged, two_in_one

MAX_ENTRIES = 2000
MAX_UNPACKED = 200 * 1024 * 1024
MAX_RATIO = 200
RATIO_FROM = 1024 * 1024  # below a megabyte, how dense an entry is does not matter
MAX_DEPTH = 2  # a document with a chart holds the chart's own workbook
MAX_RELATIONS = 4 * 1024 * 1024
PIECE = 256 * 1024
INSIDE = {"docx": "word/document.xml", "xlsx": "xl/workbook.xml", "ofd": "OFD.xml"}
_END = b"PK\x05\x06"
_ACTIVE = re.compile(
    r"(^|/)vbaproject\w*\.bin$|(^|/)vbadata\.xml$|/activex/|/ctrlprops/|/macrosheets/|/dialogsheets/|/oleobject[^/]*\.bin$|"
    r"\.(exe|dll|scr|com|bat|cmd|ps1|vbs|js|jse|wsf|hta|jar|lnk|msi|sh|php|py|svg|html?)$",
    re.I,
)
_ARCHIVES = (b"PK\x03\x04", b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b\x08", b"BZh", b"\xfd7zXZ\x00", b"MSCF")
_PROGRAMS = (b"MZ", b"\x7fELF", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
_XML = re.compile(r"\.(xml|rels|vml)$|^\[content_types\]\.xml$", re.I)
_DOCTYPES = tuple(w.encode(e) for w in ("<!DOCTYPE", "<!ENTITY") for e in ("ascii", "utf-16-le", "utf-16-be"))
_LINK = re.compile(r"(https?|mailto|tel):", re.I)


@dataclass(slots=True)
class Budget:
    """What may still be unpacked of the whole upload, nested documents included."""

    entries: int = MAX_ENTRIES
    bytes: int = MAX_UNPACKED


def _bomb() -> Invalid:
    return Invalid("file.bomb", lazy("文件解压后过大、条目过多或嵌套过深，已拒绝"), field="file")


def _unsafe_name() -> Invalid:
    return Invalid("file.names", lazy("文件内部含有不安全或重复的路径，请用办公软件重新另存后再上传"), field="file")


def _encrypted() -> Invalid:
    return Invalid("file.encrypted", lazy("文件设有打开密码，无法核对内容，请取消密码后再上传"), field="file")


def _reaching_out() -> Invalid:
    message = lazy("文件引用了外部文件、模板或实体，请断开外部链接后再上传")
    return Invalid("file.external", message, field="file")


def check_package(stream: IO[bytes], budget: Budget | None = None, depth: int = 1) -> str | None:
    """`docx`, `xlsx` or `ofd` after every entry has been read; None for a sound archive of another kind."""
    budget = budget or Budget()
    try:
        with zipfile.ZipFile(stream) as package:
            entries = package.infolist()
            _check_frame(stream, package, entries)
            _check_directory(entries, budget)
            for entry in entries:
                _check_entry(package, entry, budget, depth)
            return _kind({entry.filename for entry in entries})
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError, OSError) as broken:
        raise damaged() from broken


def _kind(names: set[str]) -> str | None:
    found = [kind for kind, inside in INSIDE.items() if inside in names]
    if len(found) > 1:
        raise two_in_one()
    if found and found[0] != "ofd" and "[Content_Types].xml" not in names:
        raise damaged()
    return found[0] if found else None


def _check_frame(stream: IO[bytes], package: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> None:
    """The archive begins with its first entry and ends with its directory: nothing stands before or behind it."""
    stream.seek(-22, io.SEEK_END)
    end = stream.read(22)
    if package.comment or end[:4] != _END or not entries or min(entry.header_offset for entry in entries) != 0:
        raise two_in_one()


def _check_directory(entries: list[zipfile.ZipInfo], budget: Budget) -> None:
    budget.entries -= len(entries)
    if budget.entries < 0:
        raise _bomb()
    seen: set[str] = set()
    for entry in entries:
        name = entry.orig_filename
        plain = name.lower()
        if (
            not name or "\\" in name or "\0" in name or ":" in name or name.startswith("/") or plain in seen
            or any(part in ("..", ".") for part in name.split("/"))
        ):  # fmt: skip
            raise _unsafe_name()
        seen.add(plain)
        if entry.flag_bits & 0x41:
            raise _encrypted()
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise damaged()
        if _ACTIVE.search(name):
            raise active()


def _pieces(package: zipfile.ZipFile, entry: zipfile.ZipInfo, budget: Budget) -> Iterator[bytes]:
    """The entry as it unpacks, stopped the moment that it is more than it may be."""
    size = 0
    with package.open(entry) as unpacking:
        while piece := unpacking.read(PIECE):
            size += len(piece)
            budget.bytes -= len(piece)
            if budget.bytes < 0 or (size > RATIO_FROM and size > MAX_RATIO * max(1, entry.compress_size)):
                raise _bomb()
            yield piece


def _check_entry(package: zipfile.ZipFile, entry: zipfile.ZipInfo, budget: Budget, depth: int) -> None:
    kept, tail, first = io.BytesIO(), b"", True
    is_xml, is_relations = bool(_XML.search(entry.filename)), entry.filename.lower().endswith(".rels")
    is_types = entry.filename.lower() == "[content_types].xml"
    nested = False
    for piece in _pieces(package, entry, budget):
        if first:
            first, nested = False, piece.startswith(_ARCHIVES)
            if piece.startswith(_PROGRAMS):
                raise active()
        if is_xml:
            both, tail = tail + piece, piece[-32:]
            if any(word in both for word in _DOCTYPES):
                raise _reaching_out()
        if nested or is_relations or is_types:
            kept.write(piece)
            if (is_relations or is_types) and kept.tell() > MAX_RELATIONS:
                raise _bomb()
    if nested:
        _check_nested(kept, budget, depth)
    elif is_relations:
        _check_relations(kept.getvalue())
    elif is_types and re.search(rb"macroEnabled|vbaProject|activeX", kept.getvalue(), re.I):
        raise active()


def _check_nested(kept: io.BytesIO, budget: Budget, depth: int) -> None:
    """Inside a document, only another document of the kinds that are taken, to a small depth."""
    if depth >= MAX_DEPTH or not kept.getvalue().startswith(b"PK\x03\x04"):
        raise _bomb()
    kept.seek(0)
    if check_package(kept, budget, depth + 1) is None:
        raise active()


def _check_relations(content: bytes) -> None:
    """Plain links may lead outside; templates, pictures, frames, workbooks and objects may not."""
    try:
        tree = ElementTree.fromstring(content)
    except ElementTree.ParseError as broken:
        raise damaged() from broken
    for relation in tree.iter():
        if relation.get("TargetMode", "").lower() != "external":
            continue
        kind, target = relation.get("Type", ""), relation.get("Target", "")
        if not kind.endswith("/hyperlink") or not _LINK.match(target):
            raise _reaching_out()
