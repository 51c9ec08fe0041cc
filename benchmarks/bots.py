"""``make bots``: twenty bot strategies and a thousand honest reports against a real installation by default settings.

A strategy *reaches the inbox* when at least one of its reports or follow-ups goes to the desk as a letter of its own,
at once. What is held goes out in the hourly digest. Fast track is never held: no strategy here looks for it.
"""

from __future__ import annotations

import http.client
import json
import sqlite3
import tempfile
import time
import urllib.parse
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks import honest_reports
from benchmarks.__main__ import ROOT, serving
from benchmarks.bot_strategies import STRATEGIES, Answer, run_all, texts_of
from wizard.container import read_catalog

MOST_REACHING, MOST_HELD = 2, 0.02
DATA = ROOT / "tests" / "data"

LETTERS = """
    SELECT outbox.state = 'held', COALESCE(held_for, ''), COUNT(*) FROM outbox
    WHERE kind IN ('desk', 'follow_up') AND outbox.id > ? GROUP BY 1, 2
"""


class Service:
    """A service on a port, behind a proxy that says where each client comes from."""

    def __init__(self, port: int, database: Path) -> None:
        self.connection, self.database = http.client.HTTPConnection("127.0.0.1", port, timeout=60), database

    def post(self, path: str, body: Any, headers: dict[str, str], address: str) -> Answer:
        """Post a form (pairs) or JSON (anything else) from an address."""
        is_form = isinstance(body, list)
        content = urllib.parse.urlencode(body, errors="replace").encode() if is_form else json.dumps(body).encode()
        kind = "application/x-www-form-urlencoded" if is_form else "application/json"
        return self._ask("POST", path, {**headers, "Content-Type": kind}, address, content)

    def get(self, path: str, headers: dict[str, str], address: str) -> Answer:
        """Get a page."""
        return self._ask("GET", path, headers, address, None)

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        time.sleep(seconds)

    def age(self, seconds: float) -> None:
        """Let so much time pass for what has been counted: what happened is moved back."""
        span = timedelta(seconds=seconds)
        with sqlite3.connect(self.database, timeout=30) as connection:
            for table, column in (("budget_usage", "hour"), ("submissions", "created_at")):
                moments = connection.execute(f"SELECT DISTINCT {column} FROM {table} ORDER BY {column}").fetchall()
                for (moment,) in moments:
                    earlier = (datetime.fromisoformat(moment) - span).strftime("%Y-%m-%d %H:%M:%S.%f")
                    connection.execute(f"UPDATE {table} SET {column} = ? WHERE {column} = ?", (earlier, moment))

    def last_letter(self) -> int:
        """The last delivery that there is."""
        return int(self._read("SELECT COALESCE(MAX(id), 0) FROM outbox")[0][0])

    def letters_since(self, last: int) -> tuple[int, Counter[str]]:
        """How many letters to the desk go out at once, and how many are held, by their reasons."""
        rows = self._read(LETTERS, last)
        held = Counter({reasons: count for is_held, reasons, count in rows if is_held})
        return sum(count for is_held, _, count in rows if not is_held), held

    def _read(self, statement: str, *values: Any) -> list[Any]:
        with sqlite3.connect(self.database, timeout=30) as connection:
            return connection.execute(statement, values).fetchall()

    def _ask(self, method: str, path: str, headers: dict[str, str], address: str, body: bytes | None) -> Answer:
        self.connection.request(method, path, body, {**headers, "X-Forwarded-For": address})
        answer = self.connection.getresponse()
        text = answer.read().decode(errors="replace")
        if answer.getheader("Connection") == "close":
            self.connection.close()
        return Answer(answer.status, text, answer.getheader("Location") or "")


def main() -> int:
    """Run both, print what came of each, and say by the exit code whether the aims were met."""
    catalog = read_catalog("tradesoft")
    texts = texts_of(DATA / "reports.jsonl", DATA / "reports_synthetic.jsonl")
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder), WIZARD_TRUSTED_PROXIES="1") as (port, _process, _seconds),
    ):
        service = Service(port, Path(folder) / "zayavka.db")
        reaching = run_bots(service, catalog, texts)
        held = run_honest(service, catalog, texts)
    return 0 if reaching <= MOST_REACHING and held <= MOST_HELD else 1


def run_bots(service: Service, catalog: Any, texts: list[str]) -> int:
    """Run the strategies; returns how many reached the inbox."""
    print(f"{'strategy':<28}{'letters':>8}{'held':>8}   held for")
    reaching, last = [], service.last_letter()
    for name in run_all(service, catalog, texts):
        single, held = service.letters_since(last)
        last = service.last_letter()
        reasons = ", ".join(reasons for reasons, _ in held.most_common(2))
        print(f"{name:<28}{single:>8}{held.total():>8}   {reasons[:90]}", flush=True)
        reaching += [name] if single else []
    print(f"{len(reaching)} of {len(STRATEGIES)} reach the inbox (aim {MOST_REACHING}): {', '.join(reaching)}\n")
    return len(reaching)


def run_honest(service: Service, catalog: Any, texts: list[str]) -> float:
    """Send the honest reports; returns the share that was held, 1 when any was refused."""
    last = service.last_letter()
    statuses = honest_reports.run(service, catalog, texts)
    single, held = service.letters_since(last)
    share = held.total() / max(1, single + held.total())
    print(f"honest reports: {dict(statuses)} (303: accepted), {single} letters, {held.total()} held ({share:.1%})")
    for reasons, count in held.most_common():
        print(f"{count:>6}  {reasons}")
    return share if set(statuses) == {303} else 1.0


if __name__ == "__main__":
    raise SystemExit(main())
