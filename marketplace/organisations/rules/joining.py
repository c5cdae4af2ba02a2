"""Rules of how people come into an organisation: invitations, requests to join, roles."""

import hashlib
from datetime import timedelta

from marketplace.core import settings
from marketplace.core.errors import Invalid
from marketplace.core.i18n import lazy
from marketplace.organisations.rules import ROLES

INVITATION_DAYS = 7
INVITED_FOR = timedelta(days=INVITATION_DAYS)
MAX_OPEN_INVITATIONS = 50
MAX_MESSAGE = 300

settings.define(
    "organisations.join_request_days", "days", 30, lazy("加入申请的有效期（天）"), "平台账号管理规则", minimum=1, maximum=180
)  # fmt: skip


def invitation_hash(token: str) -> str:
    """What the table keeps of an invitation's link; the token is 256 random bits, so a plain hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


def check_role(role: str) -> str:
    """Refuse a role that is none."""
    if role not in ROLES:
        raise Invalid("member.role", lazy("请选择角色"), field="role")
    return role


def checked_message(text: str) -> str:
    """What somebody writes to an organisation's administrators when asking to join; may be empty."""
    message = text.strip()
    if len(message) > MAX_MESSAGE:
        raise Invalid("join_request.message", lazy("附言最多 %(n)s 字"), field="message", n=MAX_MESSAGE)
    return message
