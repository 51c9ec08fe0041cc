"""An installation under test: a report goes in at the form, letters come out at an SMTP server."""

from __future__ import annotations

import email.policy
import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from typing import Any

from flask import Flask
from smtp_servers import Sink
from sqlalchemy import delete, insert
from walker import Page, Typed, Walker

from wizard.catalog.model_types import in_language
from wizard.catalog.models import Asked, Catalog
from wizard.container import Container
from wizard.db.engine import writing
from wizard.db.models import Worker
from wizard.intake.accept import accept
from wizard.outbox import worker
from wizard.privacy.sweep import sweep
from wizard.tickets.evidence import Evidence
from wizard.tickets.report import Report

ANSWERS: Mapping[str, Typed] = {
    "datetime": "unknown",
    "ip": "203.0.113.25",
    "bounce": "550 5.1.1 <client@mail.example>: user unknown",
}


class Installation:
    """The service with its client's and its agent's side."""

    def __init__(self, app: Flask, sink: Sink) -> None:
        self.app, self.sink = app, sink
        self.container: Container = app.extensions["zayavka"]
        self.client = Walker(app.test_client())

    @property
    def catalog(self) -> Catalog:
        """The catalog in use."""
        return self.container.catalog

    def address(self, situation: str, language: str = "ru") -> str:
        """The address of a situation's form."""
        return f"/{language}/{self.catalog.category_of[situation].id}/{situation}/"

    def example_answers(self, situation: str, language: str = "ru", **instead: Typed) -> dict[str, Typed]:
        """What a client would type into every required question, from the questions' own examples."""
        chosen = self.catalog.situations[situation]
        typed = {
            asked.question.id: example(asked, language)
            for asked in self.catalog.asked(chosen)
            if asked.question.type != "files"
            and (asked.required or asked.question.id in self.catalog.identity.questions)
        }
        typed.pop("ticket_ref", None)
        return {**typed, **instead}

    def filled(self, situation: str, language: str = "ru", **instead: Typed) -> Page:
        """The page that answers to a filled-in form: the check page when all is well."""
        files = {
            asked.question.id: [("example.txt", b"A file for support\n")]
            for asked in self.catalog.asked(self.catalog.situations[situation])
            if asked.question.type == "files" and asked.required
        }
        form = self.client.get(self.address(situation, language))
        return form.submit("check", self.example_answers(situation, language, **instead), files)

    def send(self, situation: str = "site_down", language: str = "ru", **instead: Typed) -> Page:
        """Send a report as a client would, down to the receipt."""
        receipt = self.filled(situation, language, **instead).submit("send")
        assert receipt.status == 200 and "/tickets/" in receipt.address, receipt.text[:500]
        return receipt

    def enqueue(self, count: int, name: str, site: str = "") -> None:
        """Accept reports without an address to acknowledge: one letter each, and the site's webhook."""
        with self.app.app_context():
            for n in range(count):
                answers = {"details": f"{name} {n}", "reg_name": "Detal 36"}
                report = Report("q_unclear", "ru", site, answers, Evidence(time=datetime.now(UTC)))
                accept(self.container, report, f"{site} {name} {n}")

    def run_worker(self) -> None:
        """Let the worker send what is due."""
        worker.run(self.app, threading.Event(), sweep, until_idle=True)

    def beat(self, age: float = 0) -> None:
        """Let a worker have written its heartbeat so many seconds ago."""
        moment = datetime.now(UTC) - timedelta(seconds=age)
        with self.app.app_context(), writing() as connection:
            connection.execute(delete(Worker).where(Worker.name == "of-the-test"))
            connection.execute(insert(Worker).values(name="of-the-test", started_at=moment, beat_at=moment))

    def watch(self) -> tuple[list[str], dict[str, Any]]:
        """What ``/readyz?mail`` tells of faults and of the lanes, while a worker lives."""
        self.beat()
        answer = self.app.test_client().get("/readyz?mail")
        body: dict[str, Any] = answer.get_json()
        assert answer.status_code == (503 if body["faults"] else 200)
        return body["faults"], body["lanes"]

    @property
    def inbox(self) -> list[EmailMessage]:
        """The letters that the desk received, oldest first."""
        return [
            parsed(letter.content)
            for letter in self.sink.received
            if letter.recipients == [self.container.settings.support_inbox]
        ]

    @property
    def acknowledgements(self) -> list[EmailMessage]:
        """The letters that clients received, oldest first."""
        return [
            parsed(letter.content)
            for letter in self.sink.received
            if letter.recipients != [self.container.settings.support_inbox]
        ]

    @property
    def all_sent(self) -> str:
        """Every letter that went out, to whomever, with its headers and all its parts decoded."""
        return "\n".join(_all_of(parsed(letter.content)) for letter in self.sink.received)

    def query(self, statement: Any) -> list[Any]:
        """Look into the database."""
        from wizard.db.engine import db

        with self.app.app_context(), db.engine.connect().execution_options(only_reads=True) as connection:
            return list(connection.execute(statement).all())


def example(asked: Asked, language: str) -> Typed:
    """A valid answer to a question: its own example, or its first option."""
    question = asked.question
    if question.type in ("choice", "choices"):
        return question.options[0].id
    if question.type in ANSWERS:
        return ANSWERS[question.type]
    assert question.example, f"{question.id} has no example"
    return in_language(question.example, language)


def parsed(content: bytes) -> EmailMessage:
    """A letter as received, decoded."""
    message = message_from_bytes(content, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def _all_of(message: EmailMessage) -> str:
    lines = []
    for part in message.walk():
        lines += [f"{name}: {value}" for name, value in part.items()]
        if not part.is_multipart():
            lines.append((part.get_payload(decode=True) or b"").decode(errors="replace"))  # type: ignore[union-attr]
    return "\n".join(lines)
