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
MAX_PACKED = 64 * 1024 * 1024
MAX_STREAMS = 200_000
PIECE = 64 * 1024
ACTING = ("JavaScript", "Launch", "EmbeddedFile", "EmbeddedFiles", "RichMedia")


def _spelled(name: str) -> bytes:
    """A pattern of the name in which each letter may be written as its `#xx`."""
    return b"".join(f"(?:{c}|#(?i:{ord(c):02x}))".encode() for c in name)


_ACTING = re.compile(b"/(?=[JLER#])(?:" + b"|".join(map(_spelled, ACTING)) + rb")(?![A-Za-z0-9#])")
_OBJECTS = re.compile(b"/" + _spelled("ObjStm"))
_STREAM = re.compile(rb"(?<!end)stream\r?\n")
_LOOK_BACK = 600  # the dictionary of an object stream stands right before it


def check_pdf(content: Content) -> None:
    """Refuse a PDF that is cut off, and one that names scripts, programs to launch, embedded files or rich media."""
    if not re.match(rb"%PDF-[12]\.\d", content[:8]) or b"%%EOF" not in content[-END_WITHIN:]:
        raise damaged()
    if _ACTING.search(content):
        raise active()
    packed, unpacked = MAX_PACKED, MAX_UNPACKED
    for number, found in enumerate(_STREAM.finditer(content)):
        if number > MAX_STREAMS or packed <= 0 or unpacked <= 0:
            raise damaged()
        if _OBJECTS.search(content[max(0, found.start() - _LOOK_BACK) : found.start()]):
            taken, objects = _unpack(content, found.end(), unpacked)
            packed, unpacked = packed - taken, unpacked - len(objects)
            if _ACTING.search(objects):
                raise active()


def _unpack(content: Content, start: int, limit: int) -> tuple[int, bytes]:
    """How much was read of the Flate stream that begins here, and what it holds, to the limit; nothing where there is none."""
    unpacking, objects, place = zlib.decompressobj(), b"", start
    try:
        while not unpacking.eof and place < len(content) and len(objects) < limit and place - start < MAX_PACKED:
            objects += unpacking.decompress(
                unpacking.unconsumed_tail + content[place : place + PIECE], limit - len(objects)
            )
            place += PIECE
    except zlib.error:
        pass
    return place - start, objects
