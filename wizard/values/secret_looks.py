"""How a value looks: chosen to be hard to guess, drawn at random, a placeholder; and where it ends."""

from __future__ import annotations

import re
from collections.abc import Iterable

LONGEST_VALUE = 300

_RUN = re.compile(rf"[^\s\"'<>«»]{{1,{LONGEST_VALUE}}}+")
_ENDS_BEFORE = re.compile(
    r"&(?=[\w.\-\[\]]{1,40}=|$)|[;,](?=$|\s|[A-Za-z][\w .\-]{1,40}[=:]|[а-яё]{3,12}[=:])|\\[nrt\"]"
)
# An exclamation mark may end the sentence or the password: better one sign too many.
_TAIL = ".,;:?)]}»"
_PLACEHOLDER = re.compile(
    r"[*•.xXхХ#_?\-]+|[%$@:{<\[].*|\w+(?:(?:\.|::|->)\w+)*[\[(].*|[A-Za-z_]+(?:\.[A-Za-z_]+)+|your[-_].*"
    r"|\[?(?:redacted|filtered|hidden)\]?",
    re.IGNORECASE,
)
_NEVER = re.compile(
    r"(?:https?|ftp)://.*|[\w.+-]+@[\w-]+(?:\.[\w-]+)+[.,]?|\d{1,3}(?:[.:/-]\d{1,4}){1,4}|(?:v|в)?\d+(?:\.\d+)+"
    r"|[./~\\].*|[A-Za-z]:\\.*|1[сc](?:v\d|[:.-]).*|(?:[a-z0-9-]+\.)+(?:ru|рф|com|net|org|example|by|kz|su|ua)",
    re.IGNORECASE,
)
_PRODUCT = re.compile(
    r"(?:windows|win|chrome|firefox|safari|opera|iphone|ipad|android|office|outlook|excel|ios|macos|galaxy"
    r"|redmi|xiaomi|samsung|utf|cp|php|mysql|mariadb|postgres|nginx|apache|debian|ubuntu|centos|yandex)[\w.]*",
    re.IGNORECASE,
)
_SPECIAL = frozenset("!@#$%^&*+?~")


def mentions(lowered: str, parts: Iterable[str]) -> bool:
    """Whether a text in lower case holds any of these: a look that costs nothing before patterns that do."""
    return any(part in lowered for part in parts)


def cut_value(text: str, start: int) -> int:
    """Where the value without quotes that begins at ``start`` ends."""
    run = _RUN.match(text, start)
    if not run:
        return start
    end = run.end()
    if stop := _ENDS_BEFORE.search(text, start + 1, end):
        end = stop.start()
    while end > start and text[end - 1] in _TAIL:
        end -= 1
    return end


def is_placeholder(value: str) -> bool:
    """Whether it stands for a value that is elsewhere: ``${DB_PASS}``, ``%s``, ``xxxx``, ``config.password``."""
    return _PLACEHOLDER.fullmatch(value) is not None


def looks_random(value: str) -> bool:
    """Whether it was drawn by a machine: long, of letters and digits, and no part number, name or path."""
    if len(value) < 16 or not re.fullmatch(r"[A-Za-z0-9_+=/-]+", value):
        return False
    digits, letters = sum(map(str.isdigit, value)), sum(map(str.isalpha, value))
    # Part numbers are written in capitals, names of constraints in words with a number behind.
    has_small = any(map(str.islower, value))
    return digits >= 3 and letters >= 3 and has_small and len(re.findall(r"\d+", value)) >= 3


def looks_strong(value: str) -> bool:
    """Whether it looks like a password by itself, without a word before it."""
    if len(value) < 6 or _NEVER.fullmatch(value) or _PRODUCT.fullmatch(value) or is_placeholder(value):
        return False
    has_digit, has_letter = any(map(str.isdigit, value)), any(map(str.isalpha, value))
    has_cases = any(map(str.islower, value)) and any(map(str.isupper, value))
    return has_digit and has_letter and (has_cases or any(sign in _SPECIAL for sign in value))


def looks_chosen(value: str) -> bool:
    """Whether it looks like a password behind a word such as "password", without a sign between them."""
    if len(value) < 3 or _NEVER.fullmatch(value) or _PRODUCT.fullmatch(value) or is_placeholder(value):
        return False
    has_digit, has_letter = any(map(str.isdigit, value)), any(map(str.isalpha, value))
    if value.isdigit():
        return 4 <= len(value) <= 12
    if has_digit and has_letter:
        return True
    is_camel = value.isascii() and value not in (value.lower(), value.upper(), value.capitalize())
    return has_letter and (is_camel or any(sign in "!@#$%^&*+" for sign in value.rstrip("!")))


def is_personal(value: str) -> bool:
    """Whether it is of small Latin letters with digits, as passwords are: no part number, no version, no word."""
    has_digit, has_small = any(map(str.isdigit, value)), any(map(str.islower, value))
    return has_digit and has_small and value.isascii() and "=" not in value and looks_chosen(value)


def has_special(value: str) -> bool:
    """Whether it holds a sign that hardly anything but a password holds."""
    return any(sign in "!@#$%^&*" for sign in value.rstrip("!"))
