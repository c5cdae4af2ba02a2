"""The public directory and the firms' shops."""

from typing import Any

from flask import render_template, request

from marketplace.catalog.queries import list_cards, visible_ids
from marketplace.core import regions
from marketplace.core.i18n import _
from marketplace.core.paging import Page, clamp
from marketplace.core.web import current_actor, public
from marketplace.organisations import queries
from marketplace.organisations.routes import bp
from marketplace.organisations.rules import LETTERS, LICENCE_KINDS
from marketplace.organisations.rules.profile import highlights_of
from marketplace.organisations.states import LicenceState
from marketplace.reviews.queries import get_rating_summary
from marketplace.shortlists.queries.favourites import favourite_ids


@bp.get("/firms/")
@public
def directory() -> Any:
    args = request.args
    letter = args.get("letter", "").upper()[:1]
    chosen = {
        "q": args.get("q", "").strip()[:60], "letter": letter if letter in LETTERS else "", "city": args.get("city", ""),
        "licence": args.get("licence", "") if args.get("licence") in LICENCE_KINDS else "",
    }  # fmt: skip
    page = queries.list_public_firms(**chosen, page=args.get("page", 1, int), per_page=args.get("per_page", 20, int))
    return render_template(
        "organisations/directory.html",
        page=page, chosen=chosen, letters=LETTERS, counts=queries.count_by_letter(), kinds=queries.licence_kinds_of([f.id for f in page.items]),
        cities=[(code, regions.label(code)) for code in queries.list_firm_cities()], licence_kinds=LICENCE_KINDS, region=regions.label,
    )  # fmt: skip


@bp.get("/firms/<int:firm_id>")
@public
def show(firm_id: int) -> Any:
    """A firm's shop: who it is, its licences (人力资源市场暂行条例 32), its services, its rating."""
    firm = queries.get_public_firm(firm_id)
    ids = visible_ids(firm_id=firm.id)[::-1]
    number, size = clamp(request.args.get("page", 1, int), request.args.get("per_page", 10, int))
    cards = list_cards(ids[(number - 1) * size : number * size])
    return render_template(
        "organisations/show.html", standing=queries.standing_of(firm),
        firm=firm, cards=Page(cards, len(ids), number, size), rating=get_rating_summary(firm_id=firm.id), region=regions.label,
        licences=[x for x in firm.licences if x.state in (LicenceState.VALID, LicenceState.EXPIRED)], words=_card_words(),
        highlights=highlights_of(firm.service_highlights), marked=favourite_ids(current_actor(), [c.id for c in cards]),
    )  # fmt: skip


def _card_words() -> dict[str, str]:
    """The few words of every service card, translated once a page."""
    return {
        "verified": _("资质已核验"), "recorded": _("资质待核验"), "demo": _("演示"), "points": _("分"), "sold": _("成交"),
        "orders": _("单"),
    }  # fmt: skip
