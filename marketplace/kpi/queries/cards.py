"""What the dashboard shows of each indicator: value, target, progress, gap, evidence, forecast, trend."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from marketplace.catalog.rules.taxonomy import find_category
from marketplace.core import money
from marketplace.core.i18n import _, is_english, local_name
from marketplace.kpi.queries.board import Board, Value, board, compute, frozen_figures, value_of
from marketplace.kpi.rules.indicators import (
    FORECAST_TO,
    INDICATORS,
    SUPPRESS_BELOW,
    Indicator,
    indicator,
    months_between,
    next_month,
)
from marketplace.kpi.rules.tally import Figure, Split, annualised, run_rate

SMALL_CELLS = frozenset({"K3", "K3v", "K4", "K4v"})


@dataclass(frozen=True, slots=True)
class Card:
    """One indicator ready to be shown; texts are in the reader's language."""

    indicator: Indicator
    value: Value
    text: str
    target_text: str | None
    percent: int | None
    gap_text: str
    verdict: str
    evidence: dict[str, int] | None
    self_reported_text: str
    note: str
    forecast_text: str
    delta: str | None
    is_up: bool | None

    @property
    def mark(self) -> str | None:
        return _("暂估") if self.value.provisional else None

    @property
    def url(self) -> str:
        return f"/dashboard/{self.indicator.slug}"


def format_value(one: Indicator, number: int) -> str:
    """A figure in its unit: 1.28亿元, 96.5%, 4.62, 12,345."""
    if one.unit == "fen":
        return money.short_yuan_en(number) if is_english() else money.short_yuan(number)
    if one.unit == "bps":
        return f"{number / 100:.1f}%"
    if one.unit == "score":
        return f"{number / 100:.2f}" if number else "—"
    return f"{number:,}"


def with_unit(one: Indicator, number: int) -> str:
    text = format_value(one, number)
    return text if one.unit in ("fen", "bps", "score") else f"{text} {one.unit_label}"


def cell(one: Indicator, number: int, names: bool) -> int | None:
    """A figure of one month or one grade; None where it is too small to be shown to the public (clients and people below five)."""
    hidden = not names and one.code in SMALL_CELLS and 0 < number < SUPPRESS_BELOW
    return None if hidden else number


def cell_text(one: Indicator, number: int, names: bool) -> str:
    return f"<{SUPPRESS_BELOW}" if cell(one, number, names) is None else format_value(one, number)


def evidence_shares(split: Split) -> dict[str, int] | None:
    """Whole percents that add up to 100; None when there is nothing."""
    parts = [max(number, 0) for number in split]
    if not sum(parts):
        return None
    return {grade: share for grade, share in zip("ABC", money.split(100, parts), strict=True) if share}


def list_cards(seen: Board | None = None, *, names: bool = False) -> list[Card]:
    """All indicators of the present month, the four headline ones first. `names`: the reader may see small numbers."""
    seen = seen or board()
    return [make_card(one, compute(one.code, seen.current, seen), seen, names=names) for one in INDICATORS]


def make_card(one: Indicator, value: Value, seen: Board, *, names: bool = False) -> Card:
    percent = value.value * 100 // one.target if one.target else None
    delta, is_up = _delta(one, value, seen)
    return Card(
        one, value, format_value(one, value.value), _target_text(one), percent, _gap_text(one, value.value),
        _verdict(one, value.value), evidence_shares(value.evidence),
        f"{cell_text(one, value.evidence.c, names)} {one.unit_label if one.unit != 'fen' else ''}".strip() if value.evidence.c else "",
        _note(one, value, names), _forecast_text(one, value, seen), delta, is_up,
    )  # fmt: skip


def _target_text(one: Indicator) -> str | None:
    if one.target is None:
        return None
    if one.upper:
        return f"{format_value(one, one.target)}–{format_value(one, one.upper)}"
    return f"≥ {format_value(one, one.target)}"


def _gap_text(one: Indicator, number: int) -> str:
    if one.target is None:
        return ""
    if number >= one.target:
        return _("已达目标")
    return _("距目标还差 %(gap)s", gap=with_unit(one, one.target - number))


def _verdict(one: Indicator, number: int) -> str:
    """K4 is a band: below the floor, within, above."""
    if one.target is None:
        return ""
    if one.upper and number > one.upper:
        return _("超额")
    return _("达标") if number >= one.target else _("未达标")


def _note(one: Indicator, value: Value, names: bool) -> str:
    """The figure that belongs beside the headline."""
    figure = value.figure
    if one.code == "K2":
        return _("上年全年 %(value)s", value=format_value(one, Split(*figure.extra.get("full_year", (0, 0, 0))).value))
    if one.code in ("K3", "K4"):
        return _(
            "本年 %(year)s，本月 %(month)s",
            year=cell_text(one, figure.year.value, names),
            month=cell_text(one, figure.month.value, names),
        )
    if one.code == "K5":
        return _("其中在园 %(n)s 家", n=figure.extra.get("in_park", 0))
    if one.code == "K8":
        return _("本月下单 %(n)s，完成 %(done)s", n=figure.month.a, done=figure.extra.get("completed", 0))
    if one.code == "K12":
        return _("其中中心区 27 城覆盖 %(n)s 城", n=figure.extra.get("core27", 0))
    if one.code == "K13":
        number, _sum, good = figure.extra.get("scores", {}).get("total", (0, 0, 0))
        return _("%(n)s 条评价，4 分及以上 %(share)s%%", n=number, share=good * 100 // number if number else 0)
    if one.code == "K16":
        return _("%(n)s / %(all)s 家", n=figure.extra.get("compliant", 0), all=figure.extra.get("approved", 0))
    if one.scope == "total":
        return _("本月 %(month)s", month=cell_text(one, figure.month.value, names))
    return ""


def forecast(one: Indicator, value: Value, seen: Board) -> int | None:
    """The run-rate forecast: totals to the end of 2027 by the last twelve months, revenue to the end of its year by its closed months."""
    if one.unit == "fen" and one.scope == "year":
        closed = seen.figures.get(seen.closed, {}).get(one.code)
        if closed is None or seen.closed[:4] != value.period[:4]:
            return None
        return annualised(closed.year.value, int(seen.closed[5:7]))
    ago = seen.figures.get(next_month(value.period, -12), {}).get(one.code)
    if one.scope != "total" or one.unit not in ("count", "people", "fen") or one.code == "K12" or ago is None:
        return None
    left = len(months_between(value.period, FORECAST_TO)) - 1
    return run_rate(value.value, ago.total.value, max(left, 0))


def _forecast_text(one: Indicator, value: Value, seen: Board) -> str:
    number = forecast(one, value, seen)
    if number is None:
        return ""
    if one.scope == "year":
        return _("按已关账月份推算全年 %(value)s", value=format_value(one, number))
    return _("按近 12 个月速度，2027 年底约 %(value)s", value=format_value(one, number))


def _delta(one: Indicator, value: Value, seen: Board) -> tuple[str | None, bool | None]:
    """The last closed month against the one before, for figures whose months say something by themselves."""
    last = seen.figures.get(seen.closed, {}).get(one.code)
    before = seen.figures.get(next_month(seen.closed, -1), {}).get(one.code) if seen.closed else None
    if (
        last is None
        or before is None
        or not before.month.value
        or one.unit in ("bps", "score")
        or one.code in ("K5", "K12")
    ):
        return None, None
    if one.scope == "month":
        change = last.month.value - before.month.value
        return (_("较上月 %(n)s", n=f"{change:+,}"), change > 0) if change else (_("与上月持平"), None)
    share = (last.month.value - before.month.value) * 1000 // before.month.value / 10
    return _("%(month)s 环比 %(share)s%%", month=seen.closed, share=f"{share:+.1f}"), share > 0 if share else None


def headline() -> list[dict[str, Any]]:
    """The four headline indicators as arguments of the `stat_card` macro, for the front page."""
    return [card_arguments(card) for card in list_cards() if card.indicator.is_headline]


def card_arguments(card: Card) -> dict[str, Any]:
    estimate = f"{_('估算')} · " if card.indicator.is_estimate else ""
    return {
        "label": card.indicator.label, "value": card.text, "target": card.target_text, "percent": card.percent,
        "icon": card.indicator.icon, "url": card.url, "note": f"{estimate}{card.gap_text}", "evidence": card.evidence, "mark": card.mark,
    }  # fmt: skip


def trend(seen: Board, amount: str = "K6", counted: str = "K3", *, names: bool = False) -> dict[str, Any]:
    """The months of the last year: an amount in 万元 (K6 platform volume, K2 revenue) and what was counted beside it (K3, K4)."""
    months, of_amount, of_count = seen.months[-13:], indicator(amount), indicator(counted)

    def figures(code: str) -> list[int]:
        return [seen.figures[m].get(code, Figure()).month.value for m in months]

    return {
        "kind": "bar",
        "categories": [_("%(month)s（暂估）", month=m) if seen.is_open(m) else m for m in months],
        "units": [_("万元"), str(of_count.unit_label)],
        "series": [
            {"name": of_amount.label, "data": [fen // 1_000_000 for fen in figures(amount)]},
            {
                "name": of_count.label,
                "data": [cell(of_count, n, names) for n in figures(counted)],
                "kind": "line",
                "axis": 1,
            },
        ],
    }


def category_share(seen: Board, largest: int = 7) -> dict[str, Any]:
    """The platform's volume of the last twelve months by top category, in 万元; small ones together."""
    sums: dict[str, int] = {}
    for month in seen.months[-12:]:
        for top, fen in seen.figures[month].get("K6", Figure()).extra.get("top", {}).items():
            sums[top] = sums.get(top, 0) + fen
    ordered = sorted(sums.items(), key=lambda item: -item[1])
    names = [local_name(find_category(top)) or top for top, _fen in ordered[:largest]]
    numbers = [fen // 1_000_000 for _top, fen in ordered[:largest]]
    if len(ordered) > largest:
        names.append(_("其他"))
        numbers.append(sum(fen for _top, fen in ordered[largest:]) // 1_000_000)
    return {
        "kind": "donut",
        "categories": names,
        "units": [_("万元")],
        "series": [{"name": _("平台成交额"), "data": numbers}],
    }


def series(one: Indicator, seen: Board | None = None) -> list[Value]:
    """Every month of one indicator since 2023, the open ones at the end."""
    seen = seen or board()
    figures = {m: f[one.code] for m, f in frozen_figures(code=one.code).items()}
    figures.update({m: f[one.code] for m, f in seen.figures.items() if one.code in f})
    return [value_of(one.code, month, figures[month], seen) for month in sorted(figures)]


def series_chart(one: Indicator, values: Sequence[Value], *, names: bool = False) -> dict[str, Any]:
    """The chart of one indicator: each month, and where it adds up, the running figure beside it."""
    shown = values[-36:]
    scale = {"fen": 1_000_000, "bps": 100, "score": 100}.get(one.unit, 1)

    def scaled(number: int) -> float | int | None:
        if cell(one, number, names) is None:
            return None
        return number if scale == 1 else number // scale if one.unit == "fen" else round(number / scale, 2)

    unit = _("万元") if one.unit == "fen" else str(one.unit_label)
    lines: list[dict[str, Any]] = [{"name": _("当月"), "data": [scaled(v.figure.month.value) for v in shown]}]
    if one.scope != "month":
        name = _("本年累计") if one.scope == "year" else _("累计")
        running: dict[str, Any] = {"name": name, "data": [scaled(v.value) for v in shown], "kind": "line", "axis": 1}
        if one.target:
            running["target"] = scaled(one.target)
        lines.append(running)
    return {
        "kind": "bar", "units": [unit, unit][: len(lines)], "series": lines,
        "categories": [_("%(month)s（暂估）", month=v.period) if v.provisional else v.period for v in shown],
    }  # fmt: skip
