"""How the text typed for each type of question becomes its answer.

A parser takes the cleaned text, never blank, and returns the normalised value; or it raises ``InvalidAnswer``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

from wizard.catalog import questions
from wizard.values.card_numbers import card_numbers
from wizard.values.email import EMAIL_LENGTH, parse_email, parse_emails
from wizard.values.invalid import InvalidAnswer
from wizard.values.ip import parse_ip
from wizard.values.phone import PHONE_LENGTH, parse_phone
from wizard.values.secrets import MASK
from wizard.values.text import check_length
from wizard.values.url import DOMAIN_LENGTH, URL_LENGTH, parse_domain, parse_url

Parser = Callable[[str], str]

FAR_TOO_LONG = 20_000
SPECIFY_LENGTH = 200
"""Longest text beside an option that asks to specify, in characters."""

_PART_NUMBER = re.compile(r"[\w\-./ +*()#,\u2010-\u2015]+")
_TAGGED = re.compile(r"##\s?(\d{1,10})\s?##")
_NUMBERED = re.compile(r"(?:№|#|\bn|\bno\.?)\s?(\d{1,10})(?!\d)", re.IGNORECASE)
_NUMBER = re.compile(r"(?<!\d)\d{1,10}(?!\d)")


def parser_of(question: questions.Question) -> Parser:
    """The parser of a question that is answered with text."""
    match question:
        case questions.ShortText():
            return partial(_parse_short, question, re.compile(question.pattern) if question.pattern else None)
        case questions.LongText():
            return partial(_parse_long, question)
        case questions.Brand() | questions.Bounce():
            return partial(_parse_text, question)
        case questions.PartNumber():
            return partial(_parse_part_number, question)
        case questions.Email():
            return parse_emails if question.several else parse_email
        case questions.Url():
            return parse_url
        case questions.Tail():
            return partial(_parse_tail, question.keep)
        case _:
            return _SIMPLE[question.type]


def max_length_of(question: questions.Question) -> int | None:
    """How many characters an input for the question may take; None where nothing is to be cut off."""
    limits = {"url": URL_LENGTH, "phone": PHONE_LENGTH, "domain": DOMAIN_LENGTH, "email": EMAIL_LENGTH}
    if isinstance(question, questions.Email) and question.several:
        return None
    limit = getattr(question, "max_length", None) or limits.get(question.type)
    return int(limit) if limit is not None else None


def reject_oversized(text: str, most: int) -> str:
    """The text as typed, unless it is so long that cleaning it only to find it too long would be a waste.

    Raises:
        InvalidAnswer: it is far longer than the ``most`` that will fit.
    """
    if len(text) > max(FAR_TOO_LONG, 2 * most):
        raise InvalidAnswer("forms.too_long", limit=most, length=len(text))
    return text


def parse_specified(text: str) -> str:
    """The line beside an option that asks to specify.

    Raises:
        InvalidAnswer: it is too long, or holds the number of a card.
    """
    return _without_card(check_length(1, SPECIFY_LENGTH, text))


def _parse_short(question: questions.ShortText, pattern: re.Pattern[str] | None, text: str) -> str:
    text = _parse_text(question, text)
    if pattern is not None and MASK not in text and not pattern.fullmatch(text):
        raise InvalidAnswer("forms.pattern", words=question.wrong)
    return _without_card(text)


def _parse_long(question: questions.LongText, text: str) -> str:
    return _without_card(_parse_text(question, text))


_Limited = questions.ShortText | questions.LongText | questions.Brand | questions.Bounce | questions.PartNumber


def _parse_text(question: _Limited, text: str) -> str:
    # What comes from the check page was long enough, and of the right pattern, before a secret in it was masked.
    return check_length(0 if MASK in text else question.min_length, question.max_length, text)


def _without_card(text: str) -> str:
    if card_numbers(text):
        raise InvalidAnswer("forms.card")
    return text


def _parse_part_number(question: questions.PartNumber, text: str) -> str:
    text = _parse_text(question, text)
    if not _PART_NUMBER.fullmatch(text) or not any(sign.isalnum() for sign in text):
        raise InvalidAnswer("forms.part_number")
    return text


def _parse_ticket_number(text: str) -> str:
    match = None if len(text) > 300 else _TAGGED.search(text) or _NUMBERED.search(text)
    if match:
        return match[1]
    numbers = _NUMBER.findall(text) if len(text) <= 300 else []
    if len(numbers) != 1:
        raise InvalidAnswer("forms.ticket_number")
    return str(numbers[0])


def _parse_tail(keep: int, text: str) -> str:
    signs = [sign for sign in text[-400:] if sign.isalnum()]
    if not signs:
        raise InvalidAnswer("forms.tail", keep=keep)
    return "".join(signs[-keep:])


_SIMPLE: dict[str, Parser] = {
    "phone": parse_phone,
    "domain": parse_domain,
    "ip": parse_ip,
    "ticket_number": _parse_ticket_number,
}
