"""One file with the database and the uploads, taken while the site runs, and put back with it.

SQLite is copied with `VACUUM INTO` (a plain copy of a live database is not consistent); PostgreSQL by its own `pg_dump` and `pg_restore`.
"""

import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from pathlib import Path

from flask import current_app
from sqlalchemy import inspect, text

from marketplace.core.db import db, is_sqlite
from marketplace.core.errors import Conflict, Invalid
from marketplace.core.i18n import lazy
from marketplace.core.progress import Progress, silent


def _tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise Invalid("backup.tool", lazy("本机缺少 %(tool)s，请先安装 PostgreSQL 客户端工具"), tool=name)
    return found


def _postgresql_address() -> str:
    return db.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)


def is_empty() -> bool:
    """Has this installation no organisation and no person yet?"""
    if not inspect(db.engine).has_table("user_account"):
        return True
    return db.session.execute(text("SELECT count(*) FROM user_account")).scalar() == 0


def create(file: Path, *, progress: Progress = silent) -> None:
    """Write a `.tar.gz` with `database` and `uploads/`. An existing file is refused, never overwritten."""
    if file.exists():
        raise Conflict("backup.exists", lazy("文件已存在，请换一个文件名"))
    uploads = Path(current_app.config["UPLOADS_DIR"])
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "database"
        if is_sqlite():
            source = sqlite3.connect(str(db.engine.url.database))
            source.execute("VACUUM INTO ?", (str(copy),))
            source.close()
        else:
            subprocess.run([_tool("pg_dump"), "-Fc", "-f", str(copy), _postgresql_address()], check=True)
        stored = [p for p in sorted(uploads.rglob("*")) if p.is_file()] if uploads.exists() else []
        with tarfile.open(file, "w:gz") as archive:
            archive.add(copy, "database")
            for number, path in enumerate(stored, 1):
                archive.add(path, f"uploads/{path.relative_to(uploads).as_posix()}")
                progress(number, len(stored))
    progress(1, 1)


def restore(file: Path, *, progress: Progress = silent) -> None:
    """Put database and uploads back, over what is there. Nothing is touched unless the whole archive reads."""
    uploads = Path(current_app.config["UPLOADS_DIR"])
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(file) as archive:
            if "database" not in archive.getnames():
                raise Invalid("backup.foreign", lazy("这不是本系统的备份文件"))
            archive.extractall(folder, filter="data")
        copy = Path(folder) / "database"
        db.session.remove()
        if is_sqlite():
            target = sqlite3.connect(str(db.engine.url.database))
            source = sqlite3.connect(str(copy))
            source.backup(target)
            source.close()
            target.close()
            db.engine.dispose()
        else:
            subprocess.run(
                [_tool("pg_restore"), "--clean", "--if-exists", "--no-owner", "-d", _postgresql_address(), str(copy)],
                check=True,
            )
        if (Path(folder) / "uploads").exists():
            shutil.copytree(Path(folder) / "uploads", uploads, dirs_exist_ok=True)
    progress(1, 1)
