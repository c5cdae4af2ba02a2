"""What a firm does with its listings, and what orders and reviews write on them."""

from sqlalchemy import select, update

from marketplace.catalog.access import can_create_listing, can_edit_listing
from marketplace.catalog.models import Listing, ListingCity, ListingVersion
from marketplace.catalog.queries.changes import lock_listing
from marketplace.catalog.queries.listings import draft_of, held_licences
from marketplace.catalog.rules.draft import ListingDraft, Problem, find_problems, word_problems
from marketplace.catalog.rules.fees import find_fee_problems
from marketplace.catalog.rules.taxonomy import LICENCE_LABELS, category, missing_licences
from marketplace.catalog.states import ListingState
from marketplace.core import audit, clock, settings
from marketplace.core.access import require, step
from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid
from marketplace.core.i18n import lazy
from marketplace.core.lifecycle import advance
from marketplace.notifications.services import notify
from marketplace.organisations.models import Organisation
from marketplace.search import changes

EDITED_MEANWHILE = lazy("这份草稿刚被他人修改。您填写的内容仍在此页，请先核对对方的修改；再次保存将以您的内容为准")


def refuse_edited(seen: int | None, version: int) -> None:
    """Refuse to write over what a colleague wrote since the page was made. `seen` is the version on that page; None does not ask."""
    if seen is not None and seen != version:
        raise Conflict("listing.edited_meanwhile", EDITED_MEANWHILE)


def refuse(problems: list[Problem]) -> None:
    """Raise the first problem as Invalid; the form shows them all before it comes to this."""
    for one in problems:
        raise Invalid(one.code, one.message, field=one.field, **one.params)


def require_licences(code: str, firm_id: int) -> None:
    """Refuse a category whose licences the firm does not hold, verified and in force (条例 18、劳动合同法 57)."""
    missing = missing_licences(category(code), held_licences(firm_id).verified)
    if missing:
        labels = " + ".join(str(LICENCE_LABELS[kind]) for kind in missing)
        text = lazy("发布该类目服务需先核验：%(licences)s")
        raise Invalid("listing.licence", text, field="category_code", licences=labels)


def refuse_twin(draft: ListingDraft, firm_id: int, but: int | None = None) -> None:
    """Refuse a title that the firm uses already in this category; the database's own constraint ends the race."""
    twin = db.session.scalar(
        select(Listing.id).where(
            Listing.firm_id == firm_id, Listing.category_code == draft.category_code, Listing.title == draft.title.strip(),
            Listing.state != ListingState.WITHDRAWN,
        )
    )  # fmt: skip
    if twin is not None and twin != but:
        raise Invalid("listing.twin", lazy("贵机构在该类目已有同名服务，请修改标题"), field="title")


def _refuse_retired(code: str) -> None:
    if category(code).is_retired:
        raise Invalid(
            "listing.category_retired", lazy("该类目已停用，不再接受新服务，请选择其他类目"), field="category_code"
        )


def check_for_review(listing: Listing, draft: ListingDraft) -> None:
    """What every content must pass before an operator reads it, and again when it is approved: a firm that is approved, a category that
    takes new services, licences in force, complete answers and price facts, a title of its own, no words of the hard kinds."""
    if listing.firm.state != "approved":
        raise Conflict("listing.firm_not_approved", lazy("机构入驻审核通过后方可提交服务"))
    if not listing.live_version:
        _refuse_retired(draft.category_code)
    require_licences(draft.category_code, listing.firm_id)
    refuse(find_problems(draft))
    refuse(find_fee_problems(draft, settings.get("catalog.price_spread")))
    refuse_twin(draft, listing.firm_id, but=listing.id)
    refuse(word_problems(draft))


def write_content(listing: Listing, draft: ListingDraft) -> None:
    """Copy the content into the listing; cities that stay keep their rows."""
    listing.title, listing.summary = draft.title.strip(), draft.summary.strip()
    listing.description, listing.billing_note = draft.description.strip(), draft.billing_note.strip()
    listing.category_code, listing.pricing_model = draft.category_code, draft.pricing_model
    listing.category_version = category(draft.category_code).number
    listing.price_min_fen, listing.price_max_fen = draft.price_min_fen, draft.price_max_fen
    listing.unit, listing.attributes = draft.unit.strip(), dict(draft.attributes)
    listing.tax_note = draft.tax_note
    listing.updated_at = clock.now()
    kept = {row.city_code: row for row in listing.cities}
    listing.cities = [kept.get(code) or ListingCity(city_code=code) for code in dict.fromkeys(draft.city_codes)]


@step
def replace_content(*, listing: Listing, draft: ListingDraft) -> None:
    """Put newly approved content in the place of what is on line, which is kept as an earlier version. Part of approving a change."""
    db.session.add(
        ListingVersion(
            listing_id=listing.id, number=listing.live_version, category_version=listing.category_version,
            content=draft_of(listing).as_json(),
        )
    )  # fmt: skip
    write_content(listing, draft)
    listing.live_version += 1


def create_listing(*, actor: Actor, firm: Organisation, draft: ListingDraft) -> Listing:
    """A firm begins a listing as a draft that only it sees.

    Refused: people without the firm's business role; a category whose licences the firm does not hold; missing or ill-formed
    content, a price that says nothing (条例 32); a retired category; the same title twice in one category.
    """
    require(can_create_listing(actor, firm.id))
    refuse(find_problems(draft))
    _refuse_retired(draft.category_code)
    require_licences(draft.category_code, firm.id)
    refuse_twin(draft, firm.id)
    listing = Listing(firm_id=firm.id, category_code=draft.category_code, title="", pricing_model=draft.pricing_model)
    listing.cities, listing.is_demo = [], firm.is_demo
    write_content(listing, draft)
    db.session.add(listing)
    db.session.flush()
    audit.record(
        "listing.created", "listing", listing.id, actor=actor, organisation_id=firm.id, category=draft.category_code
    )
    return listing


def edit_listing(*, actor: Actor, listing: Listing, draft: ListingDraft, seen: int | None = None) -> Listing:
    """The firm corrects a draft or a returned listing; the category stays, since it decides the questions.

    Its row is held and its version moves, so that nobody hands in or approves, at that very moment, content that nobody read. Refused: a
    listing that is waiting, shown or gone (take it back first); one that a colleague wrote on since (`seen`: the `version` that the person
    had before them); whatever `create_listing` refuses.
    """
    require(can_edit_listing(actor, listing))
    listing = lock_listing(listing.id)
    if listing.state not in (ListingState.DRAFT, ListingState.RETURNED):
        raise Conflict("listing.not_editable", lazy("该服务当前不能编辑，请先撤回修改"))
    if draft.category_code != listing.category_code:
        raise Invalid("listing.category_fixed", lazy("类目不能更改，请新建服务"), field="category_code")
    refuse_edited(seen, listing.version)
    refuse(find_problems(draft))
    refuse_twin(draft, listing.firm_id, but=listing.id)
    write_content(listing, draft)
    listing.version += 1
    db.session.flush()
    audit.record("listing.edited", "listing", listing.id, actor=actor, organisation_id=listing.firm_id)
    return listing


def submit_listing(*, actor: Actor, listing: Listing) -> Listing:
    """The firm hands the listing to the operator, who reviews it before anybody else sees it (条例 29).

    Refused: a firm that is not approved, a category that was retired or whose licences are not in force, incomplete content or price
    facts (条例 32), and words of discrimination, prohibited offers or disguised job advertisements (条例 24；五部门通知 2026-01), each named.
    """
    require(can_edit_listing(actor, listing))
    check_for_review(listing, draft_of(listing))
    advance(listing, "submit", actor=actor, organisation_id=listing.firm_id)
    params = {"title": listing.title, "firm": listing.firm.name, "category": listing.category.name_zh}
    notify(event="listing.submitted", params=params, url=f"/operator/listings/{listing.id}", staff_role="operator")
    return listing


def revise_listing(*, actor: Actor, listing: Listing) -> Listing:
    """The firm takes a waiting listing back to go on writing. What is on line is changed by `save_listing_change`, without leaving the market."""
    require(can_edit_listing(actor, listing))
    advance(listing, "revise", actor=actor, organisation_id=listing.firm_id)
    return listing


@step
def record_rating(*, listing_id: int, score: int) -> None:
    """Add a client's score (1–5) to the listing. Part of writing a review."""
    if not 1 <= score <= 5:
        raise Invalid("listing.score", lazy("评分应为 1 至 5 分"), field="score")
    db.session.execute(
        update(Listing)
        .where(Listing.id == listing_id)
        .values(rating_sum=Listing.rating_sum + score, rating_count=Listing.rating_count + 1)
    )
    changes.touch("listing", [listing_id])


@step
def record_sale(*, listing_id: int) -> None:
    """Count one more order that was confirmed by the firm, for the card and the sort by sales."""
    db.session.execute(update(Listing).where(Listing.id == listing_id).values(order_count=Listing.order_count + 1))
    changes.touch("listing", [listing_id])
