"""Figures of the way from the start page to the receipt, for people to look at: `make journey`.

Fields are filled at once, so that what is measured is the form's own share: pages, checks, sending.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from filling import fill, go_on, press
from playwright.sync_api import CDPSession, Page
from served import Served

from wizard.catalog.models import Situation

pytestmark = pytest.mark.journey
ROUNDS = int(os.environ.get("ROUNDS", "3"))


@dataclass
class Journey:
    """What one report took."""

    clicks: int = 0
    fields: int = 0
    seconds: float = 0.0
    requests: int = 0
    size: int = 0
    """Bytes over the wire, from an empty cache on."""

    def watch(self, network: CDPSession) -> None:
        """Count what comes over the wire."""
        network.on("Network.loadingFinished", self._add)
        network.send("Network.enable")

    def _add(self, event: dict[str, float]) -> None:
        self.requests += 1
        self.size += int(event["encodedDataLength"])


def walk(page: Page, served: Served, situation: Situation) -> Journey:
    """Send one report as a client does, step by step."""
    catalog, journey = served.desk.catalog, Journey()
    # What must be answered, and of the identity the one answer that is enough.
    needed = {asked.question.id for asked in catalog.asked(situation) if asked.required} | {catalog.identity.one_of[-1]}
    answers = {name: typed for name, typed in served.desk.example_answers(situation.id).items() if name in needed}
    if situation.fast_track:
        answers |= {question: wanted[0] for question, wanted in situation.fast_track.when.items()}
    journey.watch(page.context.new_cdp_session(page))
    begun = time.perf_counter()
    page.goto("/ru/")
    for step in (catalog.category_of[situation.id].id, situation.id):
        page.locator(f"main a[href$='/{step}/']").first.click()
        journey.clicks += 1
    while page.locator("form.report").count():
        shown = page.locator("[data-question]:visible").evaluate_all(
            "all => all.map(question => question.dataset.question)"
        )
        journey.fields += len(answers.keys() & shown)
        fill(page, answers)
        go_on(page)
        journey.clicks += 1
    press(page, "pages.check.send")
    journey.clicks += 1
    page.wait_for_url("**/tickets/**")
    page.locator(".ticket-number").wait_for()
    journey.seconds = time.perf_counter() - begun
    assert "is-fast" in (page.locator(".queue").get_attribute("class") or ""), situation.id
    return journey


def test_the_way_to_each_fast_receipt(make_page: Callable[..., Page], served: Served) -> None:
    fast = [situation for situation in served.desk.catalog.situations.values() if situation.fast_track]
    assert len(fast) == 8
    print(f"\n{'situation':<24}{'seconds':>8}{'clicks':>8}{'answers':>9}{'requests':>10}{'kB, cold':>10}")
    for situation in fast:
        # Each in a browser of its own, with nothing cached from before.
        journeys = [walk(make_page(), served, situation) for _ in range(ROUNDS)]
        seconds = statistics.median(journey.seconds for journey in journeys)
        first = journeys[0]
        counts = f"{first.clicks:>8}{first.fields:>9}{first.requests:>10}{first.size / 1000:>10.1f}"
        print(f"{situation.id:<24}{seconds:>8.2f}{counts}")
    print(f"medians of {ROUNDS}, {os.cpu_count()} cores that the browser and the service share")
