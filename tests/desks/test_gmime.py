"""Readers built on GMime, with notmuch from Debian: headers arrive whole, parts by their names, threads together."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest
from letters_under_test import DESK, SNAPSHOT, WHEN, attached

from wizard.mail.acknowledgement import compose_acknowledgement
from wizard.mail.desk_letter import compose_desk_letter
from wizard.mail.fallback_letter import compose_fallback
from wizard.mail.follow_up_letter import compose_follow_up
from wizard.mail.message import Letter, Mailbox
from wizard.mail.mime import serialise

Read = Callable[[Letter], dict[str, Any]]

SUBJECTS = [
    "[##100001##] [ВНЕ ОЧЕРЕДИ] Проценка: нет результатов от всех поставщиков — ИП Соколов А. В.",
    "Не работает проценка по всем поставщикам с самого утра, клиенты не видят цен и сроков, заказы стоят",
    "🛞 Шины 🛞 R16 🛞 не ищутся 🛞🛞🛞 по артикулу OC90 KNECHT — ООО «Ромашка»",
    "aa" + "яa" * 60,
    "日本語" * 20,
    "щ" * 150,
]
NAMES = [
    "Андрей via Служба поддержки",
    "Иванов Иван Иванович и Петров Пётр Петрович via Служба поддержки клиентов",
    "Zoë Müller GmbH & Co. KG, Ersatzteile für Alles, München via Служба поддержки клиентов",
    "aa" + "яa" * 40,
]


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Read:
    """Put a letter into a mailbox and tell what notmuch shows of it."""
    root = tmp_path_factory.mktemp("notmuch")
    box = root / "mail" / "cur"
    for name in ("cur", "new", "tmp"):
        (root / "mail" / name).mkdir(parents=True)
    settings = root / "settings"
    settings.write_text(f"[database]\npath={root / 'mail'}\n[user]\nprimary_email={DESK.inbox}\n[new]\ntags=\n")
    environment = {**os.environ, "NOTMUCH_CONFIG": str(settings)}

    def notmuch(*words: str) -> bytes:
        return subprocess.run(["notmuch", *words], env=environment, check=True, capture_output=True).stdout

    def put(letter: Letter) -> dict[str, Any]:
        key = str(dict(letter.headers)["Message-ID"]).strip("<>")
        (box / f"{key}:2,S").write_bytes(serialise(letter))
        notmuch("new", "--quiet", "--no-hooks")
        shown = json.loads(notmuch("show", "--format=json", "--entire-thread=false", f"id:{key}"))
        [message] = messages_in(shown)
        message["thread"] = notmuch("search", "--output=threads", f"id:{key}").decode().strip()
        return message

    return put


def messages_in(shown: Any) -> list[dict[str, Any]]:
    """The messages of notmuch's nested lists."""
    if isinstance(shown, dict):
        return [shown]
    return [message for inside in shown or () for message in messages_in(inside)]


def parts_of(message: dict[str, Any]) -> list[dict[str, Any]]:
    """All parts, outer before inner."""

    def inside(part: dict[str, Any]) -> list[dict[str, Any]]:
        content = part["content"] if isinstance(part.get("content"), list) else []
        return [part, *(deeper for inner in content for deeper in inside(inner))]

    return [part for body in message["body"] for part in inside(body)]


@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_subject_is_read_to_its_end(read: Read, subject: str) -> None:
    message = read(plain_letter(subject=subject))
    assert message["headers"]["Subject"] == subject


@pytest.mark.parametrize("name", NAMES)
def test_a_senders_name_is_read_to_its_end(read: Read, name: str) -> None:
    message = read(plain_letter(name=name))
    assert message["headers"]["From"].replace('"', "") == f"{name} <{DESK.sender}>"


def plain_letter(subject: str = "s", name: str = "") -> Letter:
    """A letter with no more than these two headers and an id of its own."""
    key = sha256(f"{subject}\n{name}".encode()).hexdigest()[:16]
    headers = (("From", Mailbox(DESK.sender, name)), ("Subject", subject), ("Message-ID", f"<{key}@desk.example>"))
    return Letter(headers, "text\n", "", (), DESK.sender, DESK.inbox)


LETTERS = {
    "ticket": compose_desk_letter(SNAPSHOT, DESK, [attached()]),
    "follow-up": compose_follow_up(SNAPSHOT, DESK, "Ещё вот что", follow_up_number=1, created_at=WHEN, verified=True),
    "acknowledgement": compose_acknowledgement(SNAPSHOT, DESK, "manager@detal36.example"),
    "fallback": compose_fallback(replace(SNAPSHOT, number=100002, tag="[##100002##]"), DESK, "fault"),
}


@pytest.mark.parametrize("kind", LETTERS)
def test_every_letter_says_from_whom_and_about_what(read: Read, kind: str) -> None:
    letter = LETTERS[kind]
    meant = dict(letter.headers)
    sender = meant["From"]
    assert isinstance(sender, Mailbox)
    headers = read(letter)["headers"]
    assert headers["Subject"] == meant["Subject"]
    assert headers["From"] == (f"{sender.name} <{sender.address}>" if sender.name else sender.address)
    assert headers.get("Reply-To") == (meant["Reply-To"].address if "Reply-To" in meant else None)  # type: ignore[union-attr]


def test_files_and_the_preview_have_their_names(read: Read) -> None:
    names = [part["filename"] for part in parts_of(read(LETTERS["ticket"])) if "filename" in part]
    assert names == ["снимок экрана.preview.jpg", "ticket.json", "снимок экрана.png"]


def test_a_follow_up_and_an_acknowledgement_are_in_the_thread_of_their_ticket(read: Read) -> None:
    threads = [read(LETTERS[kind])["thread"] for kind in ("ticket", "follow-up", "acknowledgement")]
    assert threads[0] == threads[1] == threads[2]
