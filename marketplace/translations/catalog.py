"""Extract, update, compile and check the English catalogue.

`python -m marketplace.translations.catalog` brings the `.po` up to date and lists what still lacks English.
"""

import os
import re
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parent.parent
PO = FOLDER / "en" / "LC_MESSAGES" / "messages.po"
KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "_": None,
    "lazy": None,
    "gettext": None,
    "ngettext": (1, 2),
}
_PLACEHOLDER = re.compile(r"%(?:\(\w+\)[-+ #0]*\d*(?:\.\d+)?[a-z]|%)|%[sdrf]")


@dataclass(frozen=True)
class Gap:
    """One text without a proper translation, and why: missing, fuzzy or placeholders."""

    message: str
    why: str
    places: str


@cache
def extract() -> Catalog:
    """Every text marked for translation in the code and the templates, with the places it stands; read once a process, for seconds."""
    with (FOLDER / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)
    catalog = Catalog(project="qingpu-hr-park", charset="utf-8")
    found = extract_from_dir(
        ROOT, methods, options, keywords=KEYWORDS, comment_tags=("i18n:",), directory_filter=_worth_reading
    )
    for name, line, message, comments, context in found:
        catalog.add(message, None, [(name.replace(os.sep, "/"), line)], auto_comments=comments, context=context)
    return catalog


def _worth_reading(folder: str | os.PathLike[str]) -> bool:
    """Only the package and the templates: not the environment, the tests or built files."""
    parts = Path(folder).resolve().relative_to(ROOT).parts
    return not parts or (parts[0] in ("marketplace", "templates") and not any(p.startswith((".", "_")) for p in parts))


def pot() -> str:
    """The extracted texts as a `.pot`."""
    target = BytesIO()
    write_po(target, extract(), width=120, sort_by_file=True)
    return target.getvalue().decode("utf-8")


def read(path: Path = PO) -> Catalog:
    """The English catalogue; empty when there is no file yet."""
    if not path.exists():
        return Catalog(locale="en", project="qingpu-hr-park", charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale="en")


def update(path: Path = PO) -> Catalog:
    """Bring the `.po` in step with the source: new texts come in empty, gone ones leave, existing translations stay.

    No guessing: a changed text is a new text, so that nothing wrong is ever shown for having been similar.
    """
    catalog = read(path)
    catalog.update(extract(), no_fuzzy_matching=True)
    catalog.obsolete.clear()
    path.parent.mkdir(parents=True, exist_ok=True)
    _replace(path, lambda target: write_po(target, catalog, width=120, sort_by_file=True, include_lineno=False))
    _drop_dates(path)
    return catalog


def _drop_dates(path: Path) -> None:
    """The dates in the head would make every run a change to commit."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(line for line in lines if not line.startswith(('"POT-Creation', '"PO-Revision'))), "utf-8")


def compile_catalog(path: Path = PO) -> bool:
    """Write the `.mo` beside the `.po` when it is older or missing; True when it was written. Safe in several processes at once."""
    target = path.with_suffix(".mo")
    if not path.exists() or (target.exists() and target.stat().st_mtime >= path.stat().st_mtime):
        return False
    catalog = read(path)
    _replace(target, lambda file: write_mo(file, catalog, use_fuzzy=False))
    return True


def compile_all(folder: Path = FOLDER) -> None:
    """Compile every catalogue that is newer than its compiled file."""
    for path in sorted(folder.glob("*/LC_MESSAGES/*.po")):
        compile_catalog(path)


def _replace(path: Path, write: Callable[[BytesIO], None]) -> None:
    """Write whole or not at all: readers see the old file or the new one."""
    content = BytesIO()
    write(content)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content.getvalue())
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(name)
        raise


def placeholders(text: str) -> list[str]:
    """The `%(name)s` of a text in a fixed order; a literal `%%` is not one."""
    return sorted(mark for mark in _PLACEHOLDER.findall(text) if mark != "%%")


def _forms(message: object) -> tuple[str, ...]:
    if isinstance(message, (tuple, list)):
        return tuple(str(form) for form in message)
    return (str(message or ""),)


def missing(path: Path = PO) -> list[Gap]:
    """Every text of the source that English readers would not get right: missing, fuzzy, or with other placeholders."""
    english = read(path)
    gaps = []
    for message in extract():
        if not message.id:
            continue
        places = ", ".join(sorted({name for name, _line in message.locations}))
        why = _fault(english, _forms(message.id), message.context)
        if why:
            gaps.append(Gap(_forms(message.id)[0], why, places))
    return gaps


def _fault(english: Catalog, source: tuple[str, ...], context: str | None) -> str | None:
    known = english.get(source[0], context)
    if known is None or not all(form.strip() for form in _forms(known.string)):
        return "missing"
    if known.fuzzy:
        return "fuzzy"
    wanted = [placeholders(form) for form in source]
    if any(placeholders(form) not in wanted for form in _forms(known.string)):
        return "placeholders"
    return None


def main() -> int:
    """Update the `.po`, print what lacks English; the exit status says whether anything does."""
    update()
    gaps = missing()
    for gap in gaps:
        print(f"{gap.why}: {gap.message}  ({gap.places})")  # noqa: T201
    print(f"{len(gaps)} texts lack English")  # noqa: T201
    return 1 if gaps else 0


if __name__ == "__main__":
    raise SystemExit(main())
