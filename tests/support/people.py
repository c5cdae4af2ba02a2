"""Signing a person in, for tests whose subject is not signing in."""

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
