"""No answer stops a report from being accepted: subject, first lines and similar keys take whatever was stored."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import count

import pytest
from api_client import Caller
from header_payloads import PAYLOADS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from installation import Installation

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
    st.sampled_from(PAYLOADS),
    st.text(max_size=60),
)
KEYS = count()


@pytest.mark.parametrize("as_typed", [(), ("site_url",)])
@pytest.mark.parametrize("address", ["/token=xn--[::1]", "https://token=xn--[::1]/cart", "password=[x]@shop.example"])
def test_a_secret_that_was_masked_inside_an_address_stops_nothing(
    desk: Installation, address: str, as_typed: tuple[str, ...]
) -> None:
    caller = Caller(desk)
    answer = caller.post("tickets", caller.report("site_down", answers={"site_url": address}, as_typed=list(as_typed)))
    assert answer.status_code in (201, 422), answer.text


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data(), text=hostile, as_typed=st.booleans())
def test_whatever_an_answer_is_the_report_is_accepted(
    desk: Installation, data: st.DataObject, text: str, as_typed: bool
) -> None:
    situation = data.draw(st.sampled_from(sorted(desk.catalog.situations)))
    answers: Mapping[str, Value] = {
        asked.question.id: data.draw(st.sampled_from([text, "Белая страница"]))
        for asked in desk.catalog.asked(desk.catalog.situations[situation])
        if asked.question.type in ("url", "domain", "email", "short_text", "long_text", "part_number", "brand", "phone")
    }
    ids = frozenset(answers) if as_typed else frozenset()
    evidence = Evidence(time=datetime.now(UTC))
    report = Report(situation, "ru", "", answers, evidence, as_typed=ids)
    with desk.app.app_context():
        assert accept(desk.container, report, f"key-{next(KEYS)}").number
