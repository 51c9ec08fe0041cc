"""Codes that people get or choose: of one text message, PINs, of the back of a card; and keys of licences."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wizard.values.secret_looks import mentions
from wizard.values.secret_names import words_of

_CODE = re.compile(
    r"(?<!\w)(?:(?:(?:код\w{0,3}|kod)\s{1,2}(?:из\s{1,2}|iz\s{1,2}|в\s{1,2}|с\s{1,2})?(?:смс|sms|пуша?|письма|приложения)"
    r"|код\w{0,3}\s{1,2}(?:для\s{1,2}входа|подтвержд\w{2,5}(?:\s{1,2}из\s{1,2}\w{2,8})?|на\s{1,2}обороте"
    r"|доступа|авторизации|активации|безопасности|от\s{1,2}(?:anydesk|аськи|домофона|сигнализации|двери))"
    r"|(?:смс|sms)[- ]?(?:код\w{0,2}|code)"
    r"|(?:одноразов\w{2,3}|временн\w{2,3}|секретн\w{2,3}|резервн\w{2,3})\s{1,2}(?:код\w{0,3}|парол\w{1,3})"
    r"|пин(?:[- ]?код\w{0,2})?(?:\s{1,2}(?:от\s{1,2})?карты)?|pin[- ]?(?:код\w{0,2}|code)"
    r"|(?:2fa|two[- ]factor|verification|security|sms|access|one[- ]time|confirmation|auth|login"
    r"|backup)[- ]?(?:code|password|код)|код\w{0,2}\s{1,2}двухфактор\w{1,6}"
    r"|(?:teamviewer|anydesk|анидеск|тимвьювер)[^\n]{1,40}?код|(?:google\s)?authenticator|2fa|totp|otp"
    r"|cv[vc]2?(?:[- ]?код)?|цвц|свв)|(?P<signed>pin)(?=\s{0,2}[:=]))(?!\w)"
    r"(?:\s{0,2}(?:[:=—–-]|это|is|такой)\s{0,2}|\s{1,2})[«\"'(]?(?P<secret>\d{3,8}"
    r"|\d{2,4}(?:[ -]\d{2,4}){2,3}|\d{3,4}[ -]\d{3,4})(?![\w%]|[.,:/]\d)",
    re.IGNORECASE,
)
_CODE_BEFORE = re.compile(
    r"(?<!\w)(?:код\w{0,2}|code)\s{1,2}(?P<secret>\d{4,8})\s{1,2}(?:(?:пришел|пришёл|пришло"
    r"|прислали)\s{1,2})?(?:из|в|from|by)\s{1,2}(?:смс|sms|пуша|письма|приложения)(?!\w)",
    re.IGNORECASE,
)
_LICENSE = re.compile(r"(?<![\w=/-])[A-Z0-9]{4,6}(?:-[A-Z0-9]{4,6}){2,7}(?![\w-])")
_LICENSE_NAME = re.compile(
    r"ключ(?!евой)|лиценз|licen[sc]e|activation|активац|product key|serial key|api[ -]key", re.IGNORECASE
)


_PARTS_OF_CODES = words_of("код kod authenticator code пин pin cv otp 2fa смс sms одноразов парол passw цвц свв")


def code_secrets(text: str, lowered: str) -> Iterator[tuple[int, int, str]]:
    """Where such secrets stand, as ``(start, end, kind)``, in no order. ``lowered`` is the text in lower case."""
    if mentions(lowered, _PARTS_OF_CODES):
        for pattern in (_CODE, _CODE_BEFORE):
            yield from ((*match.span("secret"), "password") for match in pattern.finditer(text))
    if "-" in text and mentions(lowered, ("ключ", "лиценз", "licen", "key", "актив", "activ")):
        yield from _license_keys(text)


def _license_keys(text: str) -> Iterator[tuple[int, int, str]]:
    for match in _LICENSE.finditer(text):
        groups = match.group().split("-")
        is_mixed = any(map(str.isalpha, match.group())) and any(map(str.isdigit, match.group()))
        is_named = _LICENSE_NAME.search(text, max(0, match.start() - 40), match.start())
        if is_mixed and is_named and len(set(map(len, groups))) == 1:
            yield (*match.span(), "license_key")
