"""Leaving the platform: announced 30 days before, withdrawn or completed, never while something is open (电子商务法 16, 31)."""

from collections.abc import Callable, Iterable
from datetime import date, timedelta

from marketplace.core import audit, clock, settings
from marketplace.core.access import require, require_confirmed
from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.core.errors import Conflict
from marketplace.core.i18n import lazy
from marketplace.core.lifecycle import advance
from marketplace.notifications.services import notify
from marketplace.organisations.access import can_announce_closing, can_close_organisation
from marketplace.organisations.models import ClosingNotice, Organisation
from marketplace.organisations.queries.changes import find_open_change
from marketplace.organisations.queries.desk import find_closing
from marketplace.organisations.rules import TOLD_AGAIN_DAYS, Blocker
from marketplace.organisations.services.changing import withdraw_change
from marketplace.organisations.services.deciding import needed_reason, record_check
from marketplace.organisations.services.snapshots import keep_snapshot
from marketplace.organisations.states import OrganisationState
from marketplace.search.changes import touch

_blockers: list[Callable[[int], Iterable[Blocker]]] = []


def register_closing_blocker(provider: Callable[[int], Iterable[Blocker]]) -> None:
    """Let a domain above say what of its own must end before an organisation (its id) may leave: `register_closing_blocker(open_orders)`."""
    _blockers.append(provider)


def list_closing_blockers(organisation_id: int) -> list[Blocker]:
    """Everything that stands between an organisation and its leaving, as of now."""
    return [one for provider in _blockers for one in provider(organisation_id)]


def earliest_closing(organisation: Organisation) -> date:
    """The first day on which it may leave: after the notice, or today where it never came in and nobody relies on it."""
    days = settings.get("organisations.closing_days") if organisation.approved_at else 0
    return clock.today() + timedelta(days=days)


def announce_closing(*, actor: Actor, organisation: Organisation, reason: str) -> ClosingNotice:
    """Announce that the organisation leaves after the notice period: shown on its shop and its services, no new orders from now on;
    what runs is finished. Its administrator of their own will, or an operator; it may be open orders and money that block it later.

    Refused: no reason; one that has left; a second announcement. Needs a fresh confirmation of identity.
    """
    require(can_announce_closing(actor, organisation))
    require_confirmed(actor)
    text = needed_reason(reason)
    if organisation.state == OrganisationState.CLOSED:
        raise Conflict("closing.closed", lazy("该单位已退出平台"))
    if find_closing(organisation.id) is not None:
        raise Conflict("closing.announced", lazy("退出公告已经发布，无需重复提交"))
    notice = ClosingNotice(
        organisation_id=organisation.id, reason=text, is_by_operator=not actor.is_member(organisation.id), announced_by_id=actor.user_id,
        closes_on=earliest_closing(organisation),
    )  # fmt: skip
    db.session.add(notice)
    organisation.closes_on = notice.closes_on
    db.session.flush()
    audit.record(
        "closing.announced", "closing_notice", notice.id, actor=actor, organisation_id=organisation.id,
        closes_on=notice.closes_on.isoformat(),
    )  # fmt: skip
    _tell(organisation, "closing.announced", closes_on=notice.closes_on.isoformat(), reason=text)
    return notice


def withdraw_closing(*, actor: Actor, notice: ClosingNotice) -> ClosingNotice:
    """Stay after all: the announcement goes, orders are taken again. Refused: once it has left. What the park announced, only the park
    takes back."""
    organisation = notice.organisation
    require(can_announce_closing(actor, organisation) and (actor.is_staff("operator") or not notice.is_by_operator))
    advance(notice, "withdraw", actor=actor, organisation_id=organisation.id)
    organisation.closes_on = None
    _tell(organisation, "closing.withdrawn")
    return notice


def close_organisation(*, actor: Actor, notice: ClosingNotice) -> bool:
    """Let an organisation leave whose day has come, unless something is still open; returns whether it has left.

    Then its listings hide, nobody acts for it any more, and its people keep reading their records (电子商务法 31). Otherwise the
    announcement stands, and both sides hear every week what it waits for. Refused: before its day.
    """
    require(can_close_organisation(actor))
    organisation = notice.organisation
    if notice.closes_on > clock.today():
        raise Conflict("closing.early", lazy("退出公告期尚未届满"))
    blockers = list_closing_blockers(organisation.id)
    if blockers:
        _tell_blocked(notice, organisation, blockers)
        return False
    advance(notice, "close", actor=actor, organisation_id=organisation.id)
    change = find_open_change(organisation.id)
    if change is not None:
        change.organisation = organisation
        withdraw_change(actor=actor, change=change)
    keep_snapshot(actor=actor, organisation=organisation, occasion="closed")
    advance(organisation, "close", actor=actor, organisation_id=organisation.id)
    record_check(actor=actor, organisation_id=organisation.id, result="closed", reason=notice.reason)
    _tell(organisation, "closing.completed")
    return True


def _tell_blocked(notice: ClosingNotice, organisation: Organisation, blockers: list[Blocker]) -> None:
    today = clock.today()
    if notice.told_on is not None and today < notice.told_on + timedelta(days=TOLD_AGAIN_DAYS):
        return
    notice.told_on = today
    reasons = "；".join(str(one.text) for one in blockers)
    _tell(organisation, "closing.blocked", reasons=reasons, closes_on=notice.closes_on.isoformat())


def _tell(organisation: Organisation, event: str, **params: str) -> None:
    """Both sides: the organisation's people, and the park's operators."""
    values = {"name": organisation.name, **params}
    notify(organisation_id=organisation.id, event=event, url="/organisation/closing", params=values)
    notify(staff_role="operator", event=event, url=f"/operator/verifications/{organisation.id}", params=values)
    if organisation.is_firm:
        touch("firm", [organisation.id])
