"""Short messages through whatever sender the deployment names; without one they are kept."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from marketplace.core import outbox
from marketplace.core.config import BadConfiguration, load_config
from marketplace.core.db import db, transaction
from marketplace.core.outbox import OutboxMessage


class Gateway:
    """A sender that remembers, and refuses while it is told to."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []
        self.away = False

    def send(self, number: str, text: str) -> None:
        if self.away:
            raise RuntimeError(f"gateway says no to {text}")
        self.sent.append((number, text))


GATEWAY = Gateway()


def make_gateway() -> Gateway:
    return GATEWAY


@pytest.fixture
def gateway(app: Flask) -> Iterator[Gateway]:
    GATEWAY.sent, GATEWAY.away = [], False
    app.config["SMS_SENDER"] = f"{__name__}:make_gateway"
    app.extensions.pop("sms_senders", None)
    yield GATEWAY
    app.config["SMS_SENDER"] = None


def queue(code: str = "123456") -> None:
    from datetime import timedelta

    from marketplace.core import clock

    with transaction():
        outbox.send(
            "sms", "19900001234", "account.confirm_mobile", {"minutes": 5}, secret={"code": code},
            secret_until=clock.now() + timedelta(minutes=5),
        )  # fmt: skip


def only() -> OutboxMessage:
    db.session.expire_all()
    return db.session.scalars(select(OutboxMessage)).one()


def test_a_message_goes_through_the_configured_sender_once_and_its_secret_is_wiped(app: Flask, gateway: Any) -> None:
    queue()
    assert [outbox.deliver_outbox(), outbox.deliver_outbox()] == [1, 0]
    assert [number for number, _ in gateway.sent] == ["19900001234"] and "123456" in gateway.sent[0][1]
    assert only().status == "sent" and only().sealed is None
    assert "123456" not in outbox.render(only())[1]


def test_a_gateway_that_is_away_is_tried_again_and_its_words_are_not_kept(app: Flask, gateway: Any, clock: Any) -> None:
    gateway.away = True
    queue()
    assert outbox.deliver_outbox() == 0
    assert (only().status, only().tries, only().error) == ("queued", 1, "RuntimeError") and only().sealed
    gateway.away = False
    clock.advance(minutes=3)
    assert outbox.deliver_outbox() == 1 and len(gateway.sent) == 1


def test_a_code_that_has_expired_is_not_sent_any_more(app: Flask, gateway: Any, clock: Any) -> None:
    gateway.away = True
    queue()
    outbox.deliver_outbox()
    gateway.away = False
    clock.advance(minutes=6)
    assert outbox.deliver_outbox() == 0
    assert only().status == "failed" and gateway.sent == []


def test_without_a_sender_the_message_is_kept_with_its_secret_sealed(app: Flask) -> None:
    queue()
    outbox.deliver_outbox()
    message = only()
    assert (
        message.status == "kept" and message.is_secret and "123456" not in str(message.params) + (message.sealed or "")
    )
    assert "123456" in outbox.render(message)[1] and "123456" not in outbox.render(message, masked=True)[1]


@pytest.mark.parametrize("given", ["module", "module:", ":factory"])
def test_a_sender_that_is_not_written_as_module_and_factory_stops_the_start(given: str) -> None:
    with pytest.raises(BadConfiguration, match="SMS_SENDER"):
        load_config({"SMS_SENDER": given, "SECRET_KEY": "x" * 40})
