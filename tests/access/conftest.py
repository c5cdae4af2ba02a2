"""The park is built once per process and engine; every test visits it in a transaction of its own, at the same moment of the clock."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.access.park import Park, make_park, visiting
from tests.support.apps import make_app
from tests.support.frozen import FrozenClock, stand_in


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One worker per engine, so that the park is built once and its pages are read once (`--dist loadgroup`)."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents and "engine" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group(f"access-{item.callspec.params['engine']}"))  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
def built_park(rig: Any, engine: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Park]:
    """The park itself, committed to a database of its own."""
    from marketplace.core import clock as real
    from marketplace.core.db import db

    databases = rig.databases(engine)
    url = databases.copy(engine, "park")
    app = make_app(url, tmp_path_factory.mktemp("park"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(real, "datetime", stand_in(FrozenClock()))
        park = make_park(app)
    yield park
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    databases.drop(url)


@pytest.fixture
def park(built_park: Park, clock: FrozenClock) -> Iterator[Park]:
    """The park, its clock at 2026-11-23 10:00 in Shanghai; what a test changes is undone."""
    with visiting(built_park) as open_park:
        yield open_park
