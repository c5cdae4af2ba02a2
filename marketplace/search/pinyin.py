"""Readings of Chinese text, for the indexer only: pypinyin costs 58 MB and 0.2 s, so a web process must never call this."""

from functools import lru_cache

from marketplace.search.tokens import is_cjk

_OVERRIDES = {
    "调岗": "diao gang", "调薪": "tiao xin", "调研": "diao yan", "调查": "diao cha", "背调": "bei diao", "差旅": "chai lv",
    "外调": "wai diao", "调动": "diao dong", "薪酬调查": "xin chou diao cha", "长三角": "chang san jiao",
    "重庆": "chong qing", "厦门": "xia men", "参保": "can bao", "校招": "xiao zhao", "行业": "hang ye",
}  # fmt: skip


@lru_cache(maxsize=1)
def _prepare() -> None:
    # imported late: see the module's docstring
    from pypinyin import load_phrases_dict

    load_phrases_dict({word: [[one] for one in reading.split()] for word, reading in _OVERRIDES.items()})


@lru_cache(maxsize=100_000)
def syllables(text: str) -> tuple[str, ...]:
    """One toneless reading per character of a normalised text; what is not Chinese stands for itself, ü is v."""
    from pypinyin import Style, lazy_pinyin

    _prepare()
    found: list[str] = []
    start = 0
    while start < len(text):
        end = start
        chinese = is_cjk(text[start])
        while end < len(text) and is_cjk(text[end]) == chinese:
            end += 1
        piece = text[start:end]
        read = lazy_pinyin(piece, style=Style.NORMAL) if chinese else list(piece)
        found.extend(read if len(read) == len(piece) else list(piece))
        start = end
    return tuple(found)


def common_characters() -> str:
    """The 6,763 Chinese characters of GB 2312, enough to read what people type by mistake."""
    return "".join(
        bytes((high, low)).decode("gb2312", "ignore") for high in range(0xB0, 0xF8) for low in range(0xA1, 0xFF)
    )
