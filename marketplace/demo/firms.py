"""The demo's firms as the directory shows them: standards and grades (public, waiting, returned, ended), and the figures of everybody."""

import io
from datetime import timedelta
from random import Random
from typing import Any

from sqlalchemy import select

from marketplace.core import clock
from marketplace.core.actor import SCHEDULER
from marketplace.core.db import db, transaction
from marketplace.demo.organisations import insert_many
from marketplace.demo.story import scan, someone
from marketplace.files import services as files
from marketplace.organisations.models import FirmStandard, Organisation
from marketplace.organisations.rules.standards import KNOWN
from marketplace.organisations.services import standards
from marketplace.reviews.jobs import refresh_figures

ISSUERS = ("示范评定中心（演示）", "长三角人力资源服务标准化联盟（演示）")
LEVELS = {"GB/T 33860-2017": ("演示一级", "演示二级", "演示三级"), "DB3202/T 1027—2022": ("演示甲等", "演示乙等")}
ENDED, ENDING = 7, 12
"""Places of the firms, in the order of their ids, of which one standard has run out and one ends within the month."""


def add_standards(rng: Random) -> None:
    """Two firms of three hold one to three standards; the demo firm's own also waits, was returned, and one has ended."""
    today, moment = clock.today(), clock.now()
    firms = db.session.scalars(
        select(Organisation.id)
        .where(Organisation.kind == "firm", Organisation.state == "approved")
        .order_by(Organisation.id)
    ).all()
    rows: list[dict[str, Any]] = []
    for place, firm_id in enumerate(firms):
        if place % 3 == 2 and place not in (ENDED, ENDING):
            continue
        for number in rng.sample(sorted(KNOWN), rng.choice((1, 1, 2, 3))):
            issued = today - timedelta(days=rng.randint(60, 600))
            rows.append({
                "organisation_id": firm_id, "standard_no": number, "title": KNOWN[number], "level": rng.choice(LEVELS.get(number, ("符合",))),
                "issuer": rng.choice(ISSUERS), "issued_on": issued, "valid_to": clock.add_months(issued, 36) if rng.random() < 0.8 else None,
                "reason": "", "state": "approved", "version": 2, "created_at": moment - timedelta(days=50),
                "submitted_at": moment - timedelta(days=50), "reviewed_at": moment - timedelta(days=rng.randint(1, 48)),
            })  # fmt: skip
    with transaction():
        insert_many(FirmStandard, rows)
        for place, days in ((ENDED, -4), (ENDING, 20)):
            if place < len(firms):
                _let_end(firms[place], days)
    _hand_in()
    with transaction():
        standards.expire_standards(actor=SCHEDULER)
        standards.remind_of_standards(actor=SCHEDULER)
    refresh_figures()


def _let_end(firm_id: int, days: int) -> None:
    """The past, which no service writes: one whose last day is so many days away. The scheduler's service notices it."""
    one = db.session.scalars(
        select(FirmStandard).where(FirmStandard.organisation_id == firm_id).order_by(FirmStandard.id).limit(1)
    ).first()
    if one is not None:
        one.valid_to = clock.today() + timedelta(days=days)
        one.issued_on = one.valid_to - timedelta(days=1095)


def _hand_in() -> None:
    """What the demo firms' own people and the reviewer did this week: one waits at the desk, one was returned."""
    for account, number, shade in (("firm", "GB/T 22239-2019", 222), ("firm2", "GB/T 19001-2016", 221)):
        picture, actor = scan(shade), someone(account)
        stored = files.prepare(io.BytesIO(picture), "等级证书.png", "standard")
        with transaction():
            handed = standards.add_standard(
                actor=actor, organisation=db.session.get_one(Organisation, actor.organisation_id), standard_no=number, file=stored,
                title="信息安全等级保护" if account == "firm" else "质量管理体系 要求", level="第二级" if account == "firm" else "认证通过",
                issuer=ISSUERS[0], issued_on=clock.today() - timedelta(days=90), valid_to=clock.add_months(clock.today(), 24),
            )  # fmt: skip
            if account == "firm2":
                handed.organisation = db.session.get_one(Organisation, handed.organisation_id)
                standards.return_standard(
                    actor=someone("reviewer"), standard=handed, reason="证书上的持证单位与本机构不一致，请核对。"
                )
