"""`flask files check`: every row's bytes are there and have their hash, or the command says which are not and fails."""

import io
from typing import Any

from flask import Flask

from marketplace.core.actor import CLI
from marketplace.core.db import db, transaction
from marketplace.files import checking, services, store
from tests.files.corpus import pdf


def stored(number: int) -> Any:
    prepared = services.prepare(io.BytesIO(pdf(b"%d" % number)), "a.pdf", "licence")
    with transaction():
        return services.attach(actor=CLI, prepared=prepared, organisation_id=number % 2)


def shell(app: Flask) -> Any:
    db.session.rollback()
    return app.test_cli_runner().invoke(args=["files", "check"])


def test_sound_files_prove(app: Flask) -> None:
    for number in (1, 2, 3, 3):
        stored(number)
    seen: list[tuple[int, int]] = []
    assert checking.check(lambda done, total: seen.append((done, total))) == []
    assert seen[-1] == (3, 3)
    answer = shell(app)
    assert answer.exit_code == 0 and "3" in answer.output


def test_what_is_missing_longer_or_changed_is_found_and_the_command_fails(app: Flask) -> None:
    sound, missing, longer, changed = (stored(number) for number in range(4))
    store.path_of(missing.sha256).unlink()
    for file, content in ((longer, pdf(b"22")), (changed, pdf(b"9"))):
        path = store.path_of(file.sha256)
        path.chmod(0o600)
        path.write_bytes(content)
    wrong = "\n".join(checking.check())
    assert f"{missing.sha256}: missing" in wrong and "its row says" in wrong and "does not match its hash" in wrong
    assert sound.sha256 not in wrong
    answer = shell(app)
    assert answer.exit_code == 1 and missing.sha256 in answer.output


def test_more_files_than_a_batch_are_all_read(app: Flask, monkeypatch: Any) -> None:
    monkeypatch.setattr(checking, "BATCH", 2)
    files = [stored(number) for number in range(7)]
    store.path_of(files[6].sha256).unlink()
    assert checking.check() == [f"{files[6].sha256}: missing"]
