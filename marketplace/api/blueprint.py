"""The one blueprint of the JSON interface. Errors are problem+json, which core.web makes of every error under /api/."""

from collections.abc import Iterable
from typing import Any

from apiflask import APIBlueprint
from flask import Response

from marketplace.core.web import problem

bp = APIBlueprint("api", __name__, url_prefix="/api/v1", tag="market", enable_openapi=True)


def listed(items: list[dict[str, Any]], total: int, page: int, per_page: int, **more: Any) -> dict[str, Any]:
    """The envelope of every list."""
    return {"items": items, "total": total, "page": page, "per_page": per_page, **more}


def bad_parameters(errors: Iterable[tuple[str, Any]]) -> Response:
    """422 that names every parameter that cannot be read."""
    wrong = [{"parameter": name, "message": str(message)} for name, message in errors]
    detail = "；".join(f"{one['parameter']}: {one['message']}" for one in wrong)
    return problem(422, "parameters.invalid", detail, errors=wrong)


from marketplace.api import kpis, market, reference  # noqa: E402, F401
