"""A person's copy of everything the platform holds of them (PIPL 45): a ZIP of JSON and CSV, sealed until they fetch it once."""

import io
import json
import zipfile
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from itertools import islice

from sqlalchemy import update

from marketplace.core import audit, clock, settings, vault
from marketplace.core.access import require, require_confirmed, step
from marketplace.core.actor import SCHEDULER, Actor
from marketplace.core.db import db
from marketplace.core.errors import Conflict
from marketplace.core.i18n import lazy, speaking
from marketplace.core.personal import PersonalData, personal_data
from marketplace.core.queue import enqueue
from marketplace.core.tabular import Column, table_bytes
from marketplace.duties.access import can_export_own_data, can_fetch_export
from marketplace.duties.models import DataExport
from marketplace.duties.queries import find_open_export

SMALL = 2000  # rows up to which the copy is made while the person waits
STALE = timedelta(minutes=10)
Report = Callable[[int, int], None]


class _TooLarge(Exception):
    pass


def prepare_small_export(*, actor: Actor, user_id: int) -> bytes | None:
    """The copy itself where little is held of a person, made before the transaction opens; None where a job had better make it."""
    require(can_export_own_data(actor, user_id))
    require_confirmed(actor)
    try:
        return build_archive(user_id, limit=SMALL)
    except _TooLarge:
        return None


def request_export(*, actor: Actor, user_id: int, archive: bytes | None = None) -> DataExport:
    """Ask for a copy of one's data. One that is under way or waits is given again instead of a second; an expired one makes room.

    Refused: for anybody but oneself; without a fresh confirmation of who one is.
    """
    require(can_export_own_data(actor, user_id))
    require_confirmed(actor)
    now, present = clock.now(), find_open_export(user_id)
    if present is not None and (present.expires_at is None or present.expires_at > now):
        return present
    if present is not None:
        _end(present)
    export = DataExport(user_id=user_id, total_parts=len(personal_data()))
    db.session.add(export)
    db.session.flush()
    audit.record("data_export.requested", "data_export", export.id, actor=actor)
    if archive is None:
        enqueue("duties.build_export", export_id=export.id)
    else:
        finish_export(export=export, archive=archive)
    return export


@step
def claim_export(*, export_id: int) -> DataExport | None:
    """Let one worker make a copy; one that died frees it after ten minutes."""
    now = clock.now()
    free = DataExport.started_at.is_(None) | (DataExport.started_at < now - STALE)
    claimed = db.session.execute(
        update(DataExport)
        .where(DataExport.id == export_id, DataExport.ready_at.is_(None), DataExport.ended_at.is_(None), free)
        .values(started_at=now)
        .execution_options(synchronize_session=False)
    )
    if claimed.rowcount != 1:  # type: ignore[attr-defined]
        return None
    return db.session.get_one(DataExport, export_id, populate_existing=True)


@step
def note_progress(*, export_id: int, done: int, total: int) -> None:
    db.session.execute(
        update(DataExport)
        .where(DataExport.id == export_id)
        .values(done_parts=done, total_parts=total)
        .execution_options(synchronize_session=False)
    )


@step
def finish_export(*, export: DataExport, archive: bytes) -> None:
    """Put the finished copy away, sealed, for as long as the setting says."""
    if export.ready_at is not None or export.ended_at is not None:
        return
    now = clock.now()
    export.archive, export.size = vault.seal_bytes(archive), len(archive)
    export.ready_at, export.expires_at = now, now + timedelta(hours=settings.get("duties.export_hours"))
    export.done_parts = export.total_parts
    db.session.flush()
    audit.record("data_export.ready", "data_export", export.id, actor=SCHEDULER, size=len(archive))


def fetch_export(*, actor: Actor, export: DataExport) -> bytes:
    """Take the copy away: once, within its time. Of two clicks at the same moment one gets it.

    Refused: another person's; one that is not ready, was fetched or has expired.
    """
    require(can_fetch_export(actor, export))
    require_confirmed(actor)
    now, sealed = clock.now(), export.archive
    taken = db.session.execute(
        update(DataExport)
        .where(
            DataExport.id == export.id, DataExport.ready_at.is_not(None), DataExport.ended_at.is_(None),
            DataExport.expires_at > now,
        )
        .values(fetched_at=now, ended_at=now, archive=None)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    if taken.rowcount != 1 or sealed is None:  # type: ignore[attr-defined]
        raise Conflict("export.gone", lazy("这份副本已下载或已过期，可以重新生成"))
    audit.record("data_export.fetched", "data_export", export.id, actor=actor)
    db.session.expire(export)
    return vault.unseal_bytes(sealed)


def _end(export: DataExport) -> None:
    export.archive, export.ended_at = None, clock.now()
    db.session.flush()


@step
def drop_expired_exports() -> int:
    """Forget copies that nobody fetched in time."""
    now = clock.now()
    gone = db.session.execute(
        update(DataExport)
        .where(DataExport.ended_at.is_(None), DataExport.expires_at <= now)
        .values(archive=None, ended_at=now)
        .execution_options(synchronize_session=False)
    )
    return int(gone.rowcount)  # type: ignore[attr-defined]


def build_archive(user_id: int, *, limit: int | None = None, report: Report | None = None) -> bytes:
    """Everything held of a person as a ZIP in memory: one JSON and one CSV per table, and a README in Chinese."""
    stream, parts, total = io.BytesIO(), personal_data(), 0
    with speaking("zh_CN"), zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        counts = []
        for place, part in enumerate(parts, 1):
            total += (number := _write(archive, part, user_id, None if limit is None else limit - total))
            counts.append((part, number))
            if report:
                report(place, len(parts))
        archive.writestr("README.txt", _readme(user_id, counts))
    return stream.getvalue()


def _write(archive: zipfile.ZipFile, part: PersonalData, user_id: int, limit: int | None) -> int:
    with closing(part.rows(user_id)) as found:
        rows = list(islice(found, None if limit is None else limit + 1))
    if limit is not None and len(rows) > limit:
        raise _TooLarge
    archive.writestr(f"json/{part.name}.json", json.dumps(rows, ensure_ascii=False, indent=2, default=str))
    columns = [Column(key, str(label), required=False) for key, label in part.columns.items()]
    flat = [{k: _cell(v) for k, v in row.items()} for row in rows]
    archive.writestr(f"csv/{part.name}.csv", table_bytes("csv", columns, flat))
    return len(rows)


def _cell(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(lazy("是")) if value else str(lazy("否"))
    return json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, (dict, list)) else str(value)


_README = """个人数据副本

用户编号：{user}
生成时间：{at}（北京时间）

本压缩包是平台所保存的、与您本人账号有关的数据，依据《个人信息保护法》第四十五条提供。
json 目录便于程序读取与转移，csv 目录可用表格软件打开；两者内容相同。

文件与行数：
{files}

说明：
1. 密码只保存不可还原的摘要，不在副本中；登录凭证同样如此。
2. 订单、上传文件等属于您所在单位的业务数据，这里只列出由您经手的编号；内容请由单位管理员在工作台导出。
3. 操作记录（audit.csv）是审计日志中与您有关的行，按规定不得删改。
4. 发现有误可在“账号资料”中更正，或在“个人信息请求”中提出，我们在 {days} 个工作日内答复。
5. 本副本仅供您本人使用，请妥善保管。
"""


def _readme(user_id: int, counts: list[tuple[PersonalData, int]]) -> str:
    files = "\n".join(f"  {part.name:<18} {part.label}：{number} 行" for part, number in counts)
    at = clock.local(clock.now()).strftime("%Y-%m-%d %H:%M")
    return _README.format(user=user_id, at=at, files=files, days=settings.get("duties.request_days"))
