"""Refusals that the audit trail keeps (ASVS 16.3): a signed-in person who asked for what they may not do, an upload with a virus.

What was refused changed nothing, so its transaction is gone; the row is written after the response in one of its own, by the one
writer of this module. It is throttled per person, so that nobody can fill the trail by knocking: one row per page and ten minutes,
thirty an hour.
"""

import logging
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from flask import Response, g, has_request_context, request
from sqlalchemy import select

from marketplace.core import audit, clock
from marketplace.core.actor import Actor, current_actor
from marketplace.core.audit import AuditEvent
from marketplace.core.db import db, in_transaction, transaction
from marketplace.core.errors import AccessDenied, ConfirmationNeeded, ServiceError

log = logging.getLogger(__name__)
DENIED = "access.denied"
SAME_PAGE = timedelta(minutes=10)
PER_HOUR = 30


@dataclass(frozen=True, slots=True)
class Refusal:
    """One refusal that waits for the end of the response."""

    event: str
    noun: str
    actor: Actor
    codes: dict[str, Any] = field(default_factory=dict)


def note(event: str, noun: str, *, actor: Actor, **codes: Any) -> None:
    """Keep a refusal for the trail: written after the response, or at once where no request is under way."""
    refusal = Refusal(event, noun, actor, codes)
    if has_request_context():
        g.setdefault("refusals", []).append(refusal)
    elif in_transaction():
        log.warning("%s within a transaction that is about to be undone: not kept in the trail (%s)", event, codes)
    else:
        _write([refusal])


def note_denied(error: ServiceError) -> None:
    """Keep that the signed-in person was denied something; a mere second look at who it is (ConfirmationNeeded) is none."""
    if not isinstance(error, AccessDenied) or isinstance(error, ConfirmationNeeded) or not has_request_context():
        return
    actor = current_actor()
    if actor.is_signed_in:
        note(DENIED, "page", actor=actor, page=request.endpoint, method=request.method, code=error.code)


def write_noted(response: Response) -> Response:
    """Write what this request was refused; a failure is logged and never breaks the answer."""
    noted: list[Refusal] = g.pop("refusals", [])
    if noted:
        try:
            _write(noted)
        except Exception:
            log.exception("refusals were not written into the trail: %s", [one.event for one in noted])
    return response


def _write(refusals: list[Refusal]) -> None:
    with transaction():
        for one in refusals:
            if one.event != DENIED or _is_new(one):
                audit.record(one.event, one.noun, None, actor=one.actor, **one.codes)


def _is_new(refusal: Refusal) -> bool:
    """Has this person been refused little enough lately, and not this page just now?"""
    now = clock.now()
    recent = select(AuditEvent.created_at, AuditEvent.codes).where(
        AuditEvent.user_id == refusal.actor.user_id,
        AuditEvent.event == DENIED,
        AuditEvent.created_at > now - timedelta(hours=1),
    )
    rows = db.session.execute(recent.limit(PER_HOUR)).all()
    if len(rows) >= PER_HOUR:
        return False
    return not any(
        row.created_at > now - SAME_PAGE and row.codes.get("page") == refusal.codes.get("page") for row in rows
    )
