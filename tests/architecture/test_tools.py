"""Style, types and import contracts, run as tests so that one command tells everything."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.checks import ROOT

# One forbidden import for each contract of setup.cfg: (module that imports, what it imports).
BAD_IMPORTS = [
    ("marketplace.core.clock", "from marketplace.orders import rules"),
    ("marketplace.orders.services", "from marketplace.demo import load"),
    ("marketplace.reviews.services", "from marketplace.kpi import queries"),
    ("marketplace.orders.queries", "from marketplace.orders import services"),
    ("marketplace.orders.services", "from marketplace.orders import forms"),
    ("marketplace.orders.jobs", "from marketplace.orders import routes"),
    ("marketplace.orders.services", "import flask"),
    ("marketplace.orders.access", "from werkzeug import exceptions"),
    ("marketplace.orders.services", "import stripe"),
    ("marketplace.catalog.queries", "import whoosh.index"),
    ("marketplace.pages.queries", "from marketplace.orders import routes"),
    ("marketplace.surprise.models", ""),
]
GOOD_IMPORTS = [
    ("marketplace.catalog.routes", "from marketplace.reviews import queries"),
    ("marketplace.payments.gateway", "import stripe"),
    ("marketplace.search.index", "import whoosh.index"),
    ("marketplace.app", "from marketplace.orders import routes"),
]


def lint(folder: Path) -> "subprocess.CompletedProcess[str]":
    tool = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    return subprocess.run(
        [sys.executable, "-c", tool, "--config", "setup.cfg", "--no-cache"], cwd=folder, capture_output=True, text=True
    )


def sketch(folder: Path, importer: str, line: str) -> None:
    """A tiny tree under the real contracts, with this one import in it."""
    (folder / "setup.cfg").write_text((ROOT / "setup.cfg").read_text("utf-8"), "utf-8")
    packages = "core catalog demo kpi orders pages payments reviews search".split()
    parts = "services queries rules routes access forms jobs gateway index load clock".split()
    names = [f"{package}.{part}" for package in packages for part in parts]
    names += ["app", "__main__", "bootstrap", "bench", "start", importer.removeprefix("marketplace.")]
    for name in names:
        path = folder / "marketplace" / (name.replace(".", "/") + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        (path.parent / "__init__.py").touch()
        path.touch()
    (folder / "marketplace" / "__init__.py").touch()
    (folder / (importer.replace(".", "/") + ".py")).write_text(line + "\n", "utf-8")


@pytest.mark.parametrize(("importer", "line"), BAD_IMPORTS)
def test_a_forbidden_import_is_seen(importer, line, tmp_path):
    sketch(tmp_path, importer, line)
    answer = lint(tmp_path)
    assert answer.returncode == 1, answer.stdout + answer.stderr
    assert "1 broken" in answer.stdout or "2 broken" in answer.stdout, answer.stdout + answer.stderr


@pytest.mark.parametrize(("importer", "line"), GOOD_IMPORTS)
def test_an_allowed_import_passes(importer, line, tmp_path):
    sketch(tmp_path, importer, line)
    answer = lint(tmp_path)
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_imports_go_downwards_only():
    answer = lint(ROOT)
    assert answer.returncode == 0, answer.stdout[-6000:] + answer.stderr


def test_the_style_is_kept():
    answer = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--output-format", "concise", "marketplace", "tests", "wsgi.py"],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert answer.returncode == 0, answer.stdout


@pytest.mark.timeout(400)
def test_the_types_agree():
    answer = subprocess.run(
        [sys.executable, "-m", "mypy", "--no-error-summary"], cwd=ROOT, capture_output=True, text=True
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
