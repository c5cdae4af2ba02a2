"""Money: whole 分 in `int`, nothing else: reading what is typed, showing it, 大写, splitting, rates."""

import re
import unicodedata
from collections.abc import Sequence
from decimal import Decimal

BASIS_POINTS = 10_000
MAX_YUAN_DIGITS = 15
_TYPED = re.compile(r"(?P<sign>[+-]?)(?P<whole>[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.(?P<part>[0-9]{1,2}))?")
_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_SECTIONS = ("", "万", "亿", "万亿")


def parse_yuan(text: str, *, allow_negative: bool = False) -> int:
    """分 out of an amount typed in 元.

    Full-width digits, thousand separators, ¥ and 元 are understood. Refused with ValueError: more than two decimals,
    exponents, NaN, misplaced separators, more than 15 digits before the point, and a minus unless `allow_negative`.
    """
    plain = unicodedata.normalize("NFKC", text).strip().replace("−", "-")
    plain = plain.removesuffix("元").removeprefix("¥").strip()
    found = _TYPED.fullmatch(plain)
    if not found:
        raise ValueError("not an amount in yuan")
    if found["sign"] == "-" and not allow_negative:
        raise ValueError("a negative amount is not allowed here")
    whole = found["whole"].replace(",", "")
    if len(whole.lstrip("0")) > MAX_YUAN_DIGITS:
        raise ValueError("the amount is too large")
    fen = int(Decimal(f"{whole}.{found['part'] or '0'}") * 100)
    return -fen if found["sign"] == "-" else fen


def format_yuan(fen: int) -> str:
    """元 with two decimals and thousand separators, without a sign of currency: 123450 → `1,234.50`."""
    yuan, rest = divmod(abs(fen), 100)
    return f"{'-' if fen < 0 else ''}{yuan:,}.{rest:02d}"


def _scaled(fen: int, unit: int) -> int:
    """Hundredths of a unit (itself in 分), half up."""
    return (abs(fen) * 100 * 2 + unit) // (unit * 2)


def _trimmed(hundredths: int) -> str:
    whole, part = divmod(hundredths, 100)
    return f"{whole:,}" + (f".{part:02d}".rstrip("0") if part else "")


def short_yuan(fen: int) -> str:
    """An amount for headlines: `9,999.99 元`, `1.23万元`, `12.35亿元`. Rounded half up first, then the unit is chosen,
    so 99,999,999 元 is `1亿元` and never `10,000万元`."""
    sign = "-" if fen < 0 else ""
    if abs(fen) < 10_000 * 100:
        return f"{format_yuan(fen)} 元"
    wan = _scaled(fen, 10_000 * 100)
    if wan < 10_000 * 100:
        return f"{sign}{_trimmed(wan)}万元"
    return f"{sign}{_trimmed(_scaled(fen, 100_000_000 * 100))}亿元"


def short_yuan_en(fen: int) -> str:
    """The same headline for English readers: `CNY 9,999.99`, `CNY 12.35K`, `CNY 1.28M`, `CNY 2B`."""
    sign = "-" if fen < 0 else ""
    if abs(fen) < 10_000 * 100:
        return f"{sign}CNY {format_yuan(abs(fen))}"
    for unit, letter in ((10**3, "K"), (10**6, "M")):
        scaled = _scaled(fen, unit * 100)
        if scaled < 1000 * 100:
            return f"{sign}CNY {_trimmed(scaled)}{letter}"
    return f"{sign}CNY {_trimmed(_scaled(fen, 10**9 * 100))}B"


def _section(value: int) -> str:
    """A number below ten thousand in capitals, zeros inside it run together, none at its end."""
    text, zero = "", False
    for place in (3, 2, 1, 0):
        digit = value // 10**place % 10
        if digit:
            text += ("零" if zero and text else "") + _DIGITS[digit] + _PLACES[place]
            zero = False
        else:
            zero = True
    return text


def _whole(yuan: int) -> str:
    """Whole 元 in capitals; 零 stands wherever a section is empty or does not reach its highest place."""
    sections = []
    while yuan:
        yuan, low = divmod(yuan, 10_000)
        sections.append(low)
    text, gap = "", False
    for index in range(len(sections) - 1, -1, -1):
        value = sections[index]
        if value:
            text += ("零" if text and (gap or value < 1000) else "") + _section(value) + _SECTIONS[index]
            gap = False
        else:
            gap = True
    # 壹万亿 followed by 亿: the unit 亿 is said once for both sections (壹万贰仟亿)
    return re.sub("万亿(?=.*亿)", "万", text)


def capitals(fen: int) -> str:
    """大写金额 for contracts and invoices (支付结算办法 附件一): 整 after 元 or 角, never after 分.

    Refused with ValueError: ten thousand times ten thousand 亿 and more, for which no place name is in use.
    """
    if abs(fen) >= 10**18:
        raise ValueError("the amount is too large to be written in capitals")
    yuan, rest = divmod(abs(fen), 100)
    jiao, part = divmod(rest, 10)
    text = "负" if fen < 0 else ""
    if yuan:
        text += _whole(yuan) + "元"
    if not rest:
        return (text if yuan else "零元") + "整"
    if jiao:
        text += _DIGITS[jiao] + "角"
    elif yuan:
        text += "零"
    return text + (_DIGITS[part] + "分" if part else "整")


def split(total: int, parts: Sequence[int] | int) -> list[int]:
    """Divide an amount by weights (or into n equal parts) so that the parts add up to it exactly.

    Largest remainder, earlier part first. A negative total is the mirror of the positive one, so a reversal undoes a
    split. Refused with ValueError: no parts, a negative weight, weights that are all zero.
    """
    weights = [1] * parts if isinstance(parts, int) else list(parts)
    if not weights or any(weight < 0 for weight in weights) or not sum(weights):
        raise ValueError("weights must be non-negative and not all zero")
    if total < 0:
        return [-share for share in split(-total, weights)]
    whole = sum(weights)
    shares = [total * weight // whole for weight in weights]
    order = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))
    for index in order[: total - sum(shares)]:
        shares[index] += 1
    return shares


def percent_floor(fen: int, bps: int) -> int:
    """`bps` hundredths of a percent of an amount, cut to the 分 (commission). Negative mirrors positive."""
    _check_rate(bps)
    share = abs(fen) * bps // BASIS_POINTS
    return -share if fen < 0 else share


def percent_half_up(fen: int, bps: int) -> int:
    """`bps` hundredths of a percent of an amount, rounded half up to the 分 (subsidies). Negative mirrors it."""
    _check_rate(bps)
    share = (abs(fen) * bps * 2 + BASIS_POINTS) // (BASIS_POINTS * 2)
    return -share if fen < 0 else share


def _check_rate(bps: int) -> None:
    if bps < 0:
        raise ValueError("a rate cannot be negative")
