"""Asking permission: `require` turns a `can_…` that said no into AccessDenied; `@step` marks services that are only parts of others."""

from collections.abc import Callable
from typing import Any, TypeVar

from marketplace.core.errors import AccessDenied
from marketplace.core.i18n import lazy

F = TypeVar("F", bound=Callable[..., Any])


def require(allowed: bool) -> None:
    """Stop with AccessDenied unless a permission function said yes."""
    if not allowed:
        raise AccessDenied("access.denied", lazy("您没有进行此操作的权限"))


def step(service: F) -> F:
    """Mark a service that only other services and jobs call: it asks no permission, so no route may call it (tested)."""
    marked: Any = service
    marked.is_step = True
    return service
