"""`python3 -m marketplace run`: from an empty folder to a served site with data in it, and again in a second or two."""

import argparse
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from flask_migrate import upgrade
from sqlalchemy import select

from marketplace.accounts.models import User
from marketplace.app import create_app
from marketplace.core import assets
from marketplace.core.config import ROOT
from marketplace.core.db import db
from marketplace.core.progress import progress
from marketplace.demo import load
from marketplace.search import indexer
from marketplace.translations import catalog

FLASK = (sys.executable, "-m", "flask", "--app", "wsgi")
DEMO_PASSWORD = "Park-Demo-2026"
DEMO_ACCOUNTS = (
    ("operator@demo.example", "园区运营"),
    ("finance1@demo.example", "园区财务（经办）"),
    ("finance2@demo.example", "园区财务（复核）"),
    ("bureau@demo.example", "主管部门"),
    ("auditor@demo.example", "审计"),
    ("firm@demo.example", "人力资源服务机构"),
    ("client@demo.example", "用人单位"),
)


def main(arguments: list[str] | None = None) -> int:
    """Prepare, start the worker beside the server, serve until interrupted; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python3 -m marketplace run", description="准备数据库并启动网站")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=int(os.environ.get("PORT", "8000")))
    parser.add_argument("--empty", action="store_true", help="不装载演示数据 / load no demo data")
    parser.add_argument(
        "--scale", choices=("park", "region", "nation"), default="park", help="演示数据规模 / size of the demo data"
    )
    parser.add_argument("--password", default=DEMO_PASSWORD, help="演示账号密码 / password of the demo accounts")
    options = parser.parse_args(arguments)
    if not port_is_free(options.host, options.port):
        print(
            f"端口 {options.port} 已被占用，请用 --port 指定其他端口。\nPort {options.port} is in use; choose another with --port.",
            file=sys.stderr,
        )
        return 1
    os.environ.setdefault("SITE_URL", f"http://{options.host}:{options.port}")
    loaded = prepare(scale=None if options.empty else options.scale, password=options.password)
    announce(options.host, options.port, options.password if loaded else None, empty=options.empty)
    return serve(options.host, options.port)


def prepare(*, scale: str | None, password: str) -> bool:
    """Bring database, demo data (into an empty database, unless `scale` is None), index, translations and assets up to date.

    Returns whether demo data was loaded by this call. Each piece does nothing when it is already done.
    """
    catalog.compile_all()
    assets.build()
    app = create_app()
    Path(app.config["INSTANCE_DIR"]).mkdir(parents=True, exist_ok=True)
    with app.app_context():
        say("更新数据库结构 / Migrating the database")
        upgrade()
        loaded = load_demo(scale, password) if scale else False
        bring_index_up_to_date(changed=loaded)
    return loaded


def load_demo(scale: str, password: str) -> bool:
    """Load the marked demo data unless the database holds somebody already."""
    if db.session.scalar(select(User.id).limit(1)) is not None:
        return False
    say("装载演示数据 / Loading the demo data")
    with progress("演示数据") as bar:
        load.load(scale=scale, password=password, progress=bar)
    return True


def bring_index_up_to_date(*, changed: bool) -> None:
    """Build the search index where there is none or the data is new; the worker keeps it fresh afterwards."""
    if changed or not indexer.is_built():
        say("建立检索索引 / Building the search index")
        with progress("检索索引") as bar:
            indexer.rebuild(progress=bar)


def say(text: str) -> None:
    print(f"· {text} …", flush=True)


def port_is_free(host: str, port: int) -> bool:
    with contextlib.closing(socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def announce(host: str, port: int, password: str | None, *, empty: bool) -> None:
    """Say where the site is and who can sign in; the password only when it was set just now, since it is stored hashed."""
    shown = "127.0.0.1" if host in ("0.0.0.0", "::") else host
    print(f"\n  长三角（青浦）数字人力资源产业园 http://{shown}:{port}/\n")
    if not empty:
        print("  演示账号 / demo accounts:")
        for address, role in DEMO_ACCOUNTS:
            print(f"    {address:24} {role}")
        known = (
            password
            or f"首次装载时设定（默认 {DEMO_PASSWORD}） / set when the data was loaded (default {DEMO_PASSWORD})"
        )
        print(f"  密码 / password: {known}\n")
    print("  Ctrl+C 停止 / to stop\n", flush=True)


def server_command(host: str, port: int) -> list[str]:
    """gunicorn with two workers of a few threads; Werkzeug's own server where gunicorn does not exist (Windows)."""
    if os.name == "nt":
        return [*FLASK, "run", "--host", host, "--port", str(port), "--no-reload"]
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    workers = os.environ.get("WORKERS", "2")
    return [
        sys.executable, "-m", "gunicorn", "wsgi:app", "--bind", address, "--workers", workers, "--threads", "4",
        "--graceful-timeout", "10", "--timeout", "60", "--log-level", "warning",
    ]  # fmt: skip


def serve(host: str, port: int) -> int:
    """Run server and worker as children until one of them ends or a signal comes; neither outlives this process."""
    commands = (server_command(host, port), [*FLASK, "jobs", "run"])
    children = [subprocess.Popen(command, cwd=ROOT) for command in commands]
    stopping = False

    def stop(_signal: int, _frame: object) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    while not stopping and all(child.poll() is None for child in children):
        time.sleep(0.2)
    status = 0 if stopping else 1
    if not stopping:
        name = "server" if children[0].poll() is not None else "background worker"
        print(f"{name} 已退出 / the {name} has ended", file=sys.stderr)
    for child in children:
        if child.poll() is None:
            child.terminate()
    for child in children:
        try:
            child.wait(15)
        except subprocess.TimeoutExpired:
            child.kill()
    return status


if __name__ == "__main__":
    sys.exit(main())
