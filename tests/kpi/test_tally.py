"""The arithmetic of the indicators against counting by hand and by brute force."""

from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.kpi.rules.indicators import months_between, next_month
from marketplace.kpi.rules.tally import (
    ZERO,
    Fact,
    Figure,
    Split,
    Start,
    Tally,
    annualised,
    booked,
    count_visits,
    firms_of_scale,
    in_scope,
    revenue_figures,
    run_rate,
    service_figures,
)

MONTHS = ["2025-11", "2025-12", "2026-01", "2026-02"]
facts_strategy = st.lists(
    st.builds(
        Fact, st.sampled_from(MONTHS), st.sampled_from("ABC"), st.sampled_from(["c1", "c2", "c3", "92x"]),
        st.sampled_from(["310000", "320500"]), st.integers(1, 3), st.sampled_from(["C0101", "C0102"]), st.integers(0, 9),
    ),
    max_size=25,
)  # fmt: skip


def brute_clients(facts: list[Fact]) -> Split:
    best = {f.client: min(g.grade for g in facts if g.client == f.client) for f in facts}
    return Split(*(sum(grade == one for grade in best.values()) for one in "ABC"))


def brute_heads(facts: list[Fact]) -> Split:
    def largest(client: str, grades: str) -> int:
        return max((f.people for f in facts if f.client == client and f.grade in grades), default=0)

    clients = {f.client for f in facts}
    a = sum(largest(c, "A") for c in clients)
    ab = sum(largest(c, "AB") for c in clients)
    return Split(a, ab - a, sum(largest(c, "ABC") for c in clients) - ab)


def filled(facts: list[Fact], tally: Tally | None = None) -> Tally:
    tally = tally or Tally()
    tally.add(facts)
    return tally


@settings(max_examples=200, deadline=None)
@given(facts_strategy)
def test_the_tally_counts_as_brute_force_does(facts: list[Fact]) -> None:
    tally = filled(facts)
    assert (tally.clients, tally.heads) == (brute_clients(facts), brute_heads(facts))


@settings(max_examples=100, deadline=None)
@given(facts_strategy, facts_strategy)
def test_going_on_from_stored_sums_is_the_same_as_counting_everything(old: list[Fact], new: list[Fact]) -> None:
    before = filled(old)
    touched = {f.client for f in new}
    after = filled(new, Tally(before.clients, before.heads, {c: p for c, p in before.known.items() if c in touched}))
    assert (after.clients, after.heads) == (brute_clients(old + new), brute_heads(old + new))


@settings(max_examples=100, deadline=None)
@given(facts_strategy)
def test_a_fact_seen_twice_changes_neither_clients_nor_people(facts: list[Fact]) -> None:
    assert filled(facts + facts).heads == filled(facts).heads
    assert filled(facts + facts).clients == filled(facts).clients


@settings(max_examples=60, deadline=None)
@given(facts_strategy)
def test_months_years_and_totals_agree_with_brute_force(facts: list[Fact]) -> None:
    figures = service_figures(MONTHS, booked(facts, MONTHS[0]), Start(), frozenset({"310000"}))
    for month in MONTHS:
        until = [f for f in facts if f.month <= month]
        here = [f for f in facts if f.month == month]
        year = [f for f in until if f.month[:4] == month[:4]]
        k3, k4 = figures[month]["K3"], figures[month]["K4"]
        assert (k3.month, k3.year, k3.total) == (brute_clients(here), brute_clients(year), brute_clients(until))
        assert (k4.month, k4.year, k4.total) == (brute_heads(here), brute_heads(year), brute_heads(until))
        assert figures[month]["K12"].total.a == len({f.region for f in until if f.grade != "C"})
        visits = {(f.client, f.firm_id, f.category, f.month) for f in until}
        assert sum(figures[month]["K3v"].total) == len(visits)


def test_two_agencies_are_one_client_and_two_visits() -> None:
    facts = [Fact("2026-01", "B", "c1", "310000", firm, "C0101", 5) for firm in (1, 2)]
    assert filled(facts).clients == Split(0, 1, 0)
    assert count_visits(facts) == Split(0, 2, 0)


def test_a_client_months_people_are_the_largest_service_line_not_the_sum() -> None:
    facts = [Fact("2026-01", "B", "c1", "310000", 1, code, people) for code, people in (("C0101", 30), ("C0301", 50))]
    assert filled(facts).heads == Split(0, 50, 0)


def test_self_reported_people_stand_apart_from_the_verified() -> None:
    facts = [
        Fact("2026-01", grade, "c1", "310000", 1, "C0101", people)
        for grade, people in (("A", 10), ("B", 30), ("C", 100))
    ]
    assert filled(facts).heads == Split(10, 20, 70)
    assert filled(facts).clients == Split(1, 0, 0)


def test_only_the_delta_counts_and_individuals_only_by_the_switch() -> None:
    fact = Fact("2026-01", "A", "92310118MA1XXXXX0X", "330100", 1, "C0101", 1)
    assert in_scope(fact, count_individual=True) and not in_scope(fact, count_individual=False)
    assert not in_scope(fact._replace(region="420100"), count_individual=True)


def test_a_late_fact_is_booked_into_the_first_open_month() -> None:
    late = Fact("2025-12", "A", "c1", "310000", 1, "C0101", 1, late=True)
    assert booked([late], "2026-01") == {"2026-01": [late]}


def test_scale_counts_the_bound_and_verified_figures_first() -> None:
    amounts = {
        (1, "2025-03"): [1000, 0, 0, 0],
        (2, "2025-03"): [999, 1, 0, 0],
        (3, "2025-03"): [999, 0, 0, 0],
        (4, "2025-03"): [5000, 0, 0, 0],
    }
    assert firms_of_scale(amounts, frozenset({1, 2, 3}), "2025", 1000) == Split(0, 1, 1)


def test_a_correction_of_a_closed_month_is_booked_into_the_open_one_and_the_year_is_exact() -> None:
    start = Start(figures={"K2": Figure(Split(0, 90), Split(0, 90), Split(0, 90))}, period="2026-01")
    amounts = {(1, "2026-01"): [100, 0, 40, 0], (1, "2026-02"): [50, 0, 0, 0]}
    figures = revenue_figures(["2026-02"], amounts, frozenset({1}), 1000, {"K2": Split(0, 10)}, start)["2026-02"]
    assert (figures["K2"].month, figures["K2"].year, figures["K2"].total) == (
        Split(0, 60),
        Split(0, 150),
        Split(0, 150),
    )
    assert figures["K2n"].year == Split(0, 110)


def test_forecasts_go_on_at_the_pace_of_late() -> None:
    assert run_rate(1200, 0, 12) == 2400
    assert annualised(300, 3) == 1200 and annualised(0, 0) is None


def test_months_follow_across_years() -> None:
    assert (next_month("2025-12"), next_month("2026-01", -13)) == ("2026-01", "2024-12")
    assert months_between("2025-11", "2026-02") == MONTHS and months_between("2026-02", "2026-01") == []
    assert ZERO.value == 0
