"""A wrapper round a WSGI application that says, at one private path, what the process has spent: CPU seconds and SQL statements.

Used by the benchmark's own servers only; the product never serves it.
"""

import json
import resource
from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

PATH = "/-bench/spent"
_statements = 0


def _count(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
    global _statements
    if not statement.lstrip().upper().startswith(("SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "COMMIT", "PRAGMA")):
        _statements += 1


def measured(app: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    """The same application, with the private path in front and its SQL statements counted."""
    event.listen(Engine, "before_cursor_execute", _count)

    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] != PATH:
            return app(environ, start)
        usage = resource.getrusage(resource.RUSAGE_SELF)
        body = json.dumps({"cpu": usage.ru_utime + usage.ru_stime, "statements": _statements}).encode()
        start("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]

    return answer
