"""The demo's monthly reports, 2023 to last month: what puts the park at a plausible part of each target."""

import math
from random import Random
from typing import Any

from sqlalchemy import insert

from marketplace.core import clock, regions
from marketplace.core.db import db, transaction
from marketplace.core.progress import Progress
from marketplace.demo.people import CITY_WEIGHTS, make_uscc
from marketplace.kpi import services as kpi
from marketplace.reports.models import ReportLine

CLIENTS_PER_FIRM = 280
LINES_PER_MONTH = 26
FIRST = "2023-01"
CHUNK = 20_000


def months(first: str, last: str) -> list[str]:
    """The periods from one month to another, both included."""
    year, month = map(int, first.split("-"))
    found = []
    while f"{year:04d}-{month:02d}" <= last:
        found.append(f"{year:04d}-{month:02d}")
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return found


def _last_month() -> str:
    return clock.month_of(clock.add_months(clock.today().replace(day=1), -1))


def _pool(rng: Random, number: int, clients: list[dict[str, Any]]) -> list[tuple[str, str, int]]:
    """A firm's clients as (USCC, city, usual headcount): a third are registered here, the others are not."""
    cities = [c.code for c in regions.cities()]
    weights = [CITY_WEIGHTS.get(code, 1.2) for code in cities]
    known = rng.sample(clients, CLIENTS_PER_FIRM // 4)
    pool = [(c["uscc"], c["city_code"]) for c in known]
    for place in range(CLIENTS_PER_FIRM - len(pool)):
        city = rng.choices(cities, weights)[0]
        pool.append((make_uscc(2_000_000 + number * CLIENTS_PER_FIRM + place, f"{city[:4]}00"), city))
    return [(uscc, city, max(1, int(rng.lognormvariate(1.7, 0.9)))) for uscc, city in pool]


def add_reports(
    rng: Random, times: int, firms: list[dict[str, Any]], clients: list[dict[str, Any]], progress: Progress
) -> None:
    """Lines of every firm in the park for every past month; the last two of two firms are still unverified (grade C)."""
    periods, rows, now = months(FIRST, _last_month()), [], clock.now()
    parked = [f for f in firms if f["in_park"]]
    for number, firm in enumerate(parked):
        pool = _pool(rng, number, clients)
        yearly = math.exp(rng.gauss(16.55, 0.85))  # 元 in the first year, about 1,500万 in the middle
        codes = [c for c in ("C0301", "C0401", "C0202", "C0601", "C0902", "C1102", "C0801", "C0102") if c[:3] != "C05"]
        if "DISPATCH" in firm["licences"]:
            codes += ["C0501", "C0502"]
        for place, period in enumerate(periods):
            growth = 1.0 + 0.012 * place
            season = 1.0 + 0.15 * math.sin(place * math.pi / 6)
            month_fen = int(yearly / 12 * growth * season * 100)
            grade = "C" if number in (9, 21) and place >= len(periods) - 2 else "B"
            rows += _month(rng, firm, period, month_fen, grade, pool, codes, now)
        progress(number + 1, len(parked) + 8)
    for start in range(0, len(rows), CHUNK):
        with transaction():
            db.session.execute(insert(ReportLine), rows[start : start + CHUNK])
    with transaction():
        kpi.close_months_until(_last_closed(periods))
    progress(1, 1)


def _last_closed(periods: list[str]) -> str:
    """Months close on the 10th of the next: before it the last month is still open."""
    return periods[-1] if clock.today().day >= 10 else periods[-2]


def _month(
    rng: Random, firm: dict[str, Any], period: str, month_fen: int, grade: str, pool: list[tuple[str, str, int]],
    codes: list[str], now: Any,
) -> list[dict[str, Any]]:  # fmt: skip
    """One firm's lines of one month: some clients by name, and what is not attributed to any."""
    named = rng.sample(pool, LINES_PER_MONTH)
    rows, left = [], month_fen
    for uscc, city, people in named:
        fen = min(left, month_fen * rng.randint(5, 25) // 1000)
        left -= fen
        code = rng.choice(codes)
        gross = fen * rng.randint(40, 85) // 100 if code[:3] in ("C03", "C04", "C05", "C06") else 0
        rows.append(_line(firm, period, fen, gross, uscc, city, code, max(1, people + rng.randint(-2, 3)), grade, now))
    rows.append(_line(firm, period, left, left // 2, None, None, None, 0, grade, now))
    return rows


def _line(
    firm: dict[str, Any], period: str, fen: int, gross: int, uscc: str | None, city: str | None, code: str | None, people: int,
    grade: str, now: Any,
) -> dict[str, Any]:  # fmt: skip
    return {
        "firm_id": firm["id"], "period": period, "revenue_fen": fen, "pass_through_fen": gross, "client_uscc": uscc,
        "client_city_code": city, "category_code": code, "people_served": people, "grade": grade, "is_demo": True, "created_at": now,
    }  # fmt: skip
