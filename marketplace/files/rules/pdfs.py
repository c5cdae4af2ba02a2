"""A look at a PDF without understanding it: header, end mark, and the names of what acts by itself.

An honest limit: names are found in the plain bytes, in their `#xx` spelling, and in object streams packed with Flate. What stands in an
encrypted PDF or behind another filter is not seen. The check keeps out the careless; the virus scanner and the download headers
(attachment, nosniff, sandbox) deal with the rest.
"""

import re
import zlib

from marketplace.files.rules.content import Content, active, damaged

HEADER = b"%PDF-"
END_WITHIN = 1024  # readers look for the end mark in the last kilobyte
MAX_UNPACKED = 32 * 1024 * 1024
MAX_STREAMS = 200_000
_NAMES = re.compile(rb"/(JavaScript|Launch|EmbeddedFiles?|RichMedia)(?![A-Za-z0-9])")
_SPELLED = re.compile(rb"/[A-Za-z0-9#]*#[0-9A-Fa-f]{2}[A-Za-z0-9#]*")
_STREAM = re.compile(rb"(?<!end)stream\r?\n")
_LOOK_BACK = 600  # the dictionary of an object stream stands right before it


def check_pdf(content: Content) -> None:
    """Refuse a PDF that is cut off, and one that names scripts, programs to launch, embedded files or rich media."""
    if not re.match(rb"%PDF-[12]\.\d", content[:8]) or b"%%EOF" not in content[-END_WITHIN:]:
        raise damaged()
    if _acts(content):
        raise active()
    left = MAX_UNPACKED
    for number, found in enumerate(_STREAM.finditer(content)):
        if number > MAX_STREAMS or left <= 0:
            raise damaged()
        if b"/ObjStm" in _plain(content[max(0, found.start() - _LOOK_BACK) : found.start()]):
            unpacked = _unpacked(content, found.end(), left)
            left -= len(unpacked)
            if _acts(unpacked):
                raise active()


def _acts(part: Content) -> bool:
    if _NAMES.search(part):
        return True
    return any(_NAMES.match(_plain(found.group())) for found in _SPELLED.finditer(part))


def _plain(name: bytes) -> bytes:
    """`/J#61vaScript` as a reader understands it."""
    return re.sub(rb"#([0-9A-Fa-f]{2})", lambda code: bytes([int(code.group(1), 16)]), name)


def _unpacked(content: Content, start: int, limit: int) -> bytes:
    end = content.find(b"endstream", start)
    try:
        return zlib.decompressobj().decompress(content[start : end if end > 0 else start], max(1, limit))
    except zlib.error:
        return b""
