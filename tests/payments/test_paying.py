"""A payment's life: what opening, cancelling, releasing and returning allow, and how a payer is told to pay."""

import pytest

from marketplace.core import settings
from marketplace.core.actor import CLI, STAFF_ROLES, Actor
from marketplace.core.db import transaction
from marketplace.core.errors import Conflict, Invalid, NotFound
from marketplace.payments.access import (
    can_cancel_payment,
    can_decide_match,
    can_import_statement,
    can_propose_match,
    can_view_finance,
)
from marketplace.payments.ledger import balance, check
from marketplace.payments.models import MatchProposal
from marketplace.payments.queries import get_payment, list_settled_since, pay_instructions
from marketplace.payments.rules.references import find_references
from marketplace.payments.services import cancel_payment, open_payment, release_milestone_money, return_to_buyer
from tests.factories.organisations import actor_for, make_client, make_firm
from tests.factories.payments import make_payment, make_settled_payment


def _release(payment, key="milestone:1:release", amount_fen=400_000, commission_fen=12_000, firm_id=None):
    with transaction():
        return release_milestone_money(
            actor=CLI, key=key, payment_id=payment.id, firm_id=firm_id or payment.payee_organisation_id, amount_fen=amount_fen,
            commission_fen=commission_fen, ref="order:X",
        )  # fmt: skip


def test_a_payment_is_opened_under_a_reference_of_its_own(app):
    first, second = make_payment(), make_payment()
    assert first.state == "awaiting" and first.reference != second.reference
    assert find_references(first.reference) == [first.reference]


@pytest.mark.parametrize("amount", [0, -5, 1.5, None])
def test_a_payment_of_no_amount_is_refused(app, amount):
    client, firm = make_client(), make_firm()
    with pytest.raises(Invalid), transaction():
        open_payment(actor=CLI, payer_id=client.id, payee_id=firm.id, amount_fen=amount)


def test_the_payer_is_told_account_amount_and_reference(app):
    payment = make_payment(amount_fen=123_450)
    told = pay_instructions(payment.id)
    assert (told.amount_fen, told.reference, str(told.label)) == (123_450, payment.reference, "园区监管账户")
    assert "示例" in told.account_name and "示例" in told.bank and told.account_number
    assert not any(word in f"{told.label}{told.account_name}{told.bank}" for word in ("托管", "担保", "escrow"))


def test_only_the_supervised_mode_speaks_of_a_supervised_account(app):
    payment = make_payment()
    app.config["SETTLEMENT_MODE"] = "direct"
    try:
        assert "监管" not in str(pay_instructions(payment).label)
        with pytest.raises(Conflict, match=r"payment\.mode"):
            make_payment()
    finally:
        app.config["SETTLEMENT_MODE"] = "supervised"


def test_no_payment_is_opened_while_the_account_is_not_set(app, monkeypatch):
    monkeypatch.setitem(
        settings._definitions, "payments.account_number", settings.Definition("payments.account_number", "text", "", "")
    )
    with pytest.raises(Conflict, match=r"payment\.account"):
        make_payment()


def test_a_release_divides_between_firm_and_commission_once(app):
    payment = make_settled_payment(amount_fen=1_000_000)
    assert _release(payment).is_new and not _release(payment).is_new
    firm = f"firm:{payment.payee_organisation_id}:payable"
    assert (balance(f"escrow:{payment.id}"), balance(firm), balance("commission")) == (600_000, 388_000, 12_000)
    assert check() == []


def test_no_more_is_released_than_has_arrived(app):
    payment = make_settled_payment(amount_fen=1_000_000)
    _release(payment, amount_fen=1_000_000)
    with pytest.raises(Conflict):
        _release(payment, key="milestone:2:release", amount_fen=1, commission_fen=0)
    assert balance(f"escrow:{payment.id}") == 0 and check() == []


def test_nothing_is_released_before_the_money_arrives(app):
    with pytest.raises(Conflict):
        _release(make_payment())


def test_a_release_to_another_firm_or_with_a_commission_outside_the_amount_is_refused(app):
    payment = make_settled_payment()
    with pytest.raises(Conflict):
        _release(payment, firm_id=make_firm().id)
    for commission in (-1, 400_001):
        with pytest.raises(Invalid):
            _release(payment, commission_fen=commission)


def test_a_release_without_commission_or_all_commission_posts_no_empty_transfer(app):
    payment = make_settled_payment()
    _release(payment, key="a", amount_fen=10, commission_fen=0)
    _release(payment, key="b", amount_fen=10, commission_fen=10)
    assert (balance("commission"), balance(f"firm:{payment.payee_organisation_id}:payable")) == (
        10,
        10,
    ) and check() == []


def test_what_is_not_released_can_go_back_to_the_payers_credit_once(app):
    payment = make_settled_payment(amount_fen=1_000_000)
    _release(payment)
    for _ in range(2):
        with transaction():
            return_to_buyer(actor=CLI, key="order:1:return", payment=payment, amount_fen=600_000, ref="order:X")
    assert balance(f"buyer:{payment.payer_organisation_id}:credit") == 600_000
    with pytest.raises(Conflict), transaction():
        return_to_buyer(actor=CLI, key="order:2:return", payment=payment, amount_fen=1, ref="order:X")
    assert check() == []


def test_a_settled_payment_cannot_be_cancelled_and_a_cancelled_one_stays_so(app):
    with pytest.raises(Conflict), transaction():
        cancel_payment(actor=CLI, payment=make_settled_payment())
    payment = make_payment()
    for _ in range(2):
        with transaction():
            cancel_payment(actor=CLI, payment=payment)
    assert payment.state == "cancelled" and payment.version == 2


def test_a_payment_exists_only_for_its_two_sides_and_the_staff(app):
    client, firm = make_client(), make_firm()
    payment = make_payment(payer=client, payee=firm)
    for actor in (actor_for(client), actor_for(firm), Actor(user_id=1, staff=frozenset({"finance"}))):
        assert get_payment(payment.number, actor).id == payment.id
    for actor in (actor_for(make_client()), Actor(), Actor(user_id=2)):
        with pytest.raises(NotFound):
            get_payment(payment.number, actor)


def test_settled_payments_are_listed_from_a_moment_on(app, clock):
    first = make_settled_payment()
    later = clock.advance(hours=1)
    second = make_settled_payment()
    make_payment()
    assert [p.id for p in list_settled_since(later)] == [second.id]
    assert [p.id for p in list_settled_since(first.settled_at)] == [first.id, second.id]


SEE_MONEY = ("finance", "operator", "bureau", "auditor")


@pytest.mark.parametrize("role", [*STAFF_ROLES, None])
def test_what_each_staff_role_may_do_with_money(role):
    actor = Actor(user_id=5, staff=frozenset({role} if role else ()))
    other, own = MatchProposal(proposed_by_id=6), MatchProposal(proposed_by_id=5)
    assert can_view_finance(actor) == (role in SEE_MONEY)
    assert (
        can_import_statement(actor) == can_propose_match(actor) == can_decide_match(actor, other) == (role == "finance")
    )
    assert not can_decide_match(actor, own)
    assert not can_cancel_payment(Actor(user_id=9), _payment())


def _payment():
    from marketplace.payments.models import Payment

    return Payment(payer_organisation_id=1, payee_organisation_id=2, amount_fen=1)
