"""The API beside the form: tickets a second, and memory while files are uploaded."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import threading
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from http import HTTPStatus
from io import BytesIO
from pathlib import Path
from urllib.error import HTTPError

from benchmarks import load

MEGABYTE = 1024 * 1024
FREE = {
    "WIZARD_API_LIMIT": "100000000 per minute",
    "WIZARD_API_LIMIT_WRITING": "100000000 per minute",
    "WIZARD_UPLOAD_BYTES_PER_IP_DAY": "100000000000",
}


def ticket_calls(count: int, run: str) -> Iterator[bytes]:
    """Ready-made reports in JSON, each with a key and content of its own; the same answers as those of the form."""
    for n in range(count):
        report = {
            "situation": "pricing_all",
            "language": "ru",
            "answers": {
                "suppliers_scope": "all",
                "site_url": "https://detal36.example",
                "article": f"OC {run}{n}",
                "brand": "KNECHT",
                "site_part": "storefront",
                "as_user": "opt-klient-17",
                "started": "unknown",
                "details": "Проценка не даёт результатов ни от одного поставщика с самого утра",
                "reg_name": "ИП из Воронежа",
                "contact_email": f"client{run}{n}@detal{n % 997}.example",
            },
        }
        body = json.dumps(report, ensure_ascii=False).encode()
        head = (
            f"POST /api/v1/tickets HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"Idempotency-Key: {uuid.uuid4()}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        yield head.encode() + body


def log_file() -> bytes:
    """A log of 10 MB."""
    line = "2026-11-24 09:40:00 проценка: поставщик не ответил за 30 с, повтор\n".encode()
    return (line * (10 * MEGABYTE // len(line)))[: 10 * MEGABYTE - 100]


def picture_file() -> bytes:
    """A photograph of almost 10 MB: noise cannot be packed."""
    from PIL import Image

    side = 1800
    out = BytesIO()
    Image.frombytes("RGB", (side, side), os.urandom(3 * side * side)).save(out, "PNG", compress_level=1)
    return out.getvalue()


def upload_at_once(port: int, content: bytes, name: str, count: int) -> list[int]:
    """Upload copies of a file at the same time, and again when told to wait for a turn. Returns the statuses."""
    statuses: list[int] = []

    def upload() -> None:
        head = f'--x\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/api/v1/attachments",
            head + content + b"\r\n--x--\r\n",
            {"Content-Type": "multipart/form-data; boundary=x"},
        )
        while True:
            try:
                with urllib.request.urlopen(request, timeout=120) as answer:
                    statuses.append(answer.status)
                return
            except HTTPError as refusal:
                if refusal.code != HTTPStatus.SERVICE_UNAVAILABLE:
                    raise
                time.sleep(float(refusal.headers["Retry-After"]))

    threads = [threading.Thread(target=upload) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses


def peak_of_children(parent: int) -> float:
    """The most memory that a web process has had, in MB (``VmHWM``)."""
    listing = subprocess.run(
        ["ps", "-o", "pid=,args=", "--ppid", str(parent)], capture_output=True, text=True, check=True
    )
    pids = [line.split(None, 1)[0] for line in listing.stdout.splitlines() if "resource_tracker" not in line]
    peaks = [
        int(line.split()[1]) / 1024
        for pid in pids
        for line in Path(f"/proc/{pid}/status").read_text().splitlines()
        if line.startswith("VmHWM")
    ]
    return max(peaks)


def measure_calls(port: int, seconds: float, say: Callable[[str, object], None]) -> None:
    """Tickets accepted by the API, and what can be answered without the database."""
    for clients in (1, 8):
        result = load.run(port, ticket_calls(6000, f"{clients}a"), clients, seconds)
        say(f"tickets accepted by the API, {clients} clients", result)
    catalog = b"GET /api/v1/catalog HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    say("GET catalog, 8 clients", load.run(port, itertools.repeat(catalog), 8, seconds / 2))
