"""Reads of the consent log."""

from typing import Any

from sqlalchemy import Select, select

from marketplace.core import clock
from marketplace.core.db import db
from marketplace.core.paging import Page, paginate
from marketplace.duties.models import Consent
from marketplace.duties.rules.documents import DOCUMENTS, OPTIONAL, Document


def select_consents(user_id: int) -> Select[Any]:
    """One person's decisions, newest first."""
    return select(Consent).where(Consent.user_id == user_id).order_by(Consent.id.desc())


def list_consents(user_id: int, page: int | None = 1, per_page: int | None = 20) -> Page[Consent]:
    return paginate(select_consents(user_id), page, per_page)


def has_consented(user_id: int, code: str) -> bool:
    """Does a person's latest decision on an optional document stand at yes?"""
    query = (
        select(Consent.decision)
        .where(Consent.user_id == user_id, Consent.document == code)
        .order_by(Consent.id.desc())
        .limit(1)
    )
    return db.session.scalar(query) == "given"


def list_optional(user_id: int) -> list[tuple[Document, bool]]:
    """The optional consents on offer, each with the person's present answer."""
    today = clock.today()
    offered = [d for d in DOCUMENTS if d.consent == OPTIONAL and d.in_force(today)]
    return [(document, has_consented(user_id, document.code)) for document in offered]
