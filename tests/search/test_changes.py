from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select

from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.search import changes, engine, indexer, sources
from marketplace.search.cursor import read_cursor, write_cursor
from marketplace.search.documents import Document
from marketplace.search.engine import Query
from marketplace.search.indexer import Indexer
from marketplace.search.manifest import FORMAT
from marketplace.search.models import SearchChange
from marketplace.search.status import read_status
from marketplace.search.understanding import WordLists
from tests.search import counted


@pytest.fixture(autouse=True)
def source():
    before = sources.registered()
    for kind in before:
        sources.forget(kind)
    counted.register()
    yield
    sources.forget(counted.KIND)
    for kind, one in before.items():
        sources.register(kind, one.build, one.all_ids)


def touch(*ids):
    with transaction():
        changes.touch(counted.KIND, ids)


def found():
    result = engine.current().find(Query(limit=5000, facets=("version",)))
    by_version = {}
    for version in result.facets["version"]:
        for one in engine.current().find(Query(filters={"version": {version}}, limit=5000)).ids:
            by_version[one] = version
    assert len(by_version) == result.total
    return by_version


def test_a_touched_thing_is_found_after_one_pass(app):
    indexer.rebuild()
    assert found() == {}
    touch(1, 2)
    assert indexer.catch_up() == 2
    assert found() == {1: "1", 2: "1"}
    touch(2)
    indexer.catch_up()
    assert found() == {1: "1", 2: "2"}


def test_a_thing_its_source_calls_removed_is_not_found_any_more(app):
    touch(7, 8)
    indexer.catch_up()
    assert found() == {8: "1"}


def test_a_rolled_back_touch_leaves_nothing(app):
    indexer.rebuild()
    with pytest.raises(RuntimeError), transaction():
        changes.touch(counted.KIND, [3])
        raise RuntimeError
    assert indexer.catch_up() == 0
    assert found() == {}


def test_a_second_pass_without_changes_does_nothing(app):
    touch(1)
    indexer.catch_up()
    generation = engine.current().generation()
    assert indexer.catch_up() == 0
    assert engine.current().generation() == generation


def test_two_index_folders_keep_their_own_cursor(app, tmp_path: Path):
    one, two = Indexer(tmp_path / "one", WordLists()), Indexer(tmp_path / "two", WordLists())
    one.rebuild()
    two.rebuild()
    touch(1)
    assert one.catch_up() == 1
    touch(2)
    assert two.catch_up() == 2
    assert one.catch_up() == 1
    for folder in (one, two):
        reader = engine.Engine(folder.root, WordLists())
        assert sorted(reader.find(Query()).ids) == [1, 2]


def test_redoing_a_batch_changes_nothing(app):
    touch(1, 2, 3)
    indexer.catch_up()
    folder = next(indexer.current().root.glob("build-*"))
    touch(2)
    before = (folder / "cursor.json").read_text()
    indexer.catch_up()
    (folder / "cursor.json").write_text(before)
    assert indexer.catch_up() == 1
    assert found() == {1: "1", 2: "2", 3: "1"}


def test_old_rows_are_trimmed_but_never_the_newest(app):
    touch(1, 2, 3)
    with transaction():
        db.session.execute(SearchChange.__table__.update().values(created_at=clock.now() - timedelta(days=8)))
        assert changes.trim_changes() == 2
    assert db.session.scalar(select(func.count()).select_from(SearchChange)) == 1


def test_a_folder_that_was_away_for_longer_than_the_log_is_kept_rebuilds(app, caplog):
    touch(1)
    indexer.catch_up()
    folder = next(indexer.current().root.glob("build-*"))
    cursor = read_cursor(folder)
    write_cursor(folder, cursor._replace(seen=(clock.now() - timedelta(days=8)).isoformat()))
    touch(2)
    indexer.catch_up()
    assert "rebuilt" in caplog.text
    assert found() == {1: "1", 2: "1"}


def test_another_database_behind_the_same_folder_is_noticed(app, caplog):
    touch(1, 2)
    indexer.catch_up()
    with transaction():
        db.session.execute(delete(SearchChange))
    touch(5)
    indexer.catch_up()
    assert "rebuilt" in caplog.text
    assert found() == {5: "1"}


@pytest.mark.parametrize(
    "damage",
    ["pointer", "pointer lost", "segment", "segment body", "segment lost", "whoosh", "toc", "cursor", "format", "all"],
)
def test_a_lost_corrupt_or_foreign_index_heals_itself(app, damage):
    touch(1, 2, 3)
    indexer.catch_up()
    root = indexer.current().root
    folder = next(root.glob("build-*"))
    pointer = root / "current.json"
    if damage == "pointer":
        pointer.write_text("{")
    elif damage == "pointer lost":
        pointer.unlink()
    elif damage == "segment":
        for path in folder.glob("*.seg"):
            path.write_bytes(path.read_bytes()[:100])
    elif damage == "segment body":
        for path in folder.glob("*.seg"):
            content = bytearray(path.read_bytes())
            content[-200] ^= 1
            path.write_bytes(content)
        app.extensions.pop("search")
    elif damage == "whoosh":  # what a loss of power leaves of files that were never synced
        for path in (folder / "whoosh").iterdir():
            if not path.name.endswith(".toc"):
                path.write_bytes(b"")
    elif damage == "segment lost":
        for path in folder.glob("*.seg"):
            path.unlink()
    elif damage == "toc":
        for path in (folder / "whoosh").glob("*.toc"):
            path.write_bytes(b"broken")
    elif damage == "cursor":
        (folder / "cursor.json").write_text("[]")
    elif damage == "format":
        pointer.write_text(pointer.read_text().replace(f'"format": {FORMAT}', '"format": 0'))
    else:
        for path in folder.rglob("*"):
            if path.is_file():
                path.unlink()
    touch(4)
    indexer.catch_up()
    app.extensions.pop("search")
    assert found() == {1: "1", 2: "1", 3: "1", 4: "1"}


def test_checking_finds_what_is_missing_or_surplus_and_repairs_it(app):
    touch(1, 2)
    indexer.catch_up()
    assert indexer.check() == []
    with transaction():
        db.session.execute(SearchChange.__table__.update().where(SearchChange.ref_id == 1).values(kind="other"))
        db.session.execute(
            SearchChange.__table__.insert().values(kind=counted.KIND, ref_id=9, created_at=clock.now(), id=-5)
        )
    differences = indexer.check()
    assert [(one.id, one.is_missing) for one in differences] == [(9, True), (1, False)]
    indexer.check(repair=True)
    assert set(found()) == {2, 9}
    assert indexer.check() == []


def test_checking_finds_a_document_that_says_something_else_and_repairs_it(app):
    touch(1, 2)
    touch(2)
    indexer.catch_up()
    with transaction():
        newest = db.session.scalar(select(func.max(SearchChange.id)))
        first = db.session.scalar(select(func.min(SearchChange.id)).where(SearchChange.ref_id == 2))
        assert first != newest
        db.session.execute(SearchChange.__table__.update().where(SearchChange.id == first).values(kind="other"))
    assert found() == {1: "1", 2: "2"}
    [different] = indexer.check()
    assert (different.id, different.is_changed) == (2, True)
    indexer.check(repair=True)
    assert found() == {1: "1", 2: "1"} and indexer.check() == []


def test_a_touched_thing_that_says_the_same_makes_no_new_generation(folder):
    one = Document(1, "背景调查")
    folder.put([one])
    generation = folder.index.generation
    assert folder.index.apply([one], [99]) is False
    assert folder.index.generation == generation
    assert folder.index.apply([Document(1, "背景调查", "更多")]) is True


def test_the_status_tells_how_far_the_index_is_behind(app, client):
    assert read_status(indexer.current().root) is None
    touch(1)
    indexer.catch_up()
    status = read_status(indexer.current().root)
    assert (status.waiting, status.lag, status.segments) == (0, 0, 1)
    assert status.cursor == status.newest > 0 and status.built_at is not None
    touch(2, 3)
    status = read_status(indexer.current().root)
    assert status.waiting == 2 and status.newest == status.cursor + 2 and status.lag >= 0
    told = client.get("/metrics").text
    assert "search_documents 1.0" in told and "search_changes_waiting 2.0" in told
    assert client.get("/readyz").json["search"]["waiting"] == 2
    shown = app.test_cli_runner().invoke(args=["search", "status"])
    assert shown.exit_code == 0 and "待处理 2 条" in shown.output and "文档 1" in shown.output


def test_a_rebuild_reports_its_progress(app):
    touch(*range(1, 1300))
    seen = []
    count = indexer.rebuild(lambda done, total: seen.append((done, total)))
    assert count == len(counted.expected())
    assert seen == [(500, 1299), (1000, 1299), (1299, 1299)]
    assert found() == counted.expected()
