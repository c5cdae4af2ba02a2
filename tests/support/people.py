"""Signing a person in, for tests whose subject is not signing in."""

from typing import Any

from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from marketplace.accounts.models import User
from marketplace.accounts.services import open_session
from marketplace.core.db import transaction


def signed_in_client(app: Flask, user: User) -> FlaskClient:
    """A client whose cookie holds a new session of this person, as after a successful sign-in."""
    with transaction():
        token = open_session(user=user, second_factor=True)
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"], cookie["_fresh"] = token, True
    return client


def agree_to_rules(client: Any) -> str:
    """Say yes to the rules that stand before everything else, as somebody does whose account others opened; where it leads."""
    page = BeautifulSoup(client.get("/account/consents").text, "html.parser")
    shown = page.select_one("input[name=shown]")["value"]  # type: ignore[index]
    answer = client.post("/account/consents", data={"agree": "y", "shown": shown})
    assert answer.status_code == 302, answer.text
    return str(answer.location)
