"""JSON as RFC 8259 has it, and no more: each key once, no NaN, no number beyond measure, no depth beyond reason.

Threats W16, W17: what two programs could read in two ways is refused, with the place where it stands.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any

DEEPEST = 12
"""Levels of objects and arrays; a report needs four."""

LARGEST_NUMBER = 10**15

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]|-?(?:Infinity|NaN|\d[\d.eE+-]*)')


class NotJson(ValueError):
    """The text is no JSON that can be read in one way only."""

    def __init__(self, case: str, **values: object) -> None:
        """``case`` is the key of the text under ``api.not_json``."""
        super().__init__(case)
        self.case = case
        self.values: dict[str, Any] = values


def read_json(body: bytes) -> Any:
    """Read a JSON text.

    Raises:
        NotJson: with the place of the first fault, or the key that stands twice.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotJson("encoding", byte=error.start + 1) from None
    try:
        value = json.loads(
            text, object_pairs_hook=_object, parse_constant=_constant, parse_int=_int, parse_float=_float
        )
    except json.JSONDecodeError as error:
        raise NotJson("syntax", line=error.lineno, column=error.colno) from None
    except RecursionError:
        raise NotJson("deep", **_place(text, _first_too_deep(text)), deepest=DEEPEST) from None
    except _DuplicateKey as duplicate:
        raise NotJson("duplicate", name=duplicate.key[:80]) from None
    except _BadNumber as bad:
        raise NotJson("number", **_place(text, _first_token(text, bad.written))) from None
    if _is_too_deep(value):
        raise NotJson("deep", **_place(text, _first_too_deep(text)), deepest=DEEPEST)
    return value


class _DuplicateKey(Exception):
    def __init__(self, key: str) -> None:
        self.key = key


class _BadNumber(Exception):
    def __init__(self, written: str) -> None:
        self.written = written


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for key, value in pairs:
        if key in members:
            raise _DuplicateKey(key)
        members[key] = value
    return members


def _constant(written: str) -> None:
    raise _BadNumber(written)


def _int(written: str) -> int:
    # Before int() reads it: the time that takes grows with the square of the length.
    if len(written) > 17 or abs(int(written)) > LARGEST_NUMBER:
        raise _BadNumber(written)
    return int(written)


def _float(written: str) -> float:
    number = float(written)
    if not math.isfinite(number) or abs(number) > LARGEST_NUMBER:
        raise _BadNumber(written)
    return number


def _is_too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(DEEPEST):
        level = [child for parent in level for child in _children(parent)]
        if not level:
            return False
    return any(isinstance(child, dict | list) for child in level)


def _children(parent: Any) -> Iterator[Any]:
    if isinstance(parent, dict):
        yield from parent.values()
    elif isinstance(parent, list):
        yield from parent


def _tokens(text: str) -> Iterator[tuple[str, int]]:
    """The tokens and their places. Linear as far as the text is JSON; nobody asks for more than that."""
    return ((match[0], match.start()) for match in _TOKEN.finditer(text))


def _first_too_deep(text: str) -> int:
    depth = 0
    for token, at in _tokens(text):
        depth += (token in "[{") - (token in "]}")
        if depth > DEEPEST:
            return at
    return 0


def _first_token(text: str, written: str) -> int:
    return next((at for token, at in _tokens(text) if token == written), 0)


def _place(text: str, at: int) -> dict[str, int]:
    return {"line": text.count("\n", 0, at) + 1, "column": at - (text.rfind("\n", 0, at) + 1) + 1}
