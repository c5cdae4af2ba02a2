"""Showing a masked number to who has to call it, on record (个人信息保护法 51: access by need; 网络数据安全管理条例 12)."""

import re

from marketplace.accounts.queries import get_user
from marketplace.core import audit
from marketplace.core.access import require
from marketplace.core.actor import Actor
from marketplace.core.errors import Invalid, NotFound
from marketplace.core.i18n import lazy
from marketplace.organisations.access import can_reveal_contact
from marketplace.organisations.models import Organisation
from marketplace.organisations.queries import member_user_ids
from marketplace.organisations.rules import REVEAL_REASONS


def reveal_contact(
    *,
    actor: Actor,
    organisation: Organisation,
    field: str,
    reason: str,
    member_id: int | None = None,
    case_number: str = "",
) -> str:
    """One number in full: `contact_mobile` of the organisation, or the `login` of one of its people (`member_id`). Who, which and why
    (a key of `REVEAL_REASONS`, and the number of the order or ticket it is about) go into the audit trail; the value itself goes
    nowhere but the answer.

    Refused: no such reason; a field that is not masked; a person of another organisation. Bureau and auditor never ask.
    """
    require(can_reveal_contact(actor))
    if reason not in REVEAL_REASONS:
        raise Invalid("reveal.reason", lazy("请选择查看原因"), field="reason")
    if case_number and not re.fullmatch(r"[A-Za-z0-9-]{1,40}", case_number):
        raise Invalid("reveal.case_number", lazy("编号只能包含字母、数字和连字符"), field="case_number")
    if field == "contact_mobile":
        value = organisation.contact_mobile
    elif field == "login":
        if member_id is None or member_id not in member_user_ids(organisation.id):
            raise NotFound("member.missing", lazy("该单位没有这名成员"))
        value = get_user(member_id).login
    else:
        raise Invalid("reveal.field", lazy("没有这个可查看的字段"), field="field")
    audit.record(
        "organisation.contact_revealed", "organisation", organisation.id, actor=actor, organisation_id=organisation.id,
        field=field, member=member_id, reason=reason, case=case_number or None,
    )  # fmt: skip
    return value
