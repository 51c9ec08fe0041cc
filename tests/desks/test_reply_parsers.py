"""Two libraries that help desks cut quoted history with leave a letter of ours whole, and cut it out of a reply."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from correspondence import ANSWER, CLIENT_REPLY, Correspondence
from email_reply_parser import EmailReplyParser
from letter_reading import missing, text_of
from mailparser_reply import EmailReplyParser as MailReplyParser

Parser = Callable[[str], str]


def zapier(text: str) -> str:
    """PyPI's email-reply-parser, a port of GitHub's: what django-helpdesk uses."""
    return str(EmailReplyParser.parse_reply(text))


def mail_parser_reply(text: str) -> str:
    """PyPI's mail-parser-reply in its least destructive reading: all of the newest message."""
    return MailReplyParser(languages=["en", "ru"]).parse_reply(text) or ""


PARSERS = pytest.mark.parametrize("parser", [zapier, mail_parser_reply])


@PARSERS
def test_words_and_error_text_are_whole(parser: Parser, correspondence: Correspondence) -> None:
    lost = {
        letter.name: missing(wanted, parser(text_of(letter.read_bytes())))
        for letter, wanted in correspondence.words_of.items()
    }
    assert not any(lost.values()), lost


@PARSERS
def test_what_was_only_quoted_is_cut_from_a_reply(parser: Parser, correspondence: Correspondence) -> None:
    for letter, words in ((correspondence.answer, ANSWER), (correspondence.client_reply, CLIENT_REPLY)):
        assert parser(text_of(letter.read_bytes())).strip() == words
