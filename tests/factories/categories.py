"""Categories that an operator has changed, for tests: drafted and published by the services that the pages use."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from marketplace.catalog import services
from marketplace.catalog.models import CategoryDraft, CategoryVersion
from marketplace.catalog.queries.categories import drafted
from marketplace.catalog.rules.definition import Attribute, Category, Choice
from marketplace.catalog.rules.editing import put_attribute
from tests.factories.accounts import writing
from tests.factories.catalog import operator_actor

Change = Callable[[Category], Category]


def make_attribute(key: str = "response_hours", **values: Any) -> Attribute:
    """A new attribute that no category has: an optional choice that buyers filter by, unless told otherwise."""
    ordinary: dict[str, Any] = {
        "type": "enum", "label_zh": "响应时效", "label_en": "Response time", "filterable": True,
        "choices": (Choice("hour", "一小时内", "Within an hour"), Choice("day", "当日", "Same day")),
    }  # fmt: skip
    return Attribute(key=key, **{**ordinary, **values})


def changed(key: str, **values: Any) -> Change:
    """The change that gives an attribute other values."""
    return lambda of: put_attribute(of, replace(next(a for a in of.asked if a.key == key), **values))


def added(attribute: Attribute | None = None) -> Change:
    """The change that adds an attribute."""
    return lambda of: put_attribute(of, attribute or make_attribute())


def make_category_draft(code: str = "C03", change: Change | None = None) -> CategoryDraft:
    """A draft of the next version of a category, with a new attribute unless told otherwise."""
    with writing():
        actor = operator_actor()
        draft = services.open_category_draft(actor=actor, code=code)
        return services.edit_category_draft(
            actor=actor, draft=draft, seen=draft.version, definition=(change or added())(drafted(draft))
        )


def make_category_version(code: str = "C03", change: Change | None = None) -> CategoryVersion:
    """A published version of a category, with a new attribute unless told otherwise."""
    draft = make_category_draft(code, change)
    with writing():
        return services.publish_category(
            actor=operator_actor(), draft=draft, seen=draft.version, reason="按机构反馈调整"
        )[0]
