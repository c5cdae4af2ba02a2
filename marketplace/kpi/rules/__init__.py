"""The indicators as data, and the pure arithmetic behind them."""

from marketplace.kpi.rules.indicators import INDICATORS, Indicator, find_indicator, indicator
from marketplace.kpi.rules.tally import Fact, Figure, Split, Tally, ZERO

__all__ = ["INDICATORS", "ZERO", "Fact", "Figure", "Indicator", "Split", "Tally", "find_indicator", "indicator"]
