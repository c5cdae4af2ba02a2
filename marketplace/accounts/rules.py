"""The pure rules of signing in: what a password may be, how long a session lives, when an account or an address rests."""

import hashlib
import re
import secrets
from datetime import datetime, timedelta
from functools import cache
from importlib import resources

import pyotp

from marketplace.core import settings
from marketplace.core.errors import Invalid
from marketplace.core.i18n import lazy

MIN_PASSWORD, MAX_PASSWORD = 8, 128
MEMBER_IDLE, STAFF_IDLE = timedelta(hours=12), timedelta(minutes=30)
LIFETIME, STAFF_LIFETIME = timedelta(days=7), timedelta(hours=12)
CONFIRMED_FOR = timedelta(minutes=10)
SEEN_EVERY = timedelta(minutes=1)

RESET_FOR, INVITE_FOR, EMAIL_LINK_FOR = timedelta(minutes=30), timedelta(hours=24), timedelta(hours=24)
CODE_FOR, HALF_WAY_FOR, ENROLMENT_FOR = timedelta(minutes=5), timedelta(minutes=5), timedelta(minutes=15)
CODE_PAUSE, CODES_A_DAY, CODE_TRIES = timedelta(seconds=60), 10, 5
KEEP_TOKENS = timedelta(days=30)

STEP_SECONDS, DRIFT = 30, 1
RECOVERY_CODES = 10
LOCKS_ADD_UP_FOR = timedelta(hours=24)

_SOURCE = "GB/T 22239-2019 8.1.4.1；ASVS 6.3.1"
settings.define("accounts.lock_failures", "int", 5, lazy("连续输错多少次后锁定账号"), _SOURCE, minimum=3, maximum=10)
settings.define(
    "accounts.lock_minutes",
    "int",
    15,
    lazy("首次锁定账号的分钟数（24 小时内再次锁定时加倍）"),
    _SOURCE,
    minimum=5,
    maximum=120,
)
settings.define(
    "accounts.lock_max_minutes", "int", 240, lazy("锁定账号的最长分钟数"), _SOURCE, minimum=15, maximum=1440
)
settings.define(
    "accounts.address_failures",
    "int",
    30,
    lazy("同一网络地址在时限内最多登录失败次数"),
    _SOURCE,
    minimum=10,
    maximum=1000,
)
settings.define(
    "accounts.address_minutes", "int", 15, lazy("统计同一网络地址登录失败的分钟数"), _SOURCE, minimum=5, maximum=240
)

RESULTS = {
    "signed_in": lazy("登录成功"),
    "code_needed": lazy("密码正确，待输入验证码"),
    "second_factor": lazy("两步验证通过"),
    "wrong_password": lazy("密码不正确"),
    "wrong_code": lazy("验证码不正确"),
    "unknown": lazy("账号不存在"),
    "locked": lazy("账号锁定期间尝试登录"),
    "disabled": lazy("账号已停用"),
    "wrong_confirmation": lazy("验证身份时输入有误"),
}
FAILURES = frozenset({"wrong_password", "wrong_code", "unknown", "locked", "disabled", "wrong_confirmation"})


def token_hash(token: str) -> str:
    """What the table keeps of a session's or a link's token; the token is 256 random bits, so a plain hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


def new_code() -> str:
    """Six random digits for a short message."""
    return f"{secrets.randbelow(1_000_000):06d}"


def normalise_login(text: str) -> str:
    """An e-mail address in lower case, or a mobile number without spaces, hyphens and +86."""
    text = text.strip()
    if "@" in text:
        return text.lower()
    return text.replace(" ", "").replace("-", "").removeprefix("+86")


def is_alive(
    last_seen_at: datetime, expires_at: datetime, revoked_at: datetime | None, *, staff: bool, now: datetime,
    created_at: datetime | None = None,
) -> bool:  # fmt: skip
    """May this session still be used? Idle for 12 hours (staff 30 minutes), seven days old (staff 12 hours) or revoked: no."""
    idle = STAFF_IDLE if staff else MEMBER_IDLE
    if staff and created_at is not None and now - created_at >= STAFF_LIFETIME:
        return False
    return revoked_at is None and now < expires_at and now - last_seen_at < idle


def lock_span(number: int, first: int, longest: int) -> timedelta:
    """How long the account rests at its so-manieth lock within a day: the first so many minutes, doubled each time, up to the longest."""
    return timedelta(minutes=min(first * 2 ** (max(number, 1) - 1), max(longest, first)))


def matching_step(secret: str, code: str, now: datetime, after: int) -> int | None:
    """The time step (of 30 seconds) whose code this is, one step of drift either way; None for a wrong code or for a step that is not
    after the last one used, so that a code that was looked at over a shoulder is worth nothing (RFC 6238 section 5.2)."""
    if not re.fullmatch(r"[0-9]{6}", code):
        return None
    present = int(now.timestamp()) // STEP_SECONDS
    generator = pyotp.TOTP(secret)
    found = None
    for step in range(present - DRIFT, present + DRIFT + 1):  # all are compared, whichever matches
        if secrets.compare_digest(generator.generate_otp(step), code) and step > after:
            found = step
    return found


def plain_code(text: str) -> str:
    """A code as it is compared, however it was typed: without blanks and hyphens, in capitals."""
    return re.sub(r"[\s-]", "", text).upper()


def spaced_code(code: str) -> str:
    """A recovery code as it is shown: `ABCDE-FGHIJ`."""
    return f"{code[:5]}-{code[5:]}"


_BROWSERS = (
    ("wxwork", lazy("企业微信")), ("MicroMessenger", lazy("微信")), ("DingTalk", lazy("钉钉")), ("Edg", "Edge"), ("OPR", "Opera"),
    ("HuaweiBrowser", lazy("华为浏览器")), ("QQBrowser", lazy("QQ 浏览器")), ("UCBrowser", lazy("UC 浏览器")), ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"), ("Chrome", "Chrome"), ("CriOS", "Chrome"), ("Safari", "Safari"), ("curl", "curl"), ("python", "Python"),
)  # fmt: skip
_SYSTEMS = (
    ("HarmonyOS", "HarmonyOS"), ("OpenHarmony", "HarmonyOS"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"),
    ("Windows", "Windows"), ("Macintosh", "macOS"), ("CrOS", "ChromeOS"), ("Linux", "Linux"),
)  # fmt: skip


def device_name(agent: str) -> str:
    """`Chrome · Windows` out of a browser's own description of itself; empty where it says nothing that we know."""
    lower = agent.lower()
    browser = str(next((name for mark, name in _BROWSERS if mark.lower() in lower), ""))
    system = next((name for mark, name in _SYSTEMS if mark.lower() in lower), "")
    return " · ".join(filter(None, (browser, system)))


@cache
def common_passwords() -> frozenset[str]:
    """The passwords that everybody tries first, in lower case: the 30,000 commonest of the breaches that zxcvbn counts, and our own list
    of Chinese habits. Those shorter than any password may be are left out."""
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # late: a large file that only new passwords need

    text = resources.files("marketplace.accounts").joinpath("data/common_passwords.txt").read_text(encoding="utf-8")
    words = {word.casefold() for word in (*text.splitlines(), *FREQUENCY_LISTS["passwords"])}
    return frozenset(word for word in words if len(word) >= MIN_PASSWORD)


def check_password(password: str, *about: str | None) -> None:
    """Refuse a password that is too short or too long, among the commonest, or just the person's own address or number.

    No rule about kinds of characters: length and not being guessable first is what helps.
    """
    if len(password) < MIN_PASSWORD:
        raise Invalid("password.short", lazy("密码至少 %(n)s 位"), field="password", n=MIN_PASSWORD)
    if len(password) > MAX_PASSWORD:
        raise Invalid("password.long", lazy("密码最多 %(n)s 位"), field="password", n=MAX_PASSWORD)
    plain = password.casefold()
    own = {part.casefold() for text in about if text for part in (text, text.split("@")[0]) if len(part) >= 4}
    if plain in common_passwords() or len(set(plain)) < 4 or plain in own:
        raise Invalid("password.common", lazy("此密码过于常见或与账号相同，容易被猜中，请换一个"), field="password")
