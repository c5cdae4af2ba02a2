"""The small park of the access tests: every kind of person, every kind of object, and hostile words in every text that people write.

`build()` makes it once per test process and engine; afterwards each request is undone, so nothing in it ever changes.

`things.py` says what an object is, `cases.py` builds what the desk, members and people's data are about.

To add an object: make it in `build` through factories or services, with `text(n)` wherever a person writes words, and give it a
name in `world.things`: the parameters of its URLs. Owned things name who owns which (`own`); everybody else goes for the default.
"""

import io
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select

from marketplace.accounts.models import User, UserSession
from marketplace.accounts.queries import actor_of
from marketplace.accounts.services import open_session
from marketplace.accounts.services.failures import note_event
from marketplace.catalog.rules.definition import Choice
from marketplace.catalog.rules.editing import put_attribute
from marketplace.catalog.rules.taxonomy import category
from marketplace.catalog.services import publish_category
from marketplace.core import clock, settings
from marketplace.core.db import db
from marketplace.core.outbox import OutboxMessage
from marketplace.files.models import StoredFile
from marketplace.files.services import prepare
from marketplace.kpi.rules.indicators import INDICATORS
from marketplace.notifications.models import Notification
from marketplace.orders.models import MilestoneFile, Order
from marketplace.orders.rules import MilestoneDraft
from marketplace.orders.services import decline_order, dispute_milestone, request_changes
from marketplace.organisations.models import Licence, Organisation, OrganisationMember
from marketplace.organisations.services import add_licence, return_licence, suspend_organisation
from marketplace.payments.models import BankEntry
from marketplace.payments.services import propose_match, reject_match
from marketplace.reports.services import declare_reports, verify_firm_month
from marketplace.reviews.services import reply_to_review, write_review
from tests.access.cases import build_cases
from tests.access.people import PEOPLE
from tests.access.things import FORMULAS, PDF, Thing, World, text
from tests.factories import (
    actor_for,
    admin_of,
    confirm_contacts,
    enrol,
    make_client,
    make_firm,
    make_member,
    make_staff,
    make_user,
)
from tests.factories.accounts import writing
from tests.factories.catalog import make_listing
from tests.factories.categories import added, make_attribute, make_category_draft
from tests.factories.listing_changes import make_listing_change
from tests.factories.orders import deliver, make_booked_order, make_order, side
from tests.factories.payments import Bank, finance_actor, import_rows, make_credit
from tests.factories.reports import report_row


def build() -> World:
    """Everything in one transaction."""
    world = World()
    with writing():
        firm, client = _organisations(world)
        _people(world, firm, client)
        _verifications(world, firm, client)
        listing = _listings(world, firm)
        _orders(world, listing, client)
        _money(world, client)
        _reports(world, firm, client)
        _park(world)
        _messages(world)
        build_cases(world)
        db.session.flush()
    return world


def _address(kind: str, number: int) -> dict[str, Any]:
    """What an organisation says of itself, with numbers that no other has (they are the canaries of `canaries.csv`)."""
    return {
        "address": text(200, f"青浦区{kind}路 {number} 号"), "contact_name": text(60, f"联络人{kind}{number}"), "contact_mobile": f"1399000{number:04d}",
    }  # fmt: skip


def _organisations(world: World) -> tuple[Organisation, Organisation]:
    firm = make_firm(name=text(100, "晨星人力"), short_name=text(40, "晨星"), **_address("firm", 1))
    client = make_client(name=text(100, "河畔制造"), short_name=text(40, "河畔"), **_address("client", 2))
    other_firm = make_firm(name=FORMULAS[0] + "别家人力", **_address("firm", 3))
    other_client = make_client(name=FORMULAS[3] + "别家制造", **_address("client", 4))
    for organisation in (firm, client, other_firm, other_client):
        organisation.intro, organisation.industry = text(500, "深耕长三角。"), text(60, "制造")
        organisation.legal_representative = text(60, f"法人代表姓名{organisation.contact_mobile[-1]}")
        organisation.registrar, organisation.business_scope = text(60, "登记机关"), text(4000, "经营范围")
        organisation.website, organisation.service_highlights = text(60, "https://site.example/"), text(40, "亮点")
        confirm_contacts(admin_of(organisation))
        db.session.flush()
    world.firm, world.client, world.other_firm, world.other_client = firm.id, client.id, other_firm.id, other_client.id
    world.codes = {"firm_uscc": firm.uscc, "client_uscc": client.uscc}
    return firm, client


def _people(world: World, firm: Organisation, client: Organisation) -> None:
    """Everybody with two living sessions; each has an e-mail address and a mobile number of their own."""
    number = 0
    for person in PEOPLE:
        group, _, role = person.partition(".")
        if group == "anonymous":
            continue
        number += 1
        about = {
            "email": f"canary{number}@mail.example",
            "mobile": f"1388000{number:04d}",
            "name": text(60, f"职员{number:02d}号"),
        }
        if person == "client.viewer":
            about["email"] = None  # signs in by mobile number, which then stands where others have an address
        if group == "staff":
            user = make_staff(role, **about)
        elif group in ("firm", "client"):
            user = make_member(firm if group == "firm" else client, role, **about)
        elif group == "other":
            user = make_member(
                _organisation(world.other_firm if role == "firm" else world.other_client), "admin", **about
            )
        else:
            user = make_user(**about)
        world.users[person] = user.id
        if person == "firm.business":
            enrol(user)
        note_event(
            result="signed_in", actor=actor_of(user), user_id=user.id, address=f"10.79.0.{number}", agent=text(200, f"登录设备版本{number:02d}")
        )  # fmt: skip
        world.tokens[person] = open_session(
            user=user, address=f"10.77.0.{number}", agent=text(200, f"浏览器版本{number:02d}"), second_factor=True
        )
        open_session(
            user=user, address=f"10.78.0.{number}", agent=text(200, f"浏览器版本{number:02d}"), second_factor=True
        )
    _personal(world, "session", UserSession, "session_id")


def _organisation(organisation_id: int) -> Organisation:
    return db.session.get_one(Organisation, organisation_id)


def _personal(world: World, name: str, model: Any, param: str) -> None:
    """The newest row of a table that belongs to people, of each person; others see that of the firm's administrator."""
    newest: dict[int, int] = dict(db.session.execute(select(model.user_id, model.id).order_by(model.id)).all())
    own = {person: {param: newest[user]} for person, user in world.users.items() if user in newest}
    default = own["firm.admin"]
    for stranger in ("anonymous", "other.firm", "other.client"):
        own[stranger] = default
    world.things[name] = Thing(default, own)


def _verifications(world: World, firm: Organisation, client: Organisation) -> None:
    """Applications in every state, and licences with scans."""
    applicant = make_firm(state="submitted", name=text(100, "新来人力"), **_address("firm", 5))
    draft = make_firm(state="draft", name=text(100, "草稿人力"), **_address("firm", 6))
    suspended = make_firm(name=FORMULAS[1] + "停业人力", **_address("firm", 7))
    imported = make_firm(name=text(100, "导入人力"), **_address("firm", 8))
    db.session.execute(delete(OrganisationMember).where(OrganisationMember.organisation_id == imported.id))
    operator = actor_of(_user(world, "staff.operator"))
    suspend_organisation(actor=operator, organisation=suspended, reason=text(500, "接到投诉"))
    own: dict[str, Any] = {}
    for group, one in (("firm", firm), ("client", client)):
        licence = add_licence(
            actor=actor_for(one), organisation=one, kind="OTHER", number=text(64, f"{group}-许可"), is_long_term=True,
            file=prepare(io.BytesIO(PDF), "许可证.pdf", "licence"), issuing_region=text(60, "青浦"),
        )  # fmt: skip
        own[group] = licence
    returned = add_licence(
        actor=actor_for(firm), organisation=firm, kind="OTHER", number=FORMULAS[2], is_long_term=True,
        file=prepare(io.BytesIO(PDF), "旧证.pdf", "licence"),
    )  # fmt: skip
    return_licence(actor=operator, licence=returned, reason=text(500, "不清楚"))
    pending, valid = _first_licence(applicant), _first_licence(firm)
    world.codes["pending_licences"] = " ".join(str(i) for i in _licence_ids(applicant))
    world.things |= {
        "firm": Thing({"firm_id": firm.id}),
        "firm.suspended": Thing({"firm_id": suspended.id}),
        "organisation": Thing({"organisation_id": firm.id}),
        "organisation.client": Thing({"organisation_id": client.id}),
        "organisation.submitted": Thing({"organisation_id": applicant.id}),
        "organisation.draft": Thing({"organisation_id": draft.id}),
        "organisation.suspended": Thing({"organisation_id": suspended.id}),
        "organisation.imported": Thing({"organisation_id": imported.id}),
        "licence": Thing({"licence_id": own["firm"].id}, {"client": {"licence_id": own["client"].id}}),
        "licence.pending": Thing(
            {"organisation_id": applicant.id, "licence_id": pending.id}, foreign={"licence_id": valid.id}
        ),
        "licence.valid": Thing({"organisation_id": firm.id, "licence_id": valid.id}, foreign={"licence_id": pending.id}),
    }  # fmt: skip


def _licence_ids(organisation: Organisation) -> list[int]:
    return list(db.session.scalars(select(Licence.id).where(Licence.organisation_id == organisation.id)))


def _first_licence(organisation: Organisation) -> Licence:
    query = select(Licence).where(Licence.organisation_id == organisation.id)
    return db.session.scalars(query.order_by(Licence.id).limit(1)).one()


def _user(world: World, person: str) -> User:
    return db.session.get_one(User, world.users[person])


def _listings(world: World, firm: Organisation) -> Any:
    """One listing in each state; the published one is what the orders are about."""
    own = {
        state: make_listing(
            firm=firm, state=state, title=text(80, state[:4]), summary=text(200), description=text(5000), price_min_fen=100,
            price_max_fen=10_000_000, billing_note=text(300), unit=text(20),
            attributes={a.key: text(500) for a in category("C0301").own_attributes if a.type == "text"},
        )
        for state in ("draft", "submitted", "returned", "published", "suspended", "withdrawn")
    }  # fmt: skip
    for state in ("returned", "suspended", "withdrawn"):
        own[state].state_reason = text(300)
    make_listing(firm=_organisation(world.other_firm), title=FORMULAS[0] + "别家服务")
    make_listing(firm=_organisation(world.other_firm), title=FORMULAS[1] + "别家草稿", state="draft")
    world.things |= {f"listing.{state}": Thing({"listing_id": listing.id}) for state, listing in own.items()}
    _changes_of_listings(world, firm)
    return own["published"]


def _changes_of_listings(world: World, firm: Organisation) -> None:
    """Services on line with a change that waits, one that is written and one that was returned; the first has an earlier version too."""
    changing, writing_on, returned = (
        make_listing(firm=firm, title=text(80, name)) for name in ("改一", "改二", "改三")
    )
    make_listing_change(listing=changing, state="approved", summary=text(200, "新"))
    waiting = make_listing_change(listing=changing, summary=text(200, "再"))
    make_listing_change(listing=returned, state="returned", summary=text(200, "退"), reason=text(300, "理由"))
    world.codes["listing_change_version"] = str(waiting.version)
    make_listing_change(listing=writing_on, state="draft", summary=text(200, "写"))
    world.things |= {
        "listing.changing": Thing({"listing_id": changing.id}), "listing.change_draft": Thing({"listing_id": writing_on.id}),
        "listing.version": Thing({"listing_id": changing.id, "number": 1}), "listing_change": Thing({"listing_change_id": waiting.id}),
    }  # fmt: skip


def _orders(world: World, listing: Any, client: Organisation) -> None:
    today = clock.today()
    amounts = {"note": text(2000, "补充要求甲乙丙")}
    amounts["milestones"] = [  # type: ignore[assignment]
        MilestoneDraft(text(120, f"第 {n} 阶段"), fen, today + timedelta(days=30))
        for n, fen in enumerate((30_000, 20_000), 1)
    ]
    both: dict[str, Any] = {"listing": listing, "client": client, **amounts}
    placed, waiting = make_order("placed", **both), make_order("awaiting_payment", **both)
    declined = make_order("placed", **both)
    decline_order(actor=side(declined.firm_id), order=declined, reason=text(2000, "不接单的说明"))
    funded = make_booked_order(**both)
    deliver(
        funded.milestones[0], note=text(2000), files=[prepare(io.BytesIO(PDF), "名单=1.pdf", "delivery")],
    )  # fmt: skip
    disputed = make_booked_order(delivered=2, **both)
    dispute_milestone(actor=side(disputed.client_id), milestone=disputed.milestones[0], reason=text(2000))
    request_changes(actor=side(disputed.client_id), milestone=disputed.milestones[1], reason=text(2000))
    completed, reviewed, replied = (make_booked_order(accepted=2, **both) for _ in range(3))
    write_review(actor=side(reviewed.client_id), order=reviewed, score=4, text=text(2000))
    review = write_review(actor=side(replied.client_id), order=replied, score=2, text=text(2000))
    reply_to_review(actor=side(replied.firm_id), review=review, text=text(2000))
    strangers = make_booked_order(
        listing=make_listing(firm=_organisation(world.other_firm), price_min_fen=100, price_max_fen=10_000_000, title="=别家"),
        client=_organisation(world.other_client),
    )  # fmt: skip
    deliver(strangers.milestones[0], files=[prepare(io.BytesIO(PDF), "别家.pdf", "delivery")])

    def order(one: Order, **more: Any) -> Thing:
        return Thing({"number": one.number, **more})

    world.things |= {
        "order.placed": order(placed), "order.awaiting_payment": order(waiting), "order.declined": order(declined),
        "order.funded": order(funded), "order.disputed": order(disputed), "order.completed": order(completed), "order.reviewed": order(reviewed),
        "order.replied": order(replied),
        "milestone.delivered": order(funded, position=1), "milestone.funded": order(funded, position=2),
        "milestone.disputed": order(disputed, position=1), "milestone.changes_requested": order(disputed, position=2),
    }  # fmt: skip
    db.session.flush()
    world.things["delivery"] = Thing(
        {"number": funded.number, "file_number": _delivered_file(funded)},
        foreign={"file_number": _delivered_file(strangers)},
    )


def _delivered_file(order: Order) -> str:
    ids = [m.id for m in order.milestones]
    query = select(StoredFile.number).join(MilestoneFile, MilestoneFile.file_id == StoredFile.id)
    return db.session.scalars(query.where(MilestoneFile.milestone_id.in_(ids))).one()


def _money(world: World, client: Organisation) -> None:
    """A statement with a credit that nobody knows, one that is proposed, and one whose proposal was rejected."""
    bank = Bank()
    about = {"name": text(200, "某公司"), "memo": text(500, "货款附言内容"), "counterparty_account": "6222 7777 0001"}
    bank.credit(66_600, serial=text(100, "流水号"), **about)
    statement = import_rows(bank, filename=text(200, "流水") + ".csv")
    queued = db.session.scalars(select(BankEntry).where(BankEntry.import_id == statement.id)).one()
    proposed = make_credit(88_800, bank=Bank(), **{**about, "counterparty_account": "6222 7777 0002"})
    rejected = make_credit(
        99_900, bank=Bank(), **{**about, "counterparty_account": "6222 7777 0003", "name": FORMULAS[0]}
    )
    maker, checker = finance_actor(), finance_actor()
    for credit in (proposed, rejected):
        proposal = propose_match(
            actor=maker, credit=credit, organisation=client, decision="credit", reason=text(300, "认领依据说明")
        )
    reject_match(actor=checker, proposal=proposal, note=text(300, "复核意见说明"))
    world.things |= {
        "credit.queued": Thing({"number": queued.number}), "credit.proposed": Thing({"number": proposed.number}),
        "credit.rejected": Thing({"number": rejected.number}),
        "statement": Thing({"number": statement.number}), "account": Thing({"code": "suspense"}),
    }  # fmt: skip


def _reports(world: World, firm: Organisation, client: Organisation) -> None:
    for month in ("2026-09", "2026-10"):
        row = report_row(firm, period=month, client_uscc=client.uscc, category_code="C0301", people_served=120)
        declare_reports(actor=actor_for(firm), firm_id=firm.id, rows=[row], filename=text(160, "月报") + ".csv")
    verify_firm_month(
        actor=actor_of(_user(world, "staff.operator")),
        firm_id=firm.id,
        period="2026-09",
        evidence=text(300, "审计报告编号一"),
    )
    world.things |= {
        "report": Thing({"firm_id": firm.id, "period": "2026-10"}),
        "report.verified": Thing({"firm_id": firm.id, "period": "2026-09"}),
        "month": Thing({"period": "2026-10"}), "month.verified": Thing({"period": "2026-09"}),
    }  # fmt: skip


def _park(world: World) -> None:
    """What belongs to the park itself: settings, indicators, legal documents, categories."""
    admin = actor_of(_user(world, "staff.admin"))
    settings.change_setting(
        actor=admin, key="orders.confirm_days", value=7, effective_on=clock.today(), reason=text(300, "会议纪要决定")
    )
    _categories(world)
    world.things |= {
        "setting": Thing({"key": "orders.confirm_days"}), "indicator": Thing({"slug": INDICATORS[0].slug}),
        "document": Thing({"document": "agreement"}), "category": Thing({"code": "C0301"}),
    }  # fmt: skip


def _categories(world: World) -> None:
    """A category in its second version, and the draft of another's, with whatever operators write in them."""
    question = make_attribute(
        "remark",
        label_zh=text(40, "说明"),
        label_en=text(40, "Remark"),
        choices=(Choice("a", text(40, "甲"), text(40, "A")),),
    )
    draft = make_category_draft("C14", added(question))
    operator = actor_of(_user(world, "staff.operator"))
    publish_category(actor=operator, draft=draft, seen=draft.version, reason=text(300, "调整"))
    make_category_draft(
        "C04",
        lambda of: put_attribute(
            replace(of, name_zh=text(60, "薪酬"), review_zh=text(200), review_en=text(200)), question
        ),
    )
    world.things |= {
        "category.top": Thing({"code": "C14"}), "category.draft": Thing({"code": "C04"}),
        "category.attribute": Thing({"code": "C04", "key": "remark"}),
    }  # fmt: skip


def _messages(world: World) -> None:
    """A message to everybody, and the mail that went with it."""
    for person, user_id in world.users.items():
        db.session.add(
            Notification(
                user_id=user_id, event="organisation.suspended", url="/desk/",
                params={"name": text(100, person), "reason": text(500)},
            )
        )  # fmt: skip
    mail = OutboxMessage(
        channel="mail", address="canary0@mail.example", event="organisation.suspended", user_id=world.users["firm.admin"],
        params={"name": text(100), "reason": text(500), "url": "/desk/"}, error=text(300, "失败"),
    )  # fmt: skip
    db.session.add(mail)
    db.session.flush()
    _personal(world, "notification", Notification, "notification_id")
    world.things["message"] = Thing({"message_id": mail.id})
