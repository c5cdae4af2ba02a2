"""How much may be kept and compared."""

from marketplace.core import settings
from marketplace.core.i18n import lazy

settings.define(
    "shortlists.max_favourites", "int", 300, lazy("每人最多收藏的服务数"), "平台服务约定", minimum=1, maximum=1000
)
settings.define(
    "shortlists.max_lists",
    "int",
    50,
    lazy("每个单位或个人最多同时使用的备选清单数"),
    "平台服务约定",
    minimum=1,
    maximum=500,
)
settings.define(
    "shortlists.max_listings", "int", 60, lazy("每份备选清单最多收录的服务数"), "平台服务约定", minimum=4, maximum=300
)
COMPARED = 4
"""How many services fit side by side on a page and in a head."""


def read_ids(values: list[str]) -> list[int]:
    """The services an address names (`id=17&id=23`), each once, in its order; what is no id is left out."""
    return list(dict.fromkeys(int(v) for v in values if v.isascii() and v.isdigit() and 0 < len(v) < 16 and int(v)))
