"""SIGHUP: catalog, sites and consent are read anew, by all processes or by none."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from consents import consent_file
from server_process import Running
from smtp_servers import HostileServer

from wizard.catalog.loader import named_catalog

SITES = "shop:\n  origins: [https://shop.example]\n  title: %s\n"


@pytest.fixture
def sites(tmp_path: Path) -> Path:
    """A file of sites."""
    path = tmp_path / "sites.yaml"
    path.write_text(SITES % "Прежний магазин")
    return path


def _until(seen: Callable[[], bool]) -> bool:
    # Counted, not timed: on a machine that stands still for a while nothing is late.
    for _ in range(300):
        if seen():
            return True
        time.sleep(0.1)
    return False


def test_all_processes_change_over_and_nobody_is_refused(
    start: Callable[..., Running], tmp_path: Path, sites: Path
) -> None:
    catalog = tmp_path / "catalog.yaml"
    text = named_catalog("hosting").read_text()
    title = next(line for line in text.splitlines() if line.startswith("title:"))
    catalog.write_text(text)
    service = start(WIZARD_CATALOG=str(catalog), WIZARD_SITES=str(sites)).ready()
    web, worker, mailbox = (service.wait_for_role(role) for role in ("web 1", "outbox", "mailbox"))
    over, refused = threading.Event(), []

    def ask() -> None:
        while not over.is_set():
            try:
                service.get("/ru/")
            except OSError as error:
                refused.append(repr(error))

    asking = [threading.Thread(target=ask) for _ in range(3)]
    for thread in asking:
        thread.start()
    catalog.write_text(text.replace(title, "title: {ru: Новая служба, en: New desk}"))
    service.process.send_signal(signal.SIGHUP)
    assert _until(lambda: "Новая служба" in service.get("/ru/"))
    assert _until(lambda: not {web, worker} & set(service.children()))
    assert all("Новая служба" in service.get("/ru/") for _ in range(20))
    over.set()
    for thread in asking:
        thread.join()
    assert not refused
    assert service.of_role("mailbox") == [mailbox]
    assert len(service.of_role("web 1")) == len(service.of_role("outbox")) == 1


def test_the_text_of_the_consent_is_read_anew_too(start: Callable[..., Running], tmp_path: Path) -> None:
    service = start(WIZARD_CONSENT=str(consent_file(tmp_path, "first"))).ready()
    assert "Редакция first" in service.get("/ru/consent/")
    consent_file(tmp_path, "second")
    service.process.send_signal(signal.SIGHUP)
    assert _until(lambda: "Редакция second" in service.get("/ru/consent/"))


def test_with_a_fault_the_old_processes_stay_at_work_and_the_log_says_why(
    start: Callable[..., Running], sites: Path
) -> None:
    service = start(WIZARD_SITES=str(sites)).ready()
    before = {service.wait_for_role("web 1"), service.wait_for_role("outbox")}
    sites.write_text("shop:\n  origns: [https://shop.example]\n")
    service.process.send_signal(signal.SIGHUP)
    time.sleep(4)
    assert before <= set(service.children())
    assert "Прежний магазин" in service.get("/ru/?site=shop")
    sites.write_text(SITES % "Новый магазин")
    service.process.send_signal(signal.SIGHUP)
    assert _until(lambda: "Новый магазин" in service.get("/ru/?site=shop"))
    service.stop()
    printed = service.output()
    assert "nothing was changed" in printed
    assert "origns" in printed


def test_what_dies_while_processes_change_over_is_replaced(start: Callable[..., Running], sites: Path) -> None:
    with HostileServer("silent") as server:
        mail = {"WIZARD_MAIL_SERVER": "127.0.0.1", "WIZARD_MAIL_PORT": str(server.port)}
        service = start(WIZARD_SITES=str(sites), **mail).ready()
        former = service.wait_for_role("outbox")
        service.send("Письмо, которое держит прежнего работника")
        assert _until(lambda: server.connections > 0)
        service.process.send_signal(signal.SIGHUP)
        newer = service.wait_for_role("outbox", other_than=former)
        os.kill(newer, signal.SIGKILL)
        assert _until(lambda: set(service.of_role("outbox")) - {former, newer} != set())
        time.sleep(3)
        [third] = set(service.of_role("outbox")) - {former}
        os.kill(third, signal.SIGKILL)
        assert _until(lambda: set(service.of_role("outbox")) - {former, third} != set())
        # The worker is at a letter for as long as the server is silent; the second signal waits for nothing.
        service.process.send_signal(signal.SIGTERM)
        time.sleep(1)
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(10) == 0
