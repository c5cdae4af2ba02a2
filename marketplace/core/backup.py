"""One file with the database and the uploads, taken while the site runs, and put back with it.

SQLite is copied with `VACUUM INTO` (a plain copy of a live database is not consistent); PostgreSQL by its own `pg_dump` and `pg_restore`.
"""

import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from datetime import timedelta
from pathlib import Path

from flask import current_app
from sqlalchemy import inspect, text

from marketplace.core import audit
from marketplace.core.db import db, is_sqlite
from marketplace.core.errors import Conflict, Invalid
from marketplace.core.i18n import lazy
from marketplace.core.progress import Progress, silent

HEAD = "audit-head"


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
    """Write a `.tar.gz` with `database`, `uploads/` and `audit-head`. An existing file is refused, never overwritten.

    The audit chain's head is read before the database is copied, so that the copy holds at least that much of the chain.
    """
    if file.exists():
        raise Conflict("backup.exists", lazy("文件已存在，请换一个文件名"))
    uploads = Path(current_app.config["UPLOADS_DIR"])
    with tempfile.TemporaryDirectory() as folder:
        copy, head = Path(folder) / "database", Path(folder) / HEAD
        head.write_text(f"{audit.find_head()}\n", encoding="ascii")
        db.session.remove()
        if is_sqlite():
            source = sqlite3.connect(str(db.engine.url.database))
            source.execute("VACUUM INTO ?", (str(copy),))
            source.close()
        else:
            subprocess.run([_tool("pg_dump"), "-Fc", "-f", str(copy), _postgresql_address()], check=True)
        stored = [p for p in sorted(uploads.glob("??/*")) if p.is_file()] if uploads.exists() else []
        with tarfile.open(file, "w:gz") as archive:
            archive.add(copy, "database")
            archive.add(head, HEAD)
            for number, path in enumerate(stored, 1):
                archive.add(path, f"uploads/{path.relative_to(uploads).as_posix()}")
                progress(number, len(stored))
    progress(1, 1)


def restore(file: Path, *, progress: Progress = silent) -> list[str]:
    """Put database and uploads back, over what is there. Nothing is touched unless the whole archive reads.

    Then the restored audit chain is proved, the head that was noted at the time of the backup included; returns what is wrong with it.
    """
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
        wrong = _prove(Path(folder) / HEAD)
    progress(1, 1)
    return wrong


def _prove(head: Path) -> list[str]:
    """What is wrong with the restored trail; nothing is asked of a backup from before anchors and heads."""
    if not head.exists() or not inspect(db.engine).has_table(audit.AuditAnchor.__tablename__):
        return []
    # Rows that waited for their seal when the backup was made are old by now; the worker seals them.
    proof = audit.prove(heads=[audit.parse_head(head.read_text("ascii"))], unsealed_after=timedelta(days=36_500))
    db.session.remove()
    return proof.wrong
