"""How many files an organisation and a person may hand in, also when they come at the same moment."""

import io
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from marketplace.core import clock as real_clock
from marketplace.core import settings
from marketplace.core.actor import CLI, Actor
from marketplace.core.db import db, transaction
from marketplace.core.errors import Invalid
from marketplace.files import services
from marketplace.files.models import StoredFile
from tests.files.corpus import pdf
from tests.support.racing import at_once

PERSON = Actor(user_id=41)


def limit(key: str, value: int) -> None:
    with transaction():
        settings.change_setting(actor=CLI, key=key, value=value, effective_on=real_clock.today(), reason="测试")


def upload(number: int, actor: Actor = PERSON, organisation_id: int | None = 5) -> StoredFile:
    prepared = services.prepare(io.BytesIO(pdf(b"%d " % number + b"x" * 1000)), f"{number}.pdf", "licence")
    with transaction():
        return services.attach(actor=actor, prepared=prepared, organisation_id=organisation_id)


def refusal(number: int, **who: Any) -> str:
    with pytest.raises(Invalid) as refused:
        upload(number, **who)
    assert refused.value.field == "file"
    return refused.value.code


def test_an_organisation_has_so_many_files_and_no_more(app: Flask) -> None:
    limit("files.max_count", 2)
    upload(1)
    upload(2)
    assert refusal(3) == "file.quota_count"
    upload(3, organisation_id=6)


def test_an_organisation_has_so_many_bytes_and_no_more(app: Flask) -> None:
    limit("files.max_total_mb", 1)
    with transaction():
        db.session.add(
            StoredFile(
                owner_organisation_id=5, purpose="licence", filename="a.pdf", media_type="application/pdf", size=1024 * 1024 - 500,
                sha256="0" * 64,
            )
        )  # fmt: skip
    assert refusal(1) == "file.quota_bytes"


def test_a_person_hands_in_so_many_files_a_day_and_may_go_on_the_next(app: Flask, clock: Any) -> None:
    limit("files.max_per_day", 2)
    clock.set("2026-11-23T15:50:00+00:00")
    upload(1)
    upload(2, organisation_id=None)
    assert refusal(3, organisation_id=9) == "file.quota_day"
    upload(3, actor=Actor(user_id=42))
    clock.set("2026-11-23T16:10:00+00:00")  # midnight in Shanghai has passed
    upload(3)


def test_the_system_has_no_day_of_its_own(app: Flask) -> None:
    limit("files.max_per_day", 1)
    upload(1, actor=CLI)
    upload(2, actor=CLI)


@pytest.mark.parametrize("key", ["files.max_count", "files.max_per_day"])
def test_uploads_at_once_do_not_pass_the_limit_together(live_app: Flask, key: str) -> None:
    limit(key, 3)
    same_person = key == "files.max_per_day"
    works = [
        (lambda n=n: upload(n, Actor(user_id=1 if same_person else n), n if same_person else 5).id) for n in range(1, 9)
    ]
    results = at_once(live_app, works)
    assert sum(isinstance(one, int) for one in results) == 3, results
    assert all(isinstance(one, (int, Invalid)) for one in results), results
    assert db.session.scalar(select(func.count()).select_from(StoredFile)) == 3


def test_uploads_at_once_do_not_pass_the_bytes_together(live_app: Flask) -> None:
    limit("files.max_total_mb", 1)
    big = [pdf(b"%d " % n + b"x" * 400_000) for n in range(6)]

    def work(number: int) -> int:
        prepared = services.prepare(io.BytesIO(big[number]), "a.pdf", "licence")
        with transaction():
            return services.attach(actor=Actor(user_id=number), prepared=prepared, organisation_id=5).id

    results = at_once(live_app, [(lambda n=n: work(n)) for n in range(6)])
    assert sum(isinstance(one, int) for one in results) == 2, results
    assert {one.code for one in results if isinstance(one, Invalid)} == {"file.quota_bytes"}
