"""The macros pages are written with: what they promise to people who cannot see the page or run its script."""

from enum import StrEnum

import pytest
from bs4 import BeautifulSoup
from flask import Flask, render_template_string
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, Form, IntegerField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired

from marketplace.core import assets, filters, i18n
from marketplace.core.config import ROOT
from marketplace.core.forms import LocalDateField, TagsField, YuanField
from marketplace.core.i18n import lazy


class Sample(Form):
    title = StringField(lazy("标题"), [DataRequired(lazy("请填写标题"))], description=lazy("不超过 60 字"))
    price = YuanField(lazy("价格"))
    on = LocalDateField(lazy("日期"))
    count = IntegerField(lazy("人数"))
    city = SelectField(lazy("城市"), choices=[("1", "上海")])
    text = TextAreaField(lazy("详情"))
    mode = RadioField(lazy("方式"), [DataRequired(lazy("请选择方式"))], choices=[("a", "甲"), ("b", "乙")])
    tags = TagsField(lazy("类别"), choices=[("1", "招聘"), ("2", "派遣")])
    agree = BooleanField(lazy("同意协议"))


class Mood(StrEnum):
    CALM = "calm"

    @property
    def label(self) -> object:
        return lazy("平稳")

    @property
    def tone(self) -> str:
        return "success"


@pytest.fixture
def site() -> Flask:
    """A bare site with the real templates."""
    app = Flask("site", template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "static"))
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals["csrf_token"] = lambda: "token"
    app.secret_key = "test"
    for part in (i18n, filters, assets):
        part.init_app(app)
    return app


FORMS = (
    '{% from "components/forms.html" import field, form_errors, form_open, action_button, filter_form with context %}'
)
UI = '{% from "components/ui.html" import pager, state_badge, money, chips, stat_card with context %}'


def draw(site: Flask, source: str, path: str = "/", **values: object) -> BeautifulSoup:
    with site.test_request_context(path):
        return BeautifulSoup(render_template_string(FORMS + UI + source, **values), "html.parser")


def test_every_kind_of_field_has_a_label_or_legend(site: Flask) -> None:
    page = draw(site, "{% for f in form %}{{ field(f) }}{% endfor %}", form=Sample())
    labelled = {label["for"] for label in page.find_all("label")}
    for control in page.select("input, select, textarea"):
        assert control["id"] in labelled
    assert [legend.text for legend in page.find_all("legend")] == ["方式*", "类别"]


def test_an_error_is_tied_to_its_field_and_listed_on_top_with_a_link(site: Flask) -> None:
    form = Sample(MultiDict({"title": "", "price": "abc", "city": "1"}))
    assert not form.validate()
    page = draw(
        site, "{{ form_errors(form) }}{{ field(form.title) }}{{ field(form.price) }}{{ field(form.mode) }}", form=form
    )
    title = page.find("input", id="title")
    assert title["aria-invalid"] == "true"
    assert title["aria-describedby"].split() == ["title-help", "title-error"]
    assert "请填写标题" in page.find(id="title-error").text
    links = [link["href"] for link in page.select(".error-summary a")]
    assert links == ["#title", "#price", "#mode"]
    assert all(page.find(id=link[1:]) for link in links)
    assert page.find("input", id="price")["value"] == "abc"


def test_what_was_typed_is_escaped(site: Flask) -> None:
    form = Sample(MultiDict({"title": '"><script>x</script>'}))
    assert not draw(site, "{{ field(form.title) }}", form=form).find("script")


def test_a_button_that_asks_first_works_without_script(site: Flask) -> None:
    page = draw(site, '{{ action_button("/x", "取消订单", confirm="确定吗？", hidden={"version": 3}) }}')
    form = page.select_one("details form[method=post]")
    assert form["action"] == "/x"
    assert {i["name"] for i in form.select("input[type=hidden]")} == {"csrf_token", "form_key", "version"}


def test_a_filter_keeps_what_it_does_not_ask_for(site: Flask) -> None:
    page = draw(site, '{% call filter_form(keep=["sort"]) %}x{% endcall %}', "/list?sort=price&page=3&q=a")
    assert [(i["name"], i["value"]) for i in page.select("input[type=hidden]")] == [("sort", "price")]


def test_a_pager_keeps_the_filters(site: Flask) -> None:
    from marketplace.core.paging import Page

    page = draw(site, "{{ pager(page) }}", "/list?q=a&city=1&city=2&page=2", page=Page(list(range(20)), 60, 2, 20))
    assert "共 60 条" in page.text
    assert page.find("a", rel="next")["href"] == "/list?q=a&city=1&city=2&page=3"
    assert page.select_one(".pager-sizes a")["href"] == "/list?q=a&city=1&city=2&per_page=10"


def test_an_empty_list_has_no_pager(site: Flask) -> None:
    from marketplace.core.paging import Page

    assert draw(site, "{{ pager(page) }}", page=Page([], 0, 1, 20)).text.strip() == ""


def test_a_state_shows_its_label_and_tone(site: Flask) -> None:
    badge = draw(site, "{{ state_badge(state) }}", state=Mood.CALM).span
    assert badge.text == "平稳"
    assert "state-success" in badge["class"]


@pytest.mark.parametrize(("fen", "shown"), [(128_050, "¥1,280.50"), (-5, "-¥0.05"), (None, "—")])
def test_an_amount_shows_its_sign_before_the_currency(site: Flask, fen: int | None, shown: str) -> None:
    assert draw(site, "{{ money(fen) }}", fen=fen).text == shown


def test_a_chip_takes_only_its_own_value_away(site: Flask) -> None:
    page = draw(site, '{{ chips([("上海", "city", "1")]) }}', "/list?city=1&city=2")
    assert page.select_one("a.chip")["href"] == "/list?city=2"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 410, 413, 418, 422, 429, 500, 503])
def test_every_error_page_stands_on_its_own(site: Flask, status: int) -> None:
    """Nothing of the site but the frame: no actor, no footer facts, no other pages."""
    page = draw(site, '{% include "errors/error.html" %}', status=status, message="<b>出错", code="x")
    assert page.html["lang"] == "zh-CN"
    assert page.h1.text
    assert not page.main.find("b")
    assert not page.select("[style], script:not([src])")


def test_a_chart_says_everything_in_its_table(site: Flask) -> None:
    spec = {
        "kind": "bar",
        "categories": ["1月", "</script>"],
        "series": [{"name": "单", "data": [3, None]}],
        "units": ["单"],
    }
    page = draw(site, '{% from "components/charts.html" import chart %}{{ chart("订单", spec) }}', spec=spec)
    assert page.figure.figcaption.text == "订单"
    assert [[c.text for c in row.find_all(["th", "td"])] for row in page.tbody.find_all("tr")] == [
        ["1月", "3"],
        ["</script>", "—"],
    ]
    assert len(page.find_all("script")) == 1
