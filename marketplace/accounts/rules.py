"""The pure rules of signing in: what a password may be, how long a session lives, when an account rests."""

import hashlib
from datetime import datetime, timedelta
from functools import cache
from importlib import resources

from marketplace.core.errors import Invalid
from marketplace.core.i18n import lazy

MIN_PASSWORD, MAX_PASSWORD = 8, 128
MAX_FAILURES = 5
LOCK = timedelta(minutes=15)
MEMBER_IDLE, STAFF_IDLE = timedelta(hours=12), timedelta(minutes=30)
LIFETIME = timedelta(days=7)
CONFIRMED_FOR = timedelta(minutes=10)
SEEN_EVERY = timedelta(minutes=1)


def token_hash(token: str) -> str:
    """What the table keeps of a session's token; the token is 256 random bits, so a plain hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


def normalise_login(text: str) -> str:
    """An e-mail address in lower case, or a mobile number without spaces, hyphens and +86."""
    text = text.strip()
    if "@" in text:
        return text.lower()
    return text.replace(" ", "").replace("-", "").removeprefix("+86")


def is_alive(
    last_seen_at: datetime, expires_at: datetime, revoked_at: datetime | None, *, staff: bool, now: datetime
) -> bool:
    """May this session still be used? Idle for 12 hours (staff 30 minutes), seven days old or revoked: no."""
    idle = STAFF_IDLE if staff else MEMBER_IDLE
    return revoked_at is None and now < expires_at and now - last_seen_at < idle


@cache
def common_passwords() -> frozenset[str]:
    """The passwords that everybody tries first, in lower case."""
    text = resources.files("marketplace.accounts").joinpath("data/common_passwords.txt").read_text(encoding="utf-8")
    return frozenset(line for line in text.splitlines() if line)


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
