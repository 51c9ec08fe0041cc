"""``make run`` as a newcomer meets it: one command, a form, a mailbox; and one clear line when it cannot start."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from server_process import Running, left_of


def test_one_command_gives_a_form_and_a_mailbox_in_which_both_letters_arrive(start: Callable[..., Running]) -> None:
    service = start().ready()
    assert "[##100001##]" in service.send("Белая страница с утра")
    until = time.monotonic() + 20
    while service.get("/mailbox/").count("100001") < 2 and time.monotonic() < until:
        time.sleep(0.1)
    letters = service.get("/mailbox/")
    assert "support@desk.example" in letters
    assert "zakaz@detal36.example" in letters
    service.stop()
    printed = service.output()
    assert re.search(rf"Form:\s+{service.base}/", printed)
    assert re.search(rf"Mailbox:\s+{service.base}/mailbox/", printed)
    assert "Traceback" not in printed


def test_ctrl_c_stops_all_of_it(start: Callable[..., Running]) -> None:
    service = start().ready()
    children = service.children()
    assert children
    service.stop()
    assert service.process.returncode == 0
    assert not left_of(children)
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", service.port), timeout=2)


def test_what_was_accepted_is_there_after_kill_9_of_everything(start: Callable[..., Running]) -> None:
    service = start(WIZARD_OUTBOX_EMBEDDED="false").ready()
    assert "[##100001##]" in service.send("До сбоя")
    for pid in [*service.children(), service.process.pid]:
        os.kill(pid, signal.SIGKILL)
    service.process.wait()
    again = start(WIZARD_OUTBOX_LEASE="3", WIZARD_MAIL_DEADLINE="2").ready()
    until = time.monotonic() + 20
    while "100001" not in again.get("/mailbox/") and time.monotonic() < until:
        time.sleep(0.1)
    assert "100001" in again.get("/mailbox/")
    assert "[##100002##]" in again.send("После сбоя")


def test_no_process_is_left_behind_when_the_first_one_is_killed(start: Callable[..., Running]) -> None:
    service = start().ready()
    children = service.children()
    os.kill(service.process.pid, signal.SIGKILL)
    service.process.wait()
    assert not left_of(children)


def test_a_killed_web_process_is_replaced(start: Callable[..., Running]) -> None:
    service = start().ready()
    os.kill(service.children()[0], signal.SIGKILL)
    time.sleep(0.5)
    assert "[##100001##]" in service.ready().send("После замены")


def test_what_has_learned_ahead_leaves_no_dead_process_behind(start: Callable[..., Running], tmp_path: Path) -> None:
    service = start().ready()
    until = time.monotonic() + 60
    while not list(tmp_path.rglob("*.learned")) and time.monotonic() < until:
        time.sleep(0.1)
    assert list(tmp_path.rglob("*.learned"))
    time.sleep(1.5)
    of_service = ["ps", "-o", "args=", "--ppid", str(service.process.pid)]
    assert "<defunct>" not in subprocess.run(of_service, capture_output=True, text=True).stdout


def _one_line(service: Running) -> str:
    printed = service.output().strip()
    assert service.process.returncode != 0
    assert "Traceback" not in printed
    assert printed.count("\n") == 0, printed
    return printed


def test_a_port_in_use_is_one_clear_line(start: Callable[..., Running]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert f":{port}" in _one_line(start(PORT=str(port)))
        assert str(port) in _one_line(start(MAILBOX_SMTP_PORT=str(port)))


def test_a_bad_setting_is_one_clear_line(start: Callable[..., Running]) -> None:
    assert "WIZARD_NUMBERING" in _one_line(start(WIZARD_NUMBERING="both"))
    assert "PORT" in _one_line(start(PORT="eighty"))
    assert "no-such.yaml" in _one_line(start(WIZARD_CATALOG="no-such.yaml"))


def test_an_unwritable_folder_is_one_clear_line(start: Callable[..., Running], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert "WIZARD_INSTANCE_PATH" in _one_line(start(WIZARD_INSTANCE_PATH=str(tmp_path / "file" / "instance")))


def test_what_triage_learns_is_there_before_a_client_asks(start: Callable[..., Running], tmp_path: Path) -> None:
    service = start().ready()
    until = time.monotonic() + 60
    while not list((tmp_path / "instance" / "learned").glob("*.learned")) and time.monotonic() < until:
        time.sleep(0.1)
    [file] = (tmp_path / "instance" / "learned").iterdir()
    assert "pl_import_file" in service.post("/ru/search/", [("text", "не грузится прайс")])[0]
    service.stop()
    written = file.stat().st_mtime_ns
    again = start().ready()
    assert "pl_import_file" in again.post("/ru/search/", [("text", "не грузится прайс")])[0]
    again.stop()
    assert file.stat().st_mtime_ns == written
    assert "Traceback" not in service.output() + again.output()
