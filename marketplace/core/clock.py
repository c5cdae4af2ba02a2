"""The only place that reads the clock. Times are stored in UTC and shown, cut into days and months, in Asia/Shanghai."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """The present moment, aware, UTC."""
    return datetime.now(UTC)


def today() -> date:
    """The present day as the park's people see it (Asia/Shanghai)."""
    return now().astimezone(SHANGHAI).date()


def local(moment: datetime) -> datetime:
    """The moment in Asia/Shanghai, for showing and for cutting days."""
    return moment.astimezone(SHANGHAI)


def month_of(moment: datetime | date) -> str:
    """The period `YYYY-MM` a moment or day belongs to, cut in Asia/Shanghai."""
    day = local(moment).date() if isinstance(moment, datetime) else moment
    return f"{day.year:04d}-{day.month:02d}"


def start_of_day(day: date) -> datetime:
    """The UTC moment at which this day begins in Asia/Shanghai."""
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI).astimezone(UTC)


def add_months(day: date, months: int) -> date:
    """The day some calendar months later; the last day of a shorter month stands in (2026-08-31 + 6 = 2027-02-28)."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return date(year, month + 1, min(day.day, (following - date(year, month + 1, 1)).days))
