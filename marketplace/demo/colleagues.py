"""How the demo organisations run themselves: accounts and invoice data, a colleague who asks to join, a purchase that waits for approval."""

from datetime import timedelta

from sqlalchemy import select

from marketplace.accounts.models import User
from marketplace.accounts.queries import actor_of
from marketplace.accounts.services import create_user
from marketplace.catalog.queries import get_listing
from marketplace.core import clock
from marketplace.core.actor import CLI
from marketplace.core.db import db, transaction
from marketplace.demo.story import sold_by, someone
from marketplace.orders import services as orders
from marketplace.orders.rules import MilestoneDraft
from marketplace.organisations import services
from marketplace.organisations.models import Organisation

LIMIT_FEN = 5_000_00


def run_organisations() -> None:
    """Fictional bank accounts of both demo sides, a public profile, an approval limit with a purchase above it, and one open request."""
    firm, client = someone("firm"), someone("client")
    for actor, account in ((firm, "9900000000000001"), (client, "9900000000000002")):
        with transaction():
            organisation = db.session.get_one(Organisation, actor.organisation_id)
            services.change_bank_account(
                actor=actor, organisation=organisation, holder=organisation.name, bank_name="演示银行", branch="青浦支行（虚构）",
                account=account, seen_position=0,
            )  # fmt: skip
            services.change_invoice_data(
                actor=actor,
                organisation=organisation,
                invoice_kind="special",
                email="invoice@demo.example",
                address="演示路 1 号",
            )
    with transaction():
        organisation = db.session.get_one(Organisation, firm.organisation_id)
        services.edit_public_profile(
            actor=firm, organisation=organisation, short_name=organisation.short_name, intro=organisation.intro,
            website="https://firm.example", service_hotline="021-00000000", service_highlights="专人对接\n次月到账\n驻场支持",
        )  # fmt: skip
    with transaction():
        organisation = db.session.get_one(Organisation, client.organisation_id)
        services.change_approval_limit(actor=client, organisation=organisation, limit_fen=LIMIT_FEN)
    _ask_to_join()
    _buy_above_the_limit()


def _ask_to_join() -> None:
    hashed = db.session.scalars(select(User.password_hash).where(User.email == "client@demo.example")).one()
    with transaction():
        user = create_user(
            actor=CLI, name="冯同事", email="newcomer@demo.example", mobile=None, password_hash=hashed, is_demo=True
        )
        uscc = db.session.get_one(Organisation, someone("firm").organisation_id).uscc
        services.ask_to_join(actor=actor_of(user), uscc=uscc, message="招聘二部，负责驻场管理")


def _buy_above_the_limit() -> None:
    buyer, firm_id = someone("client.buyer"), someone("firm").firm_id
    assert firm_id is not None
    listing = next(x for x in sold_by(firm_id, 20) if x.price_min_fen)
    price = listing.price_min_fen or 0
    count, today = LIMIT_FEN // price + 1, clock.today()
    with transaction():
        orders.place_order(
            actor=buyer, listing=get_listing(listing.id, actor=buyer), quantity=count, unit_price_fen=price,
            starts_on=today + timedelta(days=5), ends_on=today + timedelta(days=95),
            milestones=[MilestoneDraft("全部服务", count * price, today + timedelta(days=95))], note="演示订单：等待内部审批", is_demo=True,
        )  # fmt: skip
