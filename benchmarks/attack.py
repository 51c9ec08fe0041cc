"""``make attack``: three addresses attack in every way that is known while an honest client walks the form.

The attackers share the machine's cores with the service, in a process of their own.
"""

from __future__ import annotations

import http.client
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.__main__ import ROOT, serving
from benchmarks.attackers import FORM, attacks

SECONDS = 30.0
AIM_P99, AIM_MEMORY = 500.0, 20.0
"""Milliseconds of a page; megabytes that may stay."""

PATIENCE = 10.0
"""Seconds for which the honest client waits for an answer."""


class Honest:
    """A client at 127.0.0.1 that looks at pages and sends reports, until it is told to stop."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._over = threading.Event()
        self.pages: list[float] = []
        self.walks: list[float] = []
        self.accepted = self.failed = 0
        self._threads = [
            threading.Thread(target=self._loop, args=work) for work in ((self._look, 0.05), (self._walk, 0.3))
        ]

    def __enter__(self) -> Honest:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _loop(self, work: Callable[[], None], rest: float) -> None:
        while not self._over.is_set():
            work()
            time.sleep(rest)

    def _ask(self, method: str, path: str, data: list[tuple[str, str]] | None = None) -> tuple[int, str, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE)
        try:
            headers = {"Content-Type": "application/x-www-form-urlencoded"} if data else {}
            connection.request(method, path, urlencode(data) if data else None, headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode(), answer.getheader("Location") or ""
        finally:
            connection.close()

    def _look(self) -> None:
        begun = time.perf_counter()
        try:
            status = self._ask("GET", FORM)[0]
        except (OSError, http.client.HTTPException):
            status = 0
        self.pages.append(time.perf_counter() - begun if status == 200 else PATIENCE)

    def _walk(self) -> None:
        begun = time.perf_counter()
        try:
            self._ask("GET", FORM)
            words = f"Не открывается личный кабинет, попытка {len(self.walks)} в {time.time()}"
            answers = [("details", words), ("reg_email", f"client{len(self.walks)}@detal36.example")]
            _, check, _ = self._ask("POST", FORM, [*answers, ("action", "check")])
            hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', check)
            status, _, receipt = self._ask("POST", FORM, [*hidden, ("action", "send")])
            is_accepted = status == 303 and "/tickets/" in receipt
        except (OSError, http.client.HTTPException):
            is_accepted = False
        self.walks.append(time.perf_counter() - begun)
        self.accepted += is_accepted
        self.failed += not is_accepted


def _percentile(seconds: list[float], share: float) -> float:
    ordered = sorted(seconds)
    return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


def _memory(process: subprocess.Popen[bytes]) -> float:
    """Megabytes in which the web process is resident."""
    listing = subprocess.run(["ps", "-o", "rss=,comm=", "--ppid", str(process.pid)], capture_output=True, text=True)
    rows = [line.split(None, 1) for line in listing.stdout.splitlines()]
    return sum(int(kilobytes) for kilobytes, name in rows if "web" in name) / 1024


def measure(kind: str, folder: Path, seconds: float) -> bool:
    """One attack, and what the honest client saw of it; whether all aims were reached."""
    with serving(folder, WIZARD_OUTBOX_EMBEDDED="false") as (port, process, _):
        with Honest(port):
            time.sleep(4)
        before = _memory(process)
        command = [sys.executable, "-m", "benchmarks.attackers", kind, str(port), str(seconds)]
        attackers = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        time.sleep(1)
        with Honest(port) as honest:
            attackers.wait(seconds + 60)
        time.sleep(5)
        stays = _memory(process) - before
    p50, p99 = _percentile(honest.pages, 0.5), _percentile(honest.pages, 0.99)
    reached = p99 < AIM_P99 and not honest.failed and stays < AIM_MEMORY
    assert attackers.stdout
    print(
        f"{kind:<10} page p50 {p50:6.0f} ms  p99 {p99:6.0f} ms (aim {AIM_P99:.0f})   "
        f"tickets {honest.accepted:3} accepted, {honest.failed} failed (aim 0), walk p50 "
        f"{_percentile(honest.walks, 0.5):.0f} ms p99 {_percentile(honest.walks, 0.99):.0f} ms   "
        f"memory {before:.0f} MB {stays:+.0f} (aim +{AIM_MEMORY:.0f})   {'ok' if reached else 'NOT REACHED'}\n"
        f"{'':<10} attackers: {attackers.stdout.read().strip()}",
        flush=True,
    )
    return reached


def main(arguments: list[str]) -> None:
    """Run all attacks, or those that are named; a number is how many seconds each lasts."""
    seconds = next((float(word) for word in arguments if word.isdecimal()), SECONDS)
    kinds = [word for word in arguments if not word.isdecimal()] or list(attacks())
    print("three addresses attack, an honest client walks the form; all of them share this machine's cores")
    folder = Path(tempfile.mkdtemp(prefix="zayavka-attack-", dir=ROOT))
    try:
        with serving(folder):
            # What is learned once, behind the pages, is not to be measured.
            while not list((folder / "learned").glob("*.learned")):
                time.sleep(0.1)
        reached = [measure(kind, folder, seconds) for kind in kinds]
        print(f"{sum(reached)} of {len(reached)} attacks left the service as it should be")
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main(sys.argv[1:])
