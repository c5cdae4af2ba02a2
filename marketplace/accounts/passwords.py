"""Hashing and verifying passwords with argon2, its cost from the configuration (`ARGON2`). Slow on purpose: never inside a transaction."""

import secrets
from functools import cache
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask import current_app


@cache
def _hasher(params: tuple[tuple[str, Any], ...]) -> PasswordHasher:
    return PasswordHasher(**dict(params))


@cache
def _nobody(params: tuple[tuple[str, Any], ...]) -> str:
    """A hash that no password matches, verified where there is no account, so that both cases take the same time."""
    return _hasher(params).hash(secrets.token_urlsafe(32))


def _params() -> tuple[tuple[str, Any], ...]:
    return tuple(sorted(current_app.config["ARGON2"].items()))


def hash_password(password: str) -> str:
    return _hasher(_params()).hash(password)


def verify_password(stored: str | None, password: str) -> bool:
    """Exactly one argon2 verification, whether there is an account or not."""
    params = _params()
    try:
        return _hasher(params).verify(stored or _nobody(params), password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def needs_rehash(stored: str) -> bool:
    """Was it made with another cost than today's?"""
    return _hasher(_params()).check_needs_rehash(stored)
