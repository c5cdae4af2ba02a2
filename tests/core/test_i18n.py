"""Two languages: Chinese without any catalogue, English out of one, chosen by the person and never guessed."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from babel.messages import Catalog
from babel.messages.pofile import write_po
from flask import Flask, render_template_string
from markupsafe import escape

from marketplace.core import i18n
from marketplace.core.i18n import _, lazy, local_name, ngettext
from marketplace.translations import catalog as tools


def _write(path: Path, texts: dict[str | tuple[str, str], str | tuple[str, str]], fuzzy: bool = False) -> None:
    catalog = Catalog(locale="en")
    for source, english in texts.items():
        catalog.add(source, english, flags=("fuzzy",) if fuzzy else ())
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalog)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Flask]:
    """A bare site whose English catalogue holds three texts."""
    po = tmp_path / "en" / "LC_MESSAGES" / "messages.po"
    _write(
        po,
        {
            "服务市场": "Services",
            "还差 %(n)s 项": "%(n)s left",
            ("%(num)s 个文件", "%(num)s 个文件。"): ("%(num)s file", "%(num)s files"),
        },
    )
    tools.compile_all(tmp_path)
    app = Flask("site")
    app.config.update(BABEL_TRANSLATION_DIRECTORIES=str(tmp_path))
    i18n.init_app(app)

    @app.get("/")
    def home() -> str:
        return render_template_string('{{ html_lang() }}|{{ _("服务市场") }}|{{ switch_url("en") }}')

    yield app


TITLE = lazy("服务市场")


def test_outside_any_application_the_chinese_text_is_shown() -> None:
    assert _("还差 %(n)s 项", n=2) == "还差 2 项"
    assert str(TITLE) == "服务市场"
    assert ngettext("%(num)s 个文件", "%(num)s 个文件。", 1) == "1 个文件"
    assert i18n.html_lang() == "zh-CN"


def test_chinese_is_the_default_whatever_the_browser_asks_for(site: Flask) -> None:
    page = site.test_client().get("/", headers={"Accept-Language": "en-GB,en;q=0.9"}).text
    assert page.startswith("zh-CN|服务市场|")


def test_the_language_asked_for_is_kept_in_a_cookie(site: Flask) -> None:
    client = site.test_client()
    assert client.get("/?lang=en").text.startswith("en|Services|")
    assert client.get("/").text.startswith("en|Services|")
    assert client.get("/?lang=zh-CN").text.startswith("zh-CN|服务市场|")
    assert client.get("/").text.startswith("zh-CN|")


@pytest.mark.parametrize("lang", ["fr", "", "../en", "<script>"])
def test_an_unknown_language_changes_nothing(site: Flask, lang: str) -> None:
    response = site.test_client().get("/", query_string={"lang": lang})
    assert response.text.startswith("zh-CN|")
    assert "Set-Cookie" not in response.headers


def test_the_switch_keeps_the_other_parameters(site: Flask) -> None:
    page = site.test_client().get("/?q=猎头&city=1&city=2&lang=zh-CN").text
    assert page.endswith("|/?q=%E7%8C%8E%E5%A4%B4&amp;city=1&amp;city=2&amp;lang=en")


def test_a_lazy_text_finds_its_language_when_shown(site: Flask) -> None:
    rest = lazy("还差 %(n)s 项", n=3)
    with site.test_request_context("/?lang=en"):
        assert str(TITLE) == "Services"
        assert str(rest) == "3 left"
        assert f"{TITLE}!" == "Services!"
        assert ngettext("%(num)s 个文件", "%(num)s 个文件。", 2) == "2 files"
    with site.test_request_context("/"):
        assert str(rest) == "还差 3 项"


def test_a_lazy_text_can_be_filled_in_later() -> None:
    assert lazy("还差 %(n)s 项") % {"n": 5} == "还差 5 项"


def test_a_lazy_text_is_escaped_like_any_other() -> None:
    assert str(escape(lazy("<b>"))) == "&lt;b&gt;"


def test_a_missing_translation_shows_the_chinese(site: Flask) -> None:
    with site.test_request_context("/?lang=en"):
        assert _("没有英文的文字") == "没有英文的文字"


def test_another_language_can_be_spoken_for_a_while(site: Flask) -> None:
    with site.test_request_context("/"):
        with i18n.speaking("en"):
            assert _("服务市场") == "Services"
        assert _("服务市场") == "服务市场"


def test_names_of_reference_data_follow_the_language(site: Flask) -> None:
    region = SimpleNamespace(name_zh="上海", name_en="Shanghai")
    with site.test_request_context("/?lang=en"):
        assert local_name(region) == "Shanghai"
        assert local_name({"name_zh": "猎头", "name_en": ""}) == "猎头"
    assert local_name(region) == "上海"
    assert local_name(None) == ""


def test_extraction_finds_what_code_and_templates_mark() -> None:
    found = {str(message.id): message for message in tools.extract()}
    assert "服务市场" in found
    assert "您没有进行此操作的权限" in found
    assert all(not name.startswith(("tests/", ".venv/")) for m in found.values() for name, _line in m.locations)


def test_an_update_keeps_translations_drops_gone_texts_and_guesses_nothing(tmp_path: Path) -> None:
    po = tmp_path / "messages.po"
    _write(po, {"服务市场": "Services", "早已不用的文字": "Gone"})
    tools.update(po)
    first = po.read_text("utf-8")
    english = tools.read(po)
    assert english.get("服务市场").string == "Services"
    assert english.get("早已不用的文字") is None
    assert not any(message.fuzzy for message in english if message.id)
    tools.update(po)
    assert po.read_text("utf-8") == first


@pytest.mark.parametrize(
    ("english", "fuzzy", "why"),
    [
        ("Services", False, None),
        ("", False, "missing"),
        ("Services", True, "fuzzy"),
        ("%(n)s services", False, "placeholders"),
    ],
)
def test_a_wrong_translation_is_reported_with_its_reason(
    tmp_path: Path, english: str, fuzzy: bool, why: str | None
) -> None:
    po = tmp_path / "messages.po"
    _write(po, {"服务市场": english}, fuzzy)
    reasons = {gap.message: gap.why for gap in tools.missing(po)}
    assert reasons.get("服务市场") == why


def test_a_catalogue_is_compiled_only_when_it_is_newer(tmp_path: Path) -> None:
    po = tmp_path / "messages.po"
    assert not tools.compile_catalog(po)
    _write(po, {"服务市场": "Services"})
    assert tools.compile_catalog(po)
    assert not tools.compile_catalog(po)


def test_a_doubled_percent_sign_is_no_placeholder() -> None:
    assert tools.placeholders("完成 %(percent)s%%，共 %(n)d 项") == ["%(n)d", "%(percent)s"]
