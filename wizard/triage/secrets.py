"""Passwords, keys and card numbers in a text, with their places, so that they can be redacted and never logged.

Card numbers and the mask are of ``values.secrets``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from wizard.catalog.phrasebook import Phrasebook
from wizard.values.secrets import MASK, card_numbers

LONGEST = 100_000
"""Characters that are searched."""


@dataclass(frozen=True)
class Secret:
    """A secret and where it stands in the text."""

    kind: str
    """``card``, ``password``, ``license_key`` or ``token``."""
    start: int
    end: int


_TOKEN = re.compile(
    r"\beyJ[\w-]{10,2000}\.[\w-]{4,4000}\.[\w-]{4,2000}|\b(?:sk|pk|rk)_(?:live|test)_\w{10,200}|\bgh[pousr]_\w{20,200}"
    r"|\bxox[abprs]-[\w-]{10,200}|\bAKIA[0-9A-Z]{16}\b|(?<=Bearer )[\w.~+/-]{16,2000}|\bglpat-[\w-]{15,60}"
)
_LICENSE = re.compile(r"(?<![\w-])[A-Z0-9]{4,6}(?:-[A-Z0-9]{4,6}){2,7}(?![\w-])")
_VALUE = re.compile(r"[^\s,;«»\"'()<>]{3,200}")
_ENDS = re.compile(r"\s*$|\s+[^\W\d_a-zа-яё]|[,;»\"')]")
"""Behind the end of a sentence; elsewhere an exclamation mark belongs to the secret."""
_WORD = re.compile(r"[^\W\d_]+")
_BETWEEN = re.compile(
    r"(?:\s{1,3}(?:от|для|к|на|у|пользовател\w{0,3}|базы|базе|админк\w|сайта|сайту|почты|ящика|программы|сервера|кабинета"
    r"|магазина|учетной|учётной|записи|shop|store|account|server|panel|user|mailbox|учетки|учётки|wifi|vpn|rdp|api|ftp|1с|for|to|of|the|is|db|database|site|admin|my|our|такой|вот)){0,4}"
    r"\s{0,3}(?:[:=—–-]\s{0,3}|\s)[«\"'(]?",
    re.IGNORECASE,
)


def secrets_in(book: Phrasebook, text: str) -> tuple[Secret, ...]:
    """Every secret in a text, in order, none overlapping another."""
    read = text[:LONGEST]
    secrets = [Secret("card", *span) for span in card_numbers(read)]
    secrets += [Secret("token", *match.span()) for match in _TOKEN.finditer(read)]
    secrets += _license_keys(book, read)
    secrets += _named(book, read)
    return tuple(_without_overlaps(sorted(secrets, key=lambda secret: (secret.start, -secret.end))))


def redact_secrets(text: str, secrets: Iterable[Secret]) -> str:
    """The text with each secret replaced by ``***``."""
    for secret in sorted(secrets, key=lambda secret: -secret.start):
        text = text[: secret.start] + MASK + text[secret.end :]
    return text


def _license_keys(book: Phrasebook, text: str) -> Iterator[Secret]:
    for match in _LICENSE.finditer(text):
        groups = match.group().split("-")
        is_mixed = any(sign.isalpha() for sign in match.group()) and any(sign.isdigit() for sign in match.group())
        named = any(
            word in _names(book) for word in _WORD.findall(text[max(0, match.start() - 40) : match.start()].casefold())
        )
        if is_mixed and (len(groups) >= 4 or named) and len(set(map(len, groups))) == 1:
            yield Secret("license_key", *match.span())


def _named(book: Phrasebook, text: str) -> Iterator[Secret]:
    """What stands behind "пароль" and looks like one: with a digit, a sign, mixed case, or a colon before it."""
    names = _names(book)
    for word in _WORD.finditer(text):
        name = word.group().casefold()
        if name not in names:
            continue
        between = _BETWEEN.match(text, word.end())
        match = _VALUE.match(text, between.end()) if between else None
        if between is None or match is None:
            continue
        value = match.group()
        if _ENDS.match(text, match.end()):
            value = value.rstrip(".!?")
        is_key = name in ("ключ", "key", "токен", "token", "secret")
        if len(value) >= 3 and _looks_secret(
            value, after_sign=any(sign in between.group() for sign in ":="), is_key=is_key
        ):
            yield Secret("token" if is_key else "password", match.start(), match.start() + len(value))


def _looks_secret(value: str, *, after_sign: bool, is_key: bool) -> bool:
    if MASK in value or re.fullmatch(r"[*•.]+", value):
        return False
    has_digit = any(sign.isdigit() for sign in value)
    has_letter = any(sign.isalpha() for sign in value)
    if is_key:
        return len(value) >= 12 and has_digit and has_letter
    if after_sign:
        return has_digit or value.isascii()
    if any(sign.isalpha() and not sign.isascii() for sign in value):
        return has_digit
    is_camel = value != value.lower() and value != value.upper() and value != value.capitalize()
    return (has_digit and (has_letter or len(value) >= 4)) or is_camel or any(sign in "!@#$%^&*+" for sign in value)


def _names(book: Phrasebook) -> frozenset[str]:
    return frozenset(name for names in book.secrets.values() for name in names)


def _without_overlaps(secrets: Iterable[Secret]) -> Iterator[Secret]:
    reached = 0
    for secret in secrets:
        if secret.start >= reached:
            yield secret
            reached = secret.end
