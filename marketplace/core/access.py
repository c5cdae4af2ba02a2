"""Asking permission: `require` turns a `can_…` that said no into AccessDenied; `@step` marks services that are only parts of others."""

from collections.abc import Callable
from typing import Any, TypeVar

from marketplace.core.actor import Actor
from marketplace.core.errors import AccessDenied, ConfirmationNeeded
from marketplace.core.i18n import lazy

F = TypeVar("F", bound=Callable[..., Any])


def require(allowed: bool) -> None:
    """Stop with AccessDenied unless a permission function said yes."""
    if not allowed:
        raise AccessDenied("access.denied", lazy("您没有进行此操作的权限"))


def require_confirmed(actor: Actor) -> None:
    """Stop with ConfirmationNeeded unless the person has confirmed their identity within the last minutes (ASVS 7.5.1).

    For what would hurt most in a stolen session: bank accounts, payouts, roles, sign-in names. Call it in the GET view too, so that
    nobody fills a form in vain. The system's own actors have no session and pass.
    """
    if actor.system is None and not actor.is_confirmed:
        raise ConfirmationNeeded("access.confirm", lazy("此操作涉及账号或资金安全，请先验证身份"))


def step(service: F) -> F:
    """Mark a service that only other services and jobs call: it asks no permission, so no route may call it (tested)."""
    marked: Any = service
    marked.is_step = True
    return service
