"""A report goes in, a ticket comes out: every situation of both catalogs, from the form to the two letters."""

from __future__ import annotations

import json
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from installation import Installation

from wizard.catalog.loader import load_catalog, named_catalog
from wizard.values.secrets import mask_secrets

SITUATIONS = [
    (name, situation) for name in ("tradesoft", "hosting") for situation in load_catalog(named_catalog(name)).situations
]

REPORTS = [json.loads(line) for line in (Path(__file__).parent / "data" / "reports.jsonl").read_text().splitlines()]


def body(letter: EmailMessage, kind: str) -> str:
    """The text of a letter, with single spaces and without the signs that keep words from being cut."""
    part = letter.get_body((kind,))
    assert part is not None
    content: str = part.get_content()
    if kind == "html":
        content = BeautifulSoup(content, "html.parser").get_text(" ")
    return flat(content.replace("\u200b", ""))


def flat(text: str) -> str:
    """Text with single spaces: lines are wrapped in one body and not in the other."""
    return " ".join(text.split())


def ticket_of(letter: EmailMessage) -> dict:
    """The ``ticket.json`` of a letter."""
    part = next(part for part in letter.iter_attachments() if part.get_filename() == "ticket.json")
    return json.loads(part.get_payload(decode=True))


@pytest.fixture
def desk_of(make_desk: Callable[..., Installation]) -> Callable[[str], Installation]:
    """An installation with a catalog."""
    return lambda catalog: make_desk(CATALOG=catalog)


@pytest.mark.parametrize("language", ["ru", "en"])
@pytest.mark.parametrize(("catalog", "situation"), SITUATIONS)
def test_every_situation_becomes_a_ticket_with_both_letters(
    desk_of: Callable[[str], Installation], catalog: str, situation: str, language: str
) -> None:
    desk = desk_of(catalog)
    receipt = desk.send(situation, language)
    desk.run_worker()

    [letter], [acknowledgement] = desk.inbox, desk.acknowledgements
    assert letter["X-Ticket-Number"] == "100001"
    assert "[##100001##]" in receipt.text
    assert letter["Subject"].startswith("[##100001##] ")
    assert acknowledgement["Subject"].startswith("[##100001##] ")
    assert letter["X-Ticket-Situation"] == situation
    assert letter["X-Ticket-Language"] == language
    assert acknowledgement["References"] == letter["Message-ID"]

    ticket = ticket_of(letter)
    text, html = body(letter, "plain"), body(letter, "html")
    typed = desk.example_answers(situation, language)
    assert {answer["id"] for answer in ticket["answers"]} <= typed.keys()
    for answer in ticket["answers"]:
        if desk.catalog.questions[answer["id"]].part != "identity":
            assert flat(answer["label"]) in html
        assert flat(answer["text"]) in text, answer
        assert flat(answer["text"]) in html, answer
    assert (letter["X-Ticket-Fast-Track"] == "yes") is ticket["fast_track"]
    assert letter["Reply-To"] == ticket["reporter"]["reply_to"]


@pytest.mark.parametrize("report", REPORTS, ids=[report["id"] for report in REPORTS])
def test_text_of_any_shape_goes_in_under_its_situation_and_comes_out_whole(desk: Installation, report: dict) -> None:
    situation = desk.catalog.situations[report["situation"]]
    texts = [
        asked.question.id for asked in desk.catalog.asked(situation) if asked.question.type in ("long_text", "bounce")
    ]
    where = next((name for name in ("details", "goal", "steps", "error_text") if name in texts), texts[0])
    desk.send(situation.id, report["lang"] if report["lang"] in ("ru", "en") else "ru", **{where: report["text"]})
    desk.run_worker()
    answers = {answer["id"]: answer["value"] for answer in ticket_of(desk.inbox[0])["answers"]}
    assert flat(answers[where]) == flat(mask_secrets(report["text"]))
