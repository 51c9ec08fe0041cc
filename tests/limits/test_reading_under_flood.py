"""Large pictures from some addresses, on a running service: others get pages and their turn, and nothing stays."""

from __future__ import annotations

import http.client
import io
import os
import signal
import subprocess
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hostile_reading import JPEG
from PIL import Image
from server_process import Running, left_of

FLOOD, OTHER = ("127.0.0.10", "127.0.0.11", "127.0.0.12", "127.0.0.13"), "127.0.0.2"
WORDS = "Пропали цены"
FORM = "/ru/site/site_down/"
SCRIPT = str(Path(__file__).with_name("hostile_reading.py"))


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Running]:
    """A service whose process takes as long for a picture as the picture says."""
    folder = Path(__file__).parent
    running = Running(tmp_path / "instance", script=SCRIPT, PYTHONPATH=f"{folder}:{Path(__file__).parents[2]}")
    yield running.ready()
    running.stop()


def post(service: Running, address: str, path: str, files: list[tuple[str, bytes]], **typed: str) -> tuple[int, str]:
    """Send a form with files from an address of this machine; the status and the page."""
    boundary = uuid.uuid4().hex
    body = b""
    for name, value in typed.items():
        body += f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
    for name, content in files:
        body += f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="a.jpg"\r\n\r\n'.encode()
        body += content + b"\r\n"
    body += f"--{boundary}--\r\n".encode()
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=100, source_address=(address, 0))
    try:
        connection.request("POST", path, body, {"Content-Type": f"multipart/form-data; boundary={boundary}"})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def small_picture() -> bytes:
    """A screenshot of somebody who only wants to report."""
    out = io.BytesIO()
    Image.new("RGB", (400, 300), "white").save(out, "JPEG")
    return out.getvalue()


def flood(service: Running, clients: int) -> tuple[list[threading.Thread], list[tuple[int, str]]]:
    """Forms of five pictures that take half a second each, all at once; the threads, and where their answers come."""
    answers: list[tuple[int, str]] = []

    def send(number: int) -> None:
        files = [("files", JPEG + f"SLEEP 0.5 {number}.{picture}".encode()) for picture in range(5)]
        answers.append(post(service, FLOOD[number % len(FLOOD)], FORM, files, details=WORDS, action="check"))

    threads = [threading.Thread(target=send, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    return threads, answers


def order(service: Running, folder: Path) -> list[str]:
    """The addresses in the order in which their files were read so far."""
    file = folder / "instance" / "order"
    return [line.partition("/")[0] for line in file.read_text("ascii").split()] if file.exists() else []


def readers_of(service: Running) -> list[int]:
    """The processes that read files, of all web processes."""
    webs = service.of_role("web 1")
    listing = subprocess.run(
        ["ps", "-o", "pid=,comm=", "--ppid", ",".join(map(str, webs))], capture_output=True, text=True
    )
    return [int(line.split()[0]) for line in listing.stdout.splitlines() if line.split(None, 1)[1] == "zayavka files"]


def test_large_pictures_of_some_keep_no_page_and_no_picture_of_another_waiting(
    service: Running, tmp_path: Path
) -> None:
    threads, answers = flood(service, clients=8)
    _wait(lambda: FLOOD[0] in order(service, tmp_path))
    pages = 0
    while pages < 20:
        assert "<html" in service.get("/ru/")
        pages += 1
    before = len(order(service, tmp_path))
    status, answer = post(service, OTHER, "/api/v1/attachments", [("file", small_picture())])
    assert status == 201, answer
    turn = order(service, tmp_path).index(OTHER)
    # One may be under way, and others have come and gone before ours had arrived.
    assert turn - before <= 3
    assert len(readers_of(service)) == 1
    for thread in threads:
        thread.join(100)
    assert len(answers) == 8
    for status, page in answers:
        assert status in (422, 503)
        assert WORDS in page
    assert 503 in {status for status, _page in answers}, "not all of them may wait in the threads that answer pages"


def test_nothing_is_left_of_a_web_process_that_is_killed_while_it_reads_a_file(service: Running) -> None:
    upload = threading.Thread(target=_upload_in_vain, args=(service, JPEG + b"SLEEP 25"))
    upload.start()
    _wait(lambda: bool(readers_of(service)))
    [web], readers = service.of_role("web 1"), readers_of(service)
    os.kill(web, signal.SIGKILL)
    assert not left_of([web, *readers])
    upload.join(30)
    service.wait_for_role("web 1", other_than=web)
    service.ready()
    assert post(service, OTHER, "/api/v1/attachments", [("file", small_picture())])[0] == 201


def test_nothing_is_left_of_a_service_that_is_killed_or_stopped_while_a_process_waits_for_files(
    service: Running,
) -> None:
    assert post(service, OTHER, "/api/v1/attachments", [("file", small_picture())])[0] == 201
    processes = [*service.children(), *readers_of(service)]
    os.kill(service.process.pid, signal.SIGKILL)
    service.process.wait()
    assert not left_of(processes)


def _upload_in_vain(service: Running, content: bytes) -> None:
    with pytest.raises((OSError, http.client.HTTPException)):
        post(service, FLOOD[0], "/api/v1/attachments", [("file", content)])


def _wait(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.02)
