"""Loading the marked demo data: people with passwords, then the past in bulk, then the present through the services.

Refused in production and on a database that holds anybody. The same scale and seed make the same park.
"""

from dataclasses import dataclass, field
from random import Random
from typing import Any

from flask import current_app
from sqlalchemy import func, insert, select

from marketplace.accounts.models import StaffRole, User
from marketplace.accounts.passwords import hash_password
from marketplace.core import audit, clock
from marketplace.core.actor import CLI
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict
from marketplace.core.i18n import lazy
from marketplace.core.progress import Progress, silent
from marketplace.demo import (
    colleagues,
    decide,
    listing_life,
    listings,
    market,
    orders,
    organisations,
    reports,
    story,
    taxonomy,
    words,
)
from marketplace.demo import firms as firms_shown
from marketplace.demo.organisations import insert_many
from marketplace.duties.models import Consent
from marketplace.duties.rules.documents import REQUIRED, upcoming
from marketplace.duties.services import record_consents
from marketplace.organisations.models import OrganisationMember
from marketplace.payments import ledger
from marketplace.search.changes import touch

SEED = 20221202
TIMES = {"park": 1, "region": 10, "nation": 100}
DEFAULT_PASSWORD = "Park-Demo-2026"
STAFF = (
    ("operator", "沈运营", ("operator",)), ("service", "方客服", ("service",)),
    ("reviewer", "唐审核", ("reviewer",)), ("finance1", "陆财务", ("finance",)), ("finance2", "顾财务", ("finance",)),
    ("bureau", "区人社局", ("bureau",)), ("auditor", "审计员", ("auditor",)), ("admin", "系统管理员", ("admin",)), ("security", "安全管理员", ("security",)),
)  # fmt: skip
MEMBERS = (
    ("firm", 0, "陈总（机构管理员）", "admin"), ("firm.business", 0, "林商务", "business"), ("firm.viewer", 0, "何助理", "viewer"),
    ("firm2", 1, "许总（机构管理员）", "admin"),
)  # fmt: skip
BUYERS = (
    ("client", 0, "周总（企业管理员）", "admin"), ("client.buyer", 0, "吴采购", "purchasing"), ("client.finance", 0, "郑会计", "finance"),
    ("client2", 1, "蒋总（企业管理员）", "admin"),
)  # fmt: skip


@dataclass
class Loaded:
    """What was made: the accounts to sign in with, and how much of everything."""

    password: str
    accounts: list[tuple[str, str]] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    def describe(self) -> str:
        people = "\n".join(f"  {login:32} {name}" for login, name in self.accounts)
        return f"演示账号（密码 {self.password}）：\n{people}"


def load(*, scale: str = "park", password: str | None = None, progress: Progress = silent) -> Loaded:
    """Fill an empty database. `scale` park: 44 firms, 1,000 listings, 3,000 clients, 3,000 orders; region 10×, nation 100×."""
    if current_app.config["APP_ENV"] == "production":
        raise Conflict("demo.production", lazy("生产环境不能装载演示数据"))
    if db.session.scalar(select(func.count()).select_from(User)):
        raise Conflict("demo.not_empty", lazy("数据库已有数据，演示数据只能装载到空数据库"))
    rng, times = Random(SEED), TIMES[scale]
    loaded = Loaded(password or DEFAULT_PASSWORD)
    hashed = hash_password(loaded.password)
    with transaction():
        firms = organisations.add_firms(rng, times)
        clients = organisations.add_clients(rng, times)
        offered = listings.add_listings(rng, times, firms)
        _add_people(loaded, hashed, firms, clients)
        audit.record("demo.loaded", "demo", None, actor=CLI, scale=scale)
    progress(15, 100)
    orders.add_history(rng, times, firms, clients, offered, lambda done, total: progress(15 + 45 * done // total, 100))
    reports.add_reports(rng, times, firms, clients, lambda done, total: progress(60 + 25 * done // total, 100))
    story.play(rng)
    listing_life.add_listing_life()
    colleagues.run_organisations()
    taxonomy.change_categories()
    market.place_and_save()
    decide.decide()
    firms_shown.add_standards(rng)
    with transaction():
        words.add_words(rng, story.someone("operator"))
    progress(95, 100)
    with transaction():
        touch("listing", [row["id"] for row in offered])
    wrong = ledger.check()
    if wrong:
        raise AssertionError(f"the demo's books do not hold: {wrong[:3]}")
    loaded.counts = {
        "firms": len(firms),
        "clients": len(clients),
        "listings": len(offered),
        "orders": orders.ORDERS * times,
    }
    progress(100, 100)
    return loaded


def _add_people(loaded: Loaded, hashed: str, firms: list[dict[str, Any]], clients: list[dict[str, Any]]) -> None:
    people = [*((n, label) for n, label, _ in STAFF), *((n, label) for n, _, label, _ in (*MEMBERS, *BUYERS))]
    moment = clock.now()
    rows = [
        {"email": f"{name}@demo.example", "mobile": None, "name": label, "password_hash": hashed, "password_changed_at": moment,
         "locale": "zh_CN", "is_demo": True, "failed_count": 0, "lock_count": 0, "created_at": moment, "email_confirmed_at": moment,
         "is_park_staff": name in {n for n, *_ in STAFF}}
        for name, label in people
    ]  # fmt: skip
    ids = dict(zip([name for name, _ in people], insert_many(User, rows), strict=True))
    db.session.execute(
        insert(StaffRole),
        [{"user_id": ids[n], "role": role, "granted_at": moment} for n, _, given in STAFF for role in given],
    )
    members = [(ids[n], firms[place]["id"], role) for n, place, _, role in MEMBERS]
    members += [(ids[n], clients[place]["id"], role) for n, place, _, role in BUYERS]
    db.session.execute(
        insert(OrganisationMember),
        [
            {"user_id": user, "organisation_id": organisation, "role": role, "created_at": moment}
            for user, organisation, role in members
        ],
    )
    _agree([ids[name] for name in ids if name not in {n for n, _, _ in STAFF}])
    loaded.accounts = [(f"{name}@demo.example", label) for name, label in people]


def _agree(user_ids: list[int]) -> None:
    """Let the demo's people have agreed to the rules in force and to those announced, so that nobody is asked in the middle of a visit."""
    for user in db.session.scalars(select(User).where(User.id.in_(user_ids)).order_by(User.id)):
        record_consents(actor=CLI, user=user, how="demo")
        for document, version in upcoming(clock.today()):
            if document.consent == REQUIRED:
                db.session.add(
                    Consent(
                        user_id=user.id,
                        document=document.code,
                        document_version=version.number,
                        how="demo",
                        scope=document.scope,
                    )
                )
                user.agreed = {**user.agreed, document.code: version.number}
