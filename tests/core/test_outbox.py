"""Mail leaves through a table: once, after commit, tried again when the server is away, kept where there is none."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from marketplace.core import outbox
from marketplace.core.db import db, transaction
from marketplace.core.outbox import OutboxMessage

EVENT = "report.verified"


def queue_one() -> None:
    with transaction():
        outbox.send("mail", "someone@demo.example", EVENT, {"period": "2026-10"})


def only() -> OutboxMessage:
    db.session.expire_all()
    return db.session.scalars(select(OutboxMessage)).one()


class Server(threading.Thread):
    """A mail server just good enough to take one message at a time."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.received: list[str] = []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]

    def run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._talk, sock=self.socket)
        async with server:
            await server.serve_forever()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 test\r\n")
        while line := await reader.readline():
            word = line[:4].upper()
            if word == b"DATA":
                writer.write(b"354 go\r\n")
                text = await reader.readuntil(b"\r\n.\r\n")
                self.received.append(text.decode())
            writer.write(b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")
            if word == b"QUIT":
                break
        writer.close()


@pytest.fixture
def smtp(app: Flask) -> Iterator[Any]:
    server = Server()
    server.start()
    app.config["SMTP_URL"] = f"smtp://127.0.0.1:{server.port}"
    yield server
    app.config["SMTP_URL"] = None


def test_without_a_mail_server_the_message_is_kept_for_the_operator(app: Flask) -> None:
    queue_one()
    assert outbox.deliver_outbox() == 1
    assert only().status == "kept"


def test_a_message_is_sent_once_however_often_the_job_runs(app: Flask, smtp: Any) -> None:
    queue_one()
    assert [outbox.deliver_outbox(), outbox.deliver_outbox()] == [1, 0]
    assert only().status == "sent" and len(smtp.received) == 1
    assert "someone@demo.example" in smtp.received[0]


def test_a_server_that_is_away_is_tried_again_later(app: Flask, clock: Any) -> None:
    app.config["SMTP_URL"] = "smtp://127.0.0.1:9"
    try:
        queue_one()
        assert outbox.deliver_outbox() == 0
        message = only()
        assert (message.status, message.tries) == ("queued", 1) and message.error
        assert outbox.deliver_outbox() == 0 and only().tries == 1
        clock.advance(days=1)
        outbox.deliver_outbox()
        assert only().tries == 2
    finally:
        app.config["SMTP_URL"] = None


def test_a_change_that_is_rolled_back_sends_nothing(app: Flask, jobs: Any) -> None:
    with pytest.raises(ZeroDivisionError), transaction():
        outbox.send("mail", "someone@demo.example", EVENT, {"period": "2026-10"})
        _ = 1 // 0
    assert jobs() == 0 and db.session.scalar(select(OutboxMessage.id)) is None


def test_a_message_renders_subject_and_body_from_its_template(app: Flask) -> None:
    queue_one()
    with app.test_request_context():
        subject, body = outbox.render(only())
    assert subject == "2026-10 月报已核验" and "B 级证据" in body
