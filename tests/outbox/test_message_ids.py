"""A Message-ID is known to those who have the letter: the number does not tell it, and nothing ever changes it."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable
from email.message import EmailMessage

import pytest
from installation import Installation, parsed
from letters_under_test import DESK, WHEN
from smtp_servers import Sink
from sqlalchemy import select, text, update

from app import create_app
from wizard.db.engine import db
from wizard.db.models import Delivery, Ticket
from wizard.mail.fallback_letter import UnreadableTicket, compose_unreadable
from wizard.mail.mime import serialise
from wizard.mail.thread import message_id
from wizard.tickets.snapshot import load
from wizard.tickets.thread_code import thread_code
from wizard.values.crockford import crockford

SIGNS = r"[0-9A-HJKMNP-TV-Z]{10}"


def threads_of(letter: EmailMessage) -> list[str]:
    """The Message-IDs that a letter names as its thread."""
    return [value for name in ("In-Reply-To", "References") for value in letter.get_all(name, [])]


def add_follow_up(desk: Installation, words: str) -> None:
    """Add a further message from the page of the only ticket."""
    [(token,)] = desk.query(select(Ticket.token))
    desk.client.get(f"/ru/tickets/{token}/follow-up/").submit("send", {"text": words})


def sent_again(desk: Installation, sink: Sink, **config: object) -> list[bytes]:
    """What goes out when every letter is sent once more, by a process with other settings."""
    with desk.app.app_context(), db.engine.begin() as connection:
        connection.execute(update(Delivery).values(state="owed"))
        database = db.engine.url.render_as_string(hide_password=False)
    before = len(sink.received)
    settings = {**desk.app.config, "INSTANCE_PATH": desk.app.instance_path, "SQLALCHEMY_DATABASE_URI": database}
    other = Installation(create_app({**settings, **config}), sink)
    other.run_worker()
    with other.app.app_context():
        db.engine.dispose()
    return [letter.content for letter in sink.received[before:]]


def test_all_letters_of_a_ticket_carry_its_ten_signs_and_name_the_first_one(desk: Installation) -> None:
    desk.send(reg_email="zakaz@detal36.example")
    add_follow_up(desk, "Уже открывается")
    desk.run_worker()
    [letter, follow_up], [acknowledgement] = desk.inbox, desk.acknowledgements
    match = re.fullmatch(rf"<ticket-100001\.({SIGNS})@desk\.example>", letter["Message-ID"])
    assert match
    assert follow_up["Message-ID"] == f"<ticket-100001.{match[1]}-follow-up-1@desk.example>"
    assert acknowledgement["Message-ID"] == f"<ack-100001.{match[1]}@desk.example>"
    assert set(threads_of(follow_up) + threads_of(acknowledgement)) == {letter["Message-ID"]}


def test_a_desk_that_numbers_tickets_itself_gets_the_ten_signs_behind_the_receipt(
    make_desk: Callable[..., Installation],
) -> None:
    desk = make_desk(NUMBERING="desk")
    desk.send(reg_email="zakaz@detal36.example")
    desk.run_worker()
    [letter], [acknowledgement] = desk.inbox, desk.acknowledgements
    match = re.fullmatch(rf"<report-([0-9a-z]{{6}}\.{SIGNS})@desk\.example>", letter["Message-ID"])
    assert match
    assert acknowledgement["Message-ID"] == f"<ack-{match[1]}@desk.example>"


def test_a_new_secret_key_and_another_process_change_no_byte_of_a_letter(desk: Installation, sink: Sink) -> None:
    desk.send(reg_email="zakaz@detal36.example")
    desk.run_worker()
    first = [letter.content for letter in sink.received]
    again = sent_again(desk, sink, SECRET_KEY="another key of the tests")
    assert len(first) == 2
    assert sorted(again) == sorted(first)


def test_whoever_knows_the_number_cannot_guess_the_message_id(desk: Installation) -> None:
    desk.enqueue(1000, "guess")
    snapshots = [load(row) for row in desk.query(select(Ticket.number, Ticket.token, Ticket.record))]
    codes = {snapshot.thread_code for snapshot in snapshots}
    assert len(codes) == 1000
    assert all(re.fullmatch(SIGNS, code) for code in codes)
    places = [{code[place] for code in codes} for place in range(10)]
    assert all(len(signs) == 32 for signs in places), "each of the ten signs may be any"
    guesses = {f"<ticket-{snapshot.number}@desk.example>" for snapshot in snapshots}
    assert not guesses & {message_id(snapshot, DESK) for snapshot in snapshots}, "an id of the old form joins nothing"


def test_the_ten_signs_do_not_give_the_token_away(desk: Installation) -> None:
    desk.send(reg_email="zakaz@detal36.example")
    [(token, record)] = desk.query(select(Ticket.token, Ticket.record))
    assert token not in record
    code = json.loads(record)["thread_code"]
    # One sign of the token more or less, and nothing of the code is left.
    near = [thread_code(token[:-1] + sign) for sign in "AQgw"]
    assert sum(a == b for other in near if other != code for a, b in zip(other, code, strict=True)) < 12


@pytest.mark.parametrize("moment", ["before its first letter", "between its letters"])
def test_a_ticket_of_a_former_version_keeps_its_old_ids_in_all_later_letters(desk: Installation, moment: str) -> None:
    desk.send(reg_email="zakaz@detal36.example")
    [(record,)] = desk.query(select(Ticket.record))
    former = {name: value for name, value in json.loads(record).items() if name != "thread_code"}
    with desk.app.app_context(), db.engine.begin() as connection:
        connection.execute(update(Ticket).values(record=json.dumps(former)))
    if moment == "between its letters":
        desk.run_worker()
    add_follow_up(desk, "После обновления")
    desk.run_worker()
    [letter, follow_up], [acknowledgement] = desk.inbox, desk.acknowledgements
    assert letter["Message-ID"] == "<ticket-100001@desk.example>"
    assert acknowledgement["Message-ID"] == "<ack-100001@desk.example>"
    assert follow_up["Message-ID"] == "<ticket-100001-follow-up-1@desk.example>"
    assert set(threads_of(follow_up) + threads_of(acknowledgement)) == {letter["Message-ID"]}


def test_a_snapshot_that_nobody_can_read_goes_out_under_an_id_of_its_own(desk: Installation) -> None:
    desk.send()
    with desk.app.app_context(), db.engine.begin() as connection:
        connection.execute(text("UPDATE tickets SET record = '{}'"))
    [(token,)] = desk.query(select(Ticket.token))
    desk.run_worker()
    [letter] = desk.inbox
    assert letter["Message-ID"] == f"<unreadable-{thread_code(token)}@desk.example>"
    ticket = UnreadableTicket(100_001, None, secrets.token_urlsafe(16), WHEN, "{}")
    other = parsed(serialise(compose_unreadable(DESK, ticket)))
    assert other["Message-ID"] != letter["Message-ID"]


def test_the_code_is_crockfords_base_32_of_a_digest_and_stays_so() -> None:
    # Computed apart from this program: Message-IDs that are out in the world depend on it.
    assert crockford(bytes.fromhex("00443214C74254B635CF"), 16) == "0123456789ABCDEF"
    assert thread_code("AAAAAAAAAAAAAAAAAAAAAA") == "048P699716"
    with pytest.raises(ValueError, match="50 bits"):
        crockford(b"abc", 10)
