"""Codes that people get or choose: of one text message, PINs, of the back of a card; and keys of licences."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wizard.values.secret_looks import mentions
from wizard.values.secret_names import words_of

_CODE = re.compile(
    r"(?<!\w)(?:(?:(?:код\w{0,3}|kod)\s{1,2}(?:из\s{1,2}|iz\s{1,2}|в\s{1,2}|с\s{1,2})?(?:смс|sms|пуша?|письма|приложения)"
    r"|код\w{0,3}\s{1,2}(?:для\s{1,2}входа|подтвержд\w{2,5}(?:\s{1,2}из\s{1,2}\w{2,8})?"
    r"|доступа|авторизации|активации|от\s{1,2}(?:anydesk|аськи|домофона|сигнализации|двери))"
    r"|(?:смс|sms)[- ]?(?:код\w{0,2}|code)"
    r"|(?:одноразов\w{2,3}|временн\w{2,3}|секретн\w{2,3}|резервн\w{2,3})\s{1,2}(?:код\w{0,3}|парол\w{1,3})"
    r"|пин[- ]?код\w{0,2}\s{1,2}[а-яё]{3,15}(?=\s?:)"
    r"|пин(?:[- ]?код\w{0,2})?(?:\s{1,2}(?:от\s{1,2})?карты)?|pin[- ]?(?:код\w{0,2}|code)"
    r"|(?:2fa|two[- ]factor|verification|sms|access|one[- ]time|confirmation|auth|login"
    r"|backup)[- ]?(?:code|password|код)|код\w{0,2}\s{1,2}двухфактор\w{1,6}"
    r"|(?:teamviewer|anydesk|анидеск|тимвьювер)[^\n]{1,40}?код"
    r"|(?P<long>(?:google\s)?authenticator|2fa|totp|otp|смс|sms)"
    r"|(?P<card>cv[vc]2?(?:[- ]?код)?|цвц|свв|код\w{0,2}\s{1,2}(?:безопасности|на\s{1,2}обороте)"
    r"|security[- ]?(?:code|код)))|(?<![?&])pin(?=\s{0,2}[:=]|\s{1,2}(?:is|was)\s|\s{1,2}\d{4}\s{1,2}to\s))(?!\w)"
    r"(?:\s{0,2}(?P<sign>[:=—–-]|это|is|was|такой)\s{0,2}|\s{1,2})[«\"'(]?(?P<secret>\d{2,4}(?:[ -]\d{2,4}){2,3}"
    r"|\d{3,4}[ -]\d{3,4}|\d{3,8})(?![\w%]|[.,:/]\d)",
    re.IGNORECASE,
)
_COUNTED = re.compile(
    r"\s{1,2}(?:строк|клиент|покупател|раз(?!\w)|час|минут|секунд|дн[яе]|шт|руб|бонус|позици|товар|заказ|детал|артикул"
    r"|сообщен|штук|лист|пользовател|сотрудник|лицензи|mm(?!\w)|мм(?!\w)|lines|times|users|clients|hours|minutes|days"
    r"|rows|items|orders|parts)",
    re.IGNORECASE,
)
"""Digits before one of these count something."""
_CODE_BEFORE = re.compile(
    r"(?<!\w)(?:код\w{0,2}|code)\s{1,2}(?P<secret>\d{4,8})\s{1,2}(?:(?:пришел|пришёл|пришло"
    r"|прислали)\s{1,2})?(?:из|в|from|by)\s{1,2}(?:смс|sms|пуша|письма|приложения)(?!\w)",
    re.IGNORECASE,
)
_LICENSE = re.compile(r"(?<![\w=/-])[A-Z0-9]{4,6}(?:-[A-Z0-9]{4,6}){2,7}(?![\w-])")
_LICENSE_NAME = re.compile(
    r"ключ\w{0,2}\s{1,2}(?:к(?!\w)|от|для|прод|актив|програм|win|office|1[сc]|офис)"
    r"|лиценз|licen[sc]e|activation|активац|product key|serial key|api[ -]key",
    re.IGNORECASE,
)


_PARTS_OF_CODES = words_of("код kod authenticator code пин pin cv otp 2fa смс sms одноразов парол passw цвц свв")


def code_secrets(text: str, lowered: str) -> Iterator[tuple[int, int, str]]:
    """Where such secrets stand, as ``(start, end, kind)``, in no order. ``lowered`` is the text in lower case."""
    if mentions(lowered, _PARTS_OF_CODES):
        for match in _CODE.finditer(text):
            if _is_code(text, match):
                yield (*match.span("secret"), "password")
        yield from ((*match.span("secret"), "password") for match in _CODE_BEFORE.finditer(text))
    if "-" in text and mentions(lowered, ("ключ", "лиценз", "licen", "key", "актив", "activ")):
        yield from _license_keys(text)


def counts(text: str, position: int) -> bool:
    """Whether digits that end here count something: "1500 клиентов"."""
    return _COUNTED.match(text, position) is not None


def _is_code(text: str, match: re.Match[str]) -> bool:
    digits = sum(map(str.isdigit, match["secret"]))
    if match["card"]:
        return True
    # Three digits are the status of an answer: "код доступа 403".
    if digits < 4 or counts(text, match.end()):
        return False
    # "2FA 2026", "смс 1234 не пришло": a year, a number of anything.
    return not match["long"] or digits >= 6 or (match["sign"] is not None and "смс" not in match["long"].lower())


def _license_keys(text: str) -> Iterator[tuple[int, int, str]]:
    for match in _LICENSE.finditer(text):
        groups = match.group().split("-")
        is_mixed = any(map(str.isalpha, match.group())) and any(map(str.isdigit, match.group()))
        is_named = _LICENSE_NAME.search(text, max(0, match.start() - 40), match.start())
        if is_mixed and is_named and len(set(map(len, groups))) == 1:
            yield (*match.span(), "license_key")
