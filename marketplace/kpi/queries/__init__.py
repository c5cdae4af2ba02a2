"""Reading the indicators: the facts behind them, the open months live, the closed ones frozen, and what the pages show."""

from marketplace.kpi.queries.board import Board, Value, board, compute, list_values
from marketplace.kpi.queries.cards import Card, category_share, headline, list_cards, series, trend
from marketplace.kpi.queries.rows import list_rows, rows_for_export

__all__ = [
    "Board", "Card", "Value", "board", "category_share", "compute", "headline", "list_cards", "list_rows", "list_values",
    "rows_for_export", "series", "trend",
]  # fmt: skip
