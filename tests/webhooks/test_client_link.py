"""The client's secret link is the client's: whatever a desk or a site is sent, it opens no ticket (threats L16)."""

from __future__ import annotations

import io
import json
import os
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from api_client import Caller
from endpoints import Endpoint
from flooding import send, wait_out_the_hour
from installation import parsed
from jsonschema import Draft202012Validator
from PIL import Image
from sqlalchemy import select, update
from webhook_installation import Shops, event_of

from wizard.api.ticket_json_schemas import TICKET_JSON
from wizard.db.engine import writing
from wizard.db.models import Ticket
from wizard.outbox import email_delivery
from wizard.outbox.digest import enqueue_digests

AGENT = "Bearer a-token-of-the-tests-0123456789"
TOKENS = select(Ticket.number, Ticket.token).order_by(Ticket.number)
CLIENT = "zakaz@detal36.example"


def large_picture() -> bytes:
    """A picture that is too large for the mails of the walk."""
    buffer = io.BytesIO()
    Image.frombytes("RGB", (300, 300), os.urandom(270_000)).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.mark.parametrize(("numbering", "version"), [("wizard", 2), ("desk", 2), ("desk", 1)])
def test_no_letter_json_queue_or_webhook_holds_a_tickets_token(
    make_shop: Callable[..., Shops], monkeypatch: pytest.MonkeyPatch, numbering: str, version: Any
) -> None:
    wait_out_the_hour(15)
    with Endpoint() as endpoint:
        shop = make_shop(
            endpoint.url,
            NUMBERING=numbering,
            TICKET_JSON_VERSION=version,
            MAIL_MAX_BYTES=150_000,
            AGENT_TOKENS="bot:a-token-of-the-tests-0123456789",
            BUDGET_TICKETS_HOUR=3,
            BUDGET_REFUSED_AT=100,
            HOLD_DOUBTFUL=False,
            BURST_TICKETS=2,
        )
        shop.sink.refuse["refused@detal36.example"] = "550 5.1.1 no"
        link = report_with_file(shop)
        follow_up(shop, link)
        follow_up_by_number(shop)
        # Whoever copies the address of their ticket into a report gives it to nobody.
        quoted = f"Открыта {shop.container.settings.base_url}{link}"
        send(shop, quoted, site="shop", reg_email="refused@detal36.example")
        shop.run_worker()
        with monkeypatch.context() as patch:
            for composer in ("compose_desk_letter", "compose_follow_up"):
                patch.setattr(email_delivery, composer, lambda *_, **__: 1 / 0)
            third = send(shop, "Без письма", site="shop").headers["Location"].partition("?")[0]
            follow_up(shop, third)
            shop.run_worker()
        fourth = send(shop, "Из другой версии", site="shop")
        [(record,)] = shop.query(select(Ticket.record).where(Ticket.number == 100_004))
        write_record(shop, '{"version": "other"}')
        shop.run_worker()
        write_record(shop, record)
        for n in range(2):
            send(shop, f"Сверх меры {n}", site="shop")
        with shop.app.app_context():
            enqueue_digests(datetime.now(UTC))
        shop.run_worker()
        events = [event_of(call) for call in endpoint.calls]
        bodies = [call.body.decode() for call in endpoint.calls]
    assert fourth.status_code == 303
    sent = [shop.all_sent, *bodies, *answers_of_the_queue(shop), *listed_by_commands(shop)]
    for event in events:
        if event["type"] == "ticket.created":
            validate(event["data"], version)
    assert {event["type"] for event in events} == {"ticket.created", "ticket.follow_up", "delivery.failed"}
    assert_that_every_letter_was_sent(shop, version)
    tokens = {str(row.token) for row in shop.query(TOKENS)}
    assert len(tokens) == 6
    for text in sent:
        assert not [token for token in tokens if token in text], text[:300]
        assert not re.search(r"/tickets/[\w-]{22}", text)
    assert f"/tickets/{next(iter(tokens))}"[:9] == "/tickets/"


SPELLINGS = (
    "{base}/ru/tickets/{token}/",
    "{base}/ru/Tickets/{token}/",
    "{base}/RU/TICKETS/{token}",
    "{base}/ru/?carried={token}",
    "{base}/ru/?second_subject={token}&x=1",
    "next=%2Fru%2Ftickets%2F{token}%2F",
    "carried%3D{token}",
    "{token}",
)


@pytest.mark.parametrize("token", ["aB3-xY_9kLmN0pQr5sTu7w", "a" * 22])
def test_a_further_message_gives_its_tickets_token_away_in_no_spelling(
    make_shop: Callable[..., Shops], token: str
) -> None:
    with Endpoint() as endpoint:
        shop = make_shop(endpoint.url)
        report_with_file(shop)
        with shop.app.app_context(), writing() as connection:
            connection.execute(update(Ticket).values(token=token))
        base = shop.container.settings.base_url
        text = "\n".join(f"Открыта {spelling.format(base=base, token=token)} у всех" for spelling in SPELLINGS)
        own = f"{text}\nx{token}_1"
        page = shop.client.get(f"/ru/tickets/{token}/follow-up/").submit("send", {"text": f"{own}, раз"})
        assert "звёздочками" in page.text
        by_number = {"text": f"{own}, два", "number": "100001", "address": CLIENT}
        done = shop.client.get("/ru/follow-up/").submit("send", by_number)
        assert "done" in done.address and "звёздочками" in done.text
        answer = Caller(shop).post(f"tickets/{token}/follow-ups", {"text": f"{own}, три"})
        assert answer.status_code == 201 and answer.get_json()["text"].count("***") == len(SPELLINGS) + 1
        # Of another ticket the looks are all that is known.
        if token != "a" * 22:
            page_of_ticket = f"{base}/ru/Tickets/{token}/?carried={token}"
            answers = {"details": text, "contact_name": token}
            Caller(shop).create_ticket("site_other", answers=answers, page=page_of_ticket, site="shop")
        shop.run_worker()
        bodies = [call.body.decode() for call in endpoint.calls]
    assert len(shop.inbox) >= 4 and len(bodies) >= 4
    assert not [sent[:300] for sent in (shop.all_sent, *bodies) if token in sent]


def write_record(shop: Shops, record: str) -> None:
    """Let the fourth ticket have this snapshot."""
    with shop.app.app_context(), writing() as connection:
        connection.execute(update(Ticket).where(Ticket.number == 100_004).values(record=record))


def report_with_file(shop: Shops) -> str:
    """Send a report with a file that no mail may carry; the address of its page."""
    form = shop.client.get(shop.address("site_down") + "?site=shop")
    check = form.submit("check", shop.example_answers("site_down"), {"files": [("big.png", large_picture())]})
    return check.submit("send").address.partition("?")[0]


def follow_up(shop: Shops, link: str) -> None:
    """Add a message by a ticket's page, with a file that no mail may carry."""
    form = shop.client.get(f"{link}follow-up/")
    answer = form.submit("send", {"text": "Ещё вот что"}, {"files": [("more.png", large_picture())]})
    assert answer.status == 200, answer.text[:300]


def follow_up_by_number(shop: Shops) -> None:
    """Add a message by the number and the address of a ticket."""
    [(number, receipt)] = shop.query(select(Ticket.number, Ticket.receipt))
    form = shop.client.get("/ru/follow-up/")
    answers = {"text": "И ещё", "number": receipt or str(number), "address": CLIENT}
    answer = form.submit("send", answers)
    assert answer.status == 200 and "done" in answer.address, answer.text[:300]


def answers_of_the_queue(shop: Shops) -> Iterator[str]:
    """Every answer of the queue to an agent."""
    agent = Caller(shop, Authorization=AGENT)
    yield agent.patch("tickets/100001", {"state": "taken"}).text
    yield agent.patch("tickets/100003", {"state": "closed"}).text
    for state in ("open", "taken", "closed", "held"):
        answer = agent.get(f"queue?state={state}")
        assert answer.get_json()["tickets"], state
        yield answer.text


def listed_by_commands(shop: Shops) -> Iterator[str]:
    """What those who run the service see of letters."""
    commands = shop.app.test_cli_runner()
    for arguments in (["list"], ["list", "--json"], ["held"], ["held", "--json"]):
        result = commands.invoke(args=["outbox", *arguments])
        assert result.exit_code == 0 and "support@desk.example" in result.output
        yield result.output


def assert_that_every_letter_was_sent(shop: Shops, version: Any) -> None:
    """The walk has brought every kind of letter; none of them is missed by what follows."""
    letters = [parsed(letter.content) for letter in shop.sink.received]
    names = [{part.get_filename() for part in letter.iter_attachments()} for letter in letters]
    assert names.count({"record.txt"}) == 3, "of a report, of a follow-up, and one that cannot be read"
    # The two reports that could be composed, and with version 2 the two follow-ups.
    assert names.count({"ticket.json"}) == (2 if version == 1 else 4)
    assert sum("X-Held-Tickets" in letter for letter in letters) == 1
    assert sum(letter["Message-ID"].startswith("<burst-") for letter in letters) >= 1
    links = re.findall(r"/ru/files/[\w.-]+/", shop.all_sent)
    assert len(set(links)) == 3, "of a report, of a follow-up, and of the report that could not be composed"
    for letter in letters:
        for part in letter.iter_attachments():
            if part.get_filename() in ("ticket.json", "record.txt"):
                content = json.loads(part.get_payload(decode=True))
                # What a letter of last resort says beside the ticket.
                content.pop("files", None)
                validate(content, version)


def validate(fields: dict[str, Any], version: Any) -> None:
    """Hold a ticket's JSON against the schema that it names; the record that cannot be read names none."""
    if "$schema" not in fields:
        assert fields == {"version": "other"}
        return
    assert fields["$schema"] == f"urn:zayavka:ticket:{version}"
    # Version 1 had no place for a further message, which the letter of last resort must not lose.
    known = {name: value for name, value in fields.items() if version == 2 or name != "follow_up"}
    Draft202012Validator(json.loads(TICKET_JSON[version].read_text("utf-8"))).validate(known)
