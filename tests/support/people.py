"""Signing a person in through the page they would use."""

from typing import Any

from flask import Flask
from flask.testing import FlaskClient

PASSWORD = "Test-Password-2026"


def signed_in_client(app: Flask, user: Any, password: str = PASSWORD) -> FlaskClient:
    """A client signed in as `user`, whose password the factories set to PASSWORD."""
    client = app.test_client()
    answer = client.post("/account/sign-in", data={"email": user.email, "password": password})
    assert answer.status_code == 302, (
        f"{user.email} could not sign in: {answer.status_code}\n{answer.get_data(as_text=True)[:2000]}"
    )
    return client
