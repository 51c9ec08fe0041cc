"""Random keys: whether a text that somebody chose can be taken for 128 random bits, so that nobody else guesses it.

Nothing can prove that a text is random. What can be seen is whether its length and its alphabet hold so many bits, and
whether it looks like what people count up or write out: such keys are known for what they are by nobody's secret.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-([1-8])[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_HEX = re.compile(r"[0-9a-f]+")
_BASE32 = re.compile(r"[0-9a-z]{26,}|[0-9A-Z]{26,}")
_BASE64 = re.compile(r"[0-9A-Za-z_+/-]{22,}={0,2}")

# Words, abbreviations and numbers: random letters make some, and seldom a text of nothing else.
_WRITTEN = re.compile(r"[A-Z]?[a-z]{2,}|[A-Z]{4,}|[0-9]{2,}|[_+/-]")
_WRITTEN_IN_ONE_CASE = re.compile(r"[A-Za-z]{12,}|[0-9]{4,}")
_MOST_WRITTEN = 0.9

_LONGEST_RUN = 5
_LONGEST_REPEAT = 6


def is_random_key(text: str) -> bool:
    """Whether a text looks like at least 128 random bits: 32 digits of base 16, 26 of base 32, 22 of base 64.

    A UUID of version 4 counts though six of its bits are fixed: 122 cannot be guessed either, and everybody sends one.
    UUIDs of other versions and ULIDs are made of times, addresses or names. What a program makes from something
    guessable (a digest of an order's number) looks random all the same; docs/api.md asks for a random one.
    """
    lowered = text.lower()
    if match := _UUID.fullmatch(lowered):
        return match[1] == "4" and _is_scattered(lowered.replace("-", ""), least_different=8)
    if _HEX.fullmatch(lowered):
        is_time = _begins_with_a_time(lowered)
        return len(text) >= 32 and not text.isdigit() and not is_time and _is_scattered(lowered, least_different=8)
    if _BASE32.fullmatch(text):
        is_ulid = len(text) == 26 and lowered.startswith("01")
        return not is_ulid and not _is_written(_WRITTEN_IN_ONE_CASE, text) and _is_scattered(text, least_different=11)
    if _BASE64.fullmatch(text) and text not in (lowered, text.upper()):
        key = text.rstrip("=")
        return not _is_written(_WRITTEN, key) and _is_scattered(key, least_different=12)
    return False


def _begins_with_a_time(digits: str) -> bool:
    """Whether it is a UUID of version 7 without its hyphens: milliseconds since 1970, then too few random bits."""
    return len(digits) == 32 and digits[12] == "7" and 1.5e12 < int(digits[:12], 16) < 3e12


def _is_written(written: re.Pattern[str], text: str) -> bool:
    return sum(len(piece) for piece in written.findall(text)) > _MOST_WRITTEN * len(text)


def _is_scattered(text: str, least_different: int) -> bool:
    """Whether its signs are many, stand in no order, and repeat in no pattern."""
    if len(set(text)) < least_different or re.search(rf"(.)\1{{{_LONGEST_RUN - 1}}}", text):
        return False
    values = _values(text)
    # Two signs on as well: 0a1b2c3d.
    for distance in (1, 2):
        steps = [after - before for before, after in zip(values, values[distance:], strict=False)]
        if sum(-1 <= step <= 1 for step in steps) > len(steps) / 2:
            return False
    pieces = [text[start : start + _LONGEST_REPEAT] for start in range(len(text) - _LONGEST_REPEAT + 1)]
    return len(set(pieces)) == len(pieces)


def _values(text: str) -> Sequence[int]:
    # 9 and a are neighbours, as in 789abc.
    return [ord(sign) - 39 if sign >= "a" else ord(sign) - 7 if sign >= "A" else ord(sign) for sign in text]
