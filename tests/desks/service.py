"""The service in a process of its own, with its own Python: a client walks the form by HTTP, letters come by SMTP.

Nothing of the service is imported here: what a desk gets is bytes, and only these are tested.
"""

from __future__ import annotations

import email.policy
import os
import re
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from email import message_from_bytes
from email.message import EmailMessage
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urldefrag, urljoin

import requests
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from bs4 import BeautifulSoup, Tag

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv" / "bin" / "python"
"""The service's own virtual environment; ``make test-desks`` makes it."""

INBOX = "support@desk.example"
SENDER = "zayavka@desk.example"

BROWSER = {"User-Agent": "Lynx/2.9.2", "Accept-Language": "ru"}
"""The headers of a client; what calls itself Python is taken for a program."""

Files = Mapping[str, bytes]
Letter = tuple[list[str], bytes]
"""Recipients and bytes."""


class Service:
    """An installation whose letters are collected."""

    def __init__(self, folder: Path, **variables: str) -> None:
        self.letters: list[Letter] = []
        self._arrived = threading.Condition()
        smtp_port, port = _free_port(), _free_port()
        self._controller = Controller(self, hostname="127.0.0.1", port=smtp_port)
        self.base = f"http://127.0.0.1:{port}"
        self._printed = tempfile.TemporaryFile()  # noqa: SIM115
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("WIZARD_")},
            "PORT": str(port),
            "WIZARD_INSTANCE_PATH": str(folder),
            "WIZARD_MAIL_SERVER": "127.0.0.1",
            "WIZARD_MAIL_PORT": str(smtp_port),
            "WIZARD_SUPPORT_INBOX": INBOX,
            "WIZARD_MAIL_DEFAULT_SENDER": SENDER,
            "WIZARD_OUTBOX_IDLE": "0.1",
            "WIZARD_FORM_LEAST_SECONDS": "0",
            "WIZARD_HOLD_DOUBTFUL": "false",
            **variables,
        }
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        if not PYTHON.exists():
            raise RuntimeError(f"{PYTHON} is missing: start these tests by `make test-desks`")
        self._controller.start()
        self._process = subprocess.Popen(
            [PYTHON, "app.py"], cwd=ROOT, env=self._environment, stdout=self._printed, stderr=subprocess.STDOUT
        )
        _wait_for(self._answers, 60, self._output)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(40)
        self._controller.stop()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Store a letter as it came."""
        with self._arrived:
            self.letters.append((list(envelope.rcpt_tos), envelope.original_content or b""))
            self._arrived.notify_all()
        return "250 OK"

    def letter_to(self, recipient: str, known: int) -> bytes:
        """The next letter to somebody after the first ``known`` letters, once it is there."""
        with self._arrived:
            self._arrived.wait_for(lambda: self._next_to(recipient, known) is not None, 30)
        letter = self._next_to(recipient, known)
        assert letter is not None, f"no letter to {recipient}\n{self._output()}"
        return letter

    def report(self, path: str, typed: Mapping[str, str], files: Files) -> str:
        """Send a report as a client without scripts would; the address of its receipt."""
        check = self._submit(self._page(path), {**typed, "action": "check"}, files)
        receipt = self._submit(check, {"action": "send"}, {})
        assert "/tickets/" in receipt.url, _text_of(receipt)
        return receipt.url

    def follow_up(self, page: str, typed: Mapping[str, str], files: Files) -> None:
        """Send a follow-up at its page."""
        answer = self._submit(self._page(page), typed, files)
        assert answer.ok, _text_of(answer)

    def _page(self, path: str) -> requests.Response:
        page = requests.get(urljoin(self.base, path), headers=BROWSER, timeout=20)
        assert page.ok, (path, page.status_code)
        return page

    def _submit(self, page: requests.Response, typed: Mapping[str, str], files: Files) -> requests.Response:
        form = BeautifulSoup(page.text, "html.parser").find("form", method=re.compile("post", re.IGNORECASE))
        assert isinstance(form, Tag), _text_of(page)
        sent = [(name, (None, value)) for name, value in _inputs(form) if name not in typed]
        sent += [(name, (None, value)) for name, value in typed.items()]
        sent += [("files", (name, content)) for name, content in files.items()]
        target = urldefrag(urljoin(page.url, str(form.get("action") or page.url))).url
        return requests.post(target, files=sent, headers=BROWSER, timeout=20)

    def _next_to(self, recipient: str, known: int) -> bytes | None:
        return next((content for recipients, content in self.letters[known:] if recipient in recipients), None)

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self._output()
        try:
            return requests.get(self.base + "/healthz", timeout=5).ok
        except requests.ConnectionError:
            return False

    def _output(self) -> str:
        self._printed.seek(0)
        return self._printed.read().decode(errors="replace")


def parsed(content: bytes) -> EmailMessage:
    """A letter, decoded by Python's own parser."""
    message = message_from_bytes(content, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def _inputs(form: Tag) -> list[tuple[str, str]]:
    """What the form would send as it stands, less its buttons and files."""
    sent = []
    for field in form.find_all(["input", "textarea", "select"]):
        name, kind = field.get("name"), field.get("type", "text")
        if not name or kind in ("submit", "button", "file"):
            continue
        if kind in ("radio", "checkbox") and not field.has_attr("checked"):
            continue
        value = field.text.removeprefix("\n") if field.name == "textarea" else str(field.get("value", ""))
        sent.append((str(name), value))
    return sent


def _text_of(page: requests.Response) -> str:
    words = BeautifulSoup(page.text, "html.parser").get_text(" ").split()
    return f"{page.status_code} {page.url}: {' '.join(words)[:600]}"


def _wait_for(is_so: Callable[[], bool], seconds: float, why: Callable[[], str]) -> None:
    until = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < until, why()
        time.sleep(0.1)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
