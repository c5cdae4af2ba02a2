"""Print rows for routes that the matrix does not cover: `python -m tests.access.propose` (for people who add routes).

It builds the park on SQLite, sends each uncovered route as everybody, and prints what they got as lines for `matrix.csv`. Read them
before you paste them: a line says what the code does today, you say whether it should. What looks wrong is told on standard error:
another's object that is not a 404, a form that nobody got past, a route whose object the park does not have.

    python -m tests.access.propose             rows for routes and methods without one
    python -m tests.access.propose --changed   and the present state of rows whose expectation no longer holds
    python -m tests.access.propose orders.     everything observed of the endpoints that begin so
    python -m tests.access.propose --write     put the proposals into matrix.csv, sorted (then read the diff)
    python -m tests.access.propose --canaries  who sees which sensitive column where, for canaries.csv

The object is guessed from the names of the URL's parameters; `GUESSES` helps where several would fit. For another object change the
cell in the printed line and run `--changed`.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from werkzeug.routing import AnyConverter, Rule

# By endpoint and choice, by endpoint, else by the set of the URL's parameters: the things to try. More than one makes one row each.
GUESSES: dict[str, tuple[str, ...]] = {
    "operator.decide_licence return_back": ("licence.pending",), "operator.decide_listing restore": ("listing.suspended",),
    "operator.decide_listing suspend": ("listing.published",), "operator.decide_organisation restore": ("organisation.suspended",),
    "operator.decide_organisation return_back": ("organisation.submitted",),
    "operator.open_organisation_account": ("organisation.imported",),
    "accounts.confirm_email": ("link.email",), "accounts.reset": ("link.reset",),
    "operator.add_category": ("category.top",), "operator.open_category": ("category",), "operator.show_category": ("category", "category.draft"),
    "operator.edit_category": ("category.draft",), "operator.add_category_attribute": ("category.draft",),
    "operator.preview_category": ("category.draft",), "operator.export_concerned": ("category.draft",), "operator.publish_category_draft": ("category.draft",),
    "operator.discard_category": ("category.draft",), "operator.edit_category_attribute": ("category.attribute",),
    "operator.move_category_attribute": ("category.attribute",), "operator.move_category_attribute reopen": ("category.attribute",),
    "catalog.edit": ("listing.draft",), "catalog.preview": ("listing.draft",), "catalog.revise": ("listing.submitted",),
    "catalog.show": ("listing.published", "listing.draft"), "catalog.submit": ("listing.draft",),
    "catalog.withdraw": ("listing.published",), "notifications.read": ("notification",),
    "operator.approve_licence": ("licence.pending",), "operator.approve_organisation": ("organisation.submitted",),
    "operator.decide_licence": ("licence.valid",), "operator.decide_match": ("credit.proposed",),
    "catalog.cancel_change": ("listing.changing",), "catalog.edit_change": ("listing.published",), "catalog.show_change": ("listing.changing",),
    "catalog.submit_change": ("listing.change_draft",), "catalog.take_back_change": ("listing.changing",),
    "duties.set_consent": ("consent",), "duties.fetch_own_data": ("data_export",), "duties.withdraw_request": ("data_request",),
    "operator.claim_verification": ("organisation.submitted",), "operator.decide_data_request": ("data_request",),
    "operator.fetch_identity_report": ("identity_report",), "operator.grant_staff_role": ("staff", "member"),
    "operator.invite_staff": ("staff", "member"), "operator.revoke_staff_role": ("staff", "member"),
    "operator.reveal_outbox_address": ("message", "message.member", "message.staff"),
    "operator.reveal_outbox_message": ("message", "message.member", "message.staff"),
    "operator.review_licence revoke": ("licence.returned",),
    "operator.review_standard revoke": ("standard.approved",), "organisations.correct_standard": ("standard.returned",),
    "operator.secure_account": ("staff", "member"),
    "operator.show_data_request": ("data_request",), "operator.show_staff": ("staff", "member"),
    "operator.withdraw_closing": ("organisation.closing",),
    "organisations.accept_invitation": ("invitation.link",), "organisations.correct_licence": ("licence.returned",),
    "organisations.edit_member": ("member",), "organisations.remove_member": ("member",),
    "organisations.withdraw_join_request": ("join_request.own",),
    "orders.approve": ("order.awaiting_approval",), "orders.reject": ("order.awaiting_approval",),
    "orders.withdraw": ("order.awaiting_approval",),
    "operator.show_listing": ("listing.submitted",), "operator.decide_listing": ("listing.submitted",),
    "operator.show_statement": ("statement",),
    "orders.accept": ("milestone.delivered",), "orders.cancel": ("order.awaiting_payment",), "orders.deliver": ("milestone.funded",),
    "orders.dispute": ("milestone.delivered",), "orders.request_changes": ("milestone.delivered",),
    "orders.resolve": ("milestone.disputed",), "orders.show": ("order.awaiting_payment",), "orders.terminate": ("order.funded",),
    "orders.document": ("order.funded",), "organisations.show": ("firm", "firm.suspended"), "reviews.reply": ("order.reviewed",),
    "reviews.write": ("order.completed",),
    "shortlists.reopen": ("shortlist.archived",), "shortlists.show": ("shortlist", "shortlist.foreign"),
}  # fmt: skip
BY_PARAMS: dict[str, tuple[str, ...]] = {
    "firm_id": ("firm",), "listing_id": ("listing.published",), "organisation_id": ("organisation",), "licence_id": ("licence",),
    "organisation_id licence_id": ("licence.valid",), "number": ("order.placed",), "number position": ("milestone.delivered",),
    "number file_number": ("delivery",), "code": ("category",), "slug": ("indicator",), "key": ("setting",),
    "document": ("document",), "period": ("month",), "firm_id period": ("report",), "session_id": ("session",),
    "notification_id": ("notification",), "message_id": ("message",),
    "listing_change_id": ("listing_change",), "listing_id number": ("listing.version",),
    "change_id": ("change",), "check_id": ("check",), "document number": ("document.version",), "event_id": ("event",), "hold_id": ("hold",),
    "invitation_id": ("invitation",), "licence_id place": ("licence_page",), "override_id": ("override",), "standard_id": ("standard",),
    "request_id": ("join_request",),
    "user_id": ("staff",), "shortlist_id": ("shortlist",), "shortlist_id listing_id": ("shortlist.item",),
    "saved_id": ("saved_search",), "promotion_id": ("promotion",),
}  # fmt: skip


def objects_for(rule: Rule, things: dict[str, Any]) -> list[str]:
    """The object cells to try for a rule; empty where the park has nothing of the kind."""
    choices = {n: c.items for n, c in rule._converters.items() if isinstance(c, AnyConverter)}
    named = [n for n in rule._converters if n not in choices]
    cells = ["-"]
    if named:
        cells = [t for t in GUESSES.get(rule.endpoint, BY_PARAMS.get(" ".join(named), ())) if t in things]
        if "credits/" in rule.rule and rule.endpoint not in GUESSES:
            cells = ["credit.queued"]
        if "/ledger/" in rule.rule:
            cells = ["account"]
    for name, items in choices.items():
        cells = [
            f"{cell} {name}={item}" for item in sorted(items) for cell in GUESSES.get(f"{rule.endpoint} {item}", cells)
        ]
    return cells


def observe(park: Any, row: Any) -> Any:
    """The row as it is now."""
    from tests.access.checks import missing_code, unconfirmed_code
    from tests.access.matrix import Row
    from tests.access.people import PEOPLE

    got = {person: park.ask(row, person).code for person in PEOPLE}
    seen = Row(row.endpoint, row.method, row.object, got)
    missing = {missing_code(park, seen, person) for person in PEOPLE if row.thing != "-"} - {""}
    return Row(
        *row.key,
        got,
        missing.pop() if len(missing) == 1 else "|".join(sorted(missing)) or "-",
        unconfirmed_code(park, seen),
    )


def observed(park: Any, row: Any) -> Any:
    """The same, or None and a word on standard error where the route breaks."""
    try:
        return observe(park, row)
    except Exception as error:
        print(f"# {row}: raises {type(error).__name__}: {str(error).splitlines()[0][:200]}", file=sys.stderr)
        return None


def wanted(park: Any, known: list[Any], only: str, changed: bool) -> list[Any]:
    from tests.access.checks import routes
    from tests.access.matrix import Row

    found = []
    for rule, method in routes(park.app):
        present = [r for r in known if (r.endpoint, r.method) == (rule.endpoint, method)]
        if only and not rule.endpoint.startswith(only):
            continue
        if present:
            found += present if changed or only else []
            continue
        cells = objects_for(rule, park.world.things)
        if not cells:
            print(
                f"# {rule.endpoint} {method} {rule.rule}: the park has no such object: add it to world.py",
                file=sys.stderr,
            )
        found += [Row(rule.endpoint, method, cell) for cell in cells]
    return found


def main() -> None:
    words = argparse.ArgumentParser(prog="python -m tests.access.propose", description="Rows for routes without one.")
    words.add_argument("only", nargs="?", default="", help="only endpoints that begin so")
    words.add_argument("--changed", action="store_true", help="also rows that no longer hold")
    words.add_argument("--write", action="store_true", help="put them into matrix.csv")
    words.add_argument("--canaries", action="store_true", help="instead: who sees which sensitive column, and where")
    given = words.parse_args()
    with tempfile.TemporaryDirectory(prefix="propose") as folder:
        os.environ["INSTANCE_DIR"] = folder
        from marketplace.core import clock
        from tests.access import matrix
        from tests.access.checks import complaints
        from tests.access.park import make_park, visiting
        from tests.support.apps import build_schema, make_app
        from tests.support.frozen import FrozenClock, stand_in

        clock.datetime = stand_in(FrozenClock())  # type: ignore[attr-defined]
        app = make_app(f"sqlite:///{Path(folder) / 'park.sqlite3'}", Path(folder))
        build_schema(app)
        park = make_park(app)
        if given.canaries:
            from tests.access import canaries

            with visiting(park):
                return canaries.propose(park)
        known = matrix.read_rows() if matrix.FILE.exists() else []
        with visiting(park):
            rows = list(filter(None, (observed(park, row) for row in wanted(park, known, given.only, given.changed))))
        before = {r.key: r for r in known}
        rows = [
            r
            for r in rows
            if given.only or matrix.write_row(r) != (matrix.write_row(before[r.key]) if r.key in before else None)
        ]
        for row in rows:
            for complaint in complaints(row):
                print(f"# {row}: {complaint}", file=sys.stderr)
        if given.write:
            with matrix.FILE.open("w", encoding="utf-8", newline="") as stream:
                matrix.write_rows({**before, **{r.key: r for r in rows}}.values(), stream)
        else:
            matrix.write_rows(rows, sys.stdout)


if __name__ == "__main__":
    main()
