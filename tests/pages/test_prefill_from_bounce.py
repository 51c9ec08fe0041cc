"""Mail that came back fills the questions about it: pasted or attached, shown, and for the client to change."""

from __future__ import annotations

import pytest
from bounce_mails import ORDINARY, RFC3464
from installation import Installation

BLANK = {"mail_from": "", "mail_to": "", "mail_sent_at": "", "mail_bounced": [], "bounce_text": ""}


def attached(desk: Installation, content: bytes, situation: str = "mail_bounce", **typed):
    """The page that answers when a mail was attached and nothing was said of it."""
    form = desk.client.get(desk.address(situation))
    answers = {**desk.example_answers(situation), **BLANK, **typed}
    known = {name: value for name, value in answers.items() if form.soup.find(attrs={"name": name})}
    return form.submit("check", known, {"files": [("return.eml", content)]})


def test_an_attached_report_fills_what_was_left_blank(desk: Installation):
    page = attached(desk, RFC3464)
    assert page.status == 422
    assert page.value("mail_to") == "klient@pochta.example"
    assert page.value("mail_from") == "shop@detal.example"
    assert page.value("mail_sent_at") == "2026-11-24T10:15"
    assert page.value("mail_bounced") == "yes"
    assert "5.1.1" in page.value("bounce_text")
    assert "нашли в Ваших словах" in page.text


def test_what_was_filled_is_sent_once_the_client_goes_on_with_it(desk: Installation):
    check = attached(desk, RFC3464).submit("check")
    assert "Такого ящика" in check.text
    check.submit("send")
    desk.run_worker()
    text = desk.inbox[0].get_body(("plain",)).get_content()
    assert "klient@pochta.example" in text
    assert "User unknown in virtual mailbox table" in text


def test_what_the_client_typed_outweighs_the_report(desk: Installation):
    page = attached(desk, RFC3464, mail_to="drugoy@pochta.example")
    assert page.value("mail_to") == "drugoy@pochta.example"
    assert page.value("mail_from") == "shop@detal.example"


def test_a_pasted_report_fills_the_other_questions(desk: Installation):
    pasted = (
        "<klient@pochta.example>: host mx.pochta.example said: 550 5.1.1 User unknown (in reply to RCPT TO command)"
    )
    form = desk.client.get(desk.address("mail_bounce"))
    page = form.submit("check", {**desk.example_answers("mail_bounce"), **BLANK, "bounce_text": pasted})
    assert page.value("mail_to") == "klient@pochta.example"
    assert page.value("mail_bounced") == "yes"


def test_a_report_in_another_mail_situation_leads_to_the_one_for_it(desk: Installation):
    page = attached(desk, RFC3464, "mail_not_delivered")
    assert page.value("mail_bounced") == "yes"
    assert "Письма возвращаются" in page.submit("check").text


def test_an_unreadable_mail_is_attached_and_said_to_be_unread(desk: Installation):
    nested = b"Content-Type: message/rfc822\n\n" * 3000 + b"Subject: x\n\nx"
    page = attached(desk, b"From: a@b.example\n" + nested)
    assert "приложен, не прочитан" in page.text
    check = page.submit("check", {**desk.example_answers("mail_bounce")})
    assert "return.eml" in check.text
    check.submit("send")
    desk.run_worker()
    assert "return.eml" in [part.get_filename() for part in desk.inbox[0].iter_attachments()]


def test_an_ordinary_mail_fills_nothing(desk: Installation):
    page = attached(desk, ORDINARY)
    assert page.value("mail_to") == ""
    assert "не прочитан" not in page.text


@pytest.mark.parametrize(("language", "words"), [("ru", "такого ящика"), ("en", "there is no such mailbox")])
def test_the_reading_is_told_in_the_clients_language(desk: Installation, language: str, words: str):
    assert words in desk.filled("mail_bounce", language).text.lower()
