"""The virus scanner: off by default, closed when it does not answer, and able to look at old files later."""

import io
import socket
import struct
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from marketplace.core.actor import CLI
from marketplace.core.audit import AuditEvent
from marketplace.core.config import BadConfiguration, load_config
from marketplace.core.db import db, transaction
from marketplace.core.errors import Gone, Invalid
from marketplace.files import jobs, services, store
from marketplace.files.models import StoredFile
from marketplace.files.scanning import Clamd, ScannerUnavailable, Verdict, scan
from marketplace.files.web import send
from tests.factories import admin_of, make_firm
from tests.files.corpus import EICAR, pdf

INFECTED = pdf(b"<<>>" + EICAR)


class FindsEicar:
    """A scanner that knows one virus."""

    name = "test scanner"

    def scan(self, path: Path) -> Verdict:
        return Verdict(False, "Eicar-Signature") if EICAR in path.read_bytes() else Verdict(True)


class Breaks:
    name = "broken scanner"

    def scan(self, path: Path) -> Verdict:
        raise KeyError("signatures")


class FakeClamd:
    """Speaks INSTREAM on a socket of its own; `answer` makes it say something else than a verdict, None hangs up."""

    def __init__(self, path: str | None = None) -> None:
        self.answer: bytes | None = b""
        self.seen: list[bytes] = []
        self.listener = socket.socket(socket.AF_UNIX if path else socket.AF_INET)
        self.listener.bind(path or ("127.0.0.1", 0))
        self.listener.listen()
        where = path or f"127.0.0.1:{self.listener.getsockname()[1]}"
        self.address = f"clamd://{where}"
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection, connection.makefile("rb") as stream:
                assert stream.read(10) == b"zINSTREAM\0"
                content = b""
                while size := struct.unpack(">I", stream.read(4))[0]:
                    content += stream.read(size)
                self.seen.append(content)
                if self.answer is not None:
                    verdict = b"stream: Eicar-Signature FOUND\0" if EICAR in content else b"stream: OK\0"
                    connection.sendall(self.answer or verdict)

    def close(self) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(5)


@pytest.fixture(params=["tcp", "socket"])
def clamd(request: pytest.FixtureRequest, app: Flask, tmp_path: Path) -> Iterator[FakeClamd]:
    server = FakeClamd(str(tmp_path / "clamd.sock") if request.param == "socket" else None)
    app.config["UPLOAD_SCANNER"] = server.address
    yield server
    app.config["UPLOAD_SCANNER"] = None
    server.close()


@pytest.fixture
def scanner(app: Flask) -> Iterator[Flask]:
    app.config["UPLOAD_SCANNER"] = "tests.files.test_scanning:FindsEicar"
    yield app
    app.config["UPLOAD_SCANNER"] = None


def prepare(content: bytes, name: str = "a.pdf") -> services.Prepared:
    return services.prepare(io.BytesIO(content), name, "licence")


def stored(content: bytes, organisation_id: int = 5) -> StoredFile:
    prepared = prepare(content)
    with transaction():
        return services.attach(actor=CLI, prepared=prepared, organisation_id=organisation_id)


def refusal(content: bytes) -> Invalid:
    with pytest.raises(Invalid) as refused:
        prepare(content)
    assert refused.value.field == "file"
    assert not [path for path in store.root().rglob("*") if path.is_file()]
    return refused.value


def trail(event: str) -> list[AuditEvent]:
    return list(db.session.scalars(select(AuditEvent).where(AuditEvent.event == event)))


def test_without_a_scanner_nothing_is_scanned_and_the_row_says_so(app: Flask) -> None:
    file = stored(INFECTED)
    assert (file.scanner, file.scanned_at) == (None, None)


def test_a_clean_file_says_who_has_scanned_it_and_when(scanner: Flask) -> None:
    file = stored(pdf())
    assert file.scanner == "test scanner" and file.scanned_at is not None


def test_an_infected_file_is_refused_kept_nowhere_and_noted_by_its_hash(scanner: Flask) -> None:
    assert refusal(INFECTED).code == "file.infected"
    row = trail("file.infected")[0]
    assert row.codes["found"] == "Eicar-Signature" and len(row.codes["sha256"]) == 64


def test_an_infected_upload_by_a_person_says_so_beside_the_field_and_is_noted(scanner: Flask, sign_in: Any) -> None:
    firm = make_firm(state="draft")
    client, number = sign_in(admin_of(firm)), admin_of(firm).id
    data = {"kind": "HR_FILING", "number": "备1", "is_long_term": "y", "file": (io.BytesIO(INFECTED), "备案.pdf")}
    answer = client.post("/organisation/licences/new", data=data)
    assert answer.status_code == 422 and "病毒" in answer.text
    assert [row.user_id for row in trail("file.infected")] == [number]
    assert db.session.scalars(select(StoredFile)).all() == []


@pytest.mark.parametrize(
    "address",
    ["tests.files.test_scanning:Breaks", "tests.nowhere:factory", "clamd:///nowhere/clamd.sock", "clamd://127.0.0.1:1"],
)
def test_a_scanner_that_does_not_answer_closes_the_door(app: Flask, address: str) -> None:
    app.config["UPLOAD_SCANNER"] = address
    try:
        refused = refusal(pdf())
        assert refused.code == "file.unscanned" and "稍后" in refused.text
    finally:
        app.config["UPLOAD_SCANNER"] = None


def test_clamd_gets_the_whole_file_and_its_word_counts(clamd: FakeClamd) -> None:
    large = pdf(b"x" * 500_000)
    assert stored(large).scanner == "clamd"
    assert clamd.seen == [large]
    with pytest.raises(Invalid) as refused:
        prepare(INFECTED)
    assert refused.value.code == "file.infected"


@pytest.mark.parametrize("answer", [b"INSTREAM size limit exceeded. ERROR\0", b"stream: \0", b"nonsense", None])
def test_an_answer_of_clamd_that_is_no_verdict_closes_the_door(clamd: FakeClamd, answer: bytes | None) -> None:
    clamd.answer = answer
    assert refusal(pdf()).code == "file.unscanned"


@pytest.mark.engine("sqlite")
def test_a_clamd_that_never_answers_is_given_up(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from marketplace.files import scanning

    monkeypatch.setattr(scanning, "ANSWER_SECONDS", 0.2)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        (tmp_path / "a").write_bytes(b"x")
        with pytest.raises(ScannerUnavailable):
            Clamd(silent.getsockname()).scan(tmp_path / "a")


def test_files_from_before_the_scanner_are_scanned_and_the_infected_are_in_quarantine(app: Flask) -> None:
    clean, bad, same = stored(pdf()), stored(INFECTED, 5), stored(INFECTED, 6)
    assert jobs.scan_unscanned() == 0  # nobody wants it
    app.config["UPLOAD_SCANNER"] = "tests.files.test_scanning:FindsEicar"
    try:
        assert jobs.scan_unscanned() == 2
        assert jobs.scan_unscanned() == 0
    finally:
        app.config["UPLOAD_SCANNER"] = None
    for file in (clean, bad, same):
        db.session.refresh(file)
    assert clean.scanner == "test scanner" and clean.quarantined_at is None
    assert bad.quarantined_at is not None and same.quarantined_at is not None
    assert {(row.ref_id, row.organisation_id) for row in trail("file.quarantined")} == {(bad.id, 5), (same.id, 6)}
    with app.test_request_context(), pytest.raises(Gone) as refused:
        send(bad)
    assert refused.value.status == 410 and "隔离" in refused.value.text
    with app.test_request_context():
        send(clean).close()


def test_known_infected_bytes_are_not_taken_again_even_without_a_scanner(scanner: Flask) -> None:
    scanner.config["UPLOAD_SCANNER"] = None
    file = stored(INFECTED)
    with transaction():
        services.mark_scanned(actor=CLI, sha256=file.sha256, scanner="x", found="Eicar")
    with pytest.raises(Invalid) as refused:
        stored(INFECTED, 7)
    assert refused.value.code == "file.infected"


def test_a_scanner_that_stops_answering_leaves_old_files_for_the_next_run(app: Flask) -> None:
    file = stored(pdf())
    app.config["UPLOAD_SCANNER"] = "tests.files.test_scanning:Breaks"
    try:
        assert jobs.scan_unscanned() == 0
    finally:
        app.config["UPLOAD_SCANNER"] = None
    db.session.refresh(file)
    assert file.scanned_at is None


@pytest.mark.engine("sqlite")
def test_the_scanner_is_off_unless_named_and_a_wrong_name_stops_the_start(app: Flask, tmp_path: Path) -> None:
    environment = {"INSTANCE_DIR": str(tmp_path), "SECRET_KEY": "x"}
    assert load_config(environment)["UPLOAD_SCANNER"] is None
    with app.app_context():
        assert scan(tmp_path) is None
    for good in ("clamd:///run/clamav/clamd.ctl", "clamd://scanner:3310", "clamd://scanner", "park.scan:make"):
        assert load_config({**environment, "UPLOAD_SCANNER": good})["UPLOAD_SCANNER"] == good
    for bad in ("clamd", "http://scanner", "clamd://", "os;system:x"):
        with pytest.raises(BadConfiguration):
            load_config({**environment, "UPLOAD_SCANNER": bad})
