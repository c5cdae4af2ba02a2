"""Uploads: told by their content, stored by their hash, swept when nobody names them."""

import io
import os
import time
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from marketplace.core.actor import CLI
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, Invalid, NotFound
from marketplace.files import jobs, services, store
from marketplace.files.models import StoredFile
from marketplace.files.queries import get_file
from marketplace.files.rules import check_upload, clean_name, max_bytes, packages
from tests.files import corpus

PDF, PNG, JPG = corpus.pdf(), corpus.png(), corpus.jpg()


def prepare(content: bytes, name: str, purpose: str = "licence") -> services.Prepared:
    return services.prepare(io.BytesIO(content), name, purpose)


@pytest.mark.parametrize("sample", corpus.GOOD, ids=[one.label for one in corpus.GOOD])
def test_a_document_is_taken_by_what_it_contains(app: Any, sample: corpus.Good) -> None:
    prepared = prepare(sample.content, sample.filename)
    assert (prepared.media_type, prepared.size) == (sample.media_type, len(sample.content))
    assert store.path_of(prepared.sha256).read_bytes() == sample.content
    assert list(store.list_older_than(-60)) == [store.path_of(prepared.sha256)]


@pytest.mark.parametrize("sample", corpus.BAD, ids=[one.label for one in corpus.BAD])
def test_anything_else_is_refused_and_leaves_neither_bytes_nor_row(app: Any, sample: corpus.Bad) -> None:
    with pytest.raises(Invalid) as refused:
        prepare(sample.make(), sample.filename)
    assert (refused.value.code, refused.value.field) == (sample.code, "file")
    assert refused.value.text and "%(" not in refused.value.text
    assert not [path for path in store.root().rglob("*") if path.is_file()]
    assert db.session.scalar(select(func.count()).select_from(StoredFile)) == 0


def test_a_file_over_its_purposes_size_is_refused_without_reading_it_all(app: Any) -> None:
    class Endless(io.RawIOBase):
        given = 0

        def read(self, size: int = -1) -> bytes:
            self.given += size
            return b"%PDF-" + b"0" * (size - 5)

    stream = Endless()
    with pytest.raises(Invalid) as refused:
        services.prepare(stream, "a.pdf", "licence")  # type: ignore[arg-type]
    assert refused.value.code == "file.large" and "20 MB" in refused.value.text
    assert stream.given == max_bytes("licence") + 1
    assert not list(store.list_older_than(-60))


def test_what_unfolds_is_measured_over_all_entries_and_nested_documents_together() -> None:
    inner = corpus.xlsx(("xl/a.xml", os.urandom(3000).hex()))
    whole = corpus.docx(("word/embeddings/a.xlsx", inner))
    assert packages.check_package(io.BytesIO(whole), packages.Budget()) == "docx"
    with pytest.raises(Invalid) as refused:
        packages.check_package(io.BytesIO(whole), packages.Budget(bytes=8000))
    assert refused.value.code == "file.bomb"


@given(st.binary(max_size=300), st.sampled_from([one.content for one in corpus.GOOD]), st.integers(0, 400))
@settings(max_examples=300, deadline=None)
def test_whatever_bytes_come_the_check_answers_or_refuses_and_never_breaks(
    noise: bytes, sound: bytes, place: int
) -> None:
    for content in (noise, sound[:place] + noise, sound[:place] + noise + sound[place:], sound + noise):
        for name in ("a.pdf", "a.png", "a.jpg", "a.docx"):
            with suppress(Invalid):
                check_upload(content, name, "licence")


def test_a_csv_is_taken_for_a_bank_statement_only(app: Any) -> None:
    assert prepare("流水号,金额\n1,2\n".encode("gb18030"), "a.csv", "statement").media_type == "text/csv"


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"), ("C:\\scan\\执照.PDF", "执照.pdf"), ("a\r\nX: y.pdf", "aX y.pdf"), ("", "file"),
        ("\u202egpj.pdf", "gpj.pdf"), ("长" * 300 + ".pdf", "长" * 110 + ".pdf"), ("a" * 256, "a" * 110),
        ("exe\u200b.\u200epd\ufefff", "exe.pdf"), ("\u2066执照\u2069.pdf", "执照.pdf"), ("a\u2028b\u2029.pdf", "ab.pdf"),
        ("CON.pdf", "_CON.pdf"), ("nul", "_nul"), ("com1.tar.pdf", "_com1.tar.pdf"), ("console.pdf", "console.pdf"),
        ("a\ud800b\ue000.pdf", "ab.pdf"), (" . . ", "file"), ("a:b|c?.pdf", "abc.pdf"), ("...pdf", "pdf"), ("a.pdf. . ", "a.pdf"),
    ],
)  # fmt: skip
def test_a_name_keeps_neither_folders_nor_control_characters(name: str, kept: str) -> None:
    assert clean_name(name) == kept


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


def test_an_upload_that_was_cut_off_is_swept_too(app: Any) -> None:
    cut = store.root() / "incoming" / "half"
    cut.parent.mkdir(parents=True)
    cut.write_bytes(b"%PDF-")
    os.utime(cut, (0, 0))
    assert jobs.sweep_orphans() == 1
    assert not cut.exists()
