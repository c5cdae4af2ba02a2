"""The demo's categories: one that an operator has changed, with listings that answer the new question, and one draft under work."""

from dataclasses import replace
from typing import Any

from sqlalchemy import select, update

from marketplace.accounts.models import User
from marketplace.accounts.queries import actor_of
from marketplace.catalog import services
from marketplace.catalog.models import CategoryDraft, Listing
from marketplace.catalog.queries.categories import drafted
from marketplace.catalog.rules.definition import Attribute, Category, Choice
from marketplace.catalog.rules.editing import put_attribute
from marketplace.catalog.rules.taxonomy import category
from marketplace.core.db import db, transaction

ANSWERING = 40
STATEMENT = Attribute(
    "statement_form", "multi", "月度对账方式", "Monthly statement",
    choices=(
        Choice("online", "线上对账", "Online"), Choice("electronic", "电子对账单", "Electronic statement"), Choice("paper", "纸质对账单", "Paper statement"),
    ),
    filterable=True,
)  # fmt: skip


def change_categories() -> None:
    """Publish version 2 of the social insurance services, let some of the listings answer it, and leave a draft of the background checks."""
    operator = actor_of(db.session.scalars(select(User).where(User.email == "operator@demo.example")).one())
    with transaction():
        draft = _draft(operator, "C03", lambda of: put_attribute(of, STATEMENT))
        services.publish_category(
            actor=operator, draft=draft, seen=draft.version, reason="采购方反复询问对账方式，增加可筛选的要点（演示）"
        )
    with transaction():
        _answer()
        _draft(operator, "C11", _with_social_media)


def _draft(operator: Any, code: str, change: Any) -> CategoryDraft:
    draft = services.open_category_draft(actor=operator, code=code)
    return services.edit_category_draft(
        actor=operator, draft=draft, seen=draft.version, definition=change(drafted(draft))
    )


def _with_social_media(of: Category) -> Category:
    items = next(a for a in of.asked if a.key == "items")
    return put_attribute(
        of,
        replace(items, choices=(*items.choices, Choice("public_profile", "公开网络信息核查", "Public online profile"))),
    )


def _answer() -> None:
    values = [choice.value for choice in STATEMENT.choices]
    rows = db.session.execute(
        select(Listing.id, Listing.attributes)
        .where(Listing.category_code == "C0301")
        .order_by(Listing.id)
        .limit(ANSWERING)
    ).all()
    for place, row in enumerate(rows):
        chosen = values[: 1 + place % len(values)]
        db.session.execute(
            update(Listing)
            .where(Listing.id == row.id)
            .values(attributes={**row.attributes, STATEMENT.key: chosen}, category_version=category("C0301").number)
            .execution_options(synchronize_session=False)
        )
