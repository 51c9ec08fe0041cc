"""Secrets that words separate from their name: "Falcon.22 was our password", "SMS with the code 905512"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wizard.values.secret_codes import counts
from wizard.values.secret_looks import cut_value, is_personal, looks_random, looks_strong, mentions
from wizard.values.secret_names import words_of

_PASSWORD = re.compile(
    r"(?<!\w)(?:пар[ао]?л[ьея]?\w{0,3}|парл[ья]\w{0,2}|пас+в[ао]рд\w{0,2}|pas+w[oa]?r?d\w?|pwd?|parol\w{0,3}|creds"
    r"|credentials|psk)(?!\w)",
    re.IGNORECASE,
)
_PARTS_OF_PASSWORDS = words_of("пар пас pas pwd pw parol cred psk")
_CANDIDATE = re.compile(r"(?<![\w/\\.@=&?#*-])[A-Za-zА-Яа-яё][^\s\"'«»()<>,;:/=]{5,40}+")
_SENTENCE_ENDS = re.compile(r"(?<!\s)[.!?]\s|\n")
_FAR, _NEAR = 60, 40
_TRADE = re.compile(r"[A-Z0-9._/-]+|.*(?:\.\w{1,4}|[Vv]\d+)$|[\w-]+_(?:id|key|error|code)\d*")
"""Part numbers, names of files, versions, names of a program."""
_LOGIN = re.compile(r"(?<!\w)(?:account|аккаунт|логин|login|user(?:name)?|юзер)\s?[:=-]?\s{1,2}$", re.IGNORECASE)
_ABBREVIATED = re.compile(r"(?<!\w)(?:пар|прл|psw|pw)\.?\s?[:=-]?\s{1,2}(?=[^\s]{6})", re.IGNORECASE)
_APPLICATION = re.compile(
    r"(?:парол\w{1,2}\s{1,2}приложени\w|app(?:lication)?\s{1,2}password)\s?:?\s{1,2}(?P<secret>[a-z]{16})(?!\w)",
    re.IGNORECASE,
)
_TRANSFER = re.compile(
    r"(?<!\w)(?:auth[- ]?(?:info|code|код)|epp(?:[- ]?(?:code|код))?|код\s{1,2}переноса)(?!\w)"
    r"[^\n:=]{0,80}[:=]\s{0,3}(?P<secret>[^\s,;]{8,64})",
    re.IGNORECASE,
)
_CODE = re.compile(
    r"(?<!\w)(?:(?:смс\w{0,3}|sms|пуш\w{0,2}|сообщени\w)\s{1,2}(?:с\s{1,2}|with\s{1,2}(?:the\s{1,2}|a\s{1,2})?)?"
    r"(?:код\w{0,2}|code)"
    r"|код\w{0,2}\s{1,2}(?:из|с|в|от)\s{1,2}(?:смс\w{0,3}|пуш\w{0,2})|код\w{0,2}\s{1,2}(?:при[шс]\w{2,5})"
    r"|(?:received|got|sms|login|sent)(?:\s{1,2}\w{1,10}){0,3}\s{1,2}code|otp|(?-i:PIN|ПИН))"
    r"(?:\s?[:=—-]\s?|\s{1,2}(?:is\s{1,2}|was\s{1,2})?)(?P<secret>\d{4,8})(?![\w%]|[.,:/-]\d)",
    re.IGNORECASE,
)
_CARD = re.compile(
    r"(?:\*{2,4}|срок|карт\w{1,2}|card)[^\n]{0,30}\s(?:цвв|cvv|cvc|свв|цвс)\s{0,2}[:-]?\s{0,2}(?P<secret>\d{3})(?!\d)",
    re.IGNORECASE,
)
_KEY = re.compile(
    r"(?<!\w)(?:(?:api|access|secret)[ -]?(?:key|token)|апи[- ]?ключ\w{0,2}|ключ\w{0,2}\s{1,2}api|api[- ]ключ\w{0,2})"
    r"(?:\s{1,2}[\w']{1,20}){0,7}\s?[:—-]?\s{1,2}(?P<secret>[\w-]{16,100})(?![\w-])",
    re.IGNORECASE,
)
_NETWORK = re.compile(
    r"(?<!\w)(?:ключ\w{0,2}\s{1,2}(?:от\s{1,2}|для\s{1,2})?(?:сети|вай-?фа\w|wi-?fi)|psk)\s?[:=-]?\s{1,2}"
    r"[\"«']?(?P<secret>[^\s\"»',;]{8,63})",
    re.IGNORECASE,
)
_SECRET_PHRASE = re.compile(
    r"(?:секретн\w{2}|кодов\w{2})\s{1,2}(?:фраз\w|слов\w)[^\n:]{0,40}:\s{1,2}(?P<secret>[^\n.,;]{4,60})", re.IGNORECASE
)
_SPECIAL_KEY = re.compile(r"(?<!\w)[A-Z_]{4,20}_(?:KEY|SALT)['\"]?,?\s{1,3}(['\"])(?P<secret>[^\s'\"]{12,100})\1")
_PATTERNS = (
    (("приложени", "app"), _APPLICATION),
    (("auth", "epp", "перенос"), _TRANSFER),
    (("код", "code", "otp", "pin", "пин"), _CODE),
    (("цвв", "cvv", "cvc", "свв", "цвс"), _CARD),
    (("сети", "фа", "wi", "psk"), _NETWORK),
    (("секретн", "кодов"), _SECRET_PHRASE),
    (("_key", "_salt"), _SPECIAL_KEY),
)


def sentence_secrets(text: str, lowered: str) -> Iterator[tuple[int, int, str]]:
    """Where such secrets stand, as ``(start, end, kind)``, in no order. ``lowered`` is the text in lower case."""
    for marks, pattern in _PATTERNS:
        if mentions(lowered, marks):
            for match in pattern.finditer(text):
                if not counts(text, match.end()) and _is_mixed_or_code(match["secret"], pattern):
                    yield (*match.span("secret"), "password")
    if mentions(lowered, ("key", "token", "ключ")):
        for match in _KEY.finditer(text):
            if looks_random(match["secret"]):
                yield (*match.span("secret"), "token")
    if mentions(lowered, _PARTS_OF_PASSWORDS):
        for match in _ABBREVIATED.finditer(text):
            end = cut_value(text, match.end())
            if looks_strong(text[match.end() : end]):
                yield match.end(), end, "password"
        for match in _PASSWORD.finditer(text):
            yield from _in_sentence(text, match)


def _is_mixed_or_code(value: str, pattern: re.Pattern[str]) -> bool:
    return pattern not in (_TRANSFER, _NETWORK) or (any(map(str.isdigit, value)) and any(map(str.isalpha, value)))


def _in_sentence(text: str, name: re.Match[str]) -> Iterator[tuple[int, int, str]]:
    """What looks like a password in the sentence of that word, near it."""
    begin, end = max(0, name.start() - _NEAR), min(len(text), name.end() + _FAR)
    for stop in _SENTENCE_ENDS.finditer(text, begin, name.start()):
        begin = stop.end()
    behind = _SENTENCE_ENDS.search(text, name.end(), end)
    end = behind.start() if behind else end
    for candidate in _CANDIDATE.finditer(text, begin, end):
        stop_at = min(cut_value(text, candidate.start()), candidate.end())
        value = text[candidate.start() : stop_at]
        # Small letters with digits are a login as often; behind a colon or in parentheses they are not.
        is_set_off = text[candidate.start() - 1 : candidate.start()] in (":", "(")
        is_login = _LOGIN.search(text, max(0, candidate.start() - 20), candidate.start()) is not None
        if not is_login and _fits(value, is_set_off=is_set_off):
            yield candidate.start(), stop_at, "password"


def _fits(value: str, *, is_set_off: bool) -> bool:
    if _TRADE.fullmatch(value) or "/" in value or "=" in value:
        return False
    return looks_strong(value) or (is_set_off and len(value) >= 7 and is_personal(value))
