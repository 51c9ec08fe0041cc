"""A letter that cannot be composed, or whose ticket cannot be read, still brings the desk all: words, files, thread."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from email.message import EmailMessage

import pytest
from installation import Installation
from letters_under_test import flat, plain_of
from sqlalchemy import select, update

from wizard.db.engine import writing
from wizard.db.models import Ticket
from wizard.mail.message import Letter

Break = Callable[[Installation], None]

REPORT_FILE, ADDED_FILE = b"11:05 HTTP 500", b"11:40 HTTP 502"
WORDS = "Ещё и почта не ходит\nOn Monday Sklad wrote: [##654321##]"


def send_both(desk: Installation) -> None:
    """A report with a file, and a follow-up with another one."""
    form = desk.client.get(desk.address("site_down"))
    form.submit("check", desk.example_answers("site_down"), {"files": [("log.txt", REPORT_FILE)]}).submit("send")
    [(token,)] = desk.query(select(Ticket.token))
    page = desk.client.get(f"/ru/tickets/{token}/follow-up/")
    page.submit("send", {"text": WORDS}, {"files": [("later.txt", ADDED_FILE)]})


def no_letter(desk: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on no letter proper can be composed."""

    def fails(*_: object, **__: object) -> Letter:
        raise ValueError("no letter today")

    monkeypatch.setattr("wizard.outbox.email_delivery._letter", fails)


def no_snapshot(desk: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on the snapshot of no ticket can be read."""
    with desk.app.app_context(), writing() as connection:
        connection.execute(update(Ticket).values(record='{"x":1}'))


def linked_by(desk: Installation, letter: EmailMessage) -> list[bytes]:
    """What lies behind the links of a letter's text, which are those of ``record.txt`` too."""
    links = re.findall(r"https?://\S+/files/\S+", plain_of(letter))
    [record] = letter.iter_attachments()
    assert [file["url"] for file in json.loads(record.get_content())["files"]] == links
    return [desk.app.test_client().get("/ru/files/" + link.split("/files/")[1]).data for link in links]


@pytest.mark.parametrize("breaks", [no_letter, no_snapshot])
def test_the_clients_words_and_files_are_within_reach_and_both_letters_in_one_thread(
    desk: Installation, monkeypatch: pytest.MonkeyPatch, breaks: Callable[..., None]
) -> None:
    send_both(desk)
    breaks(desk, monkeypatch)
    desk.run_worker()
    report, follow_up = desk.inbox
    assert linked_by(desk, report) == [REPORT_FILE]
    assert linked_by(desk, follow_up) == [ADDED_FILE]
    text = plain_of(follow_up)
    assert "    Ещё и почта не ходит\n" in text and "wrote:" not in text and "##" not in text
    record = json.loads(next(follow_up.iter_attachments()).get_content())
    assert record["follow_up"]["text"] == WORDS
    assert follow_up["Message-ID"] != report["Message-ID"] == follow_up["In-Reply-To"]


@pytest.mark.parametrize("breaks", [no_letter, no_snapshot])
@pytest.mark.parametrize("language", ["ru", "en"])
def test_subjects_hold_what_help_desks_thread_by_and_say_what_came(
    make_desk: Callable[..., Installation], monkeypatch: pytest.MonkeyPatch, breaks: Callable[..., None], language: str
) -> None:
    desk = make_desk(NUMBERING="desk", DESK_TAG="[#{number}]", DESK_LANGUAGE=language)
    send_both(desk)
    with desk.app.app_context(), writing() as connection:
        connection.execute(update(Ticket).values(desk_reference="4471"))
    breaks(desk, monkeypatch)
    desk.run_worker()
    [(receipt,)] = desk.query(select(Ticket.receipt))
    report, follow_up = (flat(letter["Subject"]) for letter in desk.inbox)
    said = {
        "ru": ("Заявка принята, но", "Дополнение принято, но"),
        "en": ("A ticket was accepted, but", "A follow-up was accepted, but"),
    }[language]
    assert report.startswith(f"{receipt} {said[0]}")
    assert follow_up.startswith(f"Re: [#4471] {receipt} {said[1]}")
    assert said[0] not in plain_of(desk.inbox[1]) and said[1].split()[0] in plain_of(desk.inbox[1])


def test_an_answer_to_it_goes_to_the_client(desk: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.send("site_down", contact_email="irina@kolesa77.example")
    no_letter(desk, monkeypatch)
    desk.run_worker()
    [letter] = desk.inbox
    assert letter["Reply-To"] == "irina@kolesa77.example"
