"""Scheduled work on accounts, and the sending of reset links behind the asker's back."""

from marketplace.accounts.services import forget_old_tokens, issue_resets
from marketplace.core.db import transaction
from marketplace.core.queue import job, periodic


@job("accounts.issue_resets")
def issue_reset_links() -> int:
    """Make and send the reset links that were asked for."""
    with transaction():
        return issue_resets()


@periodic("accounts.sweep_resets", minutes=1)
def sweep_resets() -> int:
    """The same for what a lost queue left behind."""
    return issue_reset_links()


@periodic("accounts.forget_tokens", minutes=720)
def forget_tokens() -> int:
    """Delete one-time tokens that ended long ago; sessions go by the retention matrix."""
    with transaction():
        return forget_old_tokens()
