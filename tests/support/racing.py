"""People who act at the same moment, for the proofs that the database settles who wins."""

import threading
from collections.abc import Callable, Sequence
from typing import Any

from flask import Flask

from marketplace.core.db import db, transaction

Work = Callable[[], Any]


def at_once(app: Flask, works: Sequence[Work]) -> list[Any]:
    """Run these at the same moment, each in a thread with a context of its own; returns results, exceptions among them."""
    results: list[Any] = [None] * len(works)
    start = threading.Barrier(len(works))

    def run(place: int) -> None:
        with app.app_context():
            start.wait()
            try:
                results[place] = works[place]()
            except Exception as error:
                results[place] = error
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=(n,)) for n in range(len(works))]
    db.session.remove()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def in_transaction(work: Work) -> Work:
    """The same work as an entry point does it: in one transaction of its own."""

    def run() -> Any:
        with transaction():
            return work()

    return run


def write_at_once(app: Flask, works: Sequence[Work]) -> list[Any]:
    """Run these at the same moment, each in a transaction of its own."""
    return at_once(app, [in_transaction(work) for work in works])
