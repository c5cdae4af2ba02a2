"""The authenticator on a person's telephone, as a test holds it."""

import pyotp

from marketplace.core import clock


class Authenticator:
    """`code()` gives each code once, as long as the site's drift allows; then a recovery code, as a person in a hurry would."""

    def __init__(self, secret: str) -> None:
        self.secret, self.last = secret, 0
        self.recovery: list[str] = []

    def at(self, shift: int = 0) -> str:
        """What the display shows so many steps of 30 seconds from now, given away before or not."""
        return pyotp.TOTP(self.secret).generate_otp(int(clock.now().timestamp()) // 30 + shift)

    def code(self) -> str:
        """A code that still works."""
        present = int(clock.now().timestamp()) // 30
        for shift in (0, 1):
            if present + shift > self.last:
                self.last = present + shift
                return self.at(shift)
        return self.recovery.pop()

    def wrong_code(self) -> str:
        """Six digits that are none of the codes near now."""
        near = {self.at(shift) for shift in range(-3, 4)}
        return next(text for text in (f"{n}{n}{n}{n}{n}{n}" for n in range(10)) if text not in near)


AUTHENTICATORS: dict[str, Authenticator] = {}
