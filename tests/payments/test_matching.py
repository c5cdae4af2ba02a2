"""What did not match by itself: one finance person proposes, another decides, and only then does the money move."""

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from marketplace.core.actor import CLI
from marketplace.core.audit import AuditEvent
from marketplace.core.db import db, transaction
from marketplace.core.errors import AccessDenied, Conflict, Invalid
from marketplace.organisations.models import Organisation
from marketplace.payments.ledger import balance, check
from marketplace.payments.models import MatchProposal
from marketplace.payments.services import cancel_payment, confirm_match, propose_match, reject_match
from tests.factories.payments import Bank, finance_actor, import_rows, make_credit, make_payment


@pytest.fixture
def maker(app):
    return finance_actor()


@pytest.fixture
def checker(app):
    return finance_actor()


def _propose(maker, credit, **values):
    with transaction():
        return propose_match(actor=maker, credit=credit, reason="与客户电话核实", **values)


def _confirm(checker, proposal):
    with transaction():
        confirm_match(actor=checker, proposal=proposal)


def test_two_people_settle_a_payment_with_a_credit_that_lacked_its_reference(maker, checker):
    payment = make_payment(amount_fen=500_000)
    credit = make_credit(500_000)
    proposal = _propose(maker, credit, payment=payment)
    assert (credit.state, payment.state, balance("suspense")) == ("proposed", "awaiting", 500_000)
    _confirm(checker, proposal)
    assert (credit.state, payment.state, proposal.state, credit.payment_id) == (
        "matched",
        "settled",
        "confirmed",
        payment.id,
    )
    assert (balance("suspense"), balance(f"escrow:{payment.id}")) == (0, 500_000) and check() == []


def test_what_is_paid_too_much_becomes_the_payers_credit(maker, checker):
    payment = make_payment(amount_fen=500_000)
    _confirm(checker, _propose(maker, make_credit(512_300), payment=payment))
    credit = f"buyer:{payment.payer_organisation_id}:credit"
    assert (balance(f"escrow:{payment.id}"), balance(credit)) == (500_000, 12_300) and check() == []


def test_a_payment_in_two_parts_is_settled_through_the_payers_credit(maker, checker):
    bank, payment = Bank(), make_payment(amount_fen=500_000)
    first, rest = make_credit(300_000, bank=bank), make_credit(200_000, bank=bank)
    with pytest.raises(Invalid, match=r"match\.too_little"):
        _propose(maker, first, payment=payment)
    payer = db.session.get_one(Organisation, payment.payer_organisation_id)
    _confirm(checker, _propose(maker, first, decision="credit", organisation=payer))
    _confirm(checker, _propose(maker, rest, payment=payment))
    assert payment.state == "settled" and balance(f"buyer:{payer.id}:credit") == 0 and check() == []


def test_money_to_be_returned_leaves_suspense_and_is_cleared_by_the_banks_own_row(maker, checker):
    bank = Bank()
    credit = make_credit(77_700, bank=bank)
    _confirm(checker, _propose(maker, credit, decision="return"))
    assert (credit.state, balance("suspense"), balance("outgoing")) == ("returned", 0, 77_700)
    bank.debit(77_700, memo="退款")
    import_rows(bank)
    assert (balance("outgoing"), balance("bank")) == (0, 0) and check() == []


def test_whoever_proposes_may_neither_confirm_nor_reject(maker):
    credit = make_credit()
    proposal = _propose(maker, credit, decision="return")
    for decide in (confirm_match, reject_match):
        with pytest.raises(AccessDenied), transaction():
            decide(actor=maker, proposal=proposal, note="自己")
    assert credit.state == "proposed" and balance("suspense") == credit.credit_fen


def test_the_table_itself_refuses_the_same_person_twice(maker):
    proposal = _propose(maker, make_credit(), decision="return")
    with pytest.raises((IntegrityError, Conflict)), transaction():
        db.session.execute(
            text("UPDATE match_proposal SET state = 'confirmed', decided_by_id = proposed_by_id WHERE id = :id"),
            {"id": proposal.id},
        )
    with pytest.raises((IntegrityError, Conflict)), transaction():
        db.session.execute(text("UPDATE match_proposal SET state = 'confirmed' WHERE id = :id"), {"id": proposal.id})


def test_a_rejected_proposal_puts_the_credit_back_in_the_queue(maker, checker):
    credit = make_credit()
    first = _propose(maker, credit, decision="return")
    with transaction():
        reject_match(actor=checker, proposal=first, note="应匹配订单")
    assert (credit.state, first.state, first.decision_note) == ("queued", "rejected", "应匹配订单")
    second = _propose(checker, credit, payment=make_payment(amount_fen=credit.credit_fen))
    _confirm(maker, second)
    assert credit.state == "matched" and check() == []


def test_a_rejection_needs_a_reason(maker, checker):
    proposal = _propose(maker, make_credit(), decision="return")
    with pytest.raises(Invalid) as refused, transaction():
        reject_match(actor=checker, proposal=proposal, note="  ")
    assert refused.value.field == "note"


def test_a_proposal_needs_a_reason_and_its_object(maker):
    credit = make_credit()
    for values, field in [
        ({"reason": " ", "decision": "return"}, "reason"),
        ({"reason": "x" * 301, "decision": "return"}, "reason"),
        ({"reason": "x"}, "payment"),
        ({"reason": "x", "decision": "credit"}, "organisation_uscc"),
    ]:
        with pytest.raises(Invalid) as refused, transaction():
            propose_match(actor=maker, credit=credit, **values)
        assert refused.value.field == field
    db.session.refresh(credit)
    assert credit.state == "queued"


def test_a_credit_has_one_proposal_at_a_time(maker, checker):
    credit = make_credit()
    _propose(maker, credit, decision="return")
    with pytest.raises(Conflict):
        _propose(checker, credit, decision="return")


def test_a_decided_proposal_is_not_decided_again(maker, checker):
    proposal = _propose(maker, make_credit(), decision="return")
    _confirm(checker, proposal)
    third = finance_actor()
    for decide in (confirm_match, reject_match):
        with pytest.raises(Conflict), transaction():
            decide(actor=third, proposal=proposal, note="再来")
    assert check() == []


@pytest.mark.parametrize("how", ["settled", "cancelled"])
def test_a_payment_no_longer_awaited_takes_no_credit(maker, checker, how):
    bank, payment = Bank(), make_payment(amount_fen=500_000)
    credit = make_credit(500_000, bank=bank)
    proposal = _propose(maker, credit, payment=payment)
    if how == "settled":
        bank.pay(payment)
        import_rows(bank)
    else:
        with transaction():
            cancel_payment(actor=CLI, payment=payment)
    with pytest.raises(Conflict):
        _confirm(checker, proposal)
    db.session.expire_all()
    assert (credit.state, proposal.state, balance("suspense")) == ("proposed", "proposed", 500_000) and check() == []
    with pytest.raises(Invalid, match=r"match\.not_awaited"):
        _propose(maker, make_credit(500_000, bank=bank), payment=payment)


def test_neither_other_staff_nor_a_part_of_the_system_proposes_or_decides(maker):
    from marketplace.accounts.queries import actor_of
    from tests.factories.accounts import make_staff

    credit = make_credit()
    others = [actor_of(make_staff(role)) for role in ("operator", "admin", "auditor", "bureau")] + [CLI]
    for other in others:
        with pytest.raises(AccessDenied):
            _propose(other, credit, decision="return")
    proposal = _propose(maker, credit, decision="return")
    for other in others:
        with pytest.raises(AccessDenied):
            _confirm(other, proposal)


def test_every_decision_is_in_the_audit_trail(maker, checker):
    credit = make_credit()
    with transaction():
        reject_match(actor=checker, proposal=_proposed(maker, credit), note="不是")
    proposal = _propose(maker, credit, decision="return")
    _confirm(checker, proposal)
    rows = db.session.execute(
        select(AuditEvent.event, AuditEvent.user_id).where(AuditEvent.noun == "match_proposal").order_by(AuditEvent.id)
    ).all()
    assert [tuple(r) for r in rows] == [
        ("match.proposed", maker.user_id), ("match.rejected", checker.user_id), ("match.proposed", maker.user_id),
        ("match.confirmed", checker.user_id),
    ]  # fmt: skip
    assert db.session.scalar(select(MatchProposal.state).where(MatchProposal.id == proposal.id)) == "confirmed"


def _proposed(maker, credit) -> MatchProposal:
    return propose_match(actor=maker, credit=credit, decision="return", reason="误付")
