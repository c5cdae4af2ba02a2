"""A clock that stands still until a test moves it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from marketplace.core import clock

START = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


class FrozenClock:
    """`now` is 2026-11-23 10:00 in Shanghai at first; `set` and `advance` move it."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def set(self, moment: datetime | date | str) -> datetime:
        """Go to a moment (aware), to a day at 10:00 in Shanghai, or to either written in ISO 8601."""
        if isinstance(moment, str):
            moment = datetime.fromisoformat(moment) if "T" in moment or " " in moment else date.fromisoformat(moment)
        if not isinstance(moment, datetime):
            moment = datetime(moment.year, moment.month, moment.day, 10, tzinfo=clock.SHANGHAI)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=clock.SHANGHAI)
        self.now = moment.astimezone(UTC)
        return self.now

    def advance(self, **span: float) -> datetime:
        """Let time pass: `advance(days=3, hours=1)`."""
        self.now += timedelta(**span)
        return self.now


def stand_in(frozen: FrozenClock) -> type:
    """What takes the place of `datetime` inside core.clock: the same type in every respect but its `now`."""

    class Kind(type):
        def __instancecheck__(cls, value: object) -> bool:
            return isinstance(value, datetime)

    class Frozen(metaclass=Kind):
        def __new__(cls, *args: Any, **kwargs: Any) -> Any:
            return datetime(*args, **kwargs)

        @staticmethod
        def now(zone: Any = None) -> datetime:
            return frozen.now.astimezone(zone)

    return Frozen
