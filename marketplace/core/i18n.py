"""Texts in the reader's language. Chinese is the source and the default; English is one catalogue.

Chinese needs no compiled file and no context: outside a request, or where a translation is missing, the Chinese text
itself is shown. The language is what the person chose (`?lang=en`, kept in a cookie), never guessed from the browser.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import total_ordering
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import flask_babel
from flask import Flask, Response, current_app, g, has_app_context, has_request_context, request
from markupsafe import Markup

LANGUAGES = {"zh_CN": "zh-CN", "en": "en"}
NAMES = {"zh_CN": "中文", "en": "English"}
DEFAULT = "zh_CN"
COOKIE = "lang"
FOLDER = Path(__file__).resolve().parent.parent / "translations"


def _known(value: str | None) -> str | None:
    """The language meant by `en`, `en-GB`, `zh_CN`, `zh-TW` …; None when we do not speak it."""
    short = (value or "").replace("-", "_").split("_")[0].lower()
    return {"zh": "zh_CN", "en": "en"}.get(short)


def select_language() -> str:
    """The language of this request: `?lang=`, else the cookie, else Chinese."""
    if not has_request_context():
        return DEFAULT
    return _known(request.args.get(COOKIE)) or _known(request.cookies.get(COOKIE)) or DEFAULT


def language() -> str:
    """`zh_CN` or `en`: what texts are shown in right now; Chinese outside an application. Found once per request."""
    if not has_app_context():
        return DEFAULT
    known: str | None = g.get("_language")
    if known is None and has_request_context():  # what Babel would ask us too, a half millisecond later
        known = g._language = select_language() if _translating() else DEFAULT
    elif known is None:
        locale = flask_babel.get_locale() if _translating() else None
        known = _known(str(locale)) or DEFAULT if locale else DEFAULT
    return known


def html_lang() -> str:
    """The value of `<html lang>`: `zh-CN` or `en`."""
    return LANGUAGES[language()]


def is_english() -> bool:
    return language() == "en"


def _translating() -> bool:
    if not has_app_context():
        return False
    return "babel" in current_app.extensions


def _(text: str, /, **params: Any) -> str:
    """The text in the reader's language, its `%(name)s` filled in. Marks the text for extraction."""
    if language() != DEFAULT:
        return str(flask_babel.gettext(text, **params))
    return text % params if params else text


def _in_template(text: str, /, **params: Any) -> str:
    """`_` as pages call it: a literal percent sign is written `%%` there, parameters or none, as Jinja's own does."""
    shown = str(flask_babel.gettext(text)) if language() != DEFAULT else text
    if "%" not in shown:
        return shown
    return Markup(shown) % params if any(isinstance(value, Markup) for value in params.values()) else shown % params


def ngettext(singular: str, plural: str, num: int, /, **params: Any) -> str:
    """The form that fits the number, which is also the parameter `num`."""
    if _translating():
        return str(flask_babel.ngettext(singular, plural, num, **params))
    return (singular if num == 1 else plural) % {"num": num, **params}


@total_ordering
class LazyString:
    """A text that finds its language when it is shown, so that it can stand at module level or travel in an error."""

    __slots__ = ("params", "text")

    def __init__(self, text: str, /, **params: Any) -> None:
        self.text = text
        self.params = params

    def __str__(self) -> str:
        return _(self.text, **self.params)

    def __repr__(self) -> str:
        return f"lazy({self.text!r})"

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def __mod__(self, params: Any) -> str:
        return str(self) % params

    def __add__(self, other: Any) -> str:
        return str(self) + str(other)

    def __radd__(self, other: Any) -> str:
        return str(other) + str(self)

    def __len__(self) -> int:
        return len(str(self))

    def __bool__(self) -> bool:
        return bool(self.text)

    def __iter__(self) -> Iterator[str]:
        return iter(str(self))

    def __contains__(self, part: str) -> bool:
        return part in str(self)

    def __eq__(self, other: object) -> bool:
        return str(self) == str(other) if isinstance(other, (str, LazyString)) else NotImplemented

    def __lt__(self, other: object) -> bool:
        return str(self) < str(other) if isinstance(other, (str, LazyString)) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.text)


def lazy(text: str, /, **params: Any) -> LazyString:
    """A text translated when it is shown. Marks the text for extraction."""
    return LazyString(text, **params)


def listed(names: Iterable[Any] | None) -> str:
    """Names one after the other as the reader's language lists them: `上海市、苏州市`, `Shanghai, Suzhou`; a dash for nothing at all."""
    return "—" if names is None else (", " if is_english() else "、").join(str(one) for one in names)


def local_name(thing: Any) -> str:
    """The name of a category, region or clause in the reader's language; Chinese where it has no English name.

    Takes an object or a mapping with `name_zh`/`name_en`; one with only a `label` or `name` shows that, None nothing.
    """
    if thing is None:
        return ""
    if isinstance(thing, (str, LazyString)):
        return str(thing)

    def read(key: str) -> Any:
        return thing.get(key) if isinstance(thing, dict) else getattr(thing, key, None)

    english = read("name_en") if is_english() else None
    return str(english or read("name_zh") or read("label") or read("name") or "")


@contextmanager
def speaking(lang: str) -> Iterator[None]:
    """Render in this language whatever the request asks for (mails, exports, tests)."""
    if not _translating():
        yield
        return
    before = g.pop("_language", None)
    g._language = _known(lang) or DEFAULT
    try:
        with flask_babel.force_locale(g._language):
            yield
    finally:
        g.pop("_language", None)
        if before is not None:
            g._language = before


def _remember(response: Response) -> Response:
    """Keep the language chosen by `?lang=`: a preference of the browser, so a cookie and no database row."""
    if COOKIE not in request.args:
        return response
    chosen = _known(request.args.get(COOKIE))
    if chosen and chosen != _known(request.cookies.get(COOKIE)):
        response.set_cookie(
            COOKIE, chosen, max_age=365 * 24 * 3600, samesite="Lax", httponly=True,
            secure=bool(current_app.config.get("SESSION_COOKIE_SECURE")),
        )  # fmt: skip
    return response


def switch_url(lang: str) -> str:
    """The address of this very page in another language, its other parameters kept."""
    if not has_request_context():
        return f"?lang={lang}"
    pairs = [(key, value) for key, value in request.args.items(multi=True) if key != COOKIE]
    own = "/" + request.path.lstrip("/\\")  # never `//host`, which is another site
    path = own if request.method in ("GET", "HEAD") else "/"
    return f"{path}?{urlencode([*pairs, (COOKIE, LANGUAGES[_known(lang) or DEFAULT])])}"


def init_app(app: Flask) -> None:
    """Wire Flask-Babel (and with it `_` in templates and WTForms' messages) to our languages and clock."""
    app.config.setdefault("BABEL_DEFAULT_LOCALE", DEFAULT)
    app.config.setdefault("BABEL_DEFAULT_TIMEZONE", "Asia/Shanghai")
    app.config.setdefault("BABEL_TRANSLATION_DIRECTORIES", str(FOLDER))
    flask_babel.Babel(app, locale_selector=select_language)
    app.jinja_env.globals.update(
        _=_in_template,
        html_lang=html_lang,
        language=language,
        is_english=is_english,
        switch_url=switch_url,
        languages=NAMES,
    )
    app.after_request(_remember)


__all__ = [
    "LANGUAGES", "LazyString", "_", "html_lang", "init_app", "is_english", "language", "lazy", "listed", "local_name", "ngettext",
    "select_language", "speaking", "switch_url",
]  # fmt: skip
