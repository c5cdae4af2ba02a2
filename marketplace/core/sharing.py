"""One rendering for many strangers: a public page is made once per version of the data, not once per visitor.

Every change of what pages show is audited in its own transaction, so the newest audit row names the version of the data; asking
for it is one indexed statement. PostgreSQL numbers rows before it commits them, so a page is kept there only if no writer was
under way when its version was read: a lower number cannot then appear later. A page is kept only for people who are not signed
in, without a cookie being set, and for a minute at the most, since dates pass without an audit row. Nothing is shared between
processes, nothing is stale after a change.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import Response, current_app, g, make_response, request, session
from sqlalchemy import func, select, text

from marketplace.core.actor import current_actor
from marketplace.core.audit import AuditEvent
from marketplace.core.db import db, is_sqlite
from marketplace.core.i18n import language

View = TypeVar("View", bound=Callable[..., Any])
KEEP = 512
SECONDS = 60.0
_NEWEST = select(func.max(AuditEvent.id))
_NEWEST_AND_QUIET = text(
    "SELECT (SELECT max(id) FROM audit_event), NOT EXISTS (SELECT 1 FROM pg_stat_activity"
    " WHERE backend_xid IS NOT NULL AND datname = current_database() AND pid <> pg_backend_pid())"
)


_also_read: list[Callable[[], Any]] = []


def depends_on(what: Callable[[], Any]) -> None:
    """Register something kept in this process's memory that pages are made from: a page made with another one of it is not shown again."""
    _also_read.append(what)


def data_version() -> tuple[int, bool]:
    """The id of the newest audit row, which moves with every change that a page could show, and whether no other write is under way."""
    if is_sqlite():
        return db.session.execute(_NEWEST).scalar() or 0, True
    newest, quiet = db.session.execute(_NEWEST_AND_QUIET).one()
    return newest or 0, bool(quiet)


def shared_page(also: Callable[[], Any] | None = None) -> Callable[[View], View]:
    """Decorate a public GET view whose page is the same for every stranger; `also` adds what else it depends on (the index's generation)."""

    def decorate(view: View) -> View:
        @wraps(view)
        def shared(*args: Any, **kwargs: Any) -> Any:
            if request.method != "GET" or current_actor().is_signed_in or current_app.testing or session:
                return view(*args, **kwargs)
            pages: OrderedDict[Any, tuple[float, Any, Response]] = current_app.extensions.setdefault(
                "shared_pages", OrderedDict()
            )
            key = (request.full_path, language(), request.cookies.get("lang"))
            newest, quiet = data_version()
            version = (newest, also() if also else None, *(what() for what in _also_read))
            kept = pages.get(key)
            if kept and kept[1] == version and time.monotonic() - kept[0] < SECONDS:
                return _copy(kept[2])
            response = make_response(view(*args, **kwargs))
            if (
                quiet
                and response.status_code == 200
                and not session
                and not response.direct_passthrough
                and not g.get("unshareable")
            ):
                pages[key] = (time.monotonic(), version, _copy(response))
                while len(pages) > KEEP:
                    pages.popitem(last=False)
            return response

        return cast(View, shared)

    return decorate


def _copy(response: Response) -> Response:
    return Response(response.get_data(), response.status_code, content_type=response.content_type)
