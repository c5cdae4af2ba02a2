"""The only code that sets a state: a process is a table of actions, `advance` moves one entity one step by compare-and-set."""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import Integer, String, update
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.orm.attributes import set_committed_value

from marketplace.core import audit, clock
from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.core.errors import Conflict
from marketplace.core.i18n import lazy


@dataclass(frozen=True, slots=True)
class Action:
    """One step of a process: from which states to which, the event it records, the `can_…` that guards it, its time stamp column.

    `timer` names the setting (天) after which the scheduler takes the step where nobody else did.
    """

    name: str
    sources: tuple[str, ...]
    target: str
    event: str
    who: str
    label: Any = ""
    stamp: str | None = None
    timer: str | None = None


@dataclass(frozen=True, slots=True)
class Process:
    """A lifecycle as data: it drives `advance`, the tests, the menus and the help page's diagram."""

    noun: str
    initial: str
    actions: tuple[Action, ...]
    states: type[StrEnum]
    waiting: dict[str, str] = field(default_factory=dict)

    def action(self, name: str) -> Action:
        return next(a for a in self.actions if a.name == name)

    def possible(self, state: str) -> tuple[Action, ...]:
        """The actions that this state allows, whoever may take them."""
        return tuple(a for a in self.actions if state in a.sources)


class Lifecycle:
    """Mixin of every entity with a process: its state, and a version that makes the second of two people lose."""

    __process__: ClassVar[Process]
    __allow_unmapped__ = True
    id: Any
    state: Mapped[str] = mapped_column(String(24), index=True)
    version: Mapped[int] = mapped_column(Integer, default=1)

    def __init__(self, **values: Any) -> None:
        values.setdefault("state", self.__process__.initial)
        if values["state"] != self.__process__.initial:
            raise ValueError("an entity begins in its process's initial state; use advance()")
        super().__init__(**values)

    @property
    def state_enum(self) -> StrEnum:
        return self.__process__.states(self.state)


def advance(entity: Any, action: str, *, actor: Actor, organisation_id: int | None = None, **codes: Any) -> None:
    """Take one step: refuse it (`Conflict`) unless the present state allows it, then set state, version and stamp and audit it.

    One compare-and-set UPDATE on state and version, so that of two people acting at the same moment one gets `Conflict`.
    Permission is the calling service's first statement; this asks only whether the process allows the step.
    """
    process: Process = entity.__process__
    step = process.action(action)
    if entity.state not in step.sources:
        raise Conflict("state.not_allowed", lazy("当前状态下不能执行此操作，请刷新页面查看最新状态"))
    model, moment, before = type(entity), clock.now(), entity.state
    values: dict[str, Any] = {"state": step.target, "version": entity.version + 1}
    if step.stamp:
        values[step.stamp] = moment
    result = db.session.execute(
        update(model)
        .where(model.id == entity.id, model.state == before, model.version == entity.version)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    if result.rowcount != 1:  # type: ignore[attr-defined]
        raise Conflict("state.changed", lazy("该记录刚刚被他人处理，请刷新页面查看最新状态"))
    for name, value in values.items():
        set_committed_value(entity, name, value)
    audit.record(
        step.event, process.noun, entity.id, actor=actor, organisation_id=organisation_id,
        before=before, after=step.target, **codes,
    )  # fmt: skip


def days_since(moment: Any) -> int:
    """Whole days since a moment (天), for timers."""
    return int((clock.now() - moment) / timedelta(days=1))
