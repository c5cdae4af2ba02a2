"""The query log names nobody; how long it is kept stands in the matrix (个人信息保护法 19, 网络安全法 21)."""

from datetime import datetime
from typing import Any

from sqlalchemy import Select

from marketplace.core import retention
from marketplace.core.i18n import lazy
from marketplace.search.models import SearchQuery


def _old(before: datetime) -> Select[Any]:
    return retention.due_rows(SearchQuery, SearchQuery.last_at < before)


retention.register(
    retention.Rule(
        "search_queries", lazy("搜索词统计（不含个人信息）"), "search_query", lazy("最后一次搜索后"), "个人信息保护法第十九条",
        "delete", _old, retention.deleting(SearchQuery),
    ),
    days=180,
)  # fmt: skip
retention.keep("search_words", lazy("搜索词表的修改历史"), "search_word", lazy("长期保存"), "网络安全法第二十一条")
