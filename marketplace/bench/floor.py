"""The floor: the least that a Flask page on this database can cost: one indexed query, one small template."""

import os
from collections.abc import Callable

from flask import Flask, render_template_string
from sqlalchemy import create_engine, text
from sqlalchemy.engine import Engine

from marketplace.bench.measured import measured
from marketplace.core.config import database_url

TEMPLATE = """<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>{{ row.title }}</title></head><body>
<h1>{{ row.title }}</h1><ul>{% for n in range(20) %}<li>{{ row.title }} · {{ n }}</li>{% endfor %}</ul></body></html>"""
ROWS = 1000


def fill(engine: Engine) -> None:
    """The floor's own table, with an index by its key."""
    with engine.begin() as connection:
        connection.execute(
            text("CREATE TABLE IF NOT EXISTS bench_floor (id INTEGER PRIMARY KEY, title VARCHAR(80) NOT NULL)")
        )
        if not connection.execute(text("SELECT count(*) FROM bench_floor")).scalar():
            rows = [{"id": n, "title": f"服务 {n}"} for n in range(1, ROWS + 1)]
            connection.execute(text("INSERT INTO bench_floor (id, title) VALUES (:id, :title)"), rows)


def create_floor(url: str) -> Flask:
    """The floor application on a database of the same kind as the site's."""
    app, engine = Flask("floor"), create_engine(url)
    fill(engine)

    @app.get("/<int:row_id>")
    def show(row_id: int) -> str:
        with engine.connect() as connection:
            row = connection.execute(text("SELECT id, title FROM bench_floor WHERE id = :id"), {"id": row_id}).one()
        return render_template_string(TEMPLATE, row=row)

    return app


def wsgi() -> Callable[..., object]:
    """What the floor's server serves; its database comes from BENCH_FLOOR_URL."""
    from pathlib import Path

    return measured(create_floor(database_url(os.environ["BENCH_FLOOR_URL"], Path())))
