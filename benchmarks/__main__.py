"""``make bench``: start-up, memory, pages, tickets, letters, each beside its limit."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import smtplib
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from werkzeug.datastructures import MultiDict

from benchmarks import api, lanes, load

ROOT = Path(__file__).parent.parent
SECONDS = 5.0
FORM = "/ru/pricing/pricing_all/"


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def say(name: str, figure: object) -> None:
    """Print one line of the report."""
    print(f"{name:<58}{figure}", flush=True)


ONE_ADDRESS = {
    "WIZARD_API_LIMIT": "1000000 per minute",
    "WIZARD_API_LIMIT_WRITING": "1000000 per minute",
    "WIZARD_UPLOAD_FILES_PER_IP_HOUR": "0",
    **{f"WIZARD_BUDGET_TICKETS_{of}": "1000000" for of in ("HOUR", "DAY", "IN_ALL_HOUR")},
    "WIZARD_BUDGET_ASSESS_HOUR": "1000000",
    "WIZARD_BUDGET_ASSESS_IN_ALL_HOUR": "1000000",
}
"""Budgets of a service whose clients all call from one address: counted, and never spent."""


@contextmanager
def serving(folder: Path, **variables: str) -> Iterator[tuple[int, subprocess.Popen[bytes], float]]:
    """The service as ``make run`` starts it: its port, its process, and the seconds to the first page."""
    port = free_port()
    environment = {
        **os.environ,
        "PORT": str(port),
        "MAILBOX_SMTP_PORT": str(free_port()),
        "WIZARD_INSTANCE_PATH": str(folder),
        "WIZARD_SECRET_KEY": "a key of the benchmarks",
        **ONE_ADDRESS,
        **variables,
    }
    begun = time.perf_counter()
    process = subprocess.Popen([sys.executable, "app.py"], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    try:
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/ru/", timeout=1).close()
                break
            except OSError:
                assert process.poll() is None, "the service did not start"
                time.sleep(0.02)
        yield port, process, time.perf_counter() - begun
    finally:
        process.terminate()
        process.wait(40)


def memory_of_web(parent: int) -> str:
    """Memory of the largest web process: resident, and its share (what it shares with others counted in parts)."""
    listing = subprocess.run(["ps", "-o", "pid=,comm=", "--ppid", str(parent)], capture_output=True, text=True)
    names = dict(line.split(None, 1) for line in listing.stdout.splitlines())
    rollups = [Path(f"/proc/{pid}/smaps_rollup").read_text() for pid, name in names.items() if "web" in name]
    resident, share = (max(_megabytes(rollup, what) for rollup in rollups) for what in ("Rss", "Pss"))
    return f"{resident:8.0f} MB, of it a share of {share:.0f}"


def _megabytes(rollup: str, what: str) -> float:
    line = next(line for line in rollup.splitlines() if line.startswith(f"{what}:"))
    return int(line.split()[1]) / 1024


def get(path: str) -> bytes:
    """A request for a page."""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: gzip\r\n\r\n".encode()


def ticket_requests(folder: Path, count: int, run: str) -> Iterator[bytes]:
    """Ready-made sends of the check page, each a report of its own with a key of its own."""
    from werkzeug.test import EnvironBuilder

    from app import create_app
    from wizard.web import form_token

    app = create_app({"INSTANCE_PATH": str(folder), "SECRET_KEY": "a key of the benchmarks"})
    settings = app.extensions["zayavka"].settings
    for n in range(count):
        data = MultiDict(
            {
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
                "once": form_token.issue(settings, "", "pricing_all"),
                "action": "send",
            }
        )
        body = EnvironBuilder(method="POST", data=data).get_environ()["wsgi.input"].read()
        head = (
            f"POST {FORM} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            f"User-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        yield head.encode() + body


def measure_start(folder: Path) -> None:
    """Second start, and memory after some pages."""
    with serving(folder) as (_, _, _):
        # What is done once, behind the pages, is not to be measured with the second start.
        until = time.monotonic() + 60
        while not list((folder / "learned").glob("*.learned")) and time.monotonic() < until:
            time.sleep(0.1)
    with serving(folder) as (port, process, seconds):
        say("second start to first page (limit 3 s)", f"{seconds:8.2f} s")
        load.run(port, itertools.repeat(get(FORM), 500), 4, 5)
        say("memory of a web process after pages (limit 90 MB)", memory_of_web(process.pid))


def measure_pages(folder: Path) -> None:
    """A form page beside a bare Flask route under the same server."""
    port = free_port()
    bare = subprocess.Popen(
        f"{sys.executable} -m granian --interface wsgi --port {port} --blocking-threads 8 --no-ws --log-level error "
        "benchmarks.bare:app".split(),
        cwd=ROOT,
        stderr=subprocess.DEVNULL,
    )
    time.sleep(2)
    say("limit: a bare Flask route, 16 clients", load.run(port, itertools.repeat(get("/")), 16, SECONDS))
    bare.terminate()
    bare.wait()
    with serving(folder) as (port, _, _):
        say("form page, 16 clients (aim 3,000 /s)", load.run(port, itertools.repeat(get(FORM)), 16, SECONDS))


def measure_tickets(folder: Path) -> None:
    """Tickets accepted, beside bare commits with synchronous=FULL."""
    say("limit: bare SQLite commits, synchronous=FULL", f"{_bare_commits(folder):8.0f} /s")
    with serving(folder, WIZARD_OUTBOX_EMBEDDED="false") as (port, process, _):
        for clients in (1, 8, 32):
            requests = list(ticket_requests(folder, 6000, f"{clients}x"))
            result = load.run(port, iter(requests), clients, SECONDS)
            say(f"tickets accepted, {clients} clients" + (" (aim 600 /s, p99 60 ms)" if clients == 8 else ""), result)
        say("memory of a web process after tickets", memory_of_web(process.pid))


def measure_api(folder: Path) -> None:
    """The API's tickets beside the form's, and its memory while ten files of 10 MB come at once."""
    with serving(folder, WIZARD_OUTBOX_EMBEDDED="false", **api.FREE) as (port, _, _):
        api.measure_calls(port, SECONDS, say)
    for name, content in (("log.txt", api.log_file()), ("photo.png", api.picture_file())):
        with serving(folder, WIZARD_OUTBOX_EMBEDDED="false", **api.FREE) as (port, process, _):
            api.upload_at_once(port, content[:100] if name == "log.txt" else content, name, 1)
            before = api.peak_of_children(process.pid)
            statuses = api.upload_at_once(port, content, name, 10)
            after = api.peak_of_children(process.pid)
            say(f"memory: ten {name} of {len(content) / 1e6:.1f} MB at once", f"{after:8.0f} MB, {before:.0f} before")
            assert statuses == [201] * 10


def _bare_commits(folder: Path) -> float:
    connection = sqlite3.connect(folder / "bare.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE bare (x)")
    begun, count = time.perf_counter(), 0
    while time.perf_counter() - begun < 2:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO bare VALUES (?)", ("x" * 3000,))
        connection.execute("COMMIT")
        count += 1
    return count / (time.perf_counter() - begun)


def measure_letters(folder: Path) -> None:
    """Letters delivered into a fast sink, beside bare smtplib on one connection."""
    port = free_port()
    sink = subprocess.Popen([sys.executable, "-m", "benchmarks.sink", str(port)], cwd=ROOT, stdout=subprocess.PIPE)
    assert sink.stdout
    sink.stdout.readline()
    with smtplib.SMTP("127.0.0.1", port) as bare:
        letter = b"Subject: bare\r\n\r\n" + b"x" * 70 * 150
        begun = time.perf_counter()
        for _ in range(1000):
            bare.sendmail("a@desk.example", ["b@desk.example"], letter)
        say("limit: bare smtplib, one connection, 10 kB", f"{1000 / (time.perf_counter() - begun):8.0f} /s")
    database = sqlite3.connect(folder / "zayavka.db")
    queued = database.execute("SELECT count(*) FROM outbox WHERE state = 'owed'").fetchone()[0]
    environment = {**os.environ, "WIZARD_INSTANCE_PATH": str(folder), "WIZARD_MAIL_SERVER": "127.0.0.1"}
    environment |= {"WIZARD_MAIL_PORT": str(port), "WIZARD_SECRET_KEY": "a key of the benchmarks"}
    begun = time.perf_counter()
    command = [sys.executable, "-m", "flask", "--app", "app", "outbox", "run", "--until-idle"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)
    seconds = time.perf_counter() - begun
    left = database.execute("SELECT count(*) FROM outbox WHERE state = 'owed'").fetchone()[0]
    say(f"letters delivered of {queued} queued, one worker (aim 1,000 /s)", f"{(queued - left) / seconds:8.0f} /s")
    sink.terminate()


def measure_lanes(folder: Path) -> None:
    """Letters to the desk while others are slow, and after an outage."""
    lanes.measure_slow_acknowledgements(folder, say)
    lanes.measure_outage(folder, say)


def measure_export(folder: Path) -> None:
    """The pages of both languages as static files, from the command's start to its end."""
    command = [sys.executable, "-m", "flask", "--app", "app", "export", str(folder / "build")]
    environment = {**os.environ, "WIZARD_INSTANCE_PATH": str(folder / "instance-of-export")}
    for what in ("into an empty folder", "again"):
        begun = time.perf_counter()
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
        say(f"static export, {what} (limit 10 s)", f"{time.perf_counter() - begun:8.2f} s")
    print(done.stdout.partition(": ")[2], end="")


def measure_triage(folder: Path) -> None:
    """How long a report is read once warm, what that takes in memory, and how well labelled reports are read."""
    code = (
        "import json, re, time; from pathlib import Path; from wizard.container import read_catalog;"
        # Not the peak of getrusage, which a child inherits from the process that started it.
        "memory = lambda: int(re.search(r'VmRSS:\\s+(\\d+)', Path('/proc/self/status').read_text())[1]) / 1024;"
        "catalog = read_catalog('tradesoft'); before = memory();"
        "from wizard.triage.score import read_reports, score; from wizard.triage.suggest.ranker import Ranker;"
        f"Ranker.folder = Path({str(folder / 'triage')!r});"
        "begun = time.process_time(); Ranker.of(catalog).suggest('не грузится прайс', 5);"
        "learned = time.process_time() - begun; Ranker.folder = None;"
        "reports = read_reports(Path('tests/data/reports_synthetic.jsonl'));"
        "from wizard.triage.assess import assess; [assess(catalog, report['text']) for report in reports];"
        "after = memory();"
        "pieces = ['а', 'и ', 'и. ', '0-', 'пароль ', 'д*', '5.1.1 ', 'не работает ', 'a@', '«'];"
        "spent = lambda text: [time.process_time(), assess(catalog, text), time.process_time()];"
        "slowest = max((times := spent(piece * (100_000 // len(piece))))[2] - times[0] for piece in pieces);"
        "figures = score(catalog, reports, folds=5);"
        "print(json.dumps({'memory': after - before, 'learned': learned, 'slowest': slowest * 1000, **figures}))"
    )
    for what in ("first process, which learns", "second, which reads"):
        done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
        figures = json.loads(done.stdout)
        say(f"triage: first text, {what}, processor time", f"{figures['learned']:8.2f} s")
        say(f"triage: more memory, {what} (limit 120 MB)", f"{figures['memory']:8.0f} MB")
    say("triage: a report once warm, median (limit 20 ms)", f"{figures['ms_per_report']:8.2f} ms")
    say("triage: the slowest of texts of 100 kB (limit 200 ms)", f"{figures['slowest']:8.0f} ms")
    ranking = " / ".join(f"{figures[name]:.3f}" for name in ("situation_top1", "situation_top3", "category_top1"))
    say("triage: top-1 / top-3 / category (aims 0.75 / 0.92 / 0.90)", ranking)
    for finding in ("vague", "impolite", "multi_question", "ticket_number", "error_text", "bounce_text"):
        say(
            f"triage: {finding}, precision / recall",
            f"{figures[finding]['precision']:.3f} / {figures[finding]['recall']:.3f}",
        )


def main() -> None:
    """Run all measurements in a folder that is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="zayavka-bench-", dir=ROOT))
    try:
        print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores; the load generator runs on the same cores")
        for measure in (
            measure_start,
            measure_pages,
            measure_export,
            measure_tickets,
            measure_api,
            measure_letters,
            measure_lanes,
            measure_triage,
        ):
            measure(folder)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
