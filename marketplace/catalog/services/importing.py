"""Services in and out by file. What is exported can be imported again without loss."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import selectinload

from marketplace.catalog.access import can_import_listing
from marketplace.catalog.models import Listing, ListingCity, ListingVersion
from marketplace.catalog.queries.listings import draft_of, rows_for_export, visible_ids
from marketplace.catalog.queries.taxonomy import refresh
from marketplace.catalog.rules.draft import ListingDraft, Problem, find_problems, word_problems
from marketplace.catalog.rules.files import COLUMN_OF, SERVICE_COLUMNS, Unreadable, draft_from, row_of
from marketplace.catalog.rules.old_answers import is_retired_answer
from marketplace.catalog.rules.taxonomy import category
from marketplace.catalog.rules.visibility import IMPORTED
from marketplace.catalog.states import PROCESS, ListingState
from marketplace.core import audit, clock
from marketplace.core.access import require
from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.core.errors import Conflict
from marketplace.core.i18n import _, lazy
from marketplace.core.progress import Progress, silent
from marketplace.core.tabular import BadTable, CellError, Row
from marketplace.organisations.models import Organisation
from marketplace.organisations.queries import list_by_uscc
from marketplace.search import changes

CHUNK = 500
BLOCKING = ("discrimination", "prohibited")
TOLERATED = ("listing.attribute_missing", "listing.required")
Key = tuple[int, str, str]


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import did; `hidden` of the new ones are not shown until their firm's licence is recorded or verified."""

    created: int
    updated: int
    unchanged: int
    hidden: int = 0

    def __str__(self) -> str:
        text = _("新增 %(a)s 项，更新 %(b)s 项，未变 %(c)s 项", a=self.created, b=self.updated, c=self.unchanged)
        hidden = _("；其中 %(n)s 项因机构未登记所需许可或未入驻，暂不展示", n=self.hidden) if self.hidden else ""
        return text + hidden


@dataclass(slots=True)
class _Plan:
    """The rows of a file, read and paired with their firms."""

    drafts: dict[Key, ListingDraft] = field(default_factory=dict)
    rows: dict[Key, int] = field(default_factory=dict)
    firms: dict[int, Organisation] = field(default_factory=dict)
    errors: list[CellError] = field(default_factory=list)


def import_services(*, actor: Actor, rows: Iterable[Row], progress: Progress = silent) -> ImportResult:
    """Load services from a file, whole or not at all; the key is firm, category and title, importing again updates.

    New ones arrive shown, source "operator import", and stay so for 90 days on licences that are only recorded (decision 26).
    Refused with row and column: an unknown firm, category, price model, city or attribute, a new listing in a retired category, a price that says nothing
    (条例 32), words of discrimination or prohibited offers (条例 24), the same key twice.
    """
    require(can_import_listing(actor))
    refresh(at_once=True)
    listed = list(rows)
    plan = _read_rows(listed, progress)
    present = _present(plan)
    _check(plan, present)
    if plan.errors:
        raise BadTable(sorted(plan.errors, key=lambda one: one.row))
    new = [key for key in plan.drafts if key not in present]
    created = _insert(actor, plan, new)
    updated = _update(actor, plan, present)
    changes.touch("listing", [*created, *updated])
    progress(len(listed), len(listed))
    hidden = len(created) - sum(len(visible_ids(created[at : at + CHUNK])) for at in range(0, len(created), CHUNK))
    return ImportResult(len(created), len(updated), len(present) - len(updated), hidden)


def _read_rows(rows: list[Row], progress: Progress) -> _Plan:
    plan = _Plan()
    firms = list_by_uscc([row["firm_uscc"] for row in rows])
    for at, row in enumerate(rows):
        if at % CHUNK == 0:
            progress(at, len(rows))
        firm = firms.get(row["firm_uscc"])
        if firm is None or firm.kind != "firm":
            plan.errors.append(CellError(row.row_number, COLUMN_OF["firm_uscc"], _("没有这家机构，请先导入机构")))
            continue
        try:
            draft = draft_from(row)
        except Unreadable as refused:
            plan.errors.append(CellError(row.row_number, COLUMN_OF[refused.column], refused.text))
            continue
        key = (firm.id, draft.category_code, draft.title.strip())
        if key in plan.drafts:
            message = _("与第 %(n)s 行是同一机构、类目和标题", n=plan.rows[key])
            plan.errors.append(CellError(row.row_number, COLUMN_OF["title"], message))
        plan.drafts[key], plan.rows[key], plan.firms[firm.id] = draft, row.row_number, firm
    return plan


def _check(plan: _Plan, present: dict[Key, int]) -> None:
    """Note what is wrong with the content. An answer that the category has retired since stands where the listing gave it already,
    so that a file that was exported comes in again."""
    had = _answers_before(plan, present)
    for key, draft in plan.drafts.items():
        before = had.get(key, {})
        fresh = {name: value for name, value in draft.attributes.items() if name not in before or before[name] != value}
        asked = replace(draft, attributes=fresh) if before else draft
        wrong = [one for one in find_problems(asked) if one.code not in TOLERATED] + word_problems(draft, BLOCKING)
        if key not in present and category(draft.category_code).is_retired:
            wrong.append(Problem("category_code", "listing.category_retired", lazy("该类目已停用，不再接受新服务")))
        plan.errors += [
            CellError(plan.rows[key], COLUMN_OF.get(one.field, COLUMN_OF["attributes"]), one.text) for one in wrong
        ]


def _answers_before(plan: _Plan, present: dict[Key, int]) -> dict[Key, dict[str, Any]]:
    """For the rows with an answer that is retired: those answers as the listing has them now."""
    retired = {
        key: [
            name
            for name, value in draft.attributes.items()
            if is_retired_answer(category(draft.category_code), name, value)
        ]
        for key, draft in plan.drafts.items()
    }
    by_id = {present[key]: key for key, names in retired.items() if names and key in present}
    found: dict[Key, dict[str, Any]] = {}
    ids = sorted(by_id)
    for at in range(0, len(ids), CHUNK):
        rows = db.session.execute(select(Listing.id, Listing.attributes).where(Listing.id.in_(ids[at : at + CHUNK])))
        for listing_id, attributes in rows:
            key = by_id[listing_id]
            found[key] = {name: attributes[name] for name in retired[key] if name in attributes}
    return found


def _present(plan: _Plan) -> dict[Key, int]:
    """The listings the file's rows mean, by key."""
    found: dict[Key, int] = {}
    ids = sorted(plan.firms)
    for at in range(0, len(ids), CHUNK):
        rows = db.session.execute(
            select(Listing.id, Listing.firm_id, Listing.category_code, Listing.title).where(
                Listing.firm_id.in_(ids[at : at + CHUNK]), Listing.state != ListingState.WITHDRAWN
            )
        )
        found |= {(row.firm_id, row.category_code, row.title): row.id for row in rows}
    return {key: found[key] for key in plan.drafts if key in found}


def _content(draft: ListingDraft) -> dict[str, Any]:
    return {
        "title": draft.title.strip(), "summary": draft.summary, "description": draft.description,
        "pricing_model": draft.pricing_model, "price_min_fen": draft.price_min_fen, "price_max_fen": draft.price_max_fen,
        "billing_note": draft.billing_note, "unit": draft.unit, "attributes": dict(draft.attributes), "tax_note": draft.tax_note,
        "category_version": category(draft.category_code).number,
    }  # fmt: skip


def _insert(actor: Actor, plan: _Plan, keys: list[Key]) -> list[int]:
    """Insert whole batches in the state that the process's `import` step leads to, each with its audit row."""
    now, step = clock.now(), PROCESS.action("import")
    ids: list[int] = []
    for at in range(0, len(keys), CHUNK):
        batch = keys[at : at + CHUNK]
        values = [
            {
                "firm_id": key[0], "category_code": key[1], "state": step.target, "version": 1, "source": IMPORTED,
                "is_demo": plan.firms[key[0]].is_demo, "created_at": now, "updated_at": now, "published_at": now,
                "live_version": 1,
                **_content(plan.drafts[key]),
            }
            for key in batch
        ]  # fmt: skip
        fresh = list(db.session.scalars(insert(Listing).returning(Listing.id, sort_by_parameter_order=True), values))
        for listing_id, key in zip(fresh, batch, strict=True):
            audit.record(step.event, PROCESS.noun, listing_id, actor=actor, organisation_id=key[0], after=step.target)
        _insert_cities({one: plan.drafts[key].city_codes for one, key in zip(fresh, batch, strict=True)})
        ids += fresh
    return ids


def _insert_cities(cities: dict[int, tuple[str, ...]]) -> None:
    rows = [{"listing_id": one, "city_code": code} for one, codes in cities.items() for code in codes]
    if rows:
        db.session.execute(insert(ListingCity), rows)


def _update(actor: Actor, plan: _Plan, present: dict[Key, int]) -> list[int]:
    """Write what differs from the file; a listing that is the same already is left alone. The state stays, and of a listing that has been
    on line the content that is replaced is kept as an earlier version. Its version moves, so that who reviews it reads it again."""
    by_id = {listing_id: key for key, listing_id in present.items()}
    changed: list[int] = []
    for listing in _loaded(sorted(by_id)):
        key = by_id[listing.id]
        draft = plan.drafts[key]
        if draft_of(listing) == replace(draft, title=draft.title.strip()):
            continue
        changed.append(listing.id)
        number = listing.live_version
        if number:
            db.session.execute(insert(ListingVersion), [_kept(listing)])
        moved: Any = db.session.execute(
            update(Listing)
            .where(Listing.id == listing.id, Listing.live_version == number, Listing.version == listing.version)
            .values(
                **_content(draft), updated_at=clock.now(), live_version=number + 1 if number else 0, version=listing.version + 1
            )
            .execution_options(synchronize_session=False)
        )  # fmt: skip
        if moved.rowcount != 1:
            raise Conflict("listing.moved", lazy("“%(title)s”在导入期间被他人修改，请重新导入", title=listing.title))
        if set(listing.city_codes) != set(draft.city_codes):
            db.session.execute(
                delete(ListingCity).where(ListingCity.listing_id == listing.id),
                execution_options={"synchronize_session": False},
            )
            _insert_cities({listing.id: draft.city_codes})
        audit.record(
            "listing.updated_by_import", "listing", listing.id, actor=actor, organisation_id=key[0],
            number=number + 1 if number else None,
        )  # fmt: skip
        db.session.expire(listing)
    return changed


def _kept(listing: Listing) -> dict[str, Any]:
    """The content that is on line, as an earlier version. Of two who replace it at once the second breaks the version's uniqueness."""
    return {
        "listing_id": listing.id, "number": listing.live_version, "category_version": listing.category_version,
        "content": draft_of(listing).as_json(), "replaced_at": clock.now(),
    }  # fmt: skip


def _loaded(ids: list[int]) -> Iterator[Listing]:
    for at in range(0, len(ids), CHUNK):
        yield from db.session.scalars(
            select(Listing)
            .options(selectinload(Listing.cities))
            .where(Listing.id.in_(ids[at : at + CHUNK]))
            .execution_options(populate_existing=True)
        ).all()


def export_services() -> list[dict[str, Any]]:
    """Every published listing as a row of the service file, by id."""
    return [
        row_of(listing.firm.uscc, draft_of(listing)) for listing in rows_for_export(states=[ListingState.PUBLISHED])
    ]


__all__ = ["SERVICE_COLUMNS", "ImportResult", "export_services", "import_services"]
