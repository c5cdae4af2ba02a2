"""The four ways a service says no. Each carries a stable code, a message for people and, if it fits one, the form field."""

from typing import Any


class ServiceError(Exception):
    """A refusal with a stable `code`, a lazy message (formatted with `params`) and an optional form `field`."""

    status = 400

    def __init__(self, code: str, message: Any, field: str | None = None, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.field = field
        self.params = params

    @property
    def text(self) -> str:
        """The message in the reader's language."""
        template = str(self.message)
        return template % self.params if self.params else template

    def __str__(self) -> str:
        return f"{self.code}: {self.text}"


class AccessDenied(ServiceError):
    """The actor may not do this (403)."""

    status = 403


class ConfirmationNeeded(AccessDenied):
    """Allowed, but first the person shows once more that it is them (403; a page sends them to the confirmation and back)."""


class NotFound(ServiceError):
    """It does not exist, or not for this actor (404)."""

    status = 404


class Gone(NotFound):
    """It was here and is served no longer (410); the message says why."""

    status = 410


class Conflict(ServiceError):
    """Its present state does not allow this, or somebody else was first (409)."""

    status = 409


class Invalid(ServiceError):
    """What was given breaks a business rule (422)."""

    status = 422
