"""Numbers of bank cards in a client's text: they are not accepted (ux.md, point 14). Linear in the text's length."""

from __future__ import annotations

import re
from collections.abc import Iterator

# A card number stands by itself: "OC4111…" is a part number, and a longer run of digits is an account.
_DIGITS = re.compile(r"(?<!\w)\d+(?:[ \u00a0\u202f\-\u2010-\u2014]\d+)*(?!\w)")
_GROUP = re.compile(r"\d+")

# How cards are printed and dictated. Other groupings are phones, accounts and lists of order numbers.
_SHAPES: dict[int, tuple[tuple[int, ...], ...]] = {
    4: ((4, 4, 4, 4, 3), (4, 4, 4, 4), (4, 6, 5), (4, 6, 4), (4, 3, 3, 3), (4, 4, 8), (4, 12)),
    6: ((6, 10), (6, 13)),
    8: ((8, 8), (8, 4, 4), (8, 11)),
    13: ((13,),),
    15: ((15,),),
    16: ((16,),),
    17: ((17,),),
    18: ((18,),),
    19: ((19,),),
}


def card_numbers(text: str) -> list[tuple[int, int]]:
    """Where card numbers stand in a text, as ``(start, end)``.

    A card number has an issuer's first digits with the length that goes with them, a valid check digit (Luhn,
    ISO/IEC 7812-1), and is written without spaces or in the groups in which cards are printed. Numbers that only look
    alike are left alone: barcodes, company registration numbers, IMEI, parcel and order numbers, bank accounts.
    """
    return [span for run in _DIGITS.finditer(text) for span in _cards_in(text, run.start(), run.end())]


def _cards_in(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    if end - start < 13:
        return
    groups = [match.span() for match in _GROUP.finditer(text, start, end)]
    sizes = [last - first for first, last in groups]
    index = 0
    while index < len(groups):
        length = next((n for n in _matching_lengths(sizes, index) if _is_card(text, groups[index : index + n])), 0)
        if length:
            yield groups[index][0], groups[index + length - 1][1]
        index += length or 1


def _matching_lengths(sizes: list[int], index: int) -> Iterator[int]:
    """How many groups from ``index`` on have the sizes of a printed card."""
    for shape in _SHAPES.get(sizes[index], ()):
        if tuple(sizes[index : index + len(shape)]) == shape:
            yield len(shape)


def _is_card(text: str, groups: list[tuple[int, int]]) -> bool:
    # ``int`` makes plain digits of those of other scripts.
    digits = [int(digit) for first, last in groups for digit in text[first:last]]
    return _is_issued(digits, alone=len(groups) == 1) and _luhn(digits)


def _is_issued(digits: list[int], *, alone: bool) -> bool:
    """Whether an issuer gives out numbers with this beginning and length."""
    length = len(digits)
    two = digits[0] * 10 + digits[1]
    four = two * 100 + digits[2] * 10 + digits[3]
    if length == 13:
        # Visa of old. A barcode that begins with 4 has a check digit of its own, which distinguishes it.
        return digits[0] == 4 and not (alone and _is_ean13(digits))
    if length == 14:
        return two in (36, 38, 39) or 3000 <= four <= 3059
    if length == 15:
        return two in (34, 37)
    if length == 16 and (51 <= two <= 55 or 2221 <= four <= 2720 or 3528 <= four <= 3589):
        return True
    return digits[0] in (4, 6) or two in (50, 56, 57, 58) or 2200 <= four <= 2204


def _luhn(digits: list[int]) -> bool:
    doubled = (digit * 2 - 9 if digit > 4 else digit * 2 for digit in digits[-2::-2])
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _is_ean13(digits: list[int]) -> bool:
    return (sum(digits[::2]) + 3 * sum(digits[1::2])) % 10 == 0
