"""Counting without double counting: clients and people by the best evidence there is, month by month. Pure; proved against brute force."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

GRADES = ("A", "B", "C")
DELTA = ("31", "32", "33", "34")
NOBODY = -1  # no fact of this grade; a fact of nobody served is 0


class Split(NamedTuple):
    """A figure by evidence: A platform acceptance, B verified report, C self-reported. The headline is A + B (dossier 4.4)."""

    a: int = 0
    b: int = 0
    c: int = 0

    @property
    def value(self) -> int:
        return self.a + self.b

    def plus(self, other: "Split") -> "Split":
        return Split(self.a + other.a, self.b + other.b, self.c + other.c)


ZERO = Split()


@dataclass(frozen=True, slots=True)
class Figure:
    """One indicator in one month: the month's own figure, the accounting year's up to it, the total since 2023, and what else belongs."""

    month: Split = ZERO
    year: Split = ZERO
    total: Split = ZERO
    extra: dict[str, Any] = field(default_factory=dict)

    def followed_by(self, split: Split, same_year: bool, **extra: Any) -> "Figure":
        """The next month's figure of an indicator whose months add up."""
        return Figure(split, self.year.plus(split) if same_year else split, self.total.plus(split), extra)

    def scope(self, name: str) -> Split:
        found: Split = getattr(self, name)
        return found


class Fact(NamedTuple):
    """One effective service: its service month, evidence, client, the client's region, the firm, the category, people served (人)."""

    month: str
    grade: str
    client: str
    region: str
    firm_id: int
    category: str
    people: int
    late: bool = False  # became known after its month had closed: counts in the first open month


def in_scope(fact: Fact, count_individual: bool) -> bool:
    """Does the client lie in the delta, and is it of a kind that counts?"""
    return fact.region[:2] in DELTA and (count_individual or not fact.client.startswith("92"))


def booked(facts: Iterable[Fact], first_open: str) -> dict[str, list[Fact]]:
    """Facts by the month they are booked in: their own, or the first open one when theirs has closed."""
    months: dict[str, list[Fact]] = {}
    for fact in facts:
        months.setdefault(max(fact.month, first_open), []).append(fact)
    return months


class Tally:
    """Distinct clients and their people, each client by its best grade; adding the same fact twice changes nothing.

    It may begin from counts of before (`clients`, `heads`) with the people of just those clients that will be touched.
    """

    def __init__(
        self, clients: Split = ZERO, heads: Split = ZERO, known: Mapping[str, Sequence[int]] | None = None
    ) -> None:
        self.clients, self.heads = clients, heads
        self.known: dict[str, list[int]] = {k: list(v) for k, v in (known or {}).items()}

    def add(self, facts: Iterable[Fact]) -> None:
        self.merge(gather(facts))

    def merge(self, people: Mapping[str, Sequence[int]]) -> None:
        """Take in clients with their largest numbers by grade."""
        counts, heads = list(self.clients), list(self.heads)
        for client, fresh in people.items():
            before = self.known.get(client)
            after = list(fresh)
            if before is not None:
                best, a, b, c = _share(before)
                counts[best] -= 1
                heads[0], heads[1], heads[2] = heads[0] - a, heads[1] - b, heads[2] - c
                after = [max(x, y) for x, y in zip(before, fresh, strict=True)]
            best, a, b, c = _share(after)
            counts[best] += 1
            heads[0], heads[1], heads[2] = heads[0] + a, heads[1] + b, heads[2] + c
            self.known[client] = after
        self.clients, self.heads = Split(*counts), Split(*heads)


def gather(facts: Iterable[Fact]) -> dict[str, list[int]]:
    """Each client's largest number of people by grade."""
    known: dict[str, list[int]] = {}
    for fact in facts:
        people = known.get(fact.client)
        if people is None:
            people = known[fact.client] = [NOBODY, NOBODY, NOBODY]
        place = GRADES.index(fact.grade)
        if fact.people > people[place]:
            people[place] = fact.people
    return known


def _share(people: Sequence[int]) -> tuple[int, int, int, int]:
    """A client's share of the counts: its best grade; A's people, what B adds to them, what C adds to both."""
    a, b, c = people
    best = 0 if a != NOBODY else 1 if b != NOBODY else 2
    a = max(a, 0)
    reached = max(a, b)
    return best, a, reached - a, max(c, reached) - reached


def count_visits(facts: Iterable[Fact]) -> Split:
    """服务家次 of one month: distinct (client, firm, category, month), each by its best grade."""
    best: dict[tuple[str, int, str, str], str] = {}
    for fact in facts:
        key = (fact.client, fact.firm_id, fact.category, fact.month)
        best[key] = min(best.get(key, "C"), fact.grade)
    return _count(best.values())


def _count(grades: Iterable[str]) -> Split:
    numbers = [0, 0, 0]
    for grade in grades:
        numbers[GRADES.index(grade)] += 1
    return Split(*numbers)


def sum_people(facts: Iterable[Fact]) -> Split:
    """服务人次 of one month."""
    numbers = [0, 0, 0]
    for fact in facts:
        numbers[GRADES.index(fact.grade)] += fact.people
    return Split(*numbers)


@dataclass(slots=True)
class Start:
    """Where a run of months begins: the tallies of the total and of the year under way, the cities reached, the last closed figures."""

    total: Tally = field(default_factory=Tally)
    year: Tally = field(default_factory=Tally)
    year_name: str = ""
    cities: set[str] = field(default_factory=set)
    year_cities: set[str] = field(default_factory=set)
    figures: dict[str, Figure] = field(default_factory=dict)
    period: str = ""


def service_figures(
    months: Sequence[str], facts: Mapping[str, Sequence[Fact]], start: Start, core27: frozenset[str]
) -> dict[str, dict[str, Figure]]:
    """K3, K3v, K4, K4v and K12 for a run of months, in order. A late fact counts in the month it is booked in and in the year it served."""
    found: dict[str, dict[str, Figure]] = {}
    before, period = dict(start.figures), start.period
    for month in months:
        if month[:4] != start.year_name:
            start.year, start.year_cities, start.year_name = Tally(), set(), month[:4]
        here = facts.get(month, ())
        people = gather(here)
        own = Tally()
        own.merge(people)
        start.total.merge(people)
        of_year = [fact for fact in here if fact.month[:4] == start.year_name]
        start.year.merge(people if len(of_year) == len(here) else gather(of_year))
        cities = {fact.region for fact in here if fact.grade != "C"}
        start.year_cities |= {fact.region for fact in of_year if fact.grade != "C"}
        start.cities |= cities
        individuals = sum(client.startswith("92") for client in own.known)
        same = period[:4] == month[:4]
        found[month] = {
            "K3": Figure(own.clients, start.year.clients, start.total.clients, {"individuals": individuals}),
            "K4": Figure(own.heads, start.year.heads, start.total.heads),
            "K3v": before.get("K3v", Figure()).followed_by(count_visits(here), same),
            "K4v": before.get("K4v", Figure()).followed_by(sum_people(here), same),
            "K12": Figure(
                Split(len(cities)), Split(len(start.year_cities)), Split(len(start.cities)),
                {"cities": sorted(start.cities), "year_cities": sorted(start.year_cities), "core27": len(start.cities & core27)},
            ),
        }  # fmt: skip
        before, period = found[month], month
    return found


Amounts = dict[tuple[int, str], list[int]]
"""(firm, month) → revenue B, revenue C, pass-through B, pass-through C in 分."""


def revenue_figures(
    months: Sequence[str],
    amounts: Amounts,
    park: frozenset[int],
    threshold: int,
    corrections: Mapping[str, Split],
    start: Start,
) -> dict[str, dict[str, Figure]]:
    """K1, K2 and K2n for a run of months. Corrections of closed months are booked into the first of them; a year's sum is always exact."""
    found: dict[str, dict[str, Figure]] = {}
    before, period = dict(start.figures), start.period
    by_month: dict[str, list[int]] = {}
    by_year: dict[str, list[int]] = {}
    for (firm, month), numbers in amounts.items():
        if firm in park:
            for table, key in ((by_month, month), (by_year, f"{month[:4]}")):
                sums = table.setdefault(key, [0, 0, 0, 0])
                for place, number in enumerate(numbers):
                    sums[place] += number
    for place, month in enumerate(months):
        gross, net = _both(by_month.get(month, [0, 0, 0, 0]))
        if place == 0:
            gross, net = gross.plus(corrections.get("K2", ZERO)), net.plus(corrections.get("K2n", ZERO))
        year, year_net = _both(_until(amounts, park, month))
        full, _net = _both(by_year.get(str(int(month[:4]) - 1), [0, 0, 0, 0]))
        same = period[:4] == month[:4]
        k2 = before.get("K2", Figure()).followed_by(gross, same)
        k2n = before.get("K2n", Figure()).followed_by(net, same)
        corrected = corrections.get("K2", ZERO)
        extra = {"full_year": list(full), "corrections": list(corrected) if place == 0 else [0, 0, 0]}
        scale = firms_of_scale(amounts, park, str(int(month[:4]) - 1), threshold)
        found[month] = {
            "K1": Figure(scale, scale, scale),
            "K2": Figure(k2.month, year, k2.total, extra),
            "K2n": Figure(k2n.month, year_net, k2n.total),
        }
        before, period = found[month], month
    return found


def _both(sums: Sequence[int]) -> tuple[Split, Split]:
    """Gross and net revenue as splits."""
    return Split(0, sums[0], sums[1]), Split(0, sums[0] - sums[2], sums[1] - sums[3])


def _until(amounts: Amounts, park: frozenset[int], month: str) -> list[int]:
    sums = [0, 0, 0, 0]
    for (firm, other), numbers in amounts.items():
        if firm in park and other[:4] == month[:4] and other <= month:
            for place, number in enumerate(numbers):
                sums[place] += number
    return sums


def firms_of_scale(amounts: Amounts, park: frozenset[int], year: str, threshold: int) -> Split:
    """Firms whose accounting-year revenue reaches the threshold (分, the bound counts): by verified figures (B), or only with what they
    report themselves (C)."""
    sums: dict[int, list[int]] = {}
    for (firm, month), numbers in amounts.items():
        if firm in park and month[:4] == year:
            own = sums.setdefault(firm, [0, 0])
            own[0] += numbers[0]
            own[1] += numbers[1]
    verified = sum(b >= threshold for b, _ in sums.values())
    return Split(0, verified, sum(b < threshold <= b + c for b, c in sums.values()))


def run_rate(value: int, year_ago: int, months_left: int) -> int:
    """Where a running total stands after the months left, if it goes on as in the last twelve."""
    return value + (value - year_ago) * months_left // 12


def annualised(value: int, months_done: int) -> int | None:
    """A year's sum if its remaining months are like those done; None before the first is over."""
    return value * 12 // months_done if months_done else None
