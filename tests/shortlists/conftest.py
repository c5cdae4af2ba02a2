"""A market whose index follows the database."""

from collections.abc import Callable

import pytest
from flask import Flask


@pytest.fixture
def indexed(app: Flask) -> Callable[[], int]:
    """`indexed()` brings the search index in step with what the test has written; returns the number of changes read."""
    from marketplace.search import indexer
    from tests.support.apps import release

    def catch_up() -> int:
        release()
        count = indexer.catch_up()
        release()
        return count

    return catch_up
