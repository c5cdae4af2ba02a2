"""Saying yes to the platform's rules, and taking an optional yes back."""

from collections.abc import Iterable

from marketplace.accounts.models import User
from marketplace.core import audit, clock
from marketplace.core.access import require, step
from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid, NotFound
from marketplace.core.i18n import lazy
from marketplace.duties.access import can_give_consent
from marketplace.duties.models import Consent
from marketplace.duties.queries import has_consented
from marketplace.duties.rules.documents import (
    OPTIONAL,
    REQUIRED,
    Document,
    find_document,
    missing,
    needed,
)


@step
def record_consents(
    *, actor: Actor, user: User, address: str = "", how: str = "sign_up", documents: Iterable[str] | None = None
) -> list[Consent]:
    """Log a person's yes to the rules in force today (or those named), and note the versions on their account.

    Called within the transaction that signs a person up or lets them in by an invitation, after they have ticked the box themselves
    (PIPL 14; never pre-ticked). `how` is sign_up, invitation, asked_again or demo.
    """
    today = clock.today()
    codes = list(needed(today)) if documents is None else list(documents)
    made, agreed = [], dict(user.agreed or {})
    for code in codes:
        document = find_document(code)
        version = document.in_force(today) if document else None
        if document is None or version is None or document.consent != REQUIRED:
            continue
        made.append(_log(user, document, version.number, "given", how, address))
        agreed[code] = version.number
    user.agreed = agreed
    db.session.flush()
    audit.record(
        "consent.given", "user", user.id, actor=actor, how=how,
        documents=[f"{c.document}:{c.document_version}" for c in made],
    )  # fmt: skip
    return made


def _log(user: User, document: Document, number: int, decision: str, how: str, address: str) -> Consent:
    consent = Consent(
        user_id=user.id, document=document.code, document_version=number, decision=decision, how=how, scope=document.scope,
        address=address[:45],
    )  # fmt: skip
    db.session.add(consent)
    return consent


def give_consents(*, actor: Actor, user: User, shown: Iterable[str], agreed: bool, address: str = "") -> list[Consent]:
    """Say yes to the rules one has just been asked about; saying it twice logs it once.

    `shown` holds `code:version` of what the page showed. Refused: without the tick; when another version has come into force meanwhile.
    """
    require(can_give_consent(actor, user.id))
    today = clock.today()
    asked = missing(user.agreed or {}, today)
    if not asked:
        return []
    if not agreed:
        raise Invalid("consent.tick", lazy("请阅读后勾选同意"), field="agree")
    present = {f"{d.code}:{v.number}" for d in asked if (v := d.in_force(today))}
    if not present <= set(shown):
        raise Conflict("consent.changed", lazy("规则刚刚更新，请重新阅读后再同意"))
    return record_consents(
        actor=actor, user=user, address=address, how="asked_again", documents=[d.code for d in asked]
    )


def set_optional_consent(*, actor: Actor, user: User, code: str, given: bool, address: str = "") -> None:
    """Give or withdraw the consent to something optional, as easily the one as the other (PIPL 15); no change is logged twice.

    Refused: a document that is not optional. What is needed to use the platform ends by closing the account.
    """
    require(can_give_consent(actor, user.id))
    document = find_document(code)
    if document is None:
        raise NotFound("legal.missing", lazy("没有这份文件"))
    version = document.in_force(clock.today())
    if version is None or document.consent != OPTIONAL:
        raise Invalid("consent.not_optional", lazy("这项同意是使用平台所必需的；如不再同意，可以注销账号"))
    if has_consented(user.id, code) == given:
        return
    decision = "given" if given else "withdrawn"
    _log(user, document, version.number, decision, "settings", address)
    db.session.flush()
    audit.record(f"consent.{decision}", "user", user.id, actor=actor, documents=[f"{code}:{version.number}"])
