"""Uploads: told by their content, stored by their hash, swept when nobody names them."""

import io
import os
import time
import zipfile
from typing import Any

import pytest

from marketplace.core.actor import CLI
from marketplace.core.db import transaction
from marketplace.core.errors import Conflict, Invalid, NotFound
from marketplace.files import jobs, services, store
from marketplace.files.queries import get_file
from marketplace.files.rules import MAX_BYTES, clean_name
from marketplace.files.web import send

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"\0" * 20
JPG = b"\xff\xd8\xff\xe0" + b"\0" * 20


def package(*names: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name in names:
            archive.writestr(name, "<x/>")
    return stream.getvalue()


DOCX, XLSX, OFD = package("word/document.xml"), package("xl/workbook.xml"), package("OFD.xml")


def prepare(content: bytes, name: str, purpose: str = "licence") -> services.Prepared:
    return services.prepare(io.BytesIO(content), name, purpose)


@pytest.mark.parametrize(
    ("content", "name", "media"),
    [
        (PDF, "营业执照.pdf", "application/pdf"), (PNG, "a.PNG", "image/png"), (JPG, "a.jpeg", "image/jpeg"), (OFD, "a.ofd", "application/ofd"),
        (DOCX, "a.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        (XLSX, "a.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ],
)  # fmt: skip
def test_a_document_is_taken_by_what_it_contains(app: Any, content: bytes, name: str, media: str) -> None:
    prepared = prepare(content, name)
    assert (prepared.media_type, prepared.size) == (media, len(content))
    assert store.path_of(prepared.sha256).read_bytes() == content


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b"", "a.pdf", "file.empty"),
        (b"%PDF-" + b"0" * MAX_BYTES + b"%%EOF", "a.pdf", "file.large"),
        (b"MZ\x90\x00program", "a.pdf", "file.kind"),
        (b"<html><script>alert(1)</script>", "a.html", "file.kind"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "a.svg", "file.kind"),
        (PDF[:-7], "cut.pdf", "file.kind"),
        (b"PK\x03\x04broken", "a.docx", "file.kind"),
        (package("anything.txt"), "a.zip", "file.kind"),
        (package("word/document.xml", "word/vbaProject.bin"), "a.docx", "file.kind"),
        (PDF, "a.jpg", "file.mismatch"),
        (DOCX, "a.xlsx", "file.mismatch"),
        (PDF, "a.pdf.exe", "file.mismatch"),
        (b"a,b\n1,2\n", "a.csv", "file.kind"),
    ],
)  # fmt: skip
def test_anything_else_is_refused_and_nothing_is_stored(app: Any, content: bytes, name: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        prepare(content, name)
    assert (refused.value.code, refused.value.field) == (code, "file")
    assert not list(store.list_older_than(-60))


def test_a_csv_is_taken_for_a_bank_statement_only(app: Any) -> None:
    assert prepare("流水号,金额\n1,2\n".encode("gb18030"), "a.csv", "statement").media_type == "text/csv"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"), ("C:\\scan\\执照.PDF", "执照.pdf"), ("a\r\nX: y.pdf", "aX y.pdf"), ("", "file"),
        ("\u202egpj.pdf", "gpj.pdf"), ("长" * 300 + ".pdf", "长" * 110 + ".pdf"),
    ],
)  # fmt: skip
def test_a_name_keeps_neither_folders_nor_control_characters(given: str, kept: str) -> None:
    assert clean_name(given) == kept


def test_two_owners_of_the_same_bytes_have_a_row_each(app: Any) -> None:
    prepared = prepare(PDF, "a.pdf")
    with transaction():
        one = services.attach(actor=CLI, prepared=prepared, organisation_id=1)
        two = services.attach(actor=CLI, prepared=prepare(PDF, "b.pdf"), organisation_id=2)
    assert one.number != two.number and one.sha256 == two.sha256
    assert get_file(two.number).owner_organisation_id == 2
    with pytest.raises(NotFound):
        get_file("UNKNOWN")


def test_bytes_that_were_swept_meanwhile_cannot_be_attached(app: Any) -> None:
    prepared = prepare(PDF, "a.pdf")
    store.path_of(prepared.sha256).unlink()
    with pytest.raises(Conflict), transaction():
        services.attach(actor=CLI, prepared=prepared, organisation_id=1)


def test_only_old_bytes_that_no_row_names_are_swept(app: Any) -> None:
    kept, orphan, fresh = prepare(PDF, "a.pdf"), prepare(PNG, "a.png"), prepare(JPG, "a.jpg")
    with transaction():
        services.attach(actor=CLI, prepared=kept, organisation_id=1)
    long_ago = time.time() - 2 * 24 * 3600
    for one in (kept, orphan):
        os.utime(store.path_of(one.sha256), (long_ago, long_ago))
    assert jobs.sweep_orphans() == 1
    assert [store.path_of(one.sha256).exists() for one in (kept, orphan, fresh)] == [True, False, True]


def test_uploading_the_same_bytes_again_saves_them_from_the_sweep(app: Any) -> None:
    path = store.path_of(prepare(PDF, "a.pdf").sha256)
    os.utime(path, (0, 0))
    prepare(PDF, "again.pdf")
    assert jobs.sweep_orphans() == 0
    assert path.exists()


def test_a_file_is_served_as_an_attachment_that_runs_nothing(app: Any) -> None:
    with transaction():
        stored = services.attach(actor=CLI, prepared=prepare(PDF, "营业执照.pdf"), organisation_id=1)
    with app.test_request_context():
        answer = send(stored)
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Content-Type"] == "application/pdf"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "private" in answer.headers["Cache-Control"]
    answer.close()
