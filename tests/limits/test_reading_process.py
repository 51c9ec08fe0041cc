"""The process that reads files: whatever a file does to it costs that file, and the client's words stay."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hostile_reading import HOSTILE, JPEG
from installation import Installation
from PIL import Image
from test_import_weight import loaded_by

from wizard.limits.heavy import dispatcher, process, reading, slots
from wizard.limits.heavy.dispatcher import Dispatcher
from wizard.triage.bounce.eml import Unreadable

ROOT = Path(__file__).parents[2]
HOLDER = """
import sys, time
from pathlib import Path
from wizard.limits.heavy import slots
slots.COUNT = 1
with slots.slot(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""
WORDS = "Белая страница вместо каталога с 9:40"


def picture(width: int = 40, height: int = 30, mode: str = "RGB") -> bytes:
    """A picture of one colour: few bytes, however large."""
    out = io.BytesIO()
    Image.new(mode, (width, height)).save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def hostile(monkeypatch: pytest.MonkeyPatch) -> Iterator[Dispatcher]:
    """A dispatcher of the test's own, whose process does what hostile files would make it do; each has a second."""
    own = Dispatcher()
    monkeypatch.setattr(reading, "dispatcher", own)
    monkeypatch.setattr(process, "_PROGRAM", HOSTILE)
    monkeypatch.setattr(reading, "SECONDS", {"look": 1, "summarise_mail": 1})
    yield own
    own._end_process()


def attach(desk: Installation, *files: bytes, **options: Any) -> Any:
    """The page that answers to a form with these pictures."""
    form = desk.client.get(desk.address("site_down"))
    named = [(f"{number}.jpg", content) for number, content in enumerate(files, start=1)]
    return form.submit("check", desk.example_answers("site_down", details=WORDS), {"files": named})


@pytest.mark.parametrize("fate", [b"DIE", b"EAT", b"SPIN", b"SLEEP 60", b"LIE"])
def test_a_file_that_kills_its_process_is_refused_and_the_next_client_finds_another(
    desk: Installation, hostile: Dispatcher, fate: bytes
) -> None:
    page = attach(desk, JPEG + fate)
    assert page.status == 422
    assert "1.jpg" in page.summary
    assert page.value("details") == WORDS
    assert attach(desk, picture()).status == 200
    assert page.submit("check").status == 200, "it goes on without the file"


def test_a_process_that_something_else_ended_costs_no_file(desk: Installation, hostile: Dispatcher) -> None:
    assert attach(desk, picture()).status == 200
    ended = hostile._process
    assert ended
    os.kill(ended.pid, signal.SIGKILL)
    _wait(lambda: not ended.is_alive)
    assert attach(desk, picture(50)).status == 200


def test_web_processes_together_read_no_more_files_than_there_are_slots(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slots, "COUNT", 1)
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert holder.stdout
    with holder.stdout:
        assert holder.stdout.readline() == b"held\n"
        entered = threading.Event()
        waiting = threading.Thread(target=_enter, args=(tmp_path, entered))
        waiting.start()
        assert not entered.wait(0.5)
        holder.kill()
        assert entered.wait(20), "a slot ends with the process that holds it"
    holder.wait()
    waiting.join()


def _enter(folder: Path, entered: threading.Event) -> None:
    with slots.slot(folder):
        entered.set()


def test_after_a_file_that_killed_its_process_the_request_may_bring_no_more_pictures(
    desk: Installation, hostile: Dispatcher
) -> None:
    page = attach(desk, JPEG + b"DIE", picture(), picture(41))
    assert page.status == 422
    assert all(name in page.text for name in ("1.jpg", "2.jpg", "3.jpg"))
    again = page.submit("check")
    assert again.status == 200
    assert ".jpg" not in again.text


def test_the_process_knows_nothing_of_ours(
    desk: Installation, hostile: Dispatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WIZARD_SECRET_KEY", "canary")
    shown = attach(desk, JPEG + b"ENVIRONMENT").summary
    assert "{" in shown
    assert "canary" not in shown
    loaded = loaded_by("wizard.limits.heavy.child", "wizard.triage.bounce.eml_summary")
    assert not loaded & {"flask", "werkzeug", "sqlalchemy", "pydantic", "smtplib", "urllib3"}


def test_a_client_who_leaves_takes_the_work_along(desk: Installation, hostile: Dispatcher) -> None:
    reading.SECONDS = {"look": 60, "summarise_mail": 1}  # type: ignore[misc]
    gone = threading.Event()
    desk.client.options = {"environ_overrides": {"zayavka.client_gone": gone}}
    leaving = threading.Thread(target=attach, args=(desk, JPEG + b"SLEEP 50"))
    leaving.start()
    _wait(lambda: hostile._process is not None)
    gone.set()
    leaving.join(20)
    assert not leaving.is_alive()
    assert hostile._process is None


def test_a_file_whose_client_has_left_is_not_read(desk: Installation, hostile: Dispatcher) -> None:
    gone = threading.Event()
    gone.set()
    desk.client.options = {"environ_overrides": {"zayavka.client_gone": gone}}
    assert attach(desk, JPEG + b"SLEEP 50").status == 503
    assert hostile._process is None


def test_a_process_that_nobody_needs_ends_and_another_is_started_later(
    desk: Installation, hostile: Dispatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatcher, "IDLE", 0.2)
    assert attach(desk, picture()).status == 200
    _wait(lambda: hostile._process is None and hostile._thread is None)
    assert attach(desk, picture(50)).status == 200


def test_who_finds_no_place_is_asked_to_come_again_with_all_words_kept(
    desk: Installation, hostile: Dispatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wizard.limits.heavy.turns.MOST", 0)
    page = attach(desk, picture())
    assert page.status == 503
    assert int(page.response.headers["Retry-After"]) > 0
    assert "1.jpg" in page.summary
    assert page.value("details") == WORDS
    with desk.app.app_context():
        answer = desk.app.test_client().post("/api/v1/attachments", data={"file": (io.BytesIO(picture()), "a.png")})
    assert (answer.status_code, answer.json["type"]) == (503, "/api/v1/problems/busy")
    assert int(answer.headers["Retry-After"]) > 0


def test_a_mail_for_which_there_is_no_time_is_attached_unread(
    hostile: Dispatcher, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("wizard.limits.heavy.turns.MOST", 0)
    mail = b"From: a@b.example\n\nwords"
    assert reading.read_mail(mail, reading.Allowance("203.0.113.5", tmp_path)) == Unreadable()


def test_pictures_of_one_form_are_counted_together(desk: Installation) -> None:
    large = picture(7000, 5000, "1")
    page = attach(desk, large, picture(7000, 5001, "1"), picture())
    assert page.status == 422
    assert ("1.jpg" in page.summary, "2.jpg" in page.summary, "3.png" in page.summary) == (False, True, False)
    assert "60" in page.summary
    assert page.value("details") == WORDS
    assert page.submit("check").status == 200, "those that were taken stay"


def test_one_large_picture_is_taken_and_the_bound_can_be_set(make_desk: Callable[..., Installation]) -> None:
    desk = make_desk(UPLOAD_REQUEST_MEGAPIXELS=100)
    assert attach(desk, picture(7000, 7000, "1"), picture(7001, 7000, "1")).status == 200


def _wait(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.02)
