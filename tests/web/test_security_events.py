"""What somebody is refused or suspected of stands in the log: one line, a stable name, ids only (ASVS 16.3)."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from api_client import Caller as Program
from installation import Installation

CANARY = "canary-9d3f"
LINE = re.compile(r"[a-z_]+( [a-z]+=[A-Za-z0-9_.-]+)*")
CALLER = re.compile(r"caller=[0-9a-f]{12}( |$)")
TOKEN = "an agent's token of 128 bits"
KEY = "5f2b9c7e1d4a8063b7e59f10c2d86a34"


@pytest.fixture
def watched(make_desk: Callable[..., Installation]) -> Installation:
    """An installation whose log is looked at."""
    return make_desk(AGENT_TOKENS=f"crm:{TOKEN}", API_LIMIT="30 per minute", TRUSTED_PROXIES=1)


@pytest.fixture
def events(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """The names of the events since the last look; each line is one, and holds nothing that anybody typed."""

    def names() -> list[str]:
        lines = [record.getMessage() for record in caplog.records if record.name == "wizard.security"]
        caplog.clear()
        for line in lines:
            assert LINE.fullmatch(line), line
            assert CALLER.search(line), line
            assert CANARY not in line
            assert "203.0.113" not in line
        return [line.partition(" ")[0] for line in lines]

    return names


Events = Callable[[], list[str]]


def test_a_wrong_agents_token_is_logged(watched: Installation, events: Events) -> None:
    Program(watched, Authorization=f"Bearer {CANARY}").get("queue")
    assert events() == ["agent_token_wrong"]
    Program(watched, Authorization=f"Bearer {TOKEN}").get("queue")
    assert events() == []


def test_a_forged_form_token_and_a_page_of_another_origin_are_logged(watched: Installation, events: Events) -> None:
    check = watched.filled("site_down")
    assert events() == []
    check.submit("send", {"once": f"{CANARY}\r\nWARNING forged"})
    assert events() == ["form_token_refused"]
    watched.client.options = {"headers": {"Sec-Fetch-Site": "cross-site"}}
    check.submit("send")
    assert events() == ["sent_from_elsewhere"]
    watched.client.options = {}
    check.submit("send")
    assert events() == []
    check.submit("send", {"details": f"Другое {CANARY}"})
    assert events() == ["key_reused"]


def test_a_reused_key_of_a_program_is_logged(watched: Installation, events: Events) -> None:
    program = Program(watched)
    token = program.create_ticket(key=KEY).json["token"]
    program.post("tickets", program.report(language="en"), headers={"Idempotency-Key": KEY})
    assert events() == ["key_reused"]
    for text in ("Раз", f"Два {CANARY}"):
        program.post(f"tickets/{token}/follow-ups", {"text": text}, headers={"Idempotency-Key": KEY})
    assert events() == ["key_reused"]


def test_a_guessed_number_or_address_of_a_ticket_is_logged(watched: Installation, events: Events) -> None:
    watched.send("site_down")
    page = watched.client.get("/ru/follow-up/")
    page.submit("send", {"number": "100001", "address": f"{CANARY}@firm.example", "text": "Дополнение"})
    assert events() == ["number_guessed"]
    page.submit("send", {"number": "", "address": "", "text": "Дополнение"})
    assert events() == []
    watched.client.get(f"/ru/tickets/{CANARY}/")
    Program(watched).get(f"tickets/{CANARY}")
    assert events() == ["ticket_token_unknown", "ticket_token_unknown"]


def test_a_refused_upload_and_a_name_that_is_not_ours_are_logged(watched: Installation, events: Events) -> None:
    program = Program(watched)
    program.upload(b"MZ\x90\x00" * 50, f"{CANARY}.exe")
    assert events() == ["upload_refused"]
    program.post("tickets", program.report(attachments=[CANARY]))
    assert events() == ["file_name_refused"]
    form = watched.client.get(watched.address("site_down"))
    form.submit("check", {**watched.example_answers("site_down"), "files": [f"{CANARY}.signed"]})
    assert events() == ["file_name_refused"]


def test_an_installation_without_limits_takes_those_of_the_next_one_away_from_nobody(
    make_desk: Callable[..., Installation],
) -> None:
    make_desk(RATELIMIT_ENABLED=False)
    program = Program(make_desk(API_LIMIT="1 per hour"))
    # Two turns of the hour cannot lie between three calls.
    assert 429 in [program.get("catalog").status_code for _ in range(3)]


def test_whoever_is_over_a_limit_is_logged(watched: Installation, events: Events) -> None:
    program = Program(watched, X_Forwarded_For="203.0.113.7")
    statuses: list[int] = []
    # Minutes are those of the clock: at the turn of one the count begins anew.
    while statuses[-2:] != [429, 429] and len(statuses) < 70:
        statuses.append(program.get("catalog").status_code)
    assert statuses[-2:] == [429, 429]
    assert events() == ["rate_limited"] * statuses.count(429)


def test_the_same_caller_has_the_same_id_and_another_one_another(
    watched: Installation, caplog: pytest.LogCaptureFixture
) -> None:
    for address in ("203.0.113.7", "203.0.113.8", "203.0.113.7"):
        Program(watched, X_Forwarded_For=address).get("queue")
    callers = [record.getMessage().partition("caller=")[2].split()[0] for record in caplog.records]
    assert callers[0] == callers[2] != callers[1]
