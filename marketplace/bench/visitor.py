"""A visitor with cookies who fills in forms, for the benchmark's stories: standard library only."""

import http.client
from html.parser import HTMLParser
from urllib.parse import urlencode, urlsplit


class Forms(HTMLParser):
    """The forms of a page: action, method and the values that a browser would send untouched."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[dict[str, str]] = []
        self.actions: list[str] = []
        self._select: str | None = None
        self._area: str | None = None

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if tag == "form":
            self.forms.append({})
            self.actions.append(given.get("action", ""))
        elif self.forms:
            self._field(tag, given)

    def _field(self, tag: str, given: dict[str, str]) -> None:
        name, form = given.get("name", ""), self.forms[-1]
        if tag == "input" and name and given.get("type") not in ("submit", "button", "file"):
            if given.get("type") not in ("checkbox", "radio") or "checked" in given:
                form[name] = given.get("value", "on" if given.get("type") == "checkbox" else "")
        elif tag == "select" and name:
            self._select = name
        elif tag == "option" and self._select:
            if "selected" in given or (self._select not in form and given.get("value")):
                form[self._select] = given.get("value", "")
        elif tag == "textarea" and name:
            self._area, form[name] = name, ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = None
        elif tag == "textarea":
            self._area = None

    def handle_data(self, data: str) -> None:
        if self._area:
            self.forms[-1][self._area] += data


class Visitor:
    """Somebody at the site on this machine's port."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.cookies: dict[str, str] = {}

    def ask(self, method: str, path: str, data: dict[str, str] | None = None) -> tuple[int, str, str]:
        """Status, text and Location of the answer; a refused connection raises OSError."""
        headers = {"Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items())} if self.cookies else {}
        if data is not None:
            headers |= {"Content-Type": "application/x-www-form-urlencoded"}
        self.connection.request(method, path, urlencode(data) if data is not None else None, headers)
        answer = self.connection.getresponse()
        text = answer.read().decode("utf-8", "replace")
        for cookie in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = cookie.split(";", 1)[0].partition("=")
            self.cookies[name.strip()] = value
        return answer.status, text, answer.headers.get("Location") or ""

    def submit(self, path: str, containing: str, **typed: str) -> tuple[int, str, str]:
        """Open a page, type into its form that has a field of this name, and send it."""
        _status, text, _place = self.ask("GET", path)
        return self.send(path, text, containing, **typed)

    def send(self, path: str, page: str, containing: str, **typed: str) -> tuple[int, str, str]:
        """Send the form of a page at hand; refuses a page without a form that has this field."""
        parser = Forms()
        parser.feed(page)
        for action, values in zip(parser.actions, parser.forms, strict=True):
            if containing in values:
                return self.ask("POST", urlsplit(action).path or path, {**values, **typed})
        raise LookupError(f"{path} has no form with {containing}")

    def sign_in(self, login: str, password: str) -> None:
        """Sign in by the page; refuses to go on as nobody."""
        status, _text, _place = self.submit("/account/sign-in", "csrf_token", email=login, password=password)
        if status not in (302, 303):
            raise PermissionError(f"{login} could not sign in ({status})")
