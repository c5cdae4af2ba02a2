"""Random, unguessable public numbers for orders, payments, files and threads (integers stay inside)."""

import secrets

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


def new_number(prefix: str = "", length: int = 14) -> str:
    """A random number such as `N7K2…`: 31 unambiguous symbols, about 69 bits at 14, so it can be neither guessed nor counted."""
    return prefix + "".join(secrets.choice(ALPHABET) for _ in range(length))
