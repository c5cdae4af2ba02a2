"""What the operator or the bureau decides (fees, deadlines, thresholds): typed, effective-dated, with history, in one table.

A domain defines its settings beside its rules with `define`; the default stands until somebody changes it. An `[ask]` item of the
dossier is such a default. Changing one takes effect from a day on and never rewrites the past.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import JSON, Date, Index, String, select
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.core import audit, clock
from marketplace.core.access import require
from marketplace.core.actor import Actor
from marketplace.core.db import BIG, Base, CreatedAt, Id, append_only, db
from marketplace.core.errors import Invalid
from marketplace.core.i18n import lazy


@dataclass(frozen=True, slots=True)
class Definition:
    """One setting: its key, kind (`int`, `fen`, `bps`, `days`, `bool`, `text`), default, label and the source that asks for it."""

    key: str
    kind: str
    default: Any
    label: Any
    source: str = ""
    minimum: int | None = 0
    maximum: int | None = None


class SettingValue(Base):
    """A value from a day on; append-only, the newest row of the latest day that has come wins."""

    __tablename__ = "setting_value"
    __table_args__ = (Index("ix_setting_value_key_day", "key", "effective_on"),)
    id: Mapped[Id]
    key: Mapped[str] = mapped_column(String(80))
    value: Mapped[Any] = mapped_column(JSON)
    effective_on: Mapped[date] = mapped_column(Date)
    reason: Mapped[str] = mapped_column(String(300))
    set_by_id: Mapped[int | None] = mapped_column(BIG)
    created_at: Mapped[CreatedAt]


append_only("setting_value")
_definitions: dict[str, Definition] = {}
_parsers: dict[str, Callable[[Any], Any]] = {"bool": bool, "text": str}


def define(
    key: str, kind: str, default: Any, label: Any, source: str = "", minimum: int | None = 0, maximum: int | None = None
) -> None:
    """Declare a setting; called once at import of the domain's rules."""
    _definitions[key] = Definition(key, kind, default, label, source, minimum, maximum)


def definitions() -> list[Definition]:
    return [_definitions[k] for k in sorted(_definitions)]


def definition(key: str) -> Definition:
    """One setting's definition."""
    return _definitions[key]


def _rows() -> list[SettingValue]:
    info = db.session().info
    rows = info.get("settings")
    if rows is None or info.get("writing"):
        rows = db.session.scalars(select(SettingValue).order_by(SettingValue.effective_on, SettingValue.id)).all()
        info["settings"] = rows
    return list(rows)


def get(key: str, on: date | None = None) -> Any:
    """The value in force on a day (today by default)."""
    definition = _definitions[key]
    day = on or clock.today()
    value = definition.default
    for row in _rows():
        if row.key == key and row.effective_on <= day:
            value = row.value
    return value


def history(key: str) -> list[SettingValue]:
    return [row for row in _rows() if row.key == key]


def can_change_setting(actor: Actor) -> bool:
    """Only the park's administrators decide the platform's figures."""
    return actor.is_staff("admin") or actor.system == "cli"


def change_setting(*, actor: Actor, key: str, value: Any, effective_on: date, reason: str) -> SettingValue:
    """Set a value from a day on. Refused: an unknown key, a value out of its bounds, a day that is past, an empty reason."""
    require(can_change_setting(actor))
    definition = _definitions.get(key)
    if definition is None:
        raise Invalid("setting.unknown", lazy("没有这个设置项"), field="key")
    if effective_on < clock.today():
        raise Invalid("setting.past", lazy("生效日期不能早于今天：已发生的业务不追溯调整"), field="effective_on")
    if not reason.strip():
        raise Invalid("setting.reason", lazy("请填写调整依据"), field="reason")
    checked = _checked(definition, value)
    row = SettingValue(
        key=key, value=checked, effective_on=effective_on, reason=reason.strip(), set_by_id=actor.user_id
    )
    db.session.add(row)
    db.session.flush()
    db.session().info.pop("settings", None)
    audit.record("setting.changed", "setting", row.id, actor=actor, key=key)
    return row


def _checked(definition: Definition, value: Any) -> Any:
    parse = _parsers.get(definition.kind)
    if parse:
        return parse(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise Invalid("setting.number", lazy("请输入整数"), field="value")
    low, high = definition.minimum, definition.maximum
    if (low is not None and value < low) or (high is not None and value > high):
        raise Invalid("setting.bounds", lazy("数值超出允许范围"), field="value")
    return value
