"""Every event that the code records has a label in both languages."""

import ast
import re

import pytest
from flask import Flask

from marketplace.operator import events
from tests.architecture.checks import modules

RECORDERS = {"audit.record", "record", "refusals.note", "note"}


def recorded() -> tuple[set[str], list[str], set[str]]:
    """Names of events in calls that record, patterns of those put together from pieces, and nouns; constants are looked up."""
    names: set[str] = set()
    patterns: list[str] = []
    nouns: set[str] = set()
    for _path, text in modules():
        tree = ast.parse(text)
        constants = {
            target.id: node.value.value
            for node in tree.body if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
            for target in node.targets if isinstance(target, ast.Name)
        }  # fmt: skip
        for call in ast.walk(tree):
            if not isinstance(call, ast.Call) or ast.unparse(call.func) not in RECORDERS or len(call.args) < 2:
                continue
            event, noun = call.args[0], call.args[1]
            for branch in (event.body, event.orelse) if isinstance(event, ast.IfExp) else (event,):
                value = constants.get(branch.id) if isinstance(branch, ast.Name) else None
                if isinstance(branch, ast.Constant):
                    value = branch.value
                if isinstance(branch, ast.JoinedStr):
                    pieces = (re.escape(p.value) if isinstance(p, ast.Constant) else r"\w+" for p in branch.values)
                    patterns.append("".join(pieces))
                elif isinstance(value, str):
                    names.add(value)
            if isinstance(noun, ast.Constant):
                nouns.add(noun.value)
    return names, patterns, nouns


@pytest.mark.engine("sqlite")
def test_every_event_that_the_code_records_has_a_label(app: Flask) -> None:
    names, patterns, nouns = recorded()
    known = events.known_events()
    assert len(names) > 30 and names - known == set()
    assert [p for p in patterns if not any(re.fullmatch(p, event) for event in known)] == []
    nouns |= {process.noun for process, _action in events._lifecycle().values()}
    assert nouns - set(events.NOUNS) == set()


@pytest.mark.engine("sqlite")
def test_every_step_of_every_process_has_a_label_of_its_own(app: Flask) -> None:
    with app.test_request_context():
        for event in events.known_events():
            assert events.event_label(event) != event, event


@pytest.mark.engine("sqlite")
def test_a_choice_means_one_event_a_group_or_a_result(app: Flask) -> None:
    assert events.events_asked("", "") is None
    assert events.events_asked("order.placed", "") == {"order.placed"}
    orders = events.events_asked("order", "")
    assert orders and "order.placed" in orders and "listing.created" not in orders
    assert events.events_asked("", "refused") == events.REFUSED
    assert events.events_asked("user", "refused") == {"user.locked"}
    done = events.events_asked("", "done")
    assert done and not (set(done) & events.REFUSED)
    assert events.events_asked("nothing.known", "") == {"nothing.known"}
