"""What every decision of the operator shares: a reason that is given, a record that stays."""

from typing import Any

from marketplace.accounts.queries import list_staff_ids
from marketplace.core.access import step
from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.core.errors import Invalid
from marketplace.core.i18n import lazy
from marketplace.files.services import Prepared, attach
from marketplace.notifications.services import notify
from marketplace.organisations.models import Licence, Organisation, VerificationCheck
from marketplace.organisations.rules import CHECK_METHODS, EVIDENCE_TYPES


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


def needed_evidence(method: str, evidence: Prepared | None) -> None:
    """Refuse an unknown method, a look into a public register without its screenshot, and evidence that is no PDF or picture."""
    if method not in CHECK_METHODS:
        raise Invalid("check.method", lazy("请选择核验方式"), field="method")
    if method == "registry" and evidence is None:
        raise Invalid("check.evidence", lazy("公示系统查询须上传查询结果截图或 PDF"), field="evidence")
    check_evidence_kind(evidence)


def check_evidence_kind(evidence: Prepared | None) -> None:
    """Refuse evidence that is no PDF or picture."""
    if evidence is not None and evidence.media_type not in EVIDENCE_TYPES:
        raise Invalid("check.evidence_kind", lazy("核验证据只支持 PDF、JPG、PNG"), field="evidence")


@step
def record_check(
    *,
    actor: Actor,
    organisation_id: int,
    result: str,
    method: str = "manual",
    reason: str = "",
    licence: Licence | None = None,
    evidence: Prepared | None = None,
    rule: str = "",
    is_public: bool = False,
) -> VerificationCheck:
    """Write the append-only record of a decision, with what the reviewer saw: the file belongs to the park, its SHA-256 to the record."""
    stored = attach(actor=actor, prepared=evidence, organisation_id=None) if evidence is not None else None
    check = VerificationCheck(
        organisation_id=organisation_id, licence_id=licence.id if licence else None, result=result, method=method, reason=reason,
        user_id=actor.user_id, evidence_file_id=stored.id if stored else None, evidence_sha256=stored.sha256 if stored else "",
        rule=rule, is_public=is_public,
    )  # fmt: skip
    db.session.add(check)
    return check


@step
def tell_reviewers(*, event: str, url: str, params: dict[str, Any]) -> None:
    """Tell everybody who decides on organisations, each once."""
    for user_id in sorted({*list_staff_ids("operator"), *list_staff_ids("reviewer")}):
        notify(user_id=user_id, event=event, url=url, params=params)
