"""django-helpdesk's mail import makes one ticket of a report and all that follows, and shows the client's words."""

from __future__ import annotations

import pytest
from correspondence import Correspondence
from django.core import mail
from django_desk import DjangoDesk
from letter_reading import in_one_line, message_id, missing, subject
from service import SENDER, parsed

LABEL = "Когда началось"
"""A question that all these reports answer, in the desk's language."""


def test_each_report_is_one_ticket(django_desk: DjangoDesk, letters: dict[str, Correspondence]) -> None:
    assert len(django_desk.tickets()) == len(letters)


def test_the_subject_is_the_title(django_desk: DjangoDesk, correspondence: Correspondence) -> None:
    ticket = django_desk.ticket_of(message_id(correspondence.report))
    assert ticket.title == subject(correspondence.report)


def test_follow_ups_and_replies_join_the_ticket_of_their_report(
    django_desk: DjangoDesk, correspondence: Correspondence
) -> None:
    ticket = django_desk.ticket_of(message_id(correspondence.report))
    joined = [*correspondence.to_desk, correspondence.answer, correspondence.client_reply]
    ids = [message_id(letter) for letter in joined]
    assert [message.message_id for message in django_desk.messages(ticket)] == ids


def test_words_and_error_text_are_whole(django_desk: DjangoDesk, correspondence: Correspondence) -> None:
    ticket = django_desk.ticket_of(message_id(correspondence.report))
    messages = django_desk.messages(ticket)
    for message, wanted in zip(messages, correspondence.words_of.values(), strict=False):
        assert missing(wanted, message.text) == []
    # What the list of tickets and the desk's own letters show; a reply parser has been at it.
    assert missing(correspondence.words_of[correspondence.report], ticket.description) == []


def test_the_sender_is_the_submitter_and_the_text_names_the_client(
    django_desk: DjangoDesk, correspondence: Correspondence
) -> None:
    ticket = django_desk.ticket_of(message_id(correspondence.report))
    assert ticket.submitter_email == SENDER
    client = str(parsed(correspondence.report.read_bytes())["Reply-To"])
    assert missing((client,), ticket.description) == []


def test_the_desk_answers_the_sender(django_desk: DjangoDesk, letters: dict[str, Correspondence]) -> None:
    """Who uses this desk reads that mailbox; docs/desks.md says so."""
    confirmations = [letter for letter in mail.outbox if "(Opened)" in letter.subject]
    assert [letter.to for letter in confirmations] == [[SENDER]] * len(letters)


def test_fast_track_is_high_priority(django_desk: DjangoDesk, correspondence: Correspondence) -> None:
    ticket = django_desk.ticket_of(message_id(correspondence.report))
    is_fast = parsed(correspondence.report.read_bytes())["X-Ticket-Fast-Track"] == "yes"
    assert ticket.priority == (2 if is_fast else 3)


@pytest.mark.parametrize("name", ["files_ru", "pictures_en"])
def test_files_are_whole(django_desk: DjangoDesk, letters: dict[str, Correspondence], name: str) -> None:
    correspondence = letters[name]
    report, by_page, *_ = django_desk.messages(django_desk.ticket_of(message_id(correspondence.report)))
    for message in (report, by_page):
        stored = {file_name.partition("_")[2]: content for file_name, content in message.files}
        for file_name, content in correspondence.case.files.items():
            # Pictures are drawn anew.
            assert stored[file_name] == content or stored[file_name].startswith(b"\x89PNG")
    assert "ticket.json" in {file_name.partition("_")[2] for file_name, _ in report.files}


def test_html_turned_into_text_parts_label_and_value(django_desk: DjangoDesk, correspondence: Correspondence) -> None:
    body = parsed(correspondence.report.read_bytes()).get_body(("html",))
    assert body is not None
    assert f"{LABEL}: " in in_one_line(django_desk.text_of_html(body.get_content()))


def test_a_reply_to_the_acknowledgement_is_a_ticket_of_its_own(
    django_desk: DjangoDesk, letters: dict[str, Correspondence]
) -> None:
    """The desk never saw the acknowledgement; docs/desks.md says so."""
    before = len(django_desk.tickets())
    django_desk.receive({"reply": letters["twin_ru"].reply_to_acknowledgement.read_bytes()})
    assert len(django_desk.tickets()) == before + 1


def test_a_letter_that_says_a_program_made_it_is_not_confirmed(
    django_desk: DjangoDesk, letters: dict[str, Correspondence]
) -> None:
    before = len(mail.outbox), len(django_desk.tickets())
    letter = letters["twin_ru"].report.read_bytes().replace(b"Message-ID: <", b"Message-ID: <other-")
    django_desk.receive({"report": b"Auto-Submitted: auto-generated\r\n" + letter})
    assert (len(mail.outbox), len(django_desk.tickets())) == (before[0], before[1] + 1)
