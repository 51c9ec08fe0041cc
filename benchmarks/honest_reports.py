"""A thousand honest reports, as real HTTP clients: an office behind one address, people without scripts, an outage."""

from __future__ import annotations

import json
import random
from collections import Counter
from typing import Any

from benchmarks.bot_strategies import BROWSER, FACTS, FORM, PATIENCE, Answer, Client, Web
from wizard.catalog.models import Catalog

OUTAGE = (
    "Сайт не открывается",
    "Здравствуйте! Не открывается сайт, посмотрите пожалуйста",
    "не работает сайт ошибка 502",
    "Добрый день, у нас с утра лежит сайт, клиенты не могут сделать заказ. Когда починят?",
    "САЙТ НЕ РАБОТАЕТ!!! СРОЧНО!",
)
"""What two hundred people say of one outage."""
HOURS = 8


def run(web: Web, catalog: Catalog, texts: list[str], share: float = 1.0) -> Counter[int]:
    """Send them, or a share of them; how often each status was the answer. 303 is a receipt."""
    draw = random.Random(12)
    statuses: Counter[int] = Counter()

    def of(count: int) -> range:
        return range(max(1, round(share * count)))

    def person(n: int, address: str) -> Client:
        agent = draw.choice(
            (BROWSER["User-Agent"], "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) Safari/604")
        )
        language = draw.choice(("ru-RU,ru;q=0.9,en;q=0.8", "ru", "en-US,en;q=0.9"))
        return Client(web, catalog, address, {**BROWSER, "User-Agent": agent, "Accept-Language": language})

    def send(reports: list[tuple[Client, str, str]], patience: float = PATIENCE, *, scripts: float = 0.85) -> None:
        checked = []
        for n, (client, situation, text) in enumerate(reports):
            has_scripts = draw.random() < scripts
            typed = {**(FACTS if has_scripts else {}), words_of(catalog, situation): text}
            inputs = client.check(situation, {**typed, "reg_email": f"{draw.randrange(10**9)}-{n}@mail.example"})
            checked.append((client, situation, inputs, has_scripts))
        web.wait(patience)
        for client, situation, inputs, has_scripts in checked:
            answer = client.send(situation, with_proof(inputs, has_scripts)) if inputs else Answer(422, "")
            statuses[answer.status] += 1

    # Each from an address of their own; most in the form of what happened to them.
    situations = [s for s in catalog.situations if not catalog.situations[s].fast_track and s != "pl_import_file"]
    send([(person(n, f"100.64.{n // 250}.{n % 250}"), draw.choice(situations), texts[n % len(texts)]) for n in of(600)])
    # Fifty people of one office, in the course of a working day.
    for hour in range(HOURS):
        own = [texts[(HOURS * n + hour) % len(texts)] for n in of(150 // HOURS + (hour < 150 % HOURS))]
        send([(person(n, "192.0.2.80"), FORM, text) for n, text in enumerate(own)])
        web.age(3600)
    # An outage.
    send([(person(n, f"100.65.0.{n}"), "site_other", OUTAGE[n % len(OUTAGE)]) for n in of(200)])
    # People who know what they want, and have seen the last look before.
    send([(person(n, f"100.66.0.{n}"), FORM, texts[-n - 1]) for n in of(50)], 1.5, scripts=1.0)
    return statuses


def words_of(catalog: Catalog, situation: str) -> str:
    """The question that is answered in one's own words."""
    return next(
        asked.question.id for asked in catalog.asked(catalog.situations[situation]) if asked.question.part == "words"
    )


def with_proof(inputs: list[tuple[str, str]], has_scripts: bool) -> list[tuple[str, str]]:
    """The inputs as they are sent: with the proof of work, where a challenge stands there and scripts run."""
    values: dict[str, Any] = dict(inputs)
    sent = [(name, value) for name, value in inputs if name != "data-challenge"]
    if not has_scripts or "data-challenge" not in values:
        return sent
    import altcha

    challenge = altcha.Challenge.from_dict(json.loads(values["data-challenge"]))
    solution = altcha.solve_challenge(challenge)
    return [*sent, ("altcha", altcha.Payload(challenge, solution).to_base64())] if solution else sent
