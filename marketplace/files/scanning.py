"""The virus scanner's door: chosen by `UPLOAD_SCANNER`, off by default, and closed when the scanner does not answer.

`clamd:///run/clamav/clamd.ctl` and `clamd://host:3310` speak ClamAV's INSTREAM; `package.module:factory` names anything else that has a
`name` and `scan(path)`.
"""

import importlib
import logging
import socket
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast
from urllib.parse import urlsplit

from flask import current_app

log = logging.getLogger(__name__)
PIECE = 128 * 1024
CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 60.0


class ScannerUnavailable(RuntimeError):
    """The scanner did not give a verdict; the file counts as not scanned."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a scanner says of one file; `name` is what it found, empty for a clean file."""

    clean: bool
    name: str = ""


class Scanner(Protocol):
    """Anything that can look at a file. `name` is written beside each file it has looked at; raises ScannerUnavailable."""

    name: str

    def scan(self, path: Path) -> Verdict: ...


class Clamd:
    """ClamAV's daemon over its socket: `zINSTREAM`, pieces with their length before them, a piece of no length, one answer."""

    name = "clamd"

    def __init__(self, address: str | tuple[str, int]) -> None:
        self.address = address

    def scan(self, path: Path) -> Verdict:
        """Send the file, read the verdict. A refused connection, a time-out and an unknown answer all raise ScannerUnavailable."""
        try:
            with self._connect() as connection, path.open("rb") as stream:
                connection.sendall(b"zINSTREAM\0")
                while piece := stream.read(PIECE):
                    connection.sendall(struct.pack(">I", len(piece)) + piece)
                connection.sendall(struct.pack(">I", 0))
                answer = self._answer(connection)
        except OSError as broken:
            raise ScannerUnavailable(f"clamd: {broken}") from broken
        return self._verdict(answer)

    def _connect(self) -> socket.socket:
        if isinstance(self.address, str):
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            connection.settimeout(CONNECT_SECONDS)
            try:
                connection.connect(self.address)
            except OSError:
                connection.close()
                raise
        else:
            connection = socket.create_connection(self.address, timeout=CONNECT_SECONDS)
        connection.settimeout(ANSWER_SECONDS)
        return connection

    def _answer(self, connection: socket.socket) -> str:
        answer = b""
        while not answer.endswith(b"\0") and len(answer) < 4096:
            piece = connection.recv(1024)
            if not piece:
                break
            answer += piece
        return answer.rstrip(b"\0\n").decode("utf-8", "replace")

    def _verdict(self, answer: str) -> Verdict:
        text = answer.removeprefix("stream: ")
        if text == "OK":
            return Verdict(True)
        if text.endswith(" FOUND"):
            return Verdict(False, text.removesuffix(" FOUND")[:100])
        raise ScannerUnavailable(f"clamd answered {answer[:200]!r}")


def scanner_from(address: str) -> Scanner:
    """The scanner that an `UPLOAD_SCANNER` names; a name that leads nowhere raises ImportError, AttributeError or ValueError."""
    if address.startswith("clamd:"):
        parts = urlsplit(address)
        if parts.hostname:
            return Clamd((parts.hostname, parts.port or 3310))
        return Clamd(parts.path)
    module, _, factory = address.partition(":")
    return cast(Scanner, getattr(importlib.import_module(module), factory)())


def find_scanner() -> Scanner | None:
    """This deployment's scanner, made once per process; None where none is wanted."""
    address = current_app.config.get("UPLOAD_SCANNER")
    if not address:
        return None
    kept = current_app.extensions.get("upload_scanner")
    if kept is None or kept[0] != address:
        try:
            kept = (address, scanner_from(address))
        except Exception as broken:  # whatever the factory of somebody else raises
            raise ScannerUnavailable(f"UPLOAD_SCANNER={address}: {broken}") from broken
        current_app.extensions["upload_scanner"] = kept
    return cast(Scanner, kept[1])


def scan(path: Path) -> tuple[str, Verdict] | None:
    """The scanner's name and its verdict; None where no scanner is wanted. Never a verdict that was not given: raises ScannerUnavailable."""
    scanner = find_scanner()
    if scanner is None:
        return None
    try:
        verdict = scanner.scan(path)
    except ScannerUnavailable:
        raise
    except Exception as broken:  # a scanner of somebody else that breaks has not said "clean"
        log.exception("the virus scanner broke")
        raise ScannerUnavailable(str(broken)) from broken
    return scanner.name[:60], verdict


def is_wanted() -> bool:
    """Has this deployment named a scanner?"""
    return bool(current_app.config.get("UPLOAD_SCANNER"))
