"""A program that calls the API of an installation."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

from document import Document
from flask import Flask
from installation import Installation

_documents: WeakKeyDictionary[Flask, Document] = WeakKeyDictionary()


class Caller:
    """Calls the API, and holds every answer against the OpenAPI document of the installation."""

    def __init__(self, desk: Installation, **headers: str) -> None:
        self.desk = desk
        self.client = desk.app.test_client()
        self.document = _documents.setdefault(desk.app, Document(desk.app))
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}

    def get(self, path: str, **options: Any) -> Any:
        """Ask for something."""
        return self._call("get", path, options)

    def post(self, path: str, body: Any = None, **options: Any) -> Any:
        """Send JSON, or whatever ``data`` holds."""
        if "data" not in options:
            options["json"] = body
        return self._call("post", path, options)

    def patch(self, path: str, body: Any, **options: Any) -> Any:
        """Change something."""
        return self._call("patch", path, {"json": body, **options})

    def _call(self, method: str, path: str, options: dict[str, Any]) -> Any:
        headers = {**self.headers, **options.pop("headers", {})}
        answer = getattr(self.client, method)(f"/api/v1/{path}", headers=headers, **options)
        self.document.check(method, path, answer)
        return answer

    def upload(self, content: bytes, name: str = "log.txt", path: str = "attachments") -> Any:
        """Upload a file."""
        data = {"file": (io.BytesIO(content), name)}
        return self.post(path, data=data, content_type="multipart/form-data")

    def report(self, situation: str = "site_down", language: str = "ru", **instead: Any) -> dict[str, Any]:
        """A report that is accepted: the examples of its required questions."""
        answers: dict[str, Any] = dict(self.desk.example_answers(situation, language))
        for asked in self.desk.catalog.asked(self.desk.catalog.situations[situation]):
            if asked.question.type == "choices" and asked.question.id in answers:
                answers[asked.question.id] = [answers[asked.question.id]]
        answers.update(instead.pop("answers", {}))
        return {"situation": situation, "language": language, "answers": answers, **instead}

    def create_ticket(self, situation: str = "site_down", key: str | None = None, **instead: Any) -> Any:
        """Create a ticket of a report; the answer must be 201."""
        headers = {"Idempotency-Key": key} if key else {}
        answer = self.post("tickets", self.report(situation, **instead), headers=headers)
        assert answer.status_code == 201, answer.text
        return answer


def errors_of(answer: Any) -> Mapping[str, list[str]]:
    """The errors of a problem."""
    assert answer.status_code == 422, answer.text
    assert answer.mimetype == "application/problem+json"
    errors: Mapping[str, list[str]] = json.loads(answer.data)["errors"]
    return errors
