"""Programs that read mail see the client behind ``Reply-To``, the subject, every file, and one thread a ticket.

notmuch reads with GMime, mail-parser is Python's, mailparser is npm's.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import mailparser
import pytest
from correspondence import ANSWER, CLIENT_REPLY, Correspondence
from letter_reading import address, message_id, missing, subject
from service import INBOX, SENDER

HERE = Path(__file__).parent


class Notmuch:
    """notmuch over a folder of letters."""

    def __init__(self, folder: Path, letters: Sequence[Path]) -> None:
        assert shutil.which("notmuch"), "notmuch is missing: on Debian `sudo apt install notmuch`"
        self.config = folder / "config"
        self.mail = folder / "mail"
        self.mail.mkdir()
        for letter in letters:
            shutil.copy(letter, self.mail)
        self.config.write_text(
            f"[database]\npath={self.mail}\n[user]\nname=Agent\nprimary_email={INBOX}\n[new]\ntags=new\n", "utf-8"
        )
        self._run("new", "--quiet")

    def message(self, identifier: str) -> dict[str, Any]:
        """Headers and parts of a letter."""
        query = f"id:{identifier.strip('<>')}"
        shown = self._run("show", "--format=json", "--entire-thread=false", "--part=0", query)
        message: dict[str, Any] = json.loads(shown)
        return message

    def text(self, identifier: str) -> str:
        """All that it shows of the plain text."""
        return _plain(self.message(identifier)["body"])

    def recipients_of_a_reply(self, identifier: str) -> str:
        """To whom a reply to the sender goes."""
        drafted = json.loads(self._run("reply", "--format=json", "--reply-to=sender", f"id:{identifier.strip('<>')}"))
        return str(drafted["reply-headers"]["To"])

    def threads(self) -> list[set[str]]:
        """The Message-IDs of each thread."""
        threads = json.loads(self._run("search", "--output=threads", "--format=json", "*"))
        return [
            set(json.loads(self._run("search", "--output=messages", "--format=json", f"thread:{thread}")))
            for thread in threads
        ]

    def _run(self, *arguments: str) -> str:
        program = subprocess.run(
            ["notmuch", f"--config={self.config}", *arguments], capture_output=True, text=True, timeout=60
        )
        assert program.returncode == 0, program.stderr
        return program.stdout


@pytest.fixture(scope="session")
def notmuch(letters: dict[str, Correspondence], tmp_path_factory: pytest.TempPathFactory) -> Notmuch:
    return Notmuch(tmp_path_factory.mktemp("notmuch"), [path for sent in letters.values() for path in all_of(sent)])


@pytest.fixture(scope="session")
def npm(letters: dict[str, Correspondence]) -> dict[Path, dict[str, Any]]:
    """What npm's mailparser sees in every letter."""
    paths = [path for sent in letters.values() for path in all_of(sent)]
    program = subprocess.run(
        ["node", HERE / "parse.mjs", *paths], cwd=HERE, capture_output=True, text=True, timeout=120
    )
    assert program.returncode == 0, program.stderr
    return dict(zip(paths, map(json.loads, program.stdout.splitlines()), strict=True))


def all_of(sent: Correspondence) -> tuple[Path, ...]:
    """All letters of a ticket, to the desk and to the client."""
    return (*sent.to_desk, sent.acknowledgement, sent.answer, sent.client_reply, sent.reply_to_acknowledgement)


def test_notmuch_makes_one_thread_of_all_that_belongs_to_a_ticket(
    notmuch: Notmuch, letters: dict[str, Correspondence]
) -> None:
    expected = [{message_id(path).strip("<>") for path in all_of(sent)} for sent in letters.values()]
    assert sorted(map(sorted, notmuch.threads())) == sorted(map(sorted, expected))


def test_notmuch_shows_subject_and_name_as_they_are(notmuch: Notmuch, correspondence: Correspondence) -> None:
    for letter in correspondence.to_desk:
        headers = notmuch.message(message_id(letter))["headers"]
        assert headers["Subject"] == subject(letter)
        assert headers["From"].endswith(f" <{SENDER}>")
        assert "Иван, склад" in headers["From"]


def test_notmuch_answers_the_client(notmuch: Notmuch, correspondence: Correspondence) -> None:
    for letter in correspondence.to_desk:
        to = notmuch.recipients_of_a_reply(message_id(letter))
        assert address(to) == address(notmuch.message(message_id(letter))["headers"]["Reply-To"])


def test_notmuch_shows_words_and_error_text_whole(notmuch: Notmuch, correspondence: Correspondence) -> None:
    for letter, wanted in correspondence.words_of.items():
        assert missing(wanted, notmuch.text(message_id(letter))) == []


def test_mail_parser_reads_the_letters(correspondence: Correspondence) -> None:
    for letter, wanted in correspondence.words_of.items():
        mail = mailparser.parse_from_bytes(letter.read_bytes())
        assert mail.defects == []
        assert mail.subject == subject(letter)
        assert mail.from_ == [(mail.from_[0][0], SENDER)]
        assert mail.reply_to == [("", correspondence.case.client)]
        assert missing(wanted, "\n".join(mail.text_plain)) == []


def test_npm_mailparser_reads_the_letters(npm: dict[Path, dict[str, Any]], correspondence: Correspondence) -> None:
    for letter, wanted in correspondence.words_of.items():
        mail = npm[letter]
        assert mail["subject"] == subject(letter)
        assert [sender["address"] for sender in mail["from"]] == [SENDER]
        assert [sender["address"] for sender in mail["replyTo"]] == [correspondence.case.client]
        assert missing(wanted, mail["text"]) == []
    first = message_id(correspondence.report)
    assert [npm[letter]["inReplyTo"] for letter in correspondence.to_desk] == [None, first, first]
    assert ANSWER in npm[correspondence.answer]["text"] and CLIENT_REPLY in npm[correspondence.client_reply]["text"]


def test_npm_mailparser_finds_every_file_by_its_name(
    npm: dict[Path, dict[str, Any]], correspondence: Correspondence
) -> None:
    for letter in (correspondence.report, correspondence.by_page):
        files = npm[letter]["files"]
        assert None not in [file["name"] for file in files]
        digests = {file["name"]: file["sha256"] for file in files}
        assert ("ticket.json" in digests) or letter != correspondence.report
        for name, content in correspondence.case.files.items():
            # Pictures are drawn anew.
            assert name in digests and (name.endswith(".png") or digests[name] == sha256(content).hexdigest())


def test_mail_parser_finds_every_file_by_its_name(correspondence: Correspondence) -> None:
    for letter in (correspondence.report, correspondence.by_page):
        names = [file["filename"] for file in mailparser.parse_from_bytes(letter.read_bytes()).attachments]
        assert set(correspondence.case.files) <= set(names)


def _plain(parts: Sequence[dict[str, Any]]) -> str:
    text = ""
    for part in parts:
        if part["content-type"] == "text/plain" and "filename" not in part:
            text += part["content"]
        elif isinstance(part.get("content"), list):
            text += _plain(part["content"])
    return text
