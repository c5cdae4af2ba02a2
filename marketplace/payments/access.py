"""Who may do what with money: finance acts, always two of them; the park's other staff read."""

from marketplace.core.actor import Actor
from marketplace.payments.models import MatchProposal, Payment


def can_view_finance(actor: Actor) -> bool:
    """Statements, queue and ledger are open to all of the park's staff, and to nobody else."""
    return actor.is_staff("finance", "operator", "bureau", "auditor")


def can_view_payment(actor: Actor, payment: Payment) -> bool:
    """Members of both sides, and staff."""
    return (
        actor.is_member(payment.payer_organisation_id)
        or actor.is_member(payment.payee_organisation_id)
        or can_view_finance(actor)
    )


def can_import_statement(actor: Actor) -> bool:
    return actor.is_staff("finance") or actor.system == "cli"


def can_propose_match(actor: Actor) -> bool:
    """A finance person by name: a part of the system never decides about money that did not match."""
    return actor.user_id is not None and actor.is_staff("finance")


def can_decide_match(actor: Actor, proposal: MatchProposal) -> bool:
    """Another finance person than the one who proposed (also a constraint of the table)."""
    return can_propose_match(actor) and actor.user_id != proposal.proposed_by_id


def can_settle_payment(actor: Actor, payment: Payment) -> bool:
    """Only a rail settles: an import, or a match that two finance people decided."""
    return can_import_statement(actor)


def can_cancel_payment(actor: Actor, payment: Payment) -> bool:
    """Whoever may call off what is paid for decides above; here only people of the payer, staff and the system."""
    return (
        actor.is_member(payment.payer_organisation_id)
        or actor.is_staff("operator", "finance")
        or actor.system is not None
    )
