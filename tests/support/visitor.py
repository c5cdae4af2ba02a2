"""A person at a browser without script: reads pages, fills the forms that are really there, presses the buttons that are really there."""

import io
import re
from typing import Any
from urllib.parse import urljoin, urlsplit

from bs4 import BeautifulSoup, Tag
from flask import Flask
from sqlalchemy import select

from marketplace.accounts.models import User
from marketplace.core.db import db
from marketplace.core.outbox import OutboxMessage, render
from tests.factories.accounts import PASSWORD
from tests.support.authenticator import AUTHENTICATORS, Authenticator

Upload = tuple[bytes, str]


class Visitor:
    """One person with cookies of their own. `go`, `press` and `again` keep the page they end on in `page`, its address in `path`."""

    def __init__(self, app: Flask) -> None:
        self.client = app.test_client()
        self.page = BeautifulSoup("", "html.parser")
        self.path, self.status = "/", 0
        self.sent: tuple[str, dict[str, list[Any]]] = ("", {})

    def go(self, path: str, status: int = 200) -> str:
        """Open an address, expect this status, and give the page's words."""
        return self._arrive(self.client.get(path, follow_redirects=True), status)

    def fetch(self, path: str) -> tuple[int, bytes]:
        """Status and bytes of an address, redirects not followed: for files, and for what should not be there."""
        with self.client.get(path) as answer:
            return answer.status_code, answer.data

    def press(self, label: str, /, status: int = 200, **values: Any) -> str:
        """Fill the form that has this button and press it.

        A value is a text, a list for several choices, True for a tick, or uploads as `(content, filename)`. A field that the form has
        not, or a choice that it does not offer, fails the test: a person could not have given it.
        """
        button = self.button(label)
        form = button.find_parent("form")
        assert form is not None, f"{self.path}: the button {label} belongs to no form"
        data = untouched(form)
        if button.get("name"):
            data[str(button["name"])] = [button.get("value", "")]
        for name, value in values.items():
            data[name] = _filled(form, name, value)
        target = button.get("formaction") or form.get("action") or self.path
        assert form.get("method", "get").lower() == "post", f"{label}: use go() for a form that only asks"
        return self.post(urljoin(self.path, str(target)), data, status)

    def again(self, status: int = 200) -> str:
        """Send the last form once more, as a double click or the back button would."""
        return self.post(*self.sent, status)

    def post(self, path: str, data: dict[str, list[Any]], status: int = 200) -> str:
        """Send these fields, follow where it leads."""
        self.sent = (path, data)
        body = {
            name: [(io.BytesIO(v[0]), v[1]) if isinstance(v, tuple) else v for v in values]
            for name, values in data.items()
        }
        kind = "multipart/form-data" if any(isinstance(v, tuple) for vs in data.values() for v in vs) else None
        headers = {"Referer": f"http://localhost{self.path}"}
        answer = self.client.post(path, data=body, content_type=kind, follow_redirects=True, headers=headers)
        return self._arrive(answer, status)

    def _arrive(self, answer: Any, status: int) -> str:
        self.path, self.status = answer.request.full_path.rstrip("?"), answer.status_code
        self.page = BeautifulSoup(answer.text, "html.parser")
        for mark in self.page.select("mark"):  # a found word is highlighted inside its sentence
            mark.unwrap()
        self.page.smooth()
        assert answer.status_code == status, (
            f"{answer.request.method} {self.path}: {answer.status_code}\n{self.words[:2000]}"
        )
        return self.words

    @property
    def words(self) -> str:
        """What the page says in its main part, blanks as single spaces."""
        main = self.page.find("main") or self.page
        return " ".join(main.get_text(" ").split())

    @property
    def address(self) -> str:
        """The path without parameters."""
        return urlsplit(self.path).path

    def has_button(self, label: str) -> bool:
        return bool(self._buttons(label))

    def button(self, label: str) -> Tag:
        found = self._buttons(label)
        assert found, (
            f"{self.path} has no button {label}: {[b.get_text(strip=True) for b in self.page.select('main button')]}"
        )
        return found[-1]

    def _buttons(self, label: str) -> list[Tag]:
        return [
            b
            for b in self.page.select("main button")
            if b.get_text(" ", strip=True) == label and b.get("type") != "button"
        ]

    def follow(self, label: str, status: int = 200) -> str:
        """Click the first link of the main part whose words are, or begin with, these."""
        for link in self.page.select("main a[href]"):
            if link.get_text(" ", strip=True).startswith(label):
                return self.go(urljoin(self.path, str(link["href"])).split("#")[0], status)
        raise AssertionError(f"{self.path} has no link {label}")

    def links(self, label: str) -> list[str]:
        """Where the links of these words lead."""
        return [
            str(a["href"]) for a in self.page.select("main a[href]") if a.get_text(" ", strip=True).startswith(label)
        ]

    def fact(self, label: str) -> str:
        """What stands beside a term of a list of facts."""
        for term in self.page.select("main dt"):
            if term.get_text(" ", strip=True) == label:
                value = term.find_next_sibling("dd")
                assert value is not None
                return " ".join(value.get_text(" ").split())
        raise AssertionError(f"{self.path} says nothing of {label}")

    def value(self, name: str) -> str:
        """What a field holds at present."""
        for form in self.page.select("main form"):
            if name in (data := untouched(form)):
                return str(data[name][0])
        raise AssertionError(f"{self.path} has no field {name}")

    def errors(self) -> str:
        """What stands beside the fields that were refused."""
        return " ".join(e.get_text(" ", strip=True) for e in self.page.select(".invalid-feedback, .alert-danger"))

    def facet(self, param: str) -> dict[str, int]:
        """The choices of a filter with the number beside each."""
        found = {}
        for box in self.page.select(f'#filters input[name="{param}"]'):
            label = box.find_parent("label")
            count = label.select_one(".facet-count") if label else None
            if count:
                found[str(box["value"])] = int(count.get_text(strip=True).replace(",", ""))
        return found

    def confirm_email(self, address: str) -> "Visitor":
        """Open the link of the mail that signing up has sent, and press its button."""
        db.session.rollback()
        query = select(OutboxMessage).where(
            OutboxMessage.event == "account.confirm_email", OutboxMessage.address == address
        )
        message = db.session.scalars(query.order_by(OutboxMessage.id.desc()).limit(1)).one()
        link = re.search(r"/account/confirm-email/\S+", render(message)[1])
        assert link is not None
        db.session.rollback()
        self.go(link.group())
        self.press("确认邮箱")
        return self

    def sign_in(self, user: User | str, password: str = PASSWORD) -> "Visitor":
        """Through the sign-in page, as everybody does; the park's own people set their authenticator up the first time and read a code
        off it from then on."""
        login = str(user if isinstance(user, str) else user.login)
        self.go("/account/sign-in")
        self.press("登录", email=login, password=password)
        if self.address == "/account/security/second-factor":
            self.set_up_authenticator(login)
        elif self.address == "/account/sign-in/code":
            self.press("验证", code=AUTHENTICATORS[login].code())
        if self.address == "/account/consents":  # an account that others opened: the rules are asked first
            self.press("同意并继续", agree=True)
        assert self.address == "/desk/", self.errors()
        return self

    def set_up_authenticator(self, login: str) -> None:
        """Scan what the page shows, prove it, keep the recovery codes, go on."""
        secret = self.page.select_one("main .copyable code")
        assert secret is not None, f"{self.path} shows no secret"
        phone = AUTHENTICATORS[login] = Authenticator(secret.get_text(strip=True))
        self.press("启用两步验证", code=phone.code())
        phone.recovery = [code.get_text(strip=True) for code in self.page.select(".recovery-codes code")]
        self.follow("我已保存，继续")


def untouched(form: Tag) -> dict[str, list[Any]]:
    """What a browser sends of a form that nobody has touched, its buttons apart."""
    data: dict[str, list[Any]] = {}
    for one in form.select("input[name], select[name], textarea[name]"):
        name, kind = str(one["name"]), one.get("type", "text")
        if one.name == "select":
            options = one.select("option")
            chosen = [o for o in options if o.has_attr("selected")] or options[:1]
            data.setdefault(name, []).extend(o.get("value", o.get_text(strip=True)) for o in chosen)
        elif one.name == "textarea":
            data.setdefault(name, []).append(one.get_text().removeprefix("\n"))
        elif kind in ("checkbox", "radio"):
            if one.has_attr("checked"):
                data.setdefault(name, []).append(one.get("value", "on"))
        elif kind not in ("submit", "button", "file", "image", "reset"):
            data.setdefault(name, []).append(one.get("value", ""))
    return data


def _filled(form: Tag, name: str, value: Any) -> list[Any]:
    """A value for a field of this form, if it is one that the form lets a person give."""
    fields = form.select(f'[name="{name}"]')
    assert fields, f"the form has no field {name}"
    values = value if isinstance(value, list) else [value]
    first = fields[0]
    if first.name == "select":
        offered = {o.get("value", o.get_text(strip=True)) for o in first.select("option")}
    elif first.get("type") in ("checkbox", "radio"):
        offered = {f.get("value", "on") for f in fields}
        values = [first.get("value", "on") if v is True else v for v in values if v is not False]
    else:
        return values
    assert set(values) <= offered, f"{name} does not offer {values}: {sorted(map(str, offered))[:50]}"
    return values
