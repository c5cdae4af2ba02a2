"""What the park's operator does with categories: a draft of the next version, and publishing it."""

from typing import Any

from sqlalchemy import delete, func, select, update

from marketplace.catalog.access import can_edit_category
from marketplace.catalog.models import CategoryDraft, CategoryVersion, Listing
from marketplace.catalog.queries.categories import drafted, find_draft, next_code
from marketplace.catalog.queries.taxonomy import refresh
from marketplace.catalog.rules.definition import Category, inherit, same
from marketplace.catalog.rules.editing import find_category_problems, open_child
from marketplace.catalog.rules.taxonomy import category, children, find_category
from marketplace.core import audit, clock
from marketplace.core.access import require
from marketplace.core.actor import Actor
from marketplace.core.db import db, is_sqlite, on_commit
from marketplace.core.errors import Conflict, Invalid, NotFound
from marketplace.core.i18n import lazy
from marketplace.search import changes

BATCH = 1000
_LOCK = 0xCA7E60


def open_category_draft(*, actor: Actor, code: str) -> CategoryDraft:
    """The operator begins the next version of a category; where one is under work already, that one is gone on with.

    Refused: an unknown category.
    """
    require(can_edit_category(actor))
    refresh(at_once=True)
    present = find_category(code)
    if present is None:
        raise NotFound("category.missing", lazy("没有这个类目"))
    return find_draft(code) or _begin(actor, present)


def create_category(*, actor: Actor, top: str, name_zh: str, name_en: str) -> CategoryDraft:
    """The operator begins a new child category under a top; nobody sees it before it is published. It takes the next free code.

    Refused: an unknown or retired top, a hundredth child, names that are missing, too long or taken by a sibling.
    """
    require(can_edit_category(actor))
    refresh(at_once=True)
    parent = find_category(top)
    if parent is None or parent.is_child or parent.is_retired:
        raise NotFound("category.missing", lazy("没有这个类目"))
    code = next_code(top)
    if len(code) > 5:
        raise Invalid("category.full", lazy("该一级类目下的代码已用完"))
    child = open_child(parent, code)
    named = Category.from_json(code, 1, child.as_json() | {"name_zh": name_zh.strip(), "name_en": name_en.strip()})
    _refuse(named, None)
    return _begin(actor, inherit(named, parent))


def _begin(actor: Actor, of: Category) -> CategoryDraft:
    draft = CategoryDraft(code=of.code, definition=of.as_json())
    db.session.add(draft)
    db.session.flush()
    audit.record("category.draft_opened", "category_draft", draft.id, actor=actor, code=of.code)
    return draft


def _refuse(new: Category, present: Category | None) -> None:
    """Raise the first thing that is wrong with a version; the forms show them all before it comes to this."""
    for one in find_category_problems(new, present, [child.code for child in children(new.code)]):
        raise Invalid(one.code, one.message, field=one.field, **one.params)
    if new.parent:
        twins = [one for one in children(new.parent) if one.code != new.code and not one.is_retired]
        if any(one.name_zh == new.name_zh.strip() for one in twins):
            raise Invalid("category.twin", lazy("同一上级下已有同名类目"), field="name_zh")


def edit_category_draft(*, actor: Actor, draft: CategoryDraft, seen: int, definition: Category) -> CategoryDraft:
    """The operator changes the draft. `seen` is the draft's version that was on the screen.

    Refused: whatever may not be published (see `find_category_problems`), and a draft that somebody else has changed since.
    """
    require(can_edit_category(actor))
    _refuse(definition, find_category(draft.code))
    moved: Any = db.session.execute(
        update(CategoryDraft)
        .where(CategoryDraft.id == draft.id, CategoryDraft.version == seen)
        .values(definition=definition.as_json(), version=seen + 1, updated_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    if moved.rowcount != 1:
        raise _moved_on()
    audit.record("category.draft_edited", "category_draft", draft.id, actor=actor, code=draft.code, version=seen + 1)
    db.session.refresh(draft)
    return draft


def discard_category_draft(*, actor: Actor, draft: CategoryDraft, seen: int) -> None:
    """The operator throws the draft away; what is published stays. Refused: a draft that somebody else has changed since."""
    require(can_edit_category(actor))
    _take(draft, seen)
    audit.record("category.draft_discarded", "category_draft", draft.id, actor=actor, code=draft.code)


def _take(draft: CategoryDraft, seen: int) -> None:
    """Take the draft out of the table, once: whoever comes second, or has not seen its last change, is refused."""
    gone: Any = db.session.execute(
        delete(CategoryDraft)
        .where(CategoryDraft.id == draft.id, CategoryDraft.version == seen)
        .execution_options(synchronize_session=False)
    )
    if gone.rowcount != 1:
        raise _moved_on()
    db.session.expunge(draft)


def _moved_on() -> Conflict:
    return Conflict("category.moved_on", lazy("草稿已被他人修改、发布或放弃，请刷新后核对"))


def publish_category(*, actor: Actor, draft: CategoryDraft, seen: int, reason: str) -> list[CategoryVersion]:
    """The operator lets the draft be the category from now on: forms, pages, filters, import and API read it at once.

    Listings stay as they are and keep the version they were written under; those concerned are indexed anew. A top's attributes are its
    children's, which therefore get a version too where they differ. Returns the versions made, the category's own first.

    Refused: an empty reason; a draft that says nothing new, breaks a rule, or was changed, published or discarded by somebody else
    meanwhile; retiring a top before its children, or anything under a retired top.
    """
    require(can_edit_category(actor))
    if not reason.strip():
        raise Invalid("category.reason", lazy("请填写发布原因"), field="reason")
    _one_at_a_time()
    refresh(at_once=True)
    present, new = find_category(draft.code), drafted(draft)
    if present is not None and same(present, new):
        raise Invalid("category.unchanged", lazy("草稿与当前版本相同，没有可发布的内容"))
    _refuse(new, present)
    _refuse_retiring(new)
    _take(draft, seen)
    below = () if new.parent else tuple((one, inherit(one, new)) for one in children(new.code))
    fresh = [new, *(_numbered(after, before.number + 1) for before, after in below if not same(before, after))]
    rows = [
        CategoryVersion(code=one.code, number=one.number, definition=one.as_json(), note=reason.strip()[:300])
        for one in fresh
    ]
    db.session.add_all(rows)
    db.session.flush()
    for row in rows:
        audit.record("category.published", "category", row.id, actor=actor, code=row.code, number=row.number)
    _touch(
        {one.code for one in fresh}
        if new.parent or _same_name(present, new)
        else {one.code for one in children(new.code)}
    )
    on_commit(lambda: refresh(at_once=True))
    return rows


def _one_at_a_time() -> None:
    """Let publications commit in the order of their rows' ids: processes follow by the newest id, and PostgreSQL would let a lower one
    appear later. SQLite has one writer anyway."""
    if not is_sqlite():
        db.session.execute(select(func.pg_advisory_xact_lock(_LOCK)))


def _numbered(of: Category, number: int) -> Category:
    return Category.from_json(of.code, number, of.as_json())


def _same_name(present: Category | None, new: Category) -> bool:
    return present is not None and (present.name_zh, present.name_en) == (new.name_zh, new.name_en)


def _refuse_retiring(new: Category) -> None:
    if new.parent and not new.is_retired and category(new.parent).is_retired:
        raise Invalid("category.top_retired", lazy("上级类目已停用，请先重新启用上级类目"))
    if not new.parent and new.is_retired and any(not one.is_retired for one in children(new.code)):
        raise Invalid("category.children_first", lazy("请先停用全部下级类目"), field="is_retired")


def _touch(codes: set[str]) -> None:
    """Let the index look anew at the published listings of these categories, in batches."""
    ids = db.session.scalars(
        select(Listing.id).where(Listing.category_code.in_(codes), Listing.state == "published").order_by(Listing.id)
    ).all()
    for at in range(0, len(ids), BATCH):
        changes.touch("listing", ids[at : at + BATCH])
