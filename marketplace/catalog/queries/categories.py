"""What operators see of the category tree: how much stands in each category, drafts under work, versions and who published them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from marketplace.accounts.queries import list_users
from marketplace.catalog.models import CategoryDraft, CategoryVersion, Listing
from marketplace.catalog.rules.definition import Category, inherit
from marketplace.catalog.rules.seed import seed
from marketplace.catalog.rules.taxonomy import categories, category, children, find_category
from marketplace.core import audit
from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.core.i18n import lazy


@dataclass(frozen=True, slots=True)
class Version:
    """One published version: when (None: with the system), why and by whom."""

    number: int
    published_at: datetime | None
    note: str
    by: str


@dataclass(frozen=True, slots=True)
class Row:
    """A category in the operator's tree. `draft` is the next version under work; `is_new` has no published version yet."""

    category: Category
    published: int
    draft: CategoryDraft | None
    is_new: bool = False


def count_published() -> dict[str, int]:
    """Published listings by category code; a top's are those of its children. One grouped query."""
    rows = db.session.execute(
        select(Listing.category_code, func.count()).where(Listing.state == "published").group_by(Listing.category_code)
    )
    counts: dict[str, int] = {}
    for code, number in rows:
        counts[code] = number
        top = category(code).top
        counts[top] = counts.get(top, 0) + number
    return counts


def list_categories(q: str = "", only: str = "") -> list[Row]:
    """The tree in order, new categories that are not published yet among their siblings.

    `q` looks in code, names and the labels and codes of attributes; a child that fits brings its top. `only`: `draft` or `retired`.
    """
    counts = count_published()
    drafts = {draft.code: draft for draft in db.session.scalars(select(CategoryDraft))}
    rows = {code: Row(one, counts.get(code, 0), drafts.get(code)) for code, one in categories().items()}
    rows |= {code: Row(drafted(draft), 0, draft, True) for code, draft in drafts.items() if code not in rows}
    kept = {code for code, row in rows.items() if _fits(row, q.strip().lower(), only)}
    kept |= {rows[code].category.parent for code in kept if rows[code].category.parent}
    return [rows[code] for code in sorted(rows) if code in kept]


def _fits(row: Row, q: str, only: str) -> bool:
    if (only == "draft" and row.draft is None) or (only == "retired" and not row.category.is_retired):
        return False
    if not q:
        return True
    of = row.category
    words = [of.code, of.name_zh, of.name_en, of.gbt4754]
    if not of.parent or q not in " ".join(words).lower():
        words += [word for a in of.asked if not of.parent or a.only for word in (a.key, a.label_zh, a.label_en)]
    return q in " ".join(words).lower()


def find_draft(code: str) -> CategoryDraft | None:
    """The draft under work of a category."""
    return db.session.scalar(select(CategoryDraft).where(CategoryDraft.code == code))


def get_draft(code: str) -> CategoryDraft:
    """The draft under work of a category; NotFound where there is none."""
    draft = find_draft(code)
    if draft is None:
        raise NotFound("category.no_draft", lazy("该类目没有正在编辑的草稿"))
    return draft


def drafted(draft: CategoryDraft) -> Category:
    """The category as the draft says, a child's with the attributes that its top asks now; numbered as it would be published."""
    now = find_category(draft.code)
    of = Category.from_json(draft.code, now.number + 1 if now else 1, draft.definition)
    if not of.parent:
        return of
    if now is None:
        return inherit(of, category(of.parent))
    return inherit(now_with(of, now), category(of.parent))


def now_with(drafted_child: Category, now: Category) -> Category:
    """A child's draft with the attributes it asks now, which are its top's to change."""
    kept = drafted_child.as_json() | {key: now.as_json()[key] for key in ("asked", "retired")}
    return Category.from_json(drafted_child.code, drafted_child.number, kept)


def next_code(top: str) -> str:
    """The code of a new child under a top: one more than the highest, drafts included."""
    taken = [one.code for one in children(top)]
    taken += db.session.scalars(select(CategoryDraft.code).where(CategoryDraft.code.startswith(top, autoescape=True)))
    highest = max((int(code[3:]) for code in taken if len(code) == 5), default=0)
    return f"{top}{highest + 1:02d}"


def list_versions(code: str) -> list[Version]:
    """All published versions of a category, newest first. Three statements."""
    rows = db.session.scalars(
        select(CategoryVersion).where(CategoryVersion.code == code).order_by(CategoryVersion.number.desc())
    ).all()
    by = _publishers([row.id for row in rows])
    found = [Version(row.number, row.published_at, row.note, by.get(row.id, "")) for row in rows]
    if code in seed() and (not found or found[-1].number > 1):
        found.append(Version(1, None, "", ""))
    return found


def _publishers(ids: list[int]) -> dict[int, str]:
    """Who published these versions: the audit row names the person."""
    event = audit.AuditEvent
    rows = db.session.execute(
        select(event.ref_id, event.user_id).where(
            event.noun == "category", event.event == "category.published", event.ref_id.in_(ids)
        )
    ).all()
    names = {user.id: user.name for user in list_users([row.user_id for row in rows if row.user_id])}
    return {row.ref_id: names.get(row.user_id, "") for row in rows}
