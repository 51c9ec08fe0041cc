"""A page, cold, is light: few requests, few bytes over the wire, nothing inline, a strict policy (issue 5, point 8)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from chromium import FLAGS, whole
from filling import jump_to_check
from playwright.sync_api import Browser, Page, Playwright
from served import Served

from wizard.texts import LANGUAGES

MOST_BYTES, MOST_REQUESTS = 60_000, 8


@dataclass
class Wire:
    """What came over the wire for the page that was asked for last: headers and bodies as they were sent, packed."""

    sizes: dict[str, int] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)

    def ask(self, event: dict[str, Any]) -> None:
        """Note a request; with that of a page all begins anew."""
        if event["type"] == "Document":
            self.sizes.clear()
            self.addresses.clear()
        self.addresses[event["requestId"]] = event["request"]["url"]

    @property
    def summary(self) -> str:
        """Each request with its bytes."""
        return ", ".join(f"{self.addresses[id_]}: {size}" for id_, size in self.sizes.items())


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """The whole Chromium, which asks for a page's icon too."""
    chromium = playwright.chromium.launch(executable_path=whole(), args=FLAGS)
    yield chromium
    chromium.close()


@pytest.fixture
def wire(page: Page) -> Wire:
    """Counts what each page asks for from now on, without a cache."""
    seen = Wire()
    network = page.context.new_cdp_session(page)
    network.on("Network.requestWillBeSent", seen.ask)
    network.on("Network.loadingFinished", lambda e: seen.sizes.update({e["requestId"]: int(e["encodedDataLength"])}))
    network.send("Network.enable")
    network.send("Network.setCacheDisabled", {"cacheDisabled": True})
    return seen


def heaviest_form(served: Served, language: str) -> str:
    """The address of the form whose page is the longest."""
    client = served.desk.app.test_client()
    addresses = [served.desk.address(situation, language) for situation in served.desk.catalog.situations]
    return max(addresses, key=lambda address: len(client.get(address).data))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_heaviest_form_comes_in_few_requests_and_bytes(
    page: Page, served: Served, wire: Wire, language: str
) -> None:
    page.goto(heaviest_form(served, language), wait_until="networkidle")
    assert any(address.endswith(".css") for address in wire.addresses.values())
    assert any("/js/steps." in address for address in wire.addresses.values())
    assert any("favicon" in address for address in wire.addresses.values())
    assert len(wire.addresses) <= MOST_REQUESTS, wire.summary
    assert 5_000 < sum(wire.sizes.values()) <= MOST_BYTES, wire.summary


def test_the_way_to_the_form_and_the_last_look_are_as_light(page: Page, served: Served, wire: Wire) -> None:
    for place in ("/ru/", "/ru/pricing/", "/ru/rules/", "/ru/follow-up/"):
        page.goto(place, wait_until="networkidle")
        assert len(wire.addresses) <= MOST_REQUESTS and sum(wire.sizes.values()) <= MOST_BYTES, wire.summary
    # Not by a reload, which shows the form.
    jump_to_check(page, served, "pricing_all")
    page.wait_for_load_state("networkidle")
    assert any("/js/send." in address for address in wire.addresses.values()), wire.summary
    assert any(address.endswith(".css") for address in wire.addresses.values())
    assert sum(wire.sizes.values()) > 5_000, wire.summary
    assert len(wire.addresses) <= MOST_REQUESTS and sum(wire.sizes.values()) <= MOST_BYTES, wire.summary


def test_nothing_is_inline_and_the_policy_allows_nothing_that_is_not_named(served: Served) -> None:
    form = served.desk.client.get(served.desk.address("pricing_all"))
    check = served.desk.filled("pricing_all")
    receipt = check.submit("send")
    for page in (served.desk.client.get("/ru/"), form, check, receipt):
        assert page.soup.find("style") is None
        assert all(script.get("src") and not script.get_text() for script in page.soup.find_all("script"))
        for tag in page.soup.find_all(True):
            assert not [name for name in tag.attrs if name == "style" or re.match("on[a-z]+$", name)], tag
        policy = page.response.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; ")
        assert "unsafe" not in policy and "*" not in policy and "data:" not in policy
