"""Standards and grades of firms for tests."""

import io
from datetime import date
from itertools import count
from typing import Any

from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.files.services import Prepared, prepare
from marketplace.organisations.models import FirmStandard, Organisation
from marketplace.organisations.services.standards import (
    add_standard,
    approve_standard,
    return_standard,
    withdraw_standard,
)
from tests.factories.accounts import writing
from tests.factories.organisations import actor_for, make_firm

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
REVIEWER = Actor(user_id=990_002, staff=frozenset({"reviewer"}))
serial = count(1)


def make_certificate(name: str = "证书.pdf", content: bytes | None = None) -> Prepared:
    """A certificate as a firm uploads it, each with bytes of its own unless they are given."""
    own = PDF.replace(b"1 0 obj", f"{next(serial)} 0 obj".encode())
    return prepare(io.BytesIO(content or own), name, "standard")


def make_standard(
    firm: Organisation | None = None, *, state: str = "approved", standard_no: str = "GB/T 33530-2017", valid_to: date | None = None,
    content: bytes | None = None, **values: Any,
) -> FirmStandard:  # fmt: skip
    """A standard in `submitted`, `returned`, `approved` or `withdrawn`; without an end unless a day is given."""
    file = make_certificate(content=content)
    with writing():
        firm = firm or make_firm()
        facts = {"issuer": "评定中心", "valid_to": valid_to, **values}
        standard = add_standard(actor=actor_for(firm), organisation=firm, standard_no=standard_no, file=file, **facts)
        standard.organisation = firm
        if state == "returned":
            return_standard(actor=REVIEWER, standard=standard, reason="证书不清晰")
        if state == "approved":
            approve_standard(actor=REVIEWER, standard=standard)
        if state == "withdrawn":
            withdraw_standard(actor=actor_for(firm), standard=standard)
        db.session.flush()
        return standard
