"""The indicators as data, and the pure arithmetic behind them."""

from marketplace.kpi.rules.indicators import INDICATORS, Indicator, find_indicator, indicator
from marketplace.kpi.rules.tally import ZERO, Fact, Figure, Split, Tally

__all__ = ["INDICATORS", "ZERO", "Fact", "Figure", "Indicator", "Split", "Tally", "find_indicator", "indicator"]
