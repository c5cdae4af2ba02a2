"""Images are walked from their first byte to their end mark, and their measures read, without decoding a pixel.

A picture of a few kilobytes may claim measures that fill a viewer's memory: more than 50 megapixels or a side over 20,000 is refused.
"""

import re
import struct
import zlib

from marketplace.core.errors import Invalid
from marketplace.core.i18n import lazy
from marketplace.files.rules.content import Content, damaged, two_in_one

MAX_PIXELS = 50_000_000  # the refusal says so in words
MAX_SIDE = 20_000
MAX_CHUNKS = 50_000
MAX_MARKS = 20_000
MAX_SCANS = 100  # a photograph has up to a dozen; each one makes a viewer decode the whole picture again
PNG = b"\x89PNG\r\n\x1a\n"
JPG = b"\xff\xd8\xff"
_PNG_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_BARE = frozenset(range(0xD0, 0xD8)) | {0x01}  # marks without a length: restarts, TEM
_MARK = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")  # the next mark after entropy-coded data
_FOREIGN = re.compile(rb"<\?php|<script|<html|<!doctype|%PDF-|PK\x03\x04", re.I)


def check_size(width: int, height: int) -> None:
    """Refuse measures that are nothing or too much."""
    if not width or not height:
        raise damaged()
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        raise Invalid(
            "file.pixels", lazy("图片尺寸过大（不超过 5000 万像素、单边不超过 %(side)s 像素），请压缩后再上传"), field="file",
            side=MAX_SIDE,
        )  # fmt: skip


def check_png(content: Content) -> None:
    """Walk the chunks: a true header first, pixel data, the end chunk last and nothing behind it."""
    size, place, seen_data = len(content), len(PNG), False
    for number in range(MAX_CHUNKS):
        if place + 12 > size:
            raise damaged()
        length, kind = struct.unpack(">I4s", content[place : place + 8])
        end = place + 12 + length
        if end > size or not kind.isalpha() or (number == 0) != (kind == b"IHDR"):
            raise damaged()
        if kind in (b"IHDR", b"IEND") and not _crc_holds(content, place, length):
            raise damaged()
        if kind == b"IHDR":
            _check_png_header(content[place + 8 : place + 8 + length])
        seen_data = seen_data or kind == b"IDAT"
        place = end
        if kind == b"IEND":
            if length or not seen_data:
                raise damaged()
            if place != size:
                raise two_in_one()
            return
    raise damaged()


def _crc_holds(content: Content, place: int, length: int) -> bool:
    if length > 64:
        return False
    stored = struct.unpack(">I", content[place + 8 + length : place + 12 + length])[0]
    return bool(zlib.crc32(content[place + 4 : place + 8 + length]) == stored)


def _check_png_header(header: bytes) -> None:
    if len(header) != 13:
        raise damaged()
    width, height, depth, colour, compression, filtering, interlace = struct.unpack(">IIBBBBB", header)
    if depth not in _PNG_DEPTHS.get(colour, ()) or compression or filtering or interlace > 1:
        raise damaged()
    check_size(width, height)


def check_jpg(content: Content) -> None:
    """Walk the segments to the frame's measures and on to the end mark.

    Cameras write more behind the end mark (a second, smaller picture; their own notes), so that alone is no reason to refuse; what a
    server, a browser or an unpacker could take for its own is. The comments and notes in front are looked at the same way.
    """
    size, place, scans, measured = len(content), 2, 0, False
    for _number in range(MAX_MARKS):
        if place + 2 > size:
            break
        if content[place] != 0xFF:
            raise damaged()
        mark = content[place + 1]
        place += 1 if mark == 0xFF else 2  # marks may be padded
        if mark == 0xFF or mark in _BARE:
            continue
        if mark == 0xD9:
            if not measured or not scans:
                raise damaged()
            _check_foreign(content[place:])
            return
        if place + 2 > size or mark == 0xD8:
            raise damaged()
        length = struct.unpack(">H", content[place : place + 2])[0]
        segment = content[place + 2 : place + length]
        if length < 2 or place + length > size:
            raise damaged()
        place += length
        if mark in _FRAMES:
            _check_frame(segment)
            measured = True
        elif mark == 0xDA:
            scans += 1
            found = _MARK.search(content, place)
            if found is None or not measured or scans > MAX_SCANS:
                raise damaged()
            place = found.start()
        else:
            _check_foreign(segment)
    raise damaged()


def _check_frame(segment: bytes) -> None:
    if len(segment) < 6:
        raise damaged()
    height, width = struct.unpack(">HH", segment[1:5])
    check_size(width, height)


def _check_foreign(part: bytes) -> None:
    if _FOREIGN.search(part):
        raise two_in_one()
