"""Whatever goes wrong in composing, the desk gets everything that the client said (threats E03)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from email.message import EmailMessage
from typing import Any

import pytest
from header_payloads import PAYLOADS
from hypothesis import given, settings
from hypothesis import strategies as st
from letters_under_test import DESK, SNAPSHOT, WHEN, plain_of, with_text

from wizard.mail.fallback_letter import compose_fallback
from wizard.mail.message import Letter
from wizard.mail.mime import serialise
from wizard.tickets.ticket_json import FollowUpMessage, ticket_json

Deliver = Callable[[Letter], EmailMessage]


def follow_up(text: str) -> FollowUpMessage:
    """A further message."""
    return FollowUpMessage(1, text, WHEN, verified=True)


def snapshot_of(message: EmailMessage) -> Any:
    """What the attached ``record.txt`` holds."""
    [part] = list(message.iter_attachments())
    assert (part.get_filename(), part.get_content_type()) == ("record.txt", "text/plain")
    return json.loads(part.get_payload(decode=True))


@pytest.mark.parametrize("payload", PAYLOADS)
def test_it_carries_the_whole_snapshot_under_a_fixed_subject(deliver: Deliver, payload: str) -> None:
    message = deliver(compose_fallback(with_text(payload), DESK, f"ValueError: {payload}"))
    assert message["Subject"] == "[##100001##] Заявка принята, но письмо о ней собрать не удалось"
    assert message["Message-ID"] == "<ticket-100001.K7Q2M9XH4D@desk.example>"
    assert [address.addr_spec for address in message["From"].addresses] == [DESK.sender]
    assert snapshot_of(message) == ticket_json(with_text(payload))
    assert "##" not in plain_of(message)


def test_a_follow_ups_words_are_not_lost(deliver: Deliver) -> None:
    message = deliver(compose_fallback(SNAPSHOT, DESK, "x", follow_up=follow_up("Ещё вот что")))
    assert snapshot_of(message)["follow_up"]["text"] == "Ещё вот что"
    assert message["In-Reply-To"] == "<ticket-100001.K7Q2M9XH4D@desk.example>" != message["Message-ID"]


@pytest.mark.parametrize(
    "broken",
    [
        replace(SNAPSHOT, created_at="yesterday"),  # type: ignore[arg-type]
        replace(SNAPSHOT, answers=None),  # type: ignore[arg-type]
        replace(SNAPSHOT, evidence=None),  # type: ignore[arg-type]
        replace(SNAPSHOT, advice=(object(),)),  # type: ignore[arg-type]
        replace(SNAPSHOT, tag=7),  # type: ignore[arg-type]
        replace(SNAPSHOT, number=None, receipt=None, tag=None),
    ],
)
def test_even_a_broken_snapshot_arrives(deliver: Deliver, broken: Any) -> None:
    message = deliver(compose_fallback(broken, DESK, "fault"))
    [part] = list(message.iter_attachments())
    assert b"203.0.113.25" in part.get_payload(decode=True) or broken.evidence is None


@settings(max_examples=100, deadline=None)
@given(text=st.text(st.characters(), max_size=300))
def test_it_never_raises(text: str) -> None:
    assert serialise(compose_fallback(with_text(text), DESK, text, follow_up=follow_up(text)))
