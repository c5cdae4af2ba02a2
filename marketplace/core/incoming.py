"""What may come in at all: whole numbers that a column can hold, texts that a database can store.

Anything else never came from a page of ours. A number beyond 64 bits names nothing (404, or the parameter's default); a NUL sign, which
PostgreSQL cannot store, is refused before a view sees it (400).
"""

from typing import Any

from flask import Flask, Request, abort, request
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.routing import IntegerConverter

LARGEST = 2**63 - 1


class ColumnInteger(IntegerConverter):
    """`<int:…>` in an address: nothing is found under a number that no id can be."""

    def __init__(self, map: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(map, *args, **{"max": LARGEST, **kwargs})


def _column_int(text: str) -> int:
    number = int(text)
    if abs(number) > LARGEST:
        raise ValueError(text)
    return number


class Parameters(ImmutableMultiDict[str, str]):
    """The parameters of an address or the fields of a form; `get(name, default, int)` takes only a number that a column can hold."""

    def get(self, key: str, default: Any = None, type: Any = None) -> Any:  # type: ignore[override]
        return super().get(key, default, _column_int if type is int else type)


class IncomingRequest(Request):
    parameter_storage_class = Parameters


def _refuse_nul() -> None:
    fields = request.form.items(multi=True) if request.method == "POST" else ()
    if "\x00" in request.path or b"%00" in request.query_string or any("\x00" in k or "\x00" in v for k, v in fields):
        abort(400)


def init_app(app: Flask) -> None:
    """Before the first route is added, since a rule keeps the converters it was made with."""
    app.request_class = IncomingRequest
    app.url_map.converters["int"] = ColumnInteger
    app.before_request(_refuse_nul)
