"""What members, the desk and the people themselves deal with: requests, invitations, bank accounts, evidence, people's data, holds.

Made last, through the services, in the transaction of `world.build`; what is named here is named as `world.py` says.
"""

import io
import json
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from marketplace.accounts.models import User
from marketplace.accounts.queries import actor_of
from marketplace.accounts.services import (
    create_staff_account,
    grant_staff_role,
    prepare_no_password,
    request_email_link,
)
from marketplace.accounts.services.tokens import issue_link
from marketplace.catalog.models import Listing
from marketplace.core import clock, vault
from marketplace.core.actor import Actor
from marketplace.core.audit import AuditEvent
from marketplace.core.db import db
from marketplace.core.outbox import OutboxMessage
from marketplace.duties import services as duties
from marketplace.files.services import prepare
from marketplace.orders.rules import MilestoneDraft
from marketplace.orders.services import place_order, reject_order
from marketplace.organisations import services
from marketplace.organisations.halves import half_of
from marketplace.organisations.models import ChangeRequest, Licence, Organisation, VerificationCheck
from marketplace.organisations.services import reporting, standards
from marketplace.search import wordbook
from marketplace.search.querylog import add_counts
from marketplace.search.services import save_search_words
from marketplace.search.wordbook import Entry
from tests.access.deciding import build_deciding
from tests.access.market import market_cases
from tests.access.things import PDF, Params, Thing, World, text
from tests.factories import actor_for, enrol, make_user
from tests.factories.desk import make_evidence as change_evidence
from tests.factories.licences import faulty_uscc, make_evidence
from tests.factories.orders import terms


def build_cases(world: World) -> None:
    """All of it; every part only adds to what the park holds already."""
    market_cases(world)
    _purchases(world)
    _money(world)
    _people_of_organisations(world)
    _changes(world)
    _evidence(world)
    _staff(world)
    _secrets(world)
    _own_data(world)
    _desk(world)
    build_deciding(world)
    _standards(world)
    _search_words(world)


def _user(world: World, person: str) -> User:
    return db.session.get_one(User, world.users[person])


def _actor(world: World, person: str) -> Actor:
    return actor_of(_user(world, person))


def _organisation(organisation_id: int) -> Organisation:
    return db.session.get_one(Organisation, organisation_id)


def _both(world: World, name: str, of_firm: Params, of_client: Params) -> None:
    world.things[name] = Thing(of_firm, {"client": of_client})


def _purchases(world: World) -> None:
    """Above the client's limit a purchase waits for a second person; one waits, one was turned down."""
    _organisation(world.client).approval_above_fen = 20_000
    listing = db.session.get_one(Listing, world.things["listing.published"].params["listing_id"])
    plan = [MilestoneDraft(text(120, "审批阶段"), 50_000, clock.today() + timedelta(days=30))]
    given = terms((50_000,), note=text(2000, "内部采购说明"), milestones=plan)
    waiting, refused = (
        place_order(actor=_actor(world, "client.purchasing"), listing=listing, **given) for _ in range(2)
    )
    reject_order(actor=_actor(world, "client.admin"), order=refused, reason=text(2000, "预算不足说明"))
    world.things["order.awaiting_approval"] = Thing({"number": waiting.number})
    world.things["order.unapproved"] = Thing({"number": refused.number})


def _money(world: World) -> None:
    """A bank account and invoice data of each of the four, with numbers that no other has."""
    for n, one in enumerate((world.firm, world.client, world.other_firm, world.other_client), 1):
        actor, organisation = actor_for(_organisation(one)), _organisation(one)
        services.change_bank_account(
            actor=actor, organisation=organisation, holder=organisation.name, bank_name=text(60, f"开户银行第{n}家"),
            branch=text(80, f"开户支行第{n}家"), account=f"62220210000{n:04d}", seen_position=0,
        )  # fmt: skip
        services.change_invoice_data(
            actor=actor, organisation=organisation, invoice_kind="ordinary", email=f"invoice{n}@mail.example",
            address=text(200, f"开票地址路{n}号"), phone=text(30, f"021-5555000{n}"), bank_name=text(100, f"开票银行第{n}家"),
            account=f"62220210009{n:04d}",
        )  # fmt: skip


def _people_of_organisations(world: World) -> None:
    """A member of each side, an invitation by each, and people who ask to come in."""
    _both(
        world,
        "member",
        {"user_id": world.users["firm.viewer"]},
        {"user_id": world.users["client.viewer"]},
    )
    tokens, ids = [], []
    for side in ("firm", "client"):
        organisation = _organisation(getattr(world, side))
        invitation, token = services.invite_member(
            actor=_actor(world, f"{side}.admin"), organisation=organisation, role="viewer", address=f"invited-{side}@mail.example"
        )  # fmt: skip
        tokens.append(token)
        ids.append(invitation.id)
    _both(world, "invitation", {"invitation_id": ids[0]}, {"invitation_id": ids[1]})
    world.things["invitation.link"] = Thing({"token": tokens[0]})

    def ask(user: User, uscc: str) -> Any:
        return services.ask_to_join(actor=actor_of(user), uscc=uscc, message=text(300, f"请求加入说明{user.id}号"))

    to_firm = ask(_user(world, "person"), world.codes["firm_uscc"])
    to_client = ask(make_user(email="joining1@mail.example", name=text(60, "申请加入者")), world.codes["client_uscc"])
    declined = ask(make_user(email="joining2@mail.example", name=text(60, "被婉拒者")), world.codes["firm_uscc"])
    services.decline_join_request(
        actor=_actor(world, "firm.admin"), organisation=_organisation(world.firm), request=declined, reason=text(500)
    )
    _both(world, "join_request", {"request_id": to_firm.id}, {"request_id": to_client.id})
    # Whoever asked takes it back; nobody else can, not even who may decide about it.
    world.things["join_request.own"] = Thing({"request_id": to_firm.id})
    closing = services.announce_closing(
        actor=actor_for(_organisation(world.other_firm)), organisation=_organisation(world.other_firm), reason=text(500)
    )
    world.things["organisation.closing"] = Thing({"organisation_id": closing.organisation_id})


def _changes(world: World) -> None:
    """The firm's request waits at the desk, the client's was returned to it."""
    found: list[ChangeRequest] = []
    for side in ("firm", "client"):
        found.append(
            services.request_change(
                actor=_actor(world, f"{side}.admin"), organisation=_organisation(getattr(world, side)), reason=text(500, "工商变更"),
                values={"legal_representative": text(60, f"新任法人{side}"), "registrar": text(60, "登记机关")}, file=change_evidence(),
            )
        )  # fmt: skip
    db.session.flush()
    for change in found:
        db.session.refresh(change)
    services.return_change(actor=_actor(world, "staff.reviewer"), change=found[1], reason=text(500, "证明不清楚"))
    _both(world, "change", {"change_id": found[0].id}, {"change_id": found[1].id})
    world.things["change.returned"] = Thing({"change_id": found[1].id})


def _evidence(world: World) -> None:
    """A licence that was approved after a look into the public register, and the codes that two people let pass."""
    reviewer, operator = _actor(world, "staff.reviewer"), _actor(world, "staff.operator")
    firm = _organisation(world.firm)
    licence = services.add_licence(
        actor=_actor(world, "firm.admin"), organisation=firm, kind="OTHER", number=text(64, "已核验"), is_long_term=True,
        file=prepare(io.BytesIO(PDF), "许可证.pdf", "licence"),
    )  # fmt: skip
    services.approve_licence(
        actor=reviewer, licence=licence, method="registry", evidence=make_evidence(content=PDF), note=text(500)
    )
    checks = select(func.max(VerificationCheck.id)).where(VerificationCheck.evidence_file_id.is_not(None))
    world.things["check"] = Thing({"check_id": db.session.scalar(checks)})
    _both(
        world,
        "licence_page",
        {**world.things["licence"].params, "place": 1},
        {**world.things["licence"].of("client.admin"), "place": 1},
    )
    returned = select(Licence.id).where(Licence.organisation_id == world.firm, Licence.state == "returned")
    world.things["licence.returned"] = Thing({"licence_id": db.session.scalars(returned).one()})
    for name, decide in (("override", False), ("override.rejected", True)):
        override = services.propose_uscc_override(
            actor=reviewer, uscc=faulty_uscc(), name=text(100, "试点人力"), reason=text(500, "公示系统可查"), evidence=make_evidence()
        )  # fmt: skip
        if decide:
            services.reject_uscc_override(actor=operator, override=override, note=text(500, "查无此代码"))
        world.things[name] = Thing({"override_id": override.id})
    services.claim_case(
        actor=reviewer, noun="organisation", ref_id=world.things["organisation.submitted"].params["organisation_id"]
    )


def _staff(world: World) -> None:
    """One of the park's own people who was invited, has a role and an authenticator."""
    security = _actor(world, "staff.security")
    user = create_staff_account(
        actor=security, name=text(60, "园区新同事"), email="canary90@mail.example", mobile="13880000090", password_hash=prepare_no_password()
    )  # fmt: skip
    grant_staff_role(actor=security, user=user, role="service")
    enrol(user)
    world.users["invited"] = user.id  # nobody who knocks, but somebody whose values are looked for
    world.things["staff"] = Thing({"user_id": user.id})


def _message_to(user_id: int) -> OutboxMessage:
    query = select(OutboxMessage).where(OutboxMessage.user_id == user_id, OutboxMessage.sealed.is_not(None))
    return db.session.scalars(query.order_by(OutboxMessage.id.desc()).limit(1)).one()


def _secrets(world: World) -> None:
    """Links that could not be sent: one to a member, one to one of the park's own people."""
    admin = _user(world, "firm.admin")
    request_email_link(actor=actor_of(admin), user=admin)
    db.session.flush()
    to_member, to_staff = _message_to(admin.id), _message_to(world.users["invited"])
    reset, _row = issue_link(purpose="reset", user_id=admin.id, lifetime=timedelta(days=1))
    world.things |= {
        "message.member": Thing({"message_id": to_member.id}),
        "message.staff": Thing({"message_id": to_staff.id}),
        "link.email": Thing({"token": json.loads(vault.unseal(str(to_member.sealed)))["token"]}),
        "link.reset": Thing({"token": reset}),
    }


def _own_data(world: World) -> None:
    """What people asked about their data, and copies that wait: of one person of each side and of who belongs to nobody."""
    exports, requests = {}, {}
    for person in ("firm.admin", "client.admin", "person"):
        actor = _actor(world, person)
        asked = duties.make_data_request(actor=actor, kind="correct", text=text(2000, f"请更正资料{person}"))
        export = duties.request_export(actor=actor, user_id=world.users[person], archive=b"PK\x05\x06" + bytes(18))
        requests[person], exports[person] = {"number": asked.number}, {"number": export.number}
    answered = duties.make_data_request(actor=_actor(world, "firm.admin"), kind="query", text=text(2000))
    duties.answer_data_request(actor=_actor(world, "staff.service"), request=answered, answer=text(2000, "已为您更正"))
    world.things |= {
        "data_request": Thing(requests["firm.admin"], _of_persons(requests)),
        "data_request.answered": Thing({"number": answered.number}),
        "data_export": Thing(exports["firm.admin"], _of_persons(exports)),
        "consent": Thing({"code": "park-news"}),
    }
    for person in ("firm.admin", "client.admin"):
        user = _user(world, person)
        duties.record_consents(actor=actor_of(user), user=user, address=f"10.80.0.{user.id % 250}")


def _of_persons(found: dict[str, Params]) -> dict[str, Params]:
    return {person: params for person, params in found.items() if person != "firm.admin"}


def _desk(world: World) -> None:
    """The report to the market regulator, holds, and a row of the trail."""
    operator = _actor(world, "staff.operator")
    prepared = reporting.prepare_identity_report(actor=operator, half=half_of(clock.today()))
    report = reporting.record_identity_report(
        actor=operator, prepared=prepared, recipient=text(100, "接收单位全称"), reason=text(300, "报送依据说明")
    )
    hold = duties.place_hold(actor=operator, reason=text(500, "来函文号说明"), organisation_id=world.client)
    lifted = duties.place_hold(actor=operator, reason=text(500), user_id=world.users["client.viewer"])
    duties.lift_hold(actor=operator, hold=lifted, reason=text(500, "结案"))
    world.things |= {
        "identity_report": Thing({"number": report.number}), "hold": Thing({"hold_id": hold.id}),
        "document.version": Thing({"document": "agreement", "number": 1}),
        "event": Thing({"event_id": db.session.scalar(select(func.max(AuditEvent.id)))}),
    }  # fmt: skip


def _search_words(world: World) -> None:
    """What an operator wrote in the word lists, and a search that was counted."""
    words = (text(40, "某服务"), text(40, "某服务二"))
    entry = Entry(
        "forbidden", wordbook.key_for("forbidden", words), words, name_zh=text(300, "合规提示"), name_en=text(300, "Notice"), note=text(300, "说明"),
    )  # fmt: skip
    save_search_words(actor=_actor(world, "staff.operator"), entry=entry, known_number=0, is_new=True)
    add_counts({text(100, "搜索"): [1, 1, 0, 0, 0]})


def _standards(world: World) -> None:
    """Of the firm's standards one waits at the desk, one was returned, one is public; the other firm's waits too."""
    reviewer = _actor(world, "staff.reviewer")
    made = {}
    for side, state in (("firm", "submitted"), ("firm", "returned"), ("firm", "approved"), ("other_firm", "submitted")):
        firm = _organisation(getattr(world, side))
        one = standards.add_standard(
            actor=actor_for(firm), organisation=firm, standard_no=f"ISO {len(made) + 1}-2015", title=text(120, "质量管理"),
            level=text(40, "级"), issuer=text(80, "评定中心"), file=prepare(io.BytesIO(PDF), "证书.pdf", "standard"),
        )  # fmt: skip
        one.organisation = firm
        if state == "returned":
            standards.return_standard(actor=reviewer, standard=one, reason=text(500, "证书不清晰"))
        if state == "approved":
            standards.approve_standard(actor=reviewer, standard=one)
        made[(side, state)] = one.id
    world.things |= {
        "standard": Thing({"standard_id": made["firm", "submitted"]}),
        "standard.returned": Thing({"standard_id": made["firm", "returned"]}),
        "standard.approved": Thing({"standard_id": made["firm", "approved"]}),
    }
