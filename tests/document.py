"""The OpenAPI document of an installation, held against what the installation really answers."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit
from weakref import ref

from flask import Flask
from jsonschema import Draft202012Validator, FormatChecker

BASE = "/api/v1"


class Document:
    """What is promised of every answer."""

    def __init__(self, app: Flask) -> None:
        # Documents are cached by their apps: one that held its app would never let it go.
        self._app = ref(app)

    @cached_property
    def content(self) -> dict[str, Any]:
        """The document as it is served."""
        app = self._app()
        assert app is not None
        document: dict[str, Any] = app.test_client().get(f"{BASE}/openapi.json").json
        return document

    @cached_property
    def _paths(self) -> list[tuple[re.Pattern[str], dict[str, Any]]]:
        return [
            (re.compile(re.sub(r"\{[^{}]+\}", "[^/]+", path)), item) for path, item in self.content["paths"].items()
        ]

    def check(self, method: str, path: str, answer: Any) -> None:
        """See that an answer is one of those that the document promises: its status, headers, media type, shape."""
        place = urlsplit(path).path
        item = next((item for pattern, item in self._paths if pattern.fullmatch(f"/{place}")), {})
        operation = item.get(method)
        if operation is None:
            assert answer.status_code in (404, 405)
            return
        promised = operation["responses"].get(str(answer.status_code))
        assert promised, f"{method} {place}: {answer.status_code} is not in the document: {answer.text[:300]}"
        for name in promised["headers"]:
            assert name in answer.headers or name == "Idempotent-Replayed", f"{method} {place}: no {name}"
        for media_type, content in promised.get("content", {}).items():
            assert answer.mimetype == media_type
            self.validator(content["schema"]).validate(answer.json)

    def validator(self, schema: dict[str, Any]) -> Draft202012Validator:
        """What compares a value with a schema of the document."""
        # A reference into the components resolves against the document that holds both.
        whole = {"components": self.content["components"], **schema}
        return Draft202012Validator(whole, format_checker=FormatChecker())
