"""Web, worker and mailbox are processes of their own: none takes another with it, and none outlives the first one."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from ports import free_port
from server_process import ROOT, Running, left_of
from smtp_servers import Sink

from wizard.serve import children
from wizard.serve.child import Child
from wizard.serve.listeners import open_listeners
from wizard.serve.roles import Role


def _wait(what: Callable[[], object], seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until, "it did not come to pass"
        time.sleep(0.05)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGABRT, signal.SIGSEGV])
def test_a_worker_that_dies_takes_no_page_with_it_and_is_started_again(
    start: Callable[..., Running], number: signal.Signals
) -> None:
    service = start().ready()
    web, worker = service.wait_for_role("web 1"), service.wait_for_role("outbox")
    os.kill(worker, number)
    assert service.wait_for_role("outbox", other_than=worker)
    assert "[##100001##]" in service.send("После гибели работника")
    _wait(lambda: "100001" in service.get("/mailbox/"))
    assert service.of_role("web 1") == [web]
    service.stop()
    assert f"ended by {number.name}" in service.output()


def test_a_mailbox_that_dies_is_started_again_on_its_port(start: Callable[..., Running]) -> None:
    service = start(WIZARD_OUTBOX_RETRY_FIRST="0.2").ready()
    mailbox = service.wait_for_role("mailbox")
    os.kill(mailbox, signal.SIGKILL)
    assert service.wait_for_role("mailbox", other_than=mailbox)
    service.send("После гибели ящика")
    _wait(lambda: "100001" in service.get("/mailbox/"))


def test_who_knocks_while_a_web_process_is_replaced_is_answered(start: Callable[..., Running]) -> None:
    service = start().ready()
    web = service.wait_for_role("web 1")
    os.kill(web, signal.SIGSTOP)
    # Only when all its threads stand still is the connection one that nobody has taken yet.
    _wait(lambda: all("T (stopped)" in status.read_text() for status in Path(f"/proc/{web}/task").glob("*/status")))
    with socket.create_connection(("127.0.0.1", service.port), timeout=20) as waiting:
        waiting.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        os.kill(web, signal.SIGKILL)
        assert b"200 OK" in waiting.recv(4096)


def test_no_answer_waits_for_the_clients_delayed_acknowledgement() -> None:
    [listener] = open_listeners("127.0.0.1", free_port(), 1)
    with listener, socket.create_connection(listener.getsockname()), listener.accept()[0] as accepted:
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_two_services_on_one_folder_are_told_apart(start: Callable[..., Running]) -> None:
    first = start().ready()
    second = start()
    printed = second.output().strip()
    assert second.process.returncode == 1
    assert str(first.process.pid) in printed
    assert "WIZARD_INSTANCE_PATH" in printed
    assert printed.count("\n") == 0
    assert "ok" in first.get("/healthz")


def _is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _killed_after(service: Running, seconds: float) -> list[int]:
    """Kill the first process so long after its web process was born; its children."""
    web = service.wait_for_role("web 1")
    time.sleep(seconds)
    children = [*service.children(), web]
    os.kill(service.process.pid, signal.SIGKILL)
    service.process.wait()
    return children


def test_nothing_is_left_of_a_service_whose_first_process_is_killed(start: Callable[..., Running]) -> None:
    for seconds in (0, 0.02, 0.1, random.uniform(0.1, 1.5)):
        service = start()
        assert not left_of(_killed_after(service, seconds))
        # A child that was being born has the socket for a moment more.
        _wait(lambda service=service: not _is_open(service.port))
    assert "[##100001##]" in start(PORT=str(service.port)).ready().send("Сразу после")


@pytest.mark.torture
def test_nothing_is_left_over_two_hundred_killed_services(start: Callable[..., Running]) -> None:
    for number in range(int(os.environ.get("KILLS", "200"))):
        service = start()
        left = left_of(_killed_after(service, random.uniform(0, 3) if number % 2 else random.uniform(0, 0.05)))
        assert not left


def test_a_child_of_a_parent_that_died_before_it_could_ask_ends_too(tmp_path: Path) -> None:
    """The parent's id is passed in: the kernel tells of a death only from the moment on when one asks to be told."""
    program = (
        "import os, sys, time\nfrom wizard.config.parent_process import end_with\nparent = os.getpid()\n"
        "if os.fork() == 0:\n    while os.getppid() == parent:\n        time.sleep(0.05)\n    end_with(parent)\n"
        f"    open({str(tmp_path / 'alive')!r}, 'w').close()\n    time.sleep(30)\n"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)
    time.sleep(1.5)
    assert not (tmp_path / "alive").exists()


def test_a_client_who_sends_half_a_body_holds_up_no_stop(start: Callable[..., Running]) -> None:
    service = start().ready()
    children = service.children()
    with socket.create_connection(("127.0.0.1", service.port)) as half:
        half.sendall(b"POST /ru/question/q_unclear/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n")
        half.sendall(b"Content-Type: application/x-www-form-urlencoded\r\n\r\ndetails=half")
        time.sleep(0.5)
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(10) == 0
    assert not left_of(children)


def test_a_second_ctrl_c_stops_at_once(start: Callable[..., Running]) -> None:
    service = start().ready()
    with socket.create_connection(("127.0.0.1", service.port)) as half:
        half.sendall(b"POST /ru/question/q_unclear/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf")
        time.sleep(0.5)
        service.process.send_signal(signal.SIGINT)
        time.sleep(0.2)
        service.process.send_signal(signal.SIGINT)
        assert service.process.wait(3) == 0


class _SlowSink(Sink):
    """A server that takes two seconds to think about a letter."""

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Take it, later."""
        await asyncio.sleep(2)
        return await super().handle_DATA(server, session, envelope)


def test_the_worker_ends_the_letter_that_it_is_in_and_begins_no_other(
    start: Callable[..., Running], tmp_path: Path
) -> None:
    with _SlowSink() as sink:
        service = start(WIZARD_MAIL_SERVER="127.0.0.1", WIZARD_MAIL_PORT=str(sink.port)).ready()
        for number in range(6):
            service.send(f"Письмо {number}")
        _wait(lambda: sink.connections)
        time.sleep(0.5)
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(20) == 0
        taken = len(sink.received)
    states = Counter(_states(tmp_path / "instance"))
    assert 0 < states["sent"] == taken < 12
    assert states["sending"] == 0


def _states(folder: Path) -> list[str]:
    with closing(sqlite3.connect(folder / "zayavka.db")) as database:
        return [state for (state,) in database.execute("SELECT state FROM outbox")]


def _stopped_under_load(service: Running, reports: int) -> int:
    """Stop a service while eight clients send reports and so many have a number; how many have one in the end."""
    accepted: list[str] = []

    def send() -> None:
        while service.process.poll() is None:
            try:
                receipt = service.send(f"Под нагрузкой {random.random()}")
                accepted.extend(["a number"] * ("[##" in receipt))
            except (OSError, ValueError, IndexError):
                return

    clients = [threading.Thread(target=send) for _ in range(8)]
    for client in clients:
        client.start()
    _wait(lambda: len(accepted) >= reports)
    service.process.send_signal(signal.SIGTERM)
    assert service.process.wait(20) == 0
    for client in clients:
        client.join()
    return len(accepted)


def _check_stops_under_load(start: Callable[..., Running], sink: Sink, folder: Path, stops: int) -> None:
    mail = {"WIZARD_MAIL_SERVER": "127.0.0.1", "WIZARD_MAIL_PORT": str(sink.port)}
    accepted = sum(_stopped_under_load(start(**mail).ready(), random.randint(1, 12)) for _ in range(stops))
    start(**mail).ready()

    _wait(lambda: set(_states(folder)) == {"sent"}, 60)
    to_desk = [letter.content for letter in sink.received if letter.recipients == ["support@desk.example"]]
    assert len(to_desk) >= accepted > 0
    assert len(set(to_desk)) == len(to_desk), "a letter went out twice"


def test_a_service_under_load_stops_when_it_is_told_and_sends_nothing_twice(
    start: Callable[..., Running], sink: Sink, tmp_path: Path
) -> None:
    _check_stops_under_load(start, sink, tmp_path / "instance", 3)


@pytest.mark.torture
def test_a_hundred_stops_under_load_send_nothing_twice(
    start: Callable[..., Running], sink: Sink, tmp_path: Path
) -> None:
    _check_stops_under_load(start, sink, tmp_path / "instance", 100)


def test_nothing_is_left_of_a_service_that_is_ended_while_it_prepares_its_database(
    start: Callable[..., Running], tmp_path: Path
) -> None:
    start().ready().stop()
    with (tmp_path / "instance" / "zayavka.db.migration-lock").open("a") as another:
        fcntl.flock(another, fcntl.LOCK_EX)
        for number in (signal.SIGTERM, signal.SIGKILL):
            service = start()
            preparing = service.wait_for_role("start")
            service.process.send_signal(number)
            assert service.process.wait(10) == (0 if number == signal.SIGTERM else -signal.SIGKILL)
            assert not left_of([preparing])
    assert "[##100001##]" in start().ready().send("После всего")


def test_a_machine_without_room_for_a_process_gets_it_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "LONGEST_DELAY", 0.1)
    role, tries = Role("outbox", 1, lambda _app: None), []

    def fork(role: Role) -> Child:
        tries.append(role)
        if len(tries) == 1:
            raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        return Child(role, pid=1)

    service = children.Children(fork)
    service.start(role)
    assert not service
    assert 0 < service.seconds_to_next() <= 0.1
    time.sleep(0.15)
    service.do_what_is_due()
    assert [child.role for child in service.of()] == [role]


def test_two_signals_to_stop_at_once_hang_nobody() -> None:
    program = (
        "import threading\nfrom wizard.serve.signals import run_until_stopped\n"
        "def work(stop):\n    print('at work', flush=True)\n    stop.wait()\n    print('done', flush=True)\n"
        "run_until_stopped(work)"
    )
    for _ in range(5):
        worker = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert worker.stdout
        assert worker.stdout.readline() == "at work\n"
        worker.send_signal(signal.SIGTERM)
        worker.send_signal(signal.SIGINT)
        assert worker.communicate(timeout=20)[0] == "done\n"
        # The second one may come when all is done, and end what is about to end.
        assert worker.returncode in (0, -signal.SIGINT)
