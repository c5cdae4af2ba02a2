"""Words of a query that are no words of the text but conditions: prices, ratings, licences, head counts, ways of pricing.

Pure recognisers: text in normal form in, typed hints and the text without them out. Whoever searches decides what a hint filters.
"""

import re
from typing import NamedTuple

_DIGITS = {"零": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_PLACES = {"十": 10, "百": 100, "千": 1000}
_SCALES = {"": 1, "万": 10_000, "w": 10_000, "千": 1000, "k": 1000, "百": 100}


class Hint(NamedTuple):
    """A condition somebody wrote into the query. `low` and `high` include both ends (prices in 分); `text` are the words themselves."""

    kind: str
    text: str
    low: float | None = None
    high: float | None = None
    values: tuple[str, ...] = ()


class Recognised(NamedTuple):
    """The hints of a text and what is left of it."""

    hints: tuple[Hint, ...]
    rest: str


_N = r"(\d{1,9}(?:,\d{3})*(?:\.\d{1,2})?|[一二两三四五六七八九十百千]{1,7})\s*([万千百kw])?(?![a-z])"
_YUAN = r"\s*(?:元|块钱|块|rmb|人民币|cny)"
_PER = r"(?:\s*(?:/|每|一)\s*(?:人次|人天|人|个|月|年|份|次|天|小时|场|项目|账号|单|位))*"
_LESS = r"(?:预算(?:不超过|在|大概|大约|约)?|低于|不超过|不高于|少于|小于|不大于|最高|最多|至多|控制在|under|below|less than|max)"
_MORE = r"(?:(?<!不)(?:高于|大于|超过)|不低于|不少于|至少|最低|over|above|more than|min)"
_UNDER = r"\s*(?:以内|以下|之内|之下|以里|封顶|内|及以下)"
_OVER = r"\s*(?:以上|及以上|起步|起|往上)"
_ABOUT = r"\s*(?:左右|上下|出头|附近)"
_TO = r"\s*(?:-|~|—|–|至|到)\s*"
_RANGE = re.compile(
    rf"(?:预算)?[¥$]?\s*{_N}{_YUAN}?{_TO}[¥$]?\s*{_N}(?:(?P<yuan>{_YUAN})|(?<=[万kw]))(?!\s*(?:人|名)){_PER}(?:之间)?"
)
_AT_MOST = re.compile(
    rf"{_LESS}\s*[¥$]?\s*{_N}(?!\s*(?:人(?!民)|名|个|%|天|分))(?:{_YUAN})?{_PER}(?:{_UNDER}|{_ABOUT})?"
    rf"|[¥$]?\s*{_N}(?:{_YUAN}{_PER})?{_UNDER}(?!部|训|推|购)"
)
_AT_LEAST = re.compile(rf"{_MORE}\s*[¥$]?\s*{_N}{_YUAN}{_PER}|[¥$]?\s*{_N}(?:{_YUAN}|(?<=[万kw])){_PER}{_OVER}")
_NEAR = re.compile(rf"[¥$]?\s*{_N}{_YUAN}{_PER}{_ABOUT}|[¥$]?\s*{_N}(?<=[万kw]){_PER}{_ABOUT}")
_EXACT = re.compile(
    rf"[¥$]?\s*{_N}{_YUAN}{_PER}(?:的)?(?:预算)?|[¥$]\s*{_N}{_PER}|{_N}(?<=[万kw])(?:的)?预算|{_N}(?<=[万kw])(?:\s*(?:/|每|一)\s*(?:人|个|月|年|份|次|天|场))+"
)
_RATE = re.compile(
    r"\d+(?:\.\d+)?\s*(?:%|个点|点)(?:\s*(?:-|~|到|至)\s*\d+(?:\.\d+)?\s*%)?(?:以内|以下|左右)?(?:的)?(?:费率|服务费|佣金|提成)?"
)
_RATING = re.compile(
    r"(?:评分)?([1-5](?:\.\d)?)\s*[分星](?:及?以上|起)(?:的)?|好评(?:率高)?(?:的)?|评分高(?:的)?|高评分(?:的)?|口碑(?:好|最好)(?:的)?"
)
_VOLUME = re.compile(
    r"(\d{1,6}|[二三四五六七八九十百千]{1,5}(?=[人名位]))\s*(?:多|余|来)?\s*(?:人(?![天月次才力事份资工格民气])|名|位|个人|个(?=\s*[\u4e00-\u9fff]))(?:左右|以上|以内|以下|规模|的)?"
    r"|(\d{1,6})\s*(?:people|persons|workers|employees|staff|headcount)"
)
_LICENSED = re.compile(
    r"持证(?:的)?|(?:资质|证照|手续)齐全(?:的)?|有资质(?:的)?|资质?已?核验(?:过)?(?:的)?|已核验(?:的)?|有牌照(?:的)?|licensed|verified"
    r"|(?:有|具备|具有|持有|持)(?=[\u4e00-\u9fffa-z]{0,12}(?:许可证|派遣证|资质|备案|牌照|icp证|许可))"
)
_PRICING: tuple[tuple[re.Pattern[str], tuple[str, ...], bool], ...] = (
    (
        re.compile(r"按人按月(?:收费|付费|计费)?|按人头(?:收费|付费|计费)?|每人每月|元/人/月"),
        ("per_head_month",),
        False,
    ),
    (
        re.compile(r"按人按年(?:收费|付费)?|每人每年|包年|按年(?:收费|付费|计费)"),
        ("per_person_year", "per_account_year"),
        False,
    ),
    (
        re.compile(r"按(?:入职|到岗|效果|结果)(?:人数)?(?:收费|付费|结算|计费)?|入职付费|成功付费|先入职后付费"),
        ("per_hire_fixed", "pct_annual_salary"),
        False,
    ),
    (re.compile(r"按年薪(?:比例)?(?:收费|付费)?|年薪比例"), ("pct_annual_salary",), False),
    (re.compile(r"按发放额(?:收费|费率)?"), ("pct_payroll",), False),
    (re.compile(r"按小时(?:收费|付费|计费|结算)?|元/小时|每小时"), ("per_hour",), False),
    (re.compile(r"按人天(?:收费|结算|计费)?|按天(?:收费|结算|计费|付费)?|按日(?:收费|结算|计费)"), ("per_day",), False),
    (re.compile(r"计件"), ("per_piece",), True),
    (re.compile(r"按份(?:收费|付费|计费)?|元/份"), ("per_report",), False),
    (re.compile(r"按人次(?:收费|付费|计费)?|元/人次"), ("per_person_time",), False),
    (re.compile(r"按场(?:次)?(?:收费|付费|计费)?"), ("per_event",), False),
    (re.compile(r"一口价|打包价|固定价格?|按项目(?:收费|付费|计费)"), ("fixed_project",), False),
    (re.compile(r"面议|询价"), ("quote",), False),
)
_MAYBE = re.compile(r"[\d元块内下万%分星人名位证资好口评按年每包计一价议询持核费¥$]|licensed|verified|under|below|over")


def number_of(text: str) -> float:
    """A number in digits or in Chinese numerals below ten thousand: 两千五百 is 2500, 三千五 is 3500."""
    plain = text.replace(",", "")
    if plain[:1].isdigit():
        return float(plain)
    total, digit, place = 0, 0, 1
    for character in text:
        if character in _PLACES:
            place = _PLACES[character]
            total += (digit or 1) * place
            digit = 0
        else:
            digit = digit * 10 + _DIGITS[character]
    return float(total + digit * (place // 10 if place > 10 and digit and not text.endswith("零") else 1))


def _fen(number: str, scale: str | None) -> float:
    return number_of(number) * _SCALES[scale or ""] * 100


def _given(match: re.Match[str]) -> list[float]:
    """The amounts of a match in 分."""
    groups = [one for name, one in enumerate(match.groups()) if name != _yuan_at(match)]
    return [_fen(groups[at], groups[at + 1]) for at in range(0, len(groups) - 1, 2) if groups[at]]


def _yuan_at(match: re.Match[str]) -> int:
    return match.re.groupindex.get("yuan", 0) - 1


class _Taker:
    """A text from which hints are taken one after another."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.hints: list[Hint] = []

    def take(self, match: re.Match[str], hint: Hint | None, keep: bool = False) -> None:
        if hint is not None:
            self.hints.append(hint)
        if not keep:
            self.text = f"{self.text[: match.start()]} {self.text[match.end() :]}"

    def search(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        return pattern.search(self.text)


def _price(taker: _Taker) -> None:
    if match := taker.search(_RANGE):
        low, high = sorted(_given(match))
        if _lacks_scale(match):
            low *= _SCALES[match.group(4)]
        return taker.take(match, Hint("price", match.group().strip(), low, high))
    if match := taker.search(_NEAR):
        (amount,) = _given(match)
        return taker.take(match, Hint("price", match.group().strip(), amount / 2, amount * 1.5))
    if match := taker.search(_AT_LEAST):
        return taker.take(match, Hint("price", match.group().strip(), low=_given(match)[0]))
    if match := taker.search(_AT_MOST) or taker.search(_EXACT):
        return taker.take(match, Hint("price", match.group().strip(), high=_given(match)[0]))
    return None


def _lacks_scale(match: re.Match[str]) -> bool:
    """`1-2万` means 1万 to 2万."""
    return bool(match.group(4)) and not match.group(2) and number_of(match.group(1)) <= number_of(match.group(3))


def recognise(text: str) -> Recognised:
    """Take the conditions out of a text in normal form."""
    if not _MAYBE.search(text):
        return Recognised((), text)
    taker = _Taker(text)
    for pattern, models, keep in _PRICING:
        if match := taker.search(pattern):
            words = match.group()
            if words.startswith("元/"):  # the amount before it is read below
                taker.take(match, Hint("pricing", words, values=models), keep=True)
            else:
                taker.take(match, Hint("pricing", words, values=models), keep)
            break
    _price(taker)
    if match := taker.search(_RATING):
        taker.take(match, Hint("rating", match.group(), low=float(match.group(1) or 4.5)))
    if match := taker.search(_RATE):
        taker.take(match, None)
    if match := taker.search(_VOLUME):
        number = match.group(1) or match.group(2)
        taker.take(match, Hint("volume", match.group(), low=number_of(number)))
    while match := taker.search(_LICENSED):
        known = any(hint.kind == "licensed" for hint in taker.hints)
        taker.take(match, None if known else Hint("licensed", match.group() or "持证"))
    rest = " ".join(taker.text.split())
    return Recognised(tuple(taker.hints), rest) if taker.hints or rest else Recognised((), text)
