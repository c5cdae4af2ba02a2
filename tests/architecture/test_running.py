"""Rules that the assembled application shows: its routes, tables, processes and migrations."""

import importlib
import pkgutil
from enum import StrEnum
from types import SimpleNamespace

import pytest
from sqlalchemy import Column, Float, Integer, MetaData, Table, create_engine, text

import marketplace
from marketplace.core.db import Base, db
from marketplace.core.lifecycle import Action, Process
from tests.architecture import checks
from tests.support.apps import has_versions

# Served by the framework: static files, and the description of the API.
WITHOUT_GUARD = {"static", "openapi.spec"}


def test_every_registered_view_has_declared_its_access(app):
    bare = {name for name, view in app.view_functions.items() if not hasattr(view, "access")}
    assert {n for n in bare if not n.endswith(".static") and not n.startswith("rig_")} - WITHOUT_GUARD == set()


def test_addresses_are_kebab_case_and_ids_are_numbers(app):
    bad = [SimpleNamespace(rule="/My_orders/<int:x_id>"), SimpleNamespace(rule="/orders/<order_id>")]
    assert len(checks.url_rules(bad)) == 2
    rules = [r for r in app.url_map.iter_rules() if not r.endpoint.endswith("static")]
    assert checks.url_rules(rules) == []


def test_money_is_counted_in_fen(app):
    bad = MetaData()
    Table("x", bad, Column("total_fen", Integer), Column("price", Float), Column("amount", Integer))
    assert len(checks.money_columns(bad)) == 3
    assert checks.money_columns(Base.metadata) == []


class Light(StrEnum):
    RED = "red"
    GREEN = "green"
    LOST = "lost"


def test_a_process_with_a_hole_is_seen():
    bad = Process("light", "red", (Action("go", ("red",), "green", "light.gone", "can_fly"),), Light)
    complaints = checks.processes([bad], {"can_go"})
    assert any("can_fly" in c for c in complaints)
    assert any("lost is never reached" in c for c in complaints)
    assert any("red has neither" in c for c in complaints)
    good = Process("light", "red", (Action("go", ("red",), "green", "light.gone", "can_go", timer="x.days"),), Light)
    assert [c for c in checks.processes([good], {"can_go"}) if "lost" not in c] == []


def all_processes() -> list[Process]:
    found: dict[str, Process] = {}
    for package in pkgutil.iter_modules(marketplace.__path__, "marketplace."):
        if package.ispkg and importlib.util.find_spec(f"{package.name}.states"):
            module = importlib.import_module(f"{package.name}.states")
            found.update({v.noun: v for v in vars(module).values() if isinstance(v, Process)})
    return list(found.values())


def test_every_process_is_whole(app):
    from marketplace.app import permissions

    found = all_processes()
    assert found
    assert checks.processes(found, set(permissions())) == []


def differences(url: str, metadata: MetaData) -> list[object]:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True, "render_as_batch": True})
            return list(compare_metadata(context, metadata))
    finally:
        engine.dispose()


def test_the_migrations_make_what_the_models_say(rig, engine):
    assert has_versions(), "there are no migrations"
    databases = rig.databases(engine)
    url = databases.copy(engine, "compare")
    try:
        assert differences(url, Base.metadata) == []
        more = MetaData(naming_convention=Base.metadata.naming_convention)
        for table in Base.metadata.tables.values():
            table.to_metadata(more)
        Table("surprise", more, Column("id", Integer, primary_key=True))
        assert len(differences(url, more)) == 1
    finally:
        databases.drop(url)


def test_migrating_twice_changes_nothing(live_app):
    if not has_versions():
        pytest.fail("there are no migrations")
    from flask_migrate import upgrade

    upgrade()
    assert differences(db.engine.url.render_as_string(hide_password=False), Base.metadata) == []


def test_a_filled_database_is_migrated_without_losing_a_row(live_app):
    from flask_migrate import downgrade, upgrade

    from tests.factories.catalog import make_listing

    listing_id = make_listing(city_codes=("310000", "320500")).id
    db.session.remove()
    downgrade(revision="0008")
    db.session.remove()
    upgrade()
    with db.engine.connect() as connection:
        cities = connection.execute(
            text("SELECT count(*) FROM listing_city WHERE listing_id = :id"), {"id": listing_id}
        )
        kept = connection.execute(text("SELECT live_version FROM listing WHERE id = :id"), {"id": listing_id})
        assert (cities.scalar(), kept.scalar()) == (2, 1)
