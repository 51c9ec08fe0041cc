"""Readers built on GMime, with notmuch from Debian: headers arrive whole, files by their names, threads together."""

from __future__ import annotations

import json
import os
import subprocess
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
PYTHON = HERE.parents[1] / ".venv" / "bin" / "python"
"""The service's own: nothing of the service is imported here."""

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
KINDS = ["ticket", "follow-up", "acknowledgement", "fallback"]
BARE = [f"bare {position}" for position in range(len(SUBJECTS) + len(NAMES))]

Notmuch = Callable[..., str]


@pytest.fixture(scope="module")
def composed() -> dict[str, dict[str, str]]:
    """Letters of the service, by their kind."""
    wanted = json.dumps({"subjects": SUBJECTS, "names": NAMES}).encode()
    made = subprocess.run([PYTHON, HERE / "compose_letters.py"], input=wanted, check=True, stdout=subprocess.PIPE)
    return {letter["kind"]: letter for letter in json.loads(made.stdout)}


@pytest.fixture(scope="module")
def notmuch(composed: dict[str, dict[str, str]], tmp_path_factory: pytest.TempPathFactory) -> Notmuch:
    """The command, over a mailbox that holds them all."""
    root = tmp_path_factory.mktemp("notmuch")
    for name in ("cur", "new", "tmp"):
        (root / "mail" / name).mkdir(parents=True)
    for position, letter in enumerate(composed.values()):
        (root / "mail" / "cur" / f"{position}:2,S").write_bytes(b64decode(letter["content"]))
    settings = root / "settings"
    settings.write_text(f"[database]\npath={root / 'mail'}\n[user]\nprimary_email=support@desk.example\n[new]\ntags=\n")

    def run(*words: str) -> str:
        environment = {**os.environ, "NOTMUCH_CONFIG": str(settings)}
        return subprocess.run(["notmuch", *words], env=environment, check=True, stdout=subprocess.PIPE).stdout.decode()

    run("new", "--quiet", "--no-hooks")
    return run


def shown(notmuch: Notmuch, letter: dict[str, str]) -> dict[str, Any]:
    """A letter as notmuch shows it."""
    [message] = messages_in(json.loads(notmuch("show", "--format=json", "--entire-thread=false", f"id:{letter['id']}")))
    return message


def messages_in(threads: Any) -> list[dict[str, Any]]:
    """Of a list of threads, each a list of messages with the lists of their answers; null what was not asked for."""
    if isinstance(threads, dict):
        return [threads]
    return [message for inside in threads or () for message in messages_in(inside)]


def file_names(parts: list[dict[str, Any]]) -> list[str]:
    """Of all parts, outer before inner."""
    names = []
    for part in parts:
        names += [part["filename"]] if "filename" in part else []
        names += file_names(part["content"]) if isinstance(part.get("content"), list) else []
    return names


@pytest.mark.parametrize("kind", [*KINDS, *BARE])
def test_subject_and_senders_name_are_read_to_their_ends(
    notmuch: Notmuch, composed: dict[str, dict[str, str]], kind: str
) -> None:
    headers = shown(notmuch, composed[kind])["headers"]
    assert headers["Subject"] == composed[kind]["subject"]
    assert headers["From"].replace('"', "") == composed[kind]["sender"]


def test_files_and_the_preview_have_their_names(notmuch: Notmuch, composed: dict[str, dict[str, str]]) -> None:
    names = file_names(shown(notmuch, composed["ticket"])["body"])
    assert names == ["снимок экрана.preview.jpg", "ticket.json", "снимок экрана.png"]


def test_a_follow_up_and_an_acknowledgement_are_in_the_thread_of_their_ticket(
    notmuch: Notmuch, composed: dict[str, dict[str, str]]
) -> None:
    threads = {
        kind: notmuch("search", "--output=threads", f"id:{composed[kind]['id']}").strip()
        for kind in ("ticket", "follow-up", "acknowledgement", "fallback")
    }
    assert threads["ticket"] == threads["follow-up"] == threads["acknowledgement"] != threads["fallback"]
