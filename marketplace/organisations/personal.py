"""What organisations hold of a person, who may not leave one yet, and what goes when they do."""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, or_, select

from marketplace.core import audit, retention
from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.core.errors import Conflict
from marketplace.core.i18n import lazy
from marketplace.core.personal import (
    Blocker,
    exempt,
    register_account_blocker,
    register_account_leaver,
    register_table,
)
from marketplace.organisations.models import (
    ChangeRequest,
    ClosingNotice,
    IdentityExport,
    Invitation,
    JoinRequest,
    Organisation,
    OrganisationMember,
    UsccOverride,
    VerificationCheck,
)
from marketplace.organisations.queries.leaving import list_sole_admin_of

register_table(
    "memberships",
    lazy("所属单位"),
    OrganisationMember,
    "user_id",
    {"organisation_id": lazy("单位编号"), "role": lazy("角色"), "created_at": lazy("加入时间")},
)
register_table(
    "verification_checks", lazy("您作出的核验决定"), VerificationCheck, "user_id",
    {
        "id": lazy("编号"), "organisation_id": lazy("单位编号"), "licence_id": lazy("证照编号"), "result": lazy("结果"), "method": lazy("方式"),
        "reason": lazy("理由"), "created_at": lazy("时间"),
    },
)  # fmt: skip
register_table(
    "identity_exports",
    lazy("您生成的身份信息报送文件"),
    IdentityExport,
    "made_by_id",
    {"number": lazy("编号"), "period": lazy("期间"), "row_count": lazy("行数"), "created_at": lazy("时间")},
)
register_table(
    "join_requests", lazy("您的加入申请"), JoinRequest, "user_id",
    {"organisation_id": lazy("单位编号"), "message": lazy("申请说明"), "state": lazy("状态"), "created_at": lazy("时间")},
)  # fmt: skip
register_table(
    "invitations", lazy("您发出或接受的邀请"), Invitation, ("created_by_id", "accepted_by_id"),
    {"organisation_id": lazy("单位编号"), "role": lazy("角色"), "created_at": lazy("时间"), "accepted_at": lazy("接受时间")},
)  # fmt: skip
register_table(
    "change_requests", lazy("您提交的登记信息变更申请"), ChangeRequest, "requested_by_id",
    {"id": lazy("编号"), "organisation_id": lazy("单位编号"), "state": lazy("状态"), "submitted_at": lazy("时间")},
)  # fmt: skip
register_table(
    "closing_notices", lazy("您发起的退出公告"), ClosingNotice, "announced_by_id",
    {"organisation_id": lazy("单位编号"), "reason": lazy("原因"), "state": lazy("状态"), "created_at": lazy("时间")},
)  # fmt: skip
register_table(
    "uscc_overrides", lazy("您提出或复核的代码校验豁免"), UsccOverride, ("proposed_by_id", "decided_by_id"),
    {"uscc": lazy("统一社会信用代码"), "reason": lazy("理由"), "state": lazy("状态"), "created_at": lazy("时间")},
)  # fmt: skip
exempt(
    "organisation_join_request.decided_by_id",
    "organisation_bank_account.created_by_id",
    "organisation_invoice_data.updated_by_id",
    "change_request.decided_by_id",
    "review_claim.user_id",
    "organisation_snapshot.user_id",
    why="单位或园区的履职行为，本人已可在操作记录中看到",
)


def _sole_admin(user_id: int) -> list[Blocker]:
    """Who leaves people behind hands the administration over first; who is alone may go."""
    return [
        Blocker(
            "organisation.last_admin",
            lazy(
                "您是“%(name)s”唯一的管理员，该单位还有 %(n)s 名成员，请先将管理员转交他人", name=one.name, n=one.others
            ),
            f"organisations.{one.kind}_profile",
        )
        for one in list_sole_admin_of(user_id)
        if one.others
    ]


def _leave(actor: Actor, user_id: int) -> None:
    """End the person's memberships. The organisations are locked and asked again, so that two administrators who leave at the same
    moment do not both find the other there."""
    ids = list(
        db.session.scalars(select(OrganisationMember.organisation_id).where(OrganisationMember.user_id == user_id))
    )
    db.session.execute(
        select(Organisation.id).where(Organisation.id.in_(ids)).order_by(Organisation.id).with_for_update()
    )
    blocked = _sole_admin(user_id)
    if blocked:
        raise Conflict("account.blocked", lazy("账号暂不能注销：%(reason)s"), reason=str(blocked[0].text))
    db.session.execute(
        delete(OrganisationMember)
        .where(OrganisationMember.user_id == user_id)
        .execution_options(synchronize_session=False)
    )
    for organisation_id in ids:
        audit.record(
            "member.left", "organisation", organisation_id, actor=actor, organisation_id=organisation_id, user=user_id
        )


register_account_blocker(_sole_admin)
register_account_leaver(_leave)


def _closed_contacts(before: datetime) -> Select[Any]:
    named = or_(Organisation.contact_name != "", Organisation.contact_mobile != "")
    return retention.due_rows(Organisation, Organisation.closed_at < before, named, organisation=Organisation.id)


retention.register(
    retention.Rule(
        "closed_organisations", lazy("已退出单位的联系人与联系电话"), "organisation", lazy("单位退出后"),
        "电子商务法第三十一条；个人信息保护法第四十七条", "mask", _closed_contacts,
        retention.masking(Organisation, contact_name="", contact_mobile=""),
    ),
    days=1095, minimum=1095,
)  # fmt: skip


def _dead_invitations(before: datetime) -> Select[Any]:
    return retention.due_rows(Invitation, Invitation.expires_at < before, organisation=Invitation.organisation_id)


retention.register(
    retention.Rule(
        "invitations", lazy("成员邀请（收件地址）"), "organisation_invitation", lazy("到期后"), "个人信息保护法第十九条", "delete",
        _dead_invitations, retention.deleting(Invitation),
    ),
    days=180,
)  # fmt: skip
retention.keep(
    "organisations",
    lazy("单位主体信息与证照"),
    "organisation",
    lazy("存续期间及退出后至少三年"),
    "电子商务法第二十七、三十一条",
)
retention.keep("checks", lazy("核验记录"), "verification_check", lazy("长期保存"), "电子商务法第二十七条")
retention.keep(
    "identity_exports",
    lazy("身份信息报送日志"),
    "identity_export",
    lazy("长期保存"),
    "网络数据安全管理条例第十二条（不少于三年）",
)
