"""From a bare Python to a running command: makes `.venv`, installs what setup.cfg names, hands over. Standard library only.

What was installed is remembered as a hash of setup.cfg, pyproject.toml and the Python version, so a second start takes no time.
"""

import hashlib
import os
import platform
import subprocess
import sys
import venv
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
COMMANDS = {
    "run": "prepare the database and serve the site / 准备数据库并启动网站",
    "test": "run the whole test suite / 运行全部测试",
    "bench": "measure the site against a bare-Flask floor / 性能测试",
}
EXTRAS = {"run": "", "test": "test", "bench": ""}
MODULES = {"run": "marketplace.start", "test": "pytest", "bench": "marketplace.bench"}
NO_VENV = (
    "无法创建 Python 虚拟环境：缺少 venv/ensurepip 模块。Debian/Ubuntu 请执行：apt-get install python3-venv\n"
    "Cannot create a Python environment: the venv/ensurepip module is missing. On Debian/Ubuntu: apt-get install python3-venv"
)
OLD_PYTHON = "需要 Python 3.11 或更高版本。\nPython 3.11 or newer is needed."
NO_INSTALL = (
    "依赖安装失败：请检查网络连接与软件包镜像设置，然后重试同一命令（上方为 pip 的输出）。\n"
    "Installing the dependencies failed: check the network and the package index, then run the same command again (pip's output is above)."
)


def main(arguments: list[str] | None = None) -> NoReturn:
    """Set up the environment a command needs and become that command."""
    given = sys.argv[1:] if arguments is None else arguments
    if not given or given[0] not in COMMANDS:
        print("python3 -m marketplace <command> [options]\n")
        for name, text in COMMANDS.items():
            print(f"  {name:6} {text}")
        sys.exit(0 if given[:1] in ([], ["-h"], ["--help"]) else 2)
    if sys.version_info < (3, 11):  # noqa: UP036 - it is the old Python that reads this line
        sys.exit(OLD_PYTHON)
    command, rest = given[0], given[1:]
    python = set_up(EXTRAS[command])
    become(python, ["-m", MODULES[command], *rest])


def set_up(extra: str) -> Path:
    """Make the environment and install into it unless its stamp says that this was done; returns its Python."""
    python = python_of(VENV)
    if not works(python):
        print("正在创建虚拟环境 .venv … / Creating .venv …", flush=True)
        make_environment()
    stamp = VENV / f".installed{'-' + extra if extra else ''}"
    wanted = fingerprint()
    if stamp.exists() and stamp.read_text(encoding="ascii") == wanted:
        return python
    print("正在安装依赖（首次约一分钟）… / Installing (about a minute the first time) …", flush=True)
    target = f"{ROOT}[{extra}]" if extra else str(ROOT)
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--editable", target]
    if subprocess.run(pip, cwd=ROOT).returncode != 0:
        sys.exit(NO_INSTALL)
    stamp.write_text(wanted, encoding="ascii")
    if extra:
        (VENV / ".installed").write_text(wanted, encoding="ascii")
    return python


def make_environment() -> None:
    """Create `.venv`; says in Chinese and English what is missing where Debian left ensurepip out."""
    try:
        import ensurepip  # noqa: F401 - only whether it is there
    except ImportError:
        sys.exit(NO_VENV)
    try:
        venv.EnvBuilder(with_pip=True, clear=VENV.exists(), symlinks=os.name != "nt").create(VENV)
    except (subprocess.CalledProcessError, OSError) as failed:
        sys.exit(f"{NO_VENV}\n({failed})")


def python_of(folder: Path) -> Path:
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def works(python: Path) -> bool:
    """Is there an environment that starts and has pip, of the Python that asks? One left half-made, or of another version, is made anew."""
    if not python.exists():
        return False
    probe = "import pip, sys; print('%d.%d' % sys.version_info[:2])"
    answer = subprocess.run([str(python), "-c", probe], capture_output=True, text=True)
    return answer.returncode == 0 and answer.stdout.strip() == "{}.{}".format(*sys.version_info[:2])


def fingerprint() -> str:
    """What the installation depends on, hashed: the two files that describe it, the Python, and where the checkout lies."""
    parts = [(ROOT / name).read_bytes() for name in ("setup.cfg", "pyproject.toml")]
    # Only the [options] part and what pip reads of it matter, but a spurious reinstall costs seconds and a missed one an hour.
    parts.append(f"{platform.python_version()} {sys.platform} {ROOT}".encode())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def become(python: Path, arguments: list[str]) -> NoReturn:
    """Replace this process, so that signals and the exit status are the command's own."""
    os.chdir(ROOT)
    sys.stdout.flush()
    if os.name == "nt":
        sys.exit(subprocess.run([str(python), *arguments]).returncode)
    os.execv(python, [str(python), *arguments])
