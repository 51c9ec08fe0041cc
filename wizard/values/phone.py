"""Telephone numbers: stored in the shape in which they were typed, as long as somebody can dial them."""

from __future__ import annotations

import re

from wizard.values.invalid import InvalidAnswer
from wizard.values.text import check_length

PHONE_LENGTH = 60
"""Longest telephone number, its extension and remarks included, in characters."""

_EXTENSION = re.compile(r"доб|ext|внутр", re.IGNORECASE)


def parse_phone(text: str) -> str:
    """A telephone number as it was typed: 7 to 15 digits (ITU-T E.164), those of an extension not counted.

    Raises:
        InvalidAnswer: it is too long, or nothing that can be dialled.
    """
    text = check_length(1, PHONE_LENGTH, text)
    number = _EXTENSION.split(text, maxsplit=1)[0]
    if not 7 <= sum(sign.isdecimal() for sign in number) <= 15:
        raise InvalidAnswer("forms.phone")
    return text
