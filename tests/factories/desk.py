"""Cases of the operator's desk for tests: requests to change an identity, announced closings."""

import io
from itertools import count
from typing import Any

from marketplace.core.actor import CLI
from marketplace.files.services import Prepared, prepare
from marketplace.organisations.models import ChangeRequest, ClosingNotice, Organisation
from marketplace.organisations.services import announce_closing, request_change
from tests.factories.accounts import writing
from tests.factories.organisations import actor_for, make_firm

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
serial = count(1)


def make_evidence(name: str = "变更通知书.pdf") -> Prepared:
    """An upload that is read and checked, each with bytes of its own."""
    return prepare(io.BytesIO(PDF.replace(b"1 0 obj", f"{next(serial)} 0 obj".encode())), name, "change")


def make_change(organisation: Organisation | None = None, *, reason: str = "工商变更", **values: Any) -> ChangeRequest:
    """A request that waits; by default for a new name."""
    with writing():
        organisation = organisation or make_firm()
        values = values or {"name": f"改名后的公司{next(serial)}"}
        change = request_change(
            actor=actor_for(organisation), organisation=organisation, values=values, reason=reason, file=make_evidence()
        )
        change.organisation = organisation
        return change


def make_closing(organisation: Organisation | None = None, *, by_operator: bool = False) -> ClosingNotice:
    """An announced closing, by the organisation itself or by the park."""
    with writing():
        organisation = organisation or make_firm()
        notice = announce_closing(
            actor=CLI if by_operator else actor_for(organisation), organisation=organisation, reason="业务调整"
        )
        notice.organisation = organisation
        return notice
