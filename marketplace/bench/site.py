"""What the benchmark's site server serves: the product itself, measured."""

from collections.abc import Callable

from marketplace.app import create_app
from marketplace.bench.measured import measured


def wsgi() -> Callable[..., object]:
    """The application configured from the environment, as in production but for the wrapper that counts."""
    app = create_app()
    app.config["RATELIMIT_ENABLED"] = False
    from marketplace.core.web import limiter

    limiter.enabled = False
    return measured(app)
