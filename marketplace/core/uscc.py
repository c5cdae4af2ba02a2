"""统一社会信用代码 (GB 32100-2015): normalise and check, by the rule of dossier 2.1.

An own rule, since python-stdnum rejects the authorities N and Y and does not check the GB 11714 digit; the tests use it as an oracle.
Passing the checksum never proves that the firm exists.
"""

import re
import unicodedata
from dataclasses import dataclass

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
SHAPE = re.compile(r"^[0-9A-HJ-NP-RTUW-Y]{2}[0-9]{6}[0-9A-HJ-NP-RTUW-Y]{10}$")
WEIGHTS = tuple(pow(3, i, 31) for i in range(17))
ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
CLASSES = {"1": "1239", "5": "1239", "9": "123"}
AUTHORITIES = "123456789ANY"
PROVINCES = frozenset(
    "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82 10".split()
)


@dataclass(frozen=True, slots=True)
class UsccResult:
    """The normalised code with the codes of what refuses it and of what only deserves a look."""

    value: str
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def is_valid(self) -> bool:
        return not self.errors


def normalise(text: str) -> str:
    """Full-width to half-width, without spaces and hyphens, upper case."""
    return re.sub(r"[\s\-‐-―－]", "", unicodedata.normalize("NFKC", text)).upper()


def check_character(first17: str) -> str:
    """The 18th character (mod 31) for the first 17."""
    total = sum(ALPHABET.index(c) * w for c, w in zip(first17, WEIGHTS, strict=True))
    return ALPHABET[(31 - total % 31) % 31]


def organisation_digit(first8: str) -> str:
    """The GB 11714 check digit for the eight characters of the 主体标识码."""
    total = sum(int(c, 36) * w for c, w in zip(first8, ORGANISATION_WEIGHTS, strict=True))
    remainder = 11 - total % 11
    return {10: "X", 11: "0"}.get(remainder, str(remainder))


def check_uscc(text: str) -> UsccResult:
    """Check a code as typed. Errors: `length`, `characters`, `authority`, `checksum`; warnings: `region`, `organisation_digit`."""
    value = normalise(text or "")
    if len(value) != 18:
        return UsccResult(value, ("length",))
    if not SHAPE.match(value):
        return UsccResult(value, ("characters",))
    if value[0] not in AUTHORITIES or value[1] not in CLASSES.get(value[0], ALPHABET):
        return UsccResult(value, ("authority",))
    if check_character(value[:17]) != value[17]:
        return UsccResult(value, ("checksum",))
    warnings = []
    if value[2:4] not in PROVINCES:
        warnings.append("region")
    if organisation_digit(value[8:16]) != value[16]:
        warnings.append("organisation_digit")
    return UsccResult(value, (), tuple(warnings))
