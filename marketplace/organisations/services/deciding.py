"""What every decision of the operator shares: a reason that is given, a record that stays."""

from marketplace.core.access import step
from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.core.errors import Invalid
from marketplace.core.i18n import lazy
from marketplace.organisations.models import Licence, Organisation, VerificationCheck


def profile_path(organisation: Organisation) -> str:
    return f"/{organisation.kind}/profile"


def needed_reason(reason: str) -> str:
    """The reason without blanks round it; refused when empty or longer than 500 characters."""
    text = reason.strip()
    if not text:
        raise Invalid("check.reason", lazy("请填写原因，对方将看到这段文字"), field="reason")
    if len(text) > 500:
        raise Invalid("check.reason_long", lazy("原因最多 500 字"), field="reason")
    return text


@step
def record_check(
    *,
    actor: Actor,
    organisation_id: int,
    result: str,
    method: str = "manual",
    reason: str = "",
    licence: Licence | None = None,
    rule: str = "",
    is_public: bool = False,
) -> None:
    """Write the append-only record of a decision."""
    check = VerificationCheck(
        organisation_id=organisation_id, licence_id=licence.id if licence else None, result=result, method=method, reason=reason,
        user_id=actor.user_id, rule=rule, is_public=is_public,
    )  # fmt: skip
    db.session.add(check)
