"""The life of one listing as its firm and the park read it: what was done, when, by whom, and why."""

import itertools
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, or_, select

from marketplace.catalog.models import Listing, ListingChange, ListingReason
from marketplace.catalog.queries.editions import Version, list_versions
from marketplace.catalog.queries.listings import content_of, draft_of
from marketplace.catalog.queries.taxonomy import definition_of
from marketplace.catalog.rules.definition import Category
from marketplace.catalog.rules.diffs import diff_contents
from marketplace.catalog.rules.facts import fact_rows
from marketplace.catalog.rules.fees import fee_rows
from marketplace.core import regions
from marketplace.core.actor import Actor
from marketplace.core.audit import AuditEvent
from marketplace.core.db import db
from marketplace.core.i18n import _, lazy
from marketplace.core.paging import Page, clamp
from marketplace.organisations.queries import people_of

FIRM, PARK, EITHER = "firm", "park", "either"
STEPS: dict[str, tuple[Any, str, str]] = {
    "listing.created": (lazy("新建草稿"), FIRM, "info"),
    "listing.copied": (lazy("复制为新草稿"), FIRM, "info"),
    "listing.edited": (lazy("修改草稿"), FIRM, "info"),
    "listing.submitted": (lazy("提交审核"), FIRM, "info"),
    "listing.revised": (lazy("撤回修改"), FIRM, "info"),
    "listing.returned": (lazy("退回修改"), PARK, "danger"),
    "listing.approved": (lazy("审核通过，上架"), PARK, "success"),
    "listing.suspended": (lazy("暂停展示"), PARK, "danger"),
    "listing.restored": (lazy("恢复展示"), PARK, "success"),
    "listing.imported": (lazy("导入上架"), PARK, "success"),
    "listing.updated_by_import": (lazy("导入更新内容"), PARK, "success"),
    "listing.withdrawn": (lazy("永久下架"), EITHER, "danger"),
    "listing_change.saved": (lazy("填写修改申请"), FIRM, "info"),
    "listing_change.submitted": (lazy("提交修改申请"), FIRM, "info"),
    "listing_change.taken_back": (lazy("撤回修改申请"), FIRM, "info"),
    "listing_change.returned": (lazy("退回修改申请"), PARK, "danger"),
    "listing_change.approved": (lazy("修改申请通过，内容更新"), PARK, "success"),
    "listing_change.cancelled": (lazy("放弃修改申请"), EITHER, "info"),
}
"""What stands in the history: title, whose step it is, tone. Other audit rows (holds, refused accesses) are the park's own."""
MOST = 1000


@dataclass(frozen=True, slots=True)
class Step:
    """One step in the life of a listing. `number`: the version that went on line by it; `change_id`: of a change request."""

    at: datetime
    event: str
    title: str
    who: str
    reason: str
    tone: str
    number: int | None
    change_id: int | None


def list_history(listing: Listing, *, actor: Actor, page: int = 1, per_page: int = 20) -> Page[Step]:
    """The steps, newest first. A firm reads its own people by name and the park as 园区运营方; the park reads all names. Four queries.

    Loaded data has no trail of its beginning; what the listing's own dates say stands in.
    """
    changes = select(ListingChange.id).where(ListingChange.listing_id == listing.id)
    rows = db.session.scalars(
        select(AuditEvent)
        .where(
            or_(
                and_(AuditEvent.noun == "listing", AuditEvent.ref_id == listing.id),
                and_(AuditEvent.noun == "listing_change", AuditEvent.ref_id.in_(changes)),
            ),
            AuditEvent.event.in_(STEPS),
        )
        .order_by(AuditEvent.id.desc())
        .limit(MOST)
    ).all()
    reasons = _reasons(listing, rows)
    number, size = clamp(page, per_page)
    first = (number - 1) * size
    steps: list[Any] = [*rows, *_beginning(listing, {row.event for row in rows})]
    shown = steps[first : first + size]
    names = _names(actor, listing, [row for row in shown if isinstance(row, AuditEvent)])
    items = [_step(row, names, reasons) if isinstance(row, AuditEvent) else row for row in shown]
    return Page(items, len(steps), number, size)


def _step(row: AuditEvent, names: dict[int, str], reasons: dict[int, str]) -> Step:
    title, _whose, tone = STEPS[row.event]
    is_change = row.noun == "listing_change"
    return Step(
        row.created_at, row.event, str(title), names.get(row.id, ""), reasons.get(row.id, ""), tone,
        1 if row.event in ("listing.approved", "listing.imported") else row.codes.get("number"), row.ref_id if is_change else None,
    )  # fmt: skip


def _reasons(listing: Listing, rows: Any) -> dict[int, str]:
    """The reason of each audit row that has one. Both are written in one transaction, so that from the newest on they pair off."""
    kept: dict[tuple[str, int], list[str]] = defaultdict(list)
    query = select(ListingReason).where(ListingReason.listing_id == listing.id).order_by(ListingReason.id.desc())
    for one in db.session.scalars(query):
        kept[one.event, one.change_id or listing.id].append(one.reason)
    found = {}
    for row in rows:
        if waiting := kept.get((row.event, row.ref_id)):
            found[row.id] = waiting.pop(0)
    return found


def _names(actor: Actor, listing: Listing, rows: list[AuditEvent]) -> dict[int, str]:
    """By audit row: who did it, as this reader may know it."""
    is_own = actor.is_member(listing.firm_id)
    people = people_of([row.user_id for row in rows])
    found = {}
    for row in rows:
        whose = STEPS[row.event][1]
        by_park = whose == PARK or (whose == EITHER and row.codes.get("by", "firm") == "park")
        person = people.get(row.user_id) if row.user_id else None
        if by_park and is_own:
            found[row.id] = _("园区运营方")
        elif person is None:
            found[row.id] = _("园区运营方") if by_park else _("机构成员")
        else:
            found[row.id] = person.name
    return found


def _beginning(listing: Listing, known: set[str]) -> list[Step]:
    """What the listing's own dates say of steps that left no trail, newest first."""
    steps = []
    if listing.published_at and not known & {"listing.approved", "listing.imported"}:
        title, _whose, tone = STEPS["listing.approved"]
        steps.append(Step(listing.published_at, "listing.approved", str(title), "", "", tone, 1, None))
    if not known & {"listing.created", "listing.copied"}:
        title, _whose, tone = STEPS["listing.created"]
        steps.append(Step(listing.created_at, "listing.created", str(title), "", "", tone, None, None))
    return steps


def describe_versions(listing: Listing) -> list[tuple[Version, list[str]]]:
    """Every approved content, newest first, each with the labels of what it changed in the one before."""
    versions = list_versions(listing, draft_of(listing))
    changed = [
        [row.label for row in diff_contents(old.content, new.content, _written(old), _written(new))]
        for new, old in itertools.pairwise(versions)
    ]
    return list(zip(versions, [*changed, []], strict=True)) if versions else []


def _written(version: Version) -> Category:
    return definition_of(version.content.category_code, version.category_version)


def describe_version(listing: Listing, number: int) -> dict[str, Any]:
    """One approved content in words, and what it changed in the one before it. NotFound for a number that never was."""
    content, written = content_of(listing, number)
    definition = definition_of(content.category_code, written)
    before, earlier = content_of(listing, number - 1) if number > 1 else (None, 0)
    version = next((one for one in list_versions(listing, draft_of(listing)) if one.number == number), None)
    return {
        "listing": listing, "number": number, "content": content, "version": version, "fees": fee_rows(content),
        "facts": fact_rows(definition, content.attributes), "cities": [regions.label(code) for code in content.city_codes],
        "rows": diff_contents(before, content, definition_of(before.category_code, earlier), definition) if before else [],
    }  # fmt: skip
