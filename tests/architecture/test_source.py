"""Rules that the source text shows. Each test first sees its check refuse a bad sample."""

import re

import pytest

from tests.architecture import checks
from tests.architecture.checks import ROOT, each, modules, of_kind

ROUTE = "from marketplace.core.web import public\n@bp.{kind}\n{guards}\ndef view():\n    {body}\n"


def view(*, kind: str = 'get("/x")', guards: str = "@public", body: str = "return 1") -> str:
    return ROUTE.format(kind=kind, guards=guards, body=body)


def test_only_core_db_commits_and_rolls_back():
    assert list(checks.one_door_for_commits("marketplace/x/services.py", "db.session.commit()\nsession.rollback()"))
    assert each(checks.one_door_for_commits, modules()) == []


@pytest.mark.parametrize(
    "bad",
    [
        'order.state = "paid"',
        'setattr(order, "state", "paid")',
        'session.execute(update(Order).where(x).values(state="paid"))',
    ],
)
def test_a_state_assigned_anywhere_is_seen(bad):
    assert len(list(checks.one_door_for_states("marketplace/x/services.py", bad))) == 1


def test_only_the_lifecycle_sets_a_state():
    assert each(checks.one_door_for_states, modules()) == []


@pytest.mark.parametrize("bad", ["datetime.now(UTC)", "datetime.datetime.utcnow()", "date.today()", "datetime.today()"])
def test_asking_the_time_is_seen(bad):
    assert len(list(checks.one_clock("marketplace/x/rules.py", f"x = {bad}"))) == 1


def test_only_the_clock_asks_the_time():
    assert each(checks.one_clock, modules()) == []


def test_a_package_says_what_it_is_and_holds_no_code():
    assert list(checks.empty_package_init("marketplace/x/__init__.py", "from x import y"))
    assert list(checks.empty_package_init("marketplace/x/__init__.py", '"""What."""\nimport y'))
    inits = [(p, t) for p, t in modules("*/__init__.py")] + [(p, t) for p, t in modules("__init__.py")]
    assert len(inits) > 10
    assert each(checks.empty_package_init, inits) == []


@pytest.mark.parametrize("guards", ["@other", "@public\n@signed_in", '@roles("firm")\n@public'])
def test_a_view_without_exactly_one_guard_is_seen(guards):
    assert len(list(checks.one_access_decorator("r.py", view(guards=guards)))) == 1


def test_a_guard_above_the_route_is_seen():
    assert list(checks.one_access_decorator("r.py", '@public\n@bp.get("/x")\ndef view():\n    return 1\n'))


def test_every_view_says_who_may_knock():
    assert each(checks.one_access_decorator, of_kind("routes")) == []


@pytest.mark.parametrize(
    "bad",
    [
        view(body="with transaction():\n        x()"),
        view(kind='route("/x", methods=["GET", "POST"])', body="return submit_once(form, work)"),
    ],
)
def test_a_write_on_get_is_seen(bad):
    assert len(list(checks.writes_are_posts("r.py", bad))) == 1


def test_a_write_behind_a_submitted_form_is_allowed():
    good = view(
        kind='route("/x", methods=["GET", "POST"])',
        body="if form.validate_on_submit():\n        return submit_once(form, work)",
    )
    assert list(checks.writes_are_posts("r.py", good)) == []
    assert list(checks.writes_are_posts("r.py", view(kind='post("/x")', body="submit_once(form, work)"))) == []


def test_get_writes_nothing():
    assert each(checks.writes_are_posts, [*of_kind("routes"), *modules("api/**/*.py")]) == []


def test_a_service_asks_permission_or_is_a_step():
    assert list(checks.services_ask_permission("s.py", "def place_order(*, actor):\n    write()\n"))
    assert list(checks.services_ask_permission("s.py", "def place_order(*, x):\n    db.session.add(x)\n"))
    assert list(checks.services_ask_permission("s.py", "@step\ndef open_payment(*, actor):\n    write()\n")) == []
    assert each(checks.services_ask_permission, of_kind("services")) == []


def test_no_view_calls_a_service_that_asks_no_permission():
    assert list(checks.no_step_in_routes({"notify"})("r.py", "services.notify(event=1)"))
    steps = checks.steps_of(of_kind("services"))
    assert each(checks.no_step_in_routes(steps), of_kind("routes")) == []


def test_permissions_have_names_of_their_own():
    twice = [("a/access.py", "def can_x(actor): ..."), ("b/access.py", "def can_x(actor): ...")]
    assert checks.unique_permissions(twice)
    assert checks.unique_permissions(modules("*/access.py")) == []


@pytest.mark.parametrize(
    "bad",
    [
        "<script>go()</script>",
        "<style>a{}</style>",
        '<p class="x" style="color: red">',
        '<a href="#" onclick="go()">',
        '<a href="javascript:go()">',
        '<script src="https://cdn.example/x.js"></script>',
    ],
)
def test_inline_code_is_seen(bad):
    assert list(checks.nothing_inline("t.html", bad))


def test_templates_hold_no_inline_code():
    assert list(checks.nothing_inline("t.html", '<script type="application/json" id="d">{}</script>')) == []
    pages = [(p.relative_to(ROOT).as_posix(), p.read_text("utf-8")) for p in (ROOT / "templates").rglob("*.html")]
    assert pages and each(checks.nothing_inline, pages) == []


def test_nothing_committed_names_a_machine_or_a_registry():
    assert list(checks.no_machine_names("x", "open('/" + "work/main/x')"))
    assert list(checks.no_machine_names("x", "https://py" + "pi.org/simple"))
    assert list(checks.no_machine_names("x", "url_for /firm/work/x")) == []
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    assert each(checks.no_machine_names, checks.tracked_files()) == []


def test_no_module_has_a_name_that_says_nothing():
    empty = re.compile(r"(^|_)(utils?|helpers?|common|misc|managers?|handlers?)$")
    assert empty.search("string_utils")
    assert [p for p, _ in modules() if empty.search(p.removesuffix(".py").rsplit("/", 1)[-1])] == []
