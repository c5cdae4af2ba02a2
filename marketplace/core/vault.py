"""Sealing single fields at rest (bank accounts, second-factor secrets), as GB/T 22239-2019 level 3 asks for key data.

Keys come from `DATA_KEYS`, the present one first, older ones behind it so that what they sealed still opens; without the name the
secret key serves. Each is stretched by HKDF to its own purpose, so a sealed field gives nothing away about the cookie's signature.
"""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from functools import cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app


class Unreadable(RuntimeError):
    """A sealed field was made with none of the keys at hand, or was tampered with."""


def _derived(key: str, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(key.encode())


@cache
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(urlsafe_b64encode(_derived(key, b"marketplace field sealing"))) for key in keys])


@cache
def _fingerprint_key(key: str) -> bytes:
    return _derived(key, b"marketplace fingerprints")


def _keys() -> tuple[str, ...]:
    return tuple(current_app.config["DATA_KEYS"])


def seal(text: str) -> str:
    """The text as it may lie in a table; the same text gives another result each time, so sealed columns cannot be searched."""
    return _fernet(_keys()).encrypt(text.encode()).decode("ascii")


def unseal(sealed: str) -> str:
    """The text again; raises Unreadable where it was made with other keys or was changed."""
    try:
        return _fernet(_keys()).decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise Unreadable("a sealed field does not open with DATA_KEYS") from error


def fingerprint(text: str) -> str:
    """A keyed hash, 64 hex digits, for what must be found again but never read: six-digit codes, typed logins. Without the key nobody
    can try out the few million possible values, as they could with a plain hash. Made with the present key only."""
    return hmac.new(_fingerprint_key(_keys()[0]), text.encode(), hashlib.sha256).hexdigest()


def seal_bytes(content: bytes) -> bytes:
    """The same for a whole file."""
    return _fernet(_keys()).encrypt(content)


def unseal_bytes(sealed: bytes) -> bytes:
    """The file again; raises Unreadable as `unseal` does."""
    try:
        return _fernet(_keys()).decrypt(sealed)
    except InvalidToken as error:
        raise Unreadable("a sealed file does not open with DATA_KEYS") from error
