"""No answer stops a report from being accepted: subject, first lines and similar keys take whatever was stored."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import count

import pytest
from api_client import Caller
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from installation import Installation

from wizard.catalog.loader import load_catalog, named_catalog
from wizard.intake.accept import accept
from wizard.tickets.evidence import Evidence
from wizard.tickets.report import Report, Value

PIECES = (
    "https://",
    "//",
    "/",
    "@",
    ":",
    "[",
    "]",
    "::1",
    "xn--",
    "***",
    "token=",
    ".",
    "%",
    "%5B",
    "%FF",
    "?",
    "#",
    ";",
)
OTHERS = (
    "shop.example",
    "а" * 64,
    "\u0130",
    "℀",
    "１",
    "\u200d",
    "\n",
    " ",
    "«",
    "0986494210",
    "ß",
    "..",
    ",",
    "\u3002",
)
hostile = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=10).map("".join),
    st.lists(st.sampled_from(PIECES), max_size=10).map(lambda pieces: "https://" + "".join(pieces)),
    st.sampled_from(("https://token=***]", "https://[::1/x", "https://shop.example:x/")),
    st.text(max_size=60),
)
SITUATIONS = sorted(load_catalog(named_catalog("tradesoft")).situations)
KEYS = count()


@pytest.mark.parametrize("as_typed", [(), ("site_url",)])
@pytest.mark.parametrize(
    "address", ["/token=xn--[::1]", "https://token=xn--[::1]/cart", "https://shop.example/[token=xn--[::1]"]
)
def test_a_secret_that_was_masked_inside_an_address_stops_nothing(
    desk: Installation, address: str, as_typed: tuple[str, ...]
) -> None:
    caller = Caller(desk)
    answer = caller.post("tickets", caller.report("site_down", answers={"site_url": address}, as_typed=list(as_typed)))
    assert answer.status_code == 201, answer.text


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(situation=st.sampled_from(SITUATIONS), text=hostile, as_typed=st.booleans())
def test_whatever_the_answers_are_the_report_is_accepted(
    desk: Installation, situation: str, text: str, as_typed: bool
) -> None:
    answers: Mapping[str, Value] = {
        asked.question.id: text
        for asked in desk.catalog.asked(desk.catalog.situations[situation])
        if asked.question.type in ("url", "domain", "email", "short_text", "long_text", "part_number", "brand", "phone")
    }
    ids = frozenset(answers) if as_typed else frozenset()
    evidence = Evidence(time=datetime.now(UTC))
    report = Report(situation, "ru", "", answers, evidence, as_typed=ids)
    with desk.app.app_context():
        assert accept(desk.container, report, f"key-{next(KEYS)}").number
