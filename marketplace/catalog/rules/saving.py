"""Saved searches: how many a person keeps, and how broad one may be that is watched."""

from urllib.parse import parse_qsl

from marketplace.catalog.rules.search import SearchParams, read_search
from marketplace.core import settings
from marketplace.core.i18n import lazy

settings.define("catalog.saved_searches", "int", 20, lazy("每人可保存的搜索数"), "平台服务规则", minimum=1, maximum=100)
settings.define(
    "catalog.saved_search_matches", "int", 2000, lazy("开启新服务提醒的搜索最多匹配的服务数"), "平台服务规则", minimum=10, maximum=20000
)  # fmt: skip
LONGEST_QUERY = 1000
LONGEST_NAME = 60


def read_saved(query: str) -> SearchParams:
    """The search of a stored query string; what it names that no longer exists is left out."""
    return read_search(parse_qsl(query, keep_blank_values=True))[0]
