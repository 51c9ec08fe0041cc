"""A client of a running service: pages and API over HTTP, whatever the answer."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from server_process import ONE_ADDRESS

UNLIMITED = {
    "WIZARD_API_LIMIT": "1000000 per minute",
    "WIZARD_API_LIMIT_WRITING": "1000000 per minute",
    "WIZARD_UPLOAD_FILES_PER_IP_HOUR": "0",
    "WIZARD_HOLD_DOUBTFUL": "false",
    **ONE_ADDRESS,
}
"""Settings of a service that a program calls from one address without a pause."""


@dataclass(frozen=True)
class Answer:
    """What a service answered."""

    status: int
    text: str
    address: str

    @property
    def json(self) -> Any:
        """The body."""
        return json.loads(self.text)


class HttpClient:
    """Asks one service."""

    def __init__(self, base: str) -> None:
        self.base = base

    def get(self, path: str) -> Answer:
        """A page, or what the API answers.

        Raises:
            OSError: the service does not answer.
        """
        return self._ask(Request(self.base + path))

    def post_form(self, path: str, fields: list[tuple[str, str]]) -> Answer:
        """Send a form as a browser does; the page that it leads to."""
        return self._ask(Request(self.base + path, urlencode(fields).encode()))

    def upload(self, content: bytes, name: str = "log.txt") -> Answer:
        """Upload a file over the API."""
        boundary = uuid.uuid4().hex
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
        body = head.encode() + content + f"\r\n--{boundary}--\r\n".encode()
        kind = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        return self._ask(Request(f"{self.base}/api/v1/attachments", body, kind))

    def create_ticket(self, words: str, key: str = "", attachments: tuple[str, ...] = ()) -> Answer:
        """Send a report over the API."""
        answers = {"details": words, "reg_name": "Detal 36"}
        report = {"situation": "q_unclear", "language": "ru", "answers": answers, "attachments": attachments}
        headers = {"Content-Type": "application/json", "Idempotency-Key": key or uuid.uuid4().hex}
        return self._ask(Request(f"{self.base}/api/v1/tickets", json.dumps(report).encode(), headers))

    def _ask(self, request: Request) -> Answer:
        try:
            with urlopen(request, timeout=30) as answer:
                return Answer(answer.status, answer.read().decode(), answer.url)
        except HTTPError as error:
            return Answer(error.code, error.read().decode(), error.url)


@contextmanager
def repeated(step: Callable[[], None], threads: int = 1, pause: float = 0.0) -> Iterator[list[Exception]]:
    """Do something again and again in threads for as long as a ``with`` lasts; gives what went wrong."""
    stop, faults = threading.Event(), []

    def work() -> None:
        while not stop.is_set():
            try:
                step()
            except Exception as fault:
                faults.append(fault)
            stop.wait(pause)

    running = [threading.Thread(target=work, daemon=True) for _ in range(threads)]
    for thread in running:
        thread.start()
    try:
        yield faults
    finally:
        stop.set()
        for thread in running:
            thread.join(60)
