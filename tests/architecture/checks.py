"""The rules of the architecture as functions of source text or of objects, so that each can be seen to refuse a bad sample.

Every check returns its complaints, one line each; an empty list is obedience.
"""

import ast
import re
import subprocess
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import BigInteger, Float, MetaData, Numeric

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGE = ROOT / "marketplace"
# Services for whoever comes: signing in is how one becomes somebody, signing out ends what one holds in one's own hand, and a one-time
# link is its own permission.
FOR_ANYBODY = {"sign_in", "sign_in_with_code", "sign_out", "request_reset", "reset_password", "confirm_email"}
GUARDS = ("public", "signed_in", "roles")
WRITERS = ("transaction", "submit_once")


def modules(pattern: str = "**/*.py") -> Iterator[tuple[str, str]]:
    """Path below the checkout and text of the package's modules, without the generated migrations."""
    for path in sorted(PACKAGE.glob(pattern)):
        if "versions" not in path.parts:
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")


def of_kind(kind: str) -> Iterator[tuple[str, str]]:
    """The modules of one kind in every domain: `routes.py` and what a `routes/` package holds."""
    yield from modules(f"*/{kind}.py")
    yield from modules(f"*/{kind}/**/*.py")


def each(check: Callable[[str, str], Iterable[str]], sources: Iterable[tuple[str, str]]) -> list[str]:
    return [complaint for path, text in sources for complaint in check(path, text)]


def _dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def _calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield _dotted(node.func), node


OWN_COMMITS = (
    "marketplace/core/db.py", "marketplace/migrations/env.py", "marketplace/search/index/writing.py", "marketplace/bench/stock.py",
)  # fmt: skip


def one_door_for_commits(path: str, text: str) -> Iterator[str]:
    """commit and rollback are called in core/db.py only; those of Alembic and of search indexes are of another kind."""
    if path in OWN_COMMITS:
        return
    for name, call in _calls(ast.parse(text)):
        if name.rsplit(".", 1)[-1] in ("commit", "rollback") and "." in name:
            yield f"{path}:{call.lineno}: {name}() outside core/db.py"


def one_door_for_states(path: str, text: str) -> Iterator[str]:
    """No `.state` is assigned, set by name or updated but in core/lifecycle.py."""
    if path == "marketplace/core/lifecycle.py":
        return
    for node in ast.walk(ast.parse(text)):
        targets: list[ast.expr] = []
        if isinstance(node, ast.Assign):
            targets = node.targets
        elif isinstance(node, (ast.AugAssign, ast.AnnAssign)):
            targets = [node.target]
        elif isinstance(node, ast.Call) and _dotted(node.func) == "setattr" and len(node.args) > 1:
            if isinstance(node.args[1], ast.Constant) and node.args[1].value == "state":
                yield f"{path}:{node.lineno}: setattr of state"
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "values"
            and any(keyword.arg == "state" for keyword in node.keywords)
            and ast.unparse(node.func.value).startswith("update(")
        ):
            yield f"{path}:{node.lineno}: an UPDATE of state"
        for target in targets:
            if isinstance(target, ast.Attribute) and target.attr == "state":
                yield f"{path}:{target.lineno}: {ast.unparse(target)} is assigned"


def one_clock(path: str, text: str) -> Iterator[str]:
    """Only core/clock.py asks what time it is."""
    if path == "marketplace/core/clock.py":
        return
    for name, call in _calls(ast.parse(text)):
        if re.fullmatch(r"(.*\.)?(datetime\.(now|utcnow|today)|date\.today)", name):
            yield f"{path}:{call.lineno}: {name}()"


def empty_package_init(path: str, text: str) -> Iterator[str]:
    """A package's __init__ is one docstring; code in it would run at every import below. Route packages hold their blueprint."""
    tree = ast.parse(text)
    if not ast.get_docstring(tree):
        yield f"{path}: no docstring"
    elif len(tree.body) > 1:
        yield f"{path}:{tree.body[1].lineno}: code in a package's __init__"


def one_access_decorator(path: str, text: str) -> Iterator[str]:
    """Every view carries exactly one of @public, @signed_in, @roles, below its route."""
    for function, routes in _views(text):
        names = [_decorator(d) for d in function.decorator_list]
        guards = [n for n in names if n in GUARDS]
        if len(guards) != 1:
            yield f"{path}:{function.lineno}: {function.name} has {len(guards)} access decorators"
        elif names.index(guards[0]) < max(function.decorator_list.index(r) for r in routes):
            yield f"{path}:{function.lineno}: {function.name}: @{guards[0]} stands above the route and guards nothing"


def _decorator(node: ast.expr) -> str:
    return _dotted(node.func if isinstance(node, ast.Call) else node).rsplit(".", 1)[-1]


def _views(text: str) -> Iterator[tuple[ast.FunctionDef, list[ast.Call]]]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            routes = [
                d
                for d in node.decorator_list
                if isinstance(d, ast.Call) and _decorator(d) in ("route", "get", "post", "put", "patch", "delete")
            ]
            if routes:
                yield node, routes


def writes_are_posts(path: str, text: str) -> Iterator[str]:
    """A view that writes takes POST (or PUT, PATCH, DELETE); one that also takes GET writes only after a submitted form."""
    for function, routes in _views(text):
        methods = set().union(*(_methods(r) for r in routes))
        for writer, guarded in _writers(function):
            if methods == {"GET"}:
                yield f"{path}:{writer.lineno}: {function.name} answers GET and writes"
            elif "GET" in methods and not guarded:
                yield f"{path}:{writer.lineno}: {function.name} writes without asking whether a form was submitted"


def _methods(route: ast.Call) -> set[str]:
    kind = _decorator(route)
    if kind != "route":
        return {kind.upper()}
    for keyword in route.keywords:
        if keyword.arg == "methods":
            return set(ast.literal_eval(keyword.value))
    return {"GET"}


def _writers(function: ast.FunctionDef) -> Iterator[tuple[ast.Call, bool]]:
    early = any(
        isinstance(s, ast.If) and _asks_for_form(s.test) and isinstance(s.body[-1], ast.Return) for s in function.body
    )

    def walk(node: ast.AST, guarded: bool) -> Iterator[tuple[ast.Call, bool]]:
        if isinstance(node, ast.Call) and _dotted(node.func).rsplit(".", 1)[-1] in WRITERS:
            yield node, guarded
        for child in ast.iter_child_nodes(node):
            yield from walk(child, guarded or (isinstance(node, (ast.If, ast.BoolOp)) and _asks_for_form(node)))

    yield from walk(function, early)


def _asks_for_form(node: ast.AST) -> bool:
    test = node.test if isinstance(node, ast.If) else node
    text = ast.unparse(test)
    return "validate_on_submit" in text or "is_submitted" in text or "request.method" in text


def services_ask_permission(path: str, text: str) -> Iterator[str]:
    """A public service, which is one that takes an actor or writes, asks `require(…)` unless it is marked @step."""
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            if any(_decorator(d) == "step" for d in node.decorator_list):
                continue
            called = {name for name, _call in _calls(node)}
            takes_actor = any(a.arg == "actor" for a in (*node.args.args, *node.args.kwonlyargs))
            writes = called & {
                "db.session.add",
                "db.session.add_all",
                "db.session.delete",
                "db.session.flush",
                "advance",
            }
            if node.name in FOR_ANYBODY:
                continue
            if (takes_actor or writes) and not any(name.rsplit(".", 1)[-1] == "require" for name in called):
                yield f"{path}:{node.lineno}: {node.name} neither asks require(can_…) nor is a @step"


def steps_of(sources: Iterable[tuple[str, str]]) -> set[str]:
    """The names of the services marked @step."""
    return {
        node.name
        for _path, text in sources
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef) and "step" in map(_decorator, node.decorator_list)
    }


def no_step_in_routes(steps: set[str]) -> Callable[[str, str], Iterator[str]]:
    """No view calls a service that asks no permission."""

    def check(path: str, text: str) -> Iterator[str]:
        for name, call in _calls(ast.parse(text)):
            if name.rsplit(".", 1)[-1] in steps:
                yield f"{path}:{call.lineno}: the view calls the step {name}"

    return check


def unique_permissions(sources: Iterable[tuple[str, str]]) -> list[str]:
    """can_… names are unique over all domains, since pages see them side by side."""
    seen: dict[str, str] = {}
    complaints = []
    for path, text in sources:
        for node in ast.parse(text).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("can_"):
                if node.name in seen:
                    complaints.append(f"{path}:{node.lineno}: {node.name} is also in {seen[node.name]}")
                seen[node.name] = path
    return complaints


INLINE = (
    (re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")[^>]*>", re.I), "inline script"),
    (re.compile(r"<style\b", re.I), "inline style sheet"),
    (re.compile(r"<[a-z][^>{}]*\sstyle\s*=", re.I), "style attribute"),
    (re.compile(r"<[a-z][^>{}]*\son[a-z]+\s*=", re.I), "inline event handler"),
    (re.compile(r"(href|src|action)\s*=\s*[\"']javascript:", re.I), "javascript: address"),
    (re.compile(r"<(script|link|img)[^>]*\b(src|href)=[\"'](https?:)?//", re.I), "file from another host"),
)


def nothing_inline(path: str, text: str) -> Iterator[str]:
    """Templates hold no script, style or handler of their own: the content security policy would refuse them."""
    for pattern, what in INLINE:
        for found in pattern.finditer(text):
            yield f"{path}:{text.count(chr(10), 0, found.start()) + 1}: {what}"


# Written in pieces, so that this file obeys its own rule.
MACHINE = re.compile(
    r"(?<![\w.)}>-])/(?:work|root|home/\w+)/|"
    + "|".join(map(re.escape, ["py" + "pi.org", "python" + "hosted.org", "npm" + "js.", "debian" + ".org"]))
)


def no_machine_names(path: str, text: str) -> Iterator[str]:
    """No path of one machine and no registry host in what is committed."""
    for number, line in enumerate(text.splitlines(), 1):
        if found := MACHINE.search(line):
            yield f"{path}:{number}: {found.group()}"


def tracked_files() -> Iterator[tuple[str, str]]:
    """Path and text of every text file that git knows."""
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listing.split("\0")):
        path = ROOT / name
        if path.is_file():
            try:
                yield name, path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue


def money_columns(metadata: MetaData) -> list[str]:
    """Money is an integer of 分 in a BigInteger column named *_fen; nothing that sounds like money is a float or bare."""
    complaints = []
    for table in metadata.tables.values():
        for column in table.columns:
            where = f"{table.name}.{column.name}"
            if column.name.endswith("_fen") and not isinstance(column.type, BigInteger):
                complaints.append(f"{where} is {column.type!r}, not BigInteger")
            money = re.search(r"(^|_)(amount|price|fee|total|balance|commission|revenue|yuan)$", column.name)
            if money and isinstance(column.type, (Float, Numeric)):
                complaints.append(f"{where} is money in {column.type!r}; use *_fen")
            if column.name == "amount":
                complaints.append(f"{where}: a bare amount says no unit")
    return complaints


def url_rules(rules: Iterable[Any]) -> list[str]:
    """Paths are kebab-case; what is called an id is an integer."""
    complaints = []
    for rule in rules:
        for segment in filter(None, re.sub(r"<[^>]+>", "", rule.rule).split("/")):
            if not re.fullmatch(r"[a-z0-9.-]+", segment):
                complaints.append(f"{rule.rule}: {segment!r} is not kebab-case")
        for converter, name in re.findall(r"<(?:([^:<>]+):)?([^<>]+)>", rule.rule):
            if (name == "id" or name.endswith("_id")) and not converter.startswith("int"):
                complaints.append(f"{rule.rule}: {name} is not an int")
    return complaints


def processes(found: Iterable[Any], permissions: set[str]) -> list[str]:
    """Each action is guarded by an existing can_…; each state is real; whoever waits has a timer or the operator's way out."""
    complaints = []
    for process in found:
        states = {str(s.value) for s in process.states}
        reached = {process.initial, *(a.target for a in process.actions)}
        complaints += [f"{process.noun}: the state {s} is never reached" for s in sorted(states - reached)]
        for action in process.actions:
            if action.who not in permissions:
                complaints.append(f"{process.noun}.{action.name}: there is no {action.who}")
            for state in {*action.sources, action.target} - states:
                complaints.append(f"{process.noun}.{action.name}: there is no state {state}")
        for state in sorted(states):
            possible = process.possible(state)
            exits = {a.name for a in possible}
            if possible and not any(a.timer for a in possible) and process.waiting.get(state) not in exits:
                complaints.append(f"{process.noun}: {state} has neither a timer nor a way out for the operator")
    return complaints
