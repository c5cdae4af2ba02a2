"""A person at a browser without script: reads pages, fills the forms that stand on them, follows what the site answers."""

from io import BytesIO
from typing import Any

from bs4 import BeautifulSoup, Tag
from flask import Flask
from flask.testing import FlaskClient


class Walker:
    """One person's browser. `get` opens a page, `submit` fills in and sends a form of the page that is open."""

    def __init__(self, app: Flask) -> None:
        self.client: FlaskClient = app.test_client()
        self.path = "/"
        self.status = 0
        self.page = BeautifulSoup("", "html.parser")
        self.sent: tuple[str, dict[str, Any]] = ("", {})

    @property
    def text(self) -> str:
        """What the page says, without any space, so that marked words do not break a sentence."""
        return "".join(self.page.get_text("").split())

    def get(self, path: str, expect: int = 200) -> "Walker":
        return self._arrive(self.client.get(path), path, expect)

    def _arrive(self, answer: Any, path: str, expect: int) -> "Walker":
        while answer.status_code in (301, 302, 303, 307, 308):
            path = answer.headers["Location"]
            answer = self.client.get(path)
        self.status, self.path = answer.status_code, path
        self.page = BeautifulSoup(answer.data if answer.mimetype == "text/html" else b"", "html.parser")
        assert self.status == expect, f"{path}: {self.status} instead of {expect}: {self.text[:900]}"
        return self

    def form(self, marker: str = "") -> Tag:
        """The form of the page that posts to an address with this in it (the last one of the page by default)."""
        forms = [f for f in self.page.select("main form") if (f.get("method") or "get").lower() == "post"]
        found = [f for f in forms if marker in (f.get("action") or self.path)]
        assert found, f"no form for {marker!r} on {self.path}: {[f.get('action') for f in forms]}"
        return found[-1]

    def fields(self, form: Tag) -> dict[str, Any]:
        """What the browser would send: every field as it stands."""
        values: dict[str, Any] = {}
        for field in form.select("input, select, textarea"):
            name, kind = field.get("name"), field.get("type", "text")
            if not name or kind in ("submit", "file"):
                continue
            if kind in ("checkbox", "radio"):
                if field.has_attr("checked"):
                    values.setdefault(name, []).append(field.get("value", "y"))
            elif field.name == "select":
                chosen = field.select_one("option[selected]") or (
                    None if field.has_attr("multiple") else field.select_one("option")
                )
                if chosen is not None:
                    values[name] = chosen.get("value", chosen.text)
            else:
                values[name] = field.get("value", "") if field.name == "input" else field.text.lstrip("\n")
        return values

    def submit(
        self, marker: str = "", expect: int = 200, button: tuple[str, str] | None = None, **given: Any
    ) -> "Walker":
        """Fill in and send; files are given as (bytes, name)."""
        form = self.form(marker)
        values = self.fields(form) | {k.replace("__", "-"): v for k, v in given.items()}
        if button:
            values[button[0]] = button[1]
        action = form.get("action") or self.path
        self.sent = (action, values)
        return self._send(expect)

    def again(self, expect: int = 200) -> "Walker":
        """The same submission once more: a double click, the back button."""
        return self._send(expect)

    def _send(self, expect: int) -> "Walker":
        action, values = self.sent
        data = {k: (BytesIO(v[0]), v[1]) if isinstance(v, tuple) else v for k, v in values.items()}
        answer = self.client.post(action, data=data, content_type="multipart/form-data")
        return self._arrive(answer, action, expect)

    def download(self, path: str) -> tuple[int, str]:
        """Status and content disposition of a file."""
        with self.client.get(path) as answer:
            return answer.status_code, answer.headers.get("Content-Disposition", "")

    def follow(self, words: str) -> "Walker":
        """Click the link with these words."""
        link = next((a for a in self.page.select("main a[href]") if words in "".join(a.get_text("").split())), None)
        assert link is not None, f"no link {words!r} on {self.path}"
        return self.get(link["href"])

    def sign_in(self, login: str, password: str) -> "Walker":
        self.get("/account/sign-in")
        return self.submit(email=login, password=password)
