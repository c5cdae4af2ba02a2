"""Signing in by the fixture is being signed in, for each client separately."""

from marketplace.accounts.login import person
from marketplace.core.actor import current_actor
from tests.factories.accounts import make_user


def test_two_people_are_signed_in_side_by_side(app, client, sign_in):
    if "rig_who" not in app.view_functions:
        from werkzeug.routing import Rule

        app.view_functions["rig_who"] = lambda: current_actor().audit_name
        app.url_map.add(Rule("/rig/who", endpoint="rig_who", methods=["GET"]))
    first, second = make_user(), make_user()
    one, two = sign_in(first), sign_in(second)
    assert one.get("/rig/who").text == f"user:{first.id}"
    assert two.get("/rig/who").text == f"user:{second.id}"
    assert client.get("/rig/who").text == "anonymous"
    assert person() is None
