"""Licences, overdue organisations and code overrides for tests."""

import io
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from marketplace.accounts.queries import actor_of
from marketplace.core import clock
from marketplace.core.actor import CLI, Actor
from marketplace.core.db import db
from marketplace.core.uscc import ALPHABET
from marketplace.files import services as files
from marketplace.organisations import services
from marketplace.organisations.models import Licence, Organisation, UsccOverride
from marketplace.organisations.services.due import recompute_due
from tests.factories.accounts import make_staff, serial, writing
from tests.factories.organisations import make_firm, make_uscc

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


def make_evidence(name: str = "公示系统查询.pdf", content: bytes = PDF) -> files.Prepared:
    """A screenshot or PDF as a reviewer uploads it."""
    return files.prepare(io.BytesIO(content), name, "evidence")


def reviewer_actor(role: str = "reviewer", *, is_confirmed: bool = True) -> Actor:
    """One of the park's reviewers who has confirmed their identity."""
    return replace(actor_of(make_staff(role)), is_confirmed=is_confirmed)


def make_licence(
    *, organisation: Organisation | None = None, kind: str = "DISPATCH", state: str = "valid", number: str = "",
    valid_to: date | None = None, **values: Any,
) -> Licence:  # fmt: skip
    """A licence in `pending`, `returned` or `valid`; ends in 2099 unless a day is given."""
    with writing():
        organisation = organisation or make_firm()
        if not values.get("is_long_term"):
            values["valid_to"] = valid_to or date(2099, 12, 31)
        licence = services.add_licence(
            actor=CLI, organisation=organisation, kind=kind, number=number or f"新{kind}-{next(serial)}", **values
        )
        if state == "returned":
            services.return_licence(actor=CLI, licence=licence, reason="扫描件不清晰")
        if state == "valid":
            services.approve_licence(actor=CLI, licence=licence)
        return licence


def come_due(organisation: Organisation, days: int) -> Organisation:
    """Set the last verification back so far that it is this many days overdue (negative: due in so many days)."""
    with writing():
        organisation = db.session.get_one(Organisation, organisation.id)
        months = 6 if organisation.is_firm else 12
        due = clock.today() - timedelta(days=days)
        verified = clock.add_months(due, -months)
        while clock.add_months(verified, months) < due:
            verified += timedelta(days=1)
        organisation.last_verified_at = clock.start_of_day(verified) + timedelta(hours=2)
        recompute_due(organisation=organisation)
        return organisation


def faulty_uscc() -> str:
    """A made-up code whose only fault is its check character."""
    right = make_uscc()
    return right[:17] + ALPHABET[(ALPHABET.index(right[17]) + 1) % len(ALPHABET)]


def make_override(*, uscc: str = "", state: str = "proposed", **values: Any) -> UsccOverride:
    """An override in `proposed`, `approved`, `rejected` or `withdrawn`, by two different people."""
    proposer, decider = reviewer_actor(), reviewer_actor("operator")
    evidence = make_evidence()
    with writing():
        ordinary = {"name": "试点人力资源有限公司", "reason": "公示系统可查到该代码", **values}
        override = services.propose_uscc_override(
            actor=proposer, uscc=uscc or faulty_uscc(), evidence=evidence, **ordinary
        )
        if state == "approved":
            services.approve_uscc_override(actor=decider, override=override)
        if state == "rejected":
            services.reject_uscc_override(actor=decider, override=override, note="查无此代码")
        if state == "withdrawn":
            services.withdraw_uscc_override(actor=proposer, override=override)
        return override
