"""A client without scripts: opens pages, fills the forms that it is given, and submits what stands in them."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urldefrag, urljoin

from bs4 import BeautifulSoup, Tag
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict

Typed = str | Iterable[str]


class Page:
    """One answer of the server, as a person without scripts sees it."""

    def __init__(self, walker: Walker, response: Any, address: str) -> None:
        self.walker, self.response, self.address = walker, response, address
        self.status: int = response.status_code
        self.html: str = response.get_data(as_text=True)
        self.soup = BeautifulSoup(self.html, "html.parser")

    @property
    def text(self) -> str:
        """All words of the page, with single spaces."""
        return " ".join(self.soup.get_text(" ").split())

    @property
    def title(self) -> str:
        """What the browser's tab says."""
        return " ".join(self.soup.title.get_text().split()) if self.soup.title else ""

    @property
    def summary(self) -> str:
        """The words of the error summary; empty when there is none."""
        alert = self.soup.find(attrs={"role": "alert"})
        return " ".join(alert.get_text(" ").split()) if alert else ""

    def links(self) -> list[str]:
        """Where the links lead."""
        return [str(link["href"]) for link in self.soup.find_all("a", href=True)]

    def form(self) -> Tag:
        """The form that is to be filled in: the one that posts."""
        form = self.soup.find("form", method=re.compile("post", re.IGNORECASE))
        assert isinstance(form, Tag), f"no form on {self.address} ({self.status}): {self.text[:300]}"
        return form

    def inputs(self) -> list[tuple[str, str]]:
        """What the form would send as it stands, less its buttons and files."""
        sent: list[tuple[str, str]] = []
        for field in self.form().find_all(["input", "textarea", "select"]):
            name, kind = field.get("name"), field.get("type", "text")
            if not name or kind in ("submit", "button", "file", "reset"):
                continue
            if kind in ("radio", "checkbox") and not field.has_attr("checked"):
                continue
            if field.name == "textarea":
                # The first newline of a textarea is not part of its value (HTML, 4.10.11).
                sent.append((name, field.text.removeprefix("\n")))
            else:
                sent.append((name, str(field.get("value", "on" if kind == "checkbox" else ""))))
        return sent

    def value(self, name: str) -> str:
        """What stands in an input."""
        return next((value for key, value in self.inputs() if key == name), "")

    def submit(
        self,
        action: str,
        typed: Mapping[str, Typed] | None = None,
        files: Mapping[str, list[tuple[str, bytes]]] | None = None,
    ) -> Page:
        """Type into the form and press the button ``action``."""
        typed = typed or {}
        inputs = [(name, value) for name, value in self.inputs() if name not in typed]
        for name, value in typed.items():
            inputs += [(name, value)] if isinstance(value, str) else [(name, item) for item in value]
        data: MultiDict[str, Any] = MultiDict([*inputs, ("action", action)])
        for name, contents in (files or {}).items():
            for filename, content in contents:
                data.add(name, (io.BytesIO(content), filename))
        target = urldefrag(urljoin(self.address, str(self.form().get("action") or self.address))).url
        return self.walker.post(target, data)


class Walker:
    """Walks over a Flask app, following the redirects that a browser follows."""

    def __init__(self, client: FlaskClient, **options: Any) -> None:
        self.client, self.options = client, options

    def get(self, address: str, **options: Any) -> Page:
        """Open a page."""
        return self._follow(self.client.get(address, **{**self.options, **options}), address)

    def post(self, address: str, data: MultiDict[str, Any], **options: Any) -> Page:
        """Send a form."""
        options = {**self.options, **options}
        # Every browser says what its person reads.
        environ = {"HTTP_ACCEPT_LANGUAGE": "ru", **options.pop("environ_base", {})}
        answer = self.client.post(
            address, data=data, content_type="multipart/form-data", environ_base=environ, **options
        )
        return self._follow(answer, address)

    def _follow(self, answer: Any, address: str) -> Page:
        while answer.status_code in (301, 302, 303, 308):
            address = urljoin(address, answer.headers["Location"])
            answer = self.client.get(address, **self.options)
        return Page(self, answer, address)
