"""What the demo's desk shows beside applications: changes of identity, firms that leave, a measure made public."""

import io
from typing import Any

from sqlalchemy import select

from marketplace.core.actor import CLI
from marketplace.core.db import db, transaction
from marketplace.demo.people import MARK
from marketplace.files import services as files
from marketplace.organisations import services as organisations
from marketplace.organisations.models import Organisation, OrganisationMember
from marketplace.organisations.queries import get_change, get_organisation


def fill_desk(operator: Any, scan: bytes) -> None:
    """Two changes that wait and one that was returned, an announced closing, a suspension that stands and one that was lifted; all on
    firms of the park that no demo account acts for."""
    firms = _others(6)
    if len(firms) < 6:
        return
    _ask(
        firms[0],
        "公司更名，已完成市场监管变更登记。",
        scan,
        name=f"{firms[0].name.removesuffix(MARK)[:-4]}集团有限公司{MARK}",
    )
    _ask(
        firms[1],
        "办公地址搬迁。",
        scan,
        address="上海市青浦区华新镇示范路 88 号 3 幢",
        legal_representative="陈某（演示）",
    )
    returned = _ask(firms[2], "注册资本变更。", scan, registered_capital_fen=5_000_000_000)
    with transaction():
        organisations.return_change(
            actor=operator,
            change=get_change(returned, actor=operator),
            reason="请上传登记机关出具的变更通知书或变更后的营业执照。",
        )
    with transaction():
        organisations.announce_closing(
            actor=CLI, organisation=get_organisation(firms[3].id, CLI), reason="业务调整，转为集团内部服务。"
        )
    for firm, rule in ((firms[4], "agreement2"), (firms[5], "rules5")):
        with transaction():
            organisations.suspend_organisation(
                actor=operator, organisation=get_organisation(firm.id, operator), reason="逾期未补充核验资料，请联系园区办理。", rule=rule,
                is_public=True,
            )  # fmt: skip
    with transaction():
        organisations.restore_organisation(
            actor=operator, organisation=get_organisation(firms[5].id, operator), reason="已按要求整改。"
        )


def _others(limit: int) -> list[Organisation]:
    taken = select(OrganisationMember.organisation_id)
    query = select(Organisation).where(
        Organisation.kind == "firm",
        Organisation.state == "approved",
        Organisation.in_park,
        Organisation.id.not_in(taken),
    )
    return list(db.session.scalars(query.order_by(Organisation.id.desc()).limit(limit)))


def _ask(firm: Organisation, reason: str, scan: bytes, **values: Any) -> int:
    prepared = files.prepare(io.BytesIO(scan), "变更证明.png", "change")
    with transaction():
        change = organisations.request_change(
            actor=CLI, organisation=get_organisation(firm.id, CLI), values=values, reason=reason, file=prepared
        )
        return change.id
