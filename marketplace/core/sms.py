"""Short messages leave through one small interface; who really sends them is the deployment's choice.

`SMS_SENDER=package.module:factory` names a function without arguments that returns the sender (it reads its own credentials from the
environment). Without the name there is none, and messages are kept on the operator's outbox page, so the park works off line.
"""

import importlib
from typing import Protocol

from flask import current_app


class SmsSender(Protocol):
    """What a gateway's adapter must be able to do; it raises whatever it likes when the gateway did not accept the message."""

    def send(self, number: str, text: str) -> None:
        """Hand one text to the gateway for one mainland mobile number."""


def find_sender() -> SmsSender | None:
    """The deployment's sender, made once per application; None where none is configured."""
    dotted = current_app.config["SMS_SENDER"]
    if not dotted:
        return None
    made: dict[str, SmsSender] = current_app.extensions.setdefault("sms_senders", {})
    if dotted not in made:
        module, _, factory = dotted.partition(":")
        made[dotted] = getattr(importlib.import_module(module), factory)()
    return made[dotted]
