"""The search section measures what it says, at a tiny size."""

import os

import pytest

from marketplace.bench import engine as bench_engine
from marketplace.bench.engine import TEXTS, percentile
from marketplace.bench.searching import Figure, measure_engine, show_figures
from marketplace.bench.stock import ask_tantivy
from marketplace.core.db import transaction
from marketplace.demo import listings, organisations
from marketplace.search import changes, engine, indexer
from tests.support.apps import release

pytestmark = pytest.mark.engine("sqlite")


def test_the_engine_is_measured_beside_stock_whoosh_and_their_answers_are_the_same(app, monkeypatch, capsys):
    from random import Random

    monkeypatch.setattr(listings, "LISTINGS", 150)
    with transaction():
        rng = Random(1)
        offered = listings.add_listings(rng, 1, organisations.add_firms(rng, 1))
        changes.touch("listing", [one["id"] for one in offered])
    release()
    assert indexer.rebuild() == 150
    figures = {one.name: one for one in measure_engine(engine.current().root, 0.2)}
    assert figures["engine, warm"].figures["documents"] == 150
    assert figures["engine, warm"].figures["searches"] >= len(TEXTS)
    assert figures["stock whoosh, same searches"].figures["different_answers"] == 0
    assert figures["stock whoosh, same searches"].figures["times_the_engine"] > 1
    show_figures(list(figures.values()))
    assert "times_the_engine" in capsys.readouterr().out


def test_an_engine_that_is_not_installed_is_skipped(monkeypatch):
    import importlib

    def missing(_name):
        raise ImportError

    monkeypatch.setattr(importlib, "import_module", missing)
    assert ask_tantivy([], []) is None


def test_percentiles_and_figures_are_plain_numbers():
    assert percentile([3, 1, 2], 0.5) == 2 and percentile([], 0.99) == 0
    assert Figure("x", {"p50_ms": 1.23456}, "ms").as_json() == {"name": "x", "note": "ms", "p50_ms": 1.2346}
    assert bench_engine.resident()["all"] > 0 or os.name == "nt"
