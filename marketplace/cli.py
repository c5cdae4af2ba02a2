"""`flask --app wsgi <noun> <verb>`: what an operator does from a shell; a few lines each around a service or a job."""

import sys
import threading
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import click
from flask import Flask, current_app
from flask.cli import AppGroup

from marketplace.accounts import services as accounts
from marketplace.accounts.models import User
from marketplace.accounts.queries import export_staff, find_user_by_login
from marketplace.catalog.queries import refresh as follow_categories
from marketplace.core import audit, backup, clock, queue
from marketplace.core.actor import CLI, STAFF_ROLES
from marketplace.core.db import transaction
from marketplace.core.errors import NotFound, ServiceError
from marketplace.core.i18n import lazy
from marketplace.core.progress import progress
from marketplace.core.tabular import BadTable
from marketplace.demo import load
from marketplace.duties import jobs as duties_jobs
from marketplace.files import checking
from marketplace.files.queries import count_stored
from marketplace.kpi import jobs as kpi_jobs
from marketplace.operator import transfer
from marketplace.organisations.halves import parse_half
from marketplace.organisations.services import reporting
from marketplace.payments import ledger as books
from marketplace.search import indexer
from marketplace.search.engine import Engine
from marketplace.search.status import read_status
from marketplace.search.understanding import WordLists

KINDS = tuple(transfer.KINDS)
imports, exports = AppGroup("import", help="读入文件"), AppGroup("export", help="写出文件")
search, users, ledger = (
    AppGroup("search", help="检索索引"),
    AppGroup("users", help="人员"),
    AppGroup("ledger", help="台账"),
)
kpi, jobs, backups = AppGroup("kpi", help="指标"), AppGroup("jobs", help="后台任务"), AppGroup("backup", help="备份")
audits, demo = AppGroup("audit", help="审计日志"), AppGroup("demo", help="演示数据")
files = AppGroup("files", help="上传文件")
retentions = AppGroup("retention", help="保存期限")


def init_app(app: Flask) -> None:
    """Add every noun to the app's command line."""
    for group in (imports, exports, search, users, ledger, kpi, jobs, backups, audits, demo, files, retentions):
        app.cli.add_command(group)


def _fail(lines: list[str]) -> None:
    for line in lines:
        click.echo(line, err=True)
    sys.exit(1)


def _add_transfer(kind: str) -> None:
    @click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    def read(file: Path, verified: bool = False) -> None:
        try:
            with progress(f"导入 {kind}") as bar:
                result = transfer.import_file(kind, file, actor=CLI, verified=verified, progress=bar)
        except BadTable as bad:
            _fail(
                [f"第 {e.row} 行 {e.column}：{e.message}" for e in bad.errors]
                + [f"共 {len(bad.errors)} 处错误，未导入任何内容"]
            )
        except ServiceError as error:
            _fail([error.text, "未导入任何内容"])
        else:
            click.echo(str(result))

    if kind == "reports":
        read = click.option("--verified", is_flag=True, help="运营方已核验（证据等级 B）")(read)
    imports.command(kind)(read)

    @exports.command(kind)
    @click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
    def write(file: Path) -> None:
        with progress(f"导出 {kind}") as bar:
            rows = transfer.export_file(kind, file, progress=bar)
        click.echo(f"已导出 {rows} 行到 {file.name}")


for _kind in KINDS:
    _add_transfer(_kind)


@exports.command("identities")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--half", required=True, help="期间，例如 2026H1")
@click.option("--recipient", default="青浦区市场监督管理局", show_default=True, help="接收单位")
@click.option("--reason", default="电子商务法第二十八条", show_default=True, help="报送依据")
def export_identities(file: Path, half: str, recipient: str, reason: str) -> None:
    """The half-year identity report as an AES-256 archive; prints its password once and logs the report."""
    try:
        prepared = reporting.prepare_identity_report(actor=CLI, half=parse_half(half))
        with transaction():
            reporting.record_identity_report(
                actor=CLI, prepared=prepared, recipient=recipient, reason=reason, keep=False
            )
    except ServiceError as error:
        _fail([error.text])
    else:
        file.write_bytes(prepared.content)
        click.echo(f"已导出 {prepared.rows} 行到 {file.name}\n解压口令（只显示一次）：{prepared.password}")


@retentions.command("run")
@click.option("--dry-run", is_flag=True, help="只统计，不改动")
def run_retention(dry_run: bool) -> None:
    """Carry out the retention matrix now; with --dry-run only count."""
    with progress("保存期限") as bar:
        counts = duties_jobs.run_retention(actor=CLI, dry_run=dry_run, progress=bar)
    for code, count in counts.items():
        click.echo(f"{code:24} 到期 {count['due']}  已处理 {count['done']}  保全跳过 {count['held']}")
    click.echo("试运行，未改动任何数据" if dry_run else f"共处理 {sum(c['done'] for c in counts.values())} 条")


@search.command("rebuild")
def rebuild() -> None:
    """Build the index anew beside the old one, then switch over."""
    with progress("重建索引") as bar:
        count = indexer.rebuild(progress=bar)
    click.echo(f"索引已重建：{count} 条")


@search.command("status")
def show_search_status() -> None:
    """How this machine's index stands beside the database's change log; exit 1 when there is none."""
    root = Path(current_app.config["SEARCH_INDEX_DIR"])
    status = read_status(root)
    if status is None:
        _fail(["没有可读取的索引；worker 会自动重建，也可运行 flask search rebuild"])
        return
    built = f"{clock.local(status.built_at):%Y-%m-%d %H:%M}" if status.built_at else "未知"
    click.echo(
        f"代次 {status.generation}  文档 {len(Engine(root, WordLists()).snapshot())}  段 {status.segments}（已删 {status.deleted}）"
        f"  {status.size / 1e6:.1f} MB\n"
        f"变更日志已读到 {status.cursor}，最新 {status.newest}，待处理 {status.waiting} 条，滞后 {status.lag:.1f} 秒\n上次重建 {built}"
    )


@search.command("check")
@click.option("--repair", is_flag=True, help="修复不一致的条目")
def check_search(repair: bool) -> None:
    """Compare index and database; exit 1 when they differ and nothing repaired it."""
    wrong = indexer.check(repair=repair)
    click.echo(f"不一致 {len(wrong)} 条" if wrong else "索引与数据库一致")
    if wrong and not repair:
        _fail([str(w) for w in wrong[:50]])


@users.command("create-operator")
@click.option("--email", prompt="邮箱")
@click.option("--name", prompt="姓名")
@click.option(
    "--role", "roles", multiple=True, default=["operator"], show_default=True, help=f"可重复：{'、'.join(STAFF_ROLES)}"
)
@click.password_option(prompt="密码")
def create_operator(email: str, name: str, roles: tuple[str, ...], password: str) -> None:
    """Create a member of the park's staff."""
    try:
        with transaction():
            user = accounts.create_user(actor=CLI, name=name, email=email, mobile=None, password=password)
            for role in roles:
                accounts.grant_staff_role(actor=CLI, user=user, role=role)
    except ServiceError as error:
        _fail([error.text])
    click.echo(f"已创建 {email}（{'、'.join(roles)}）")


def _for_person(login: str, work: Callable[[User], None], done: str) -> None:
    """Do something to the account of this e-mail address or mobile number, or fail with the reason."""
    try:
        with transaction():
            user = find_user_by_login(login)
            if user is None:
                raise NotFound("user.missing", lazy("没有这个用户"))
            work(user)
    except ServiceError as error:
        _fail([error.text])
    click.echo(done)


@users.command("grant")
@click.argument("login")
@click.argument("role", type=click.Choice(STAFF_ROLES))
def grant_role(login: str, role: str) -> None:
    """Give a person a staff role; 系统、安全、审计 are never in one hand."""
    _for_person(
        login, lambda user: accounts.grant_staff_role(actor=CLI, user=user, role=role), f"已授予 {login} 角色 {role}"
    )


@users.command("revoke")
@click.argument("login")
@click.argument("role", type=click.Choice(STAFF_ROLES))
def revoke_role(login: str, role: str) -> None:
    """Take a staff role away; the last security administrator keeps theirs."""
    _for_person(
        login, lambda user: accounts.revoke_staff_role(actor=CLI, user=user, role=role), f"已撤销 {login} 的角色 {role}"
    )


@users.command("list")
@click.option("--role", type=click.Choice(STAFF_ROLES), default=None)
def list_users(role: str | None) -> None:
    """The park's own people with their roles and states."""
    for member in export_staff(role=role or ""):
        roles = ",".join(r.role for r in member.roles) or "-"
        click.echo(f"{member.user.login:40} {roles:30} {member.state:18} {member.user.name}")


@users.command("reset-second-factor")
@click.argument("login")
def reset_second_factor(login: str) -> None:
    """Forget a lost authenticator, of anybody; check who asks first. Their sessions end."""
    _for_person(
        login,
        lambda user: accounts.reset_second_factor(actor=CLI, user=user),
        f"已重置 {login} 的两步验证，下次登录时重新设置",
    )


@ledger.command("check")
def check_ledger() -> None:
    """Prove the books: exit 1 with every violation, silence means they hold."""
    wrong = books.check()
    if wrong:
        _fail(wrong)
    click.echo("台账核对无误")


@audits.command("check")
@click.option("--head", "heads", multiple=True, metavar="N:HASH", help="此前另行记下的链头，证明其仍在链中")
def check_audit(heads: tuple[str, ...]) -> None:
    """Prove the audit trail's hash chain, and that heads written down earlier are still in it; prints the present head."""
    try:
        known = [audit.parse_head(head) for head in heads]
    except ValueError:
        _fail(["链头格式应为 序号:64 位摘要"])
    with progress("校验审计链") as bar:
        proof = audit.prove(heads=known, progress=bar)
    if proof.wrong_count:
        _fail([*proof.wrong, f"共 {proof.wrong_count} 处不符"])
    click.echo(f"审计链校验无误：{proof.rows} 条，链头 {proof.head}")


@audits.command("head")
def show_audit_head() -> None:
    """The chain's present head, to be written down where nobody who runs this system can change it."""
    click.echo(str(audit.find_head()))


@files.command("check")
def check_files() -> None:
    """Read every stored file and compare it with its row; exit 1 with what is missing or changed."""
    with progress("核对文件") as bar:
        wrong = checking.check(progress=bar)
    if wrong:
        _fail([*wrong, f"共 {len(wrong)} 个文件不符"])
    click.echo(f"文件核对无误：{count_stored()} 个")


@kpi.command("snapshot")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), default=None, help="默认今天")
def snapshot(day: Any) -> None:
    """Compute the indicators as of a day and close the months that are due."""
    moment: date = day.date() if day else clock.today()
    follow_categories()
    kpi_jobs.snapshot_day(moment)
    click.echo(f"已生成 {moment} 的指标快照")


@jobs.command("list")
def list_jobs() -> None:
    """Every job with the seconds between its runs."""
    for name, seconds in queue.names():
        click.echo(f"{name:36} {f'每 {seconds} 秒' if seconds else '按需'}")


@jobs.command("run")
def run_jobs() -> None:
    """This machine's worker: queue consumer, scheduler and search indexer, until it is told to stop."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    stop = threading.Event()
    queue.consume(app, stop, extra=[lambda: indexer.run_loop(stop)])


@backups.command("create")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def create_backup(file: Path) -> None:
    """A consistent copy of database and uploads in one file, taken while the site runs."""
    with progress("备份") as bar:
        backup.create(file, progress=bar)
    click.echo(f"备份已写入 {file.name}")


@backups.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--yes", is_flag=True, help="确认覆盖当前数据")
def restore_backup(file: Path, yes: bool) -> None:
    """Put a backup back, into an empty installation or, with --yes, over the present one."""
    if not yes and not backup.is_empty():
        _fail(["当前数据库不为空；如确认覆盖，请加 --yes"])
    with progress("恢复") as bar:
        wrong = backup.restore(file, progress=bar)
    if wrong:
        _fail(["已恢复，但审计链与备份时记下的链头不符：", *wrong])
    click.echo("已恢复；请运行 flask search rebuild 与 flask files check")


@demo.command("load")
@click.option("--scale", type=click.Choice(["park", "region", "nation"]), default="park", show_default=True)
@click.option("--password", default=None, help="演示账号密码，默认自动给出")
def load_demo(scale: str, password: str | None) -> None:
    """Load marked demo data into an empty database."""
    try:
        with progress("演示数据") as bar:
            accounts_made = load.load(scale=scale, password=password, progress=bar)
    except ServiceError as error:
        _fail([error.text])
    else:
        click.echo(accounts_made.describe())
