"""Secrets as programs write them: a name, a sign, a value (``DB_PASSWORD=…``, JSON, XML, strings of connections,
queries).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from wizard.values.secret_looks import cut_value, is_placeholder, looks_random, mentions
from wizard.values.secret_names import PARTS_OF_IDENTIFIERS, Kind, identifier_kind, is_message, segments

_ASSIGNMENT = re.compile(
    r"(?<![\w.\-])(?P<name>[A-Za-z][\w.\-]*+)(?:\\?[\"'])?[\])]?\s{0,3}(?P<sign>=>|:=|==?|:(?![:/]/)|%3[dD])\s{0,3}"
)
_QUOTED = re.compile(r"(\\?[\"'])(?P<secret>(?:(?!\1)[^\n]){3,200}+)\1")
_BRACED = re.compile(r"\{(?P<secret>[^{}\n]{3,200}+)\}")
"""A value of ODBC."""
_ELEMENT = re.compile(
    r"(?:<|&lt;)(?:\w{1,20}:)?(?P<name>[A-Za-z][\w.\-]{2,60}+)(?:\s[^<>&]{0,200}+)?(?:>|&gt;)"
    r"\s{0,3}(?P<secret>[^<>&\n]{3,200}+)(?:<|&lt;)/"
)
_KEYED_ELEMENT = re.compile(
    r"(?:key|name|id)=[\"'](?P<name>[A-Za-z][\w.\-]{2,60}+)[\"']\s?>\s{0,3}(?P<secret>[^<>\n]{3,200}+)</"
)
_ENCODED = re.compile(
    r"%22(?P<name>[A-Za-z][\w.\-]{2,60}+)%22%3[aA](?:%20|\+)?%22(?P<secret>(?:(?!%22)[^\s&\"'<>]){3,200}+)%22"
)
"""JSON in a query."""
_SPACED = re.compile(r"(?<![\w.\-])(?P<name>[A-Za-z][A-Za-z_\-]*+)[ \t]{1,3}(?P<secret>[\w-]{16,200}+)(?![\w/=])")
"""A setting copied out of a form, without a sign: ``secretKey live_…``."""
_NAME_AND_VALUE = re.compile(
    r"[\"'](?P<name>[A-Za-z][\w.\-]{2,60}+)[\"']\s{0,3}(?:,|\s(?:value|content)\s?=)\s{0,3}"
    r"([\"'])(?P<secret>[^\"'\n]{3,200}+)\2(?=\s?(?:\)|/?>))"
)


def assigned_secrets(text: str, lowered: str) -> Iterator[tuple[int, int, str]]:
    """Where such secrets stand, as ``(start, end, kind)``, in no order. ``lowered`` is the text in lower case."""
    if not mentions(lowered, PARTS_OF_IDENTIFIERS):
        return
    for match in _ASSIGNMENT.finditer(text):
        if kind := identifier_kind(match["name"]):
            yield from _value(text, match, kind)
    patterns = [
        *([_ELEMENT, _KEYED_ELEMENT] if "</" in text or "&lt;/" in text else ()),
        *([_NAME_AND_VALUE] if "'" in text or '"' in text else ()),
        *([_ENCODED] if "%22" in text else ()),
    ]
    for pattern in patterns:
        for match in pattern.finditer(text):
            if (kind := identifier_kind(match["name"])) and _is_secret(match["secret"], kind, in_query=False, sign="="):
                yield (*match.span("secret"), _shown(kind))
    for match in _SPACED.finditer(text):
        kind = identifier_kind(match["name"])
        # One word alone belongs to prose.
        if kind and len(segments(match["name"])) > 1 and looks_random(match["secret"]):
            yield (*match.span("secret"), _shown(kind))


def _value(text: str, match: re.Match[str], kind: Kind) -> Iterator[tuple[int, int, str]]:
    sign, before = match["sign"], text[match.start() - 1 : match.start()]
    # "/etc/passwd: not found" names a file.
    if sign == ":" and before in ("/", "\\"):
        return
    if quoted := _QUOTED.match(text, match.end()) or (_BRACED.match(text, match.end()) if sign == "=" else None):
        start, end = quoted.span("secret")
    else:
        start, end = match.end(), cut_value(text, match.end())
    if sign == ":" and match["name"].lower() == "pass" and text[start:end].isdigit():
        # "Tests pass: 120".
        return
    in_query = before in ("?", "&", ";", "#") and sign in ("=", "%3d", "%3D")
    if _is_secret(text[start:end], kind, in_query=in_query, sign=sign):
        yield start, end, _shown(kind)


def _is_secret(value: str, kind: Kind, *, in_query: bool, sign: str) -> bool:
    if len(value) < 3 or is_placeholder(value) or is_message(value.split(maxsplit=1)[0]):
        return False
    if kind == "key":
        return looks_random(value)
    if kind == "password":
        # PWD=/home/user is a folder.
        return not value.startswith(("/", "~/", "./"))
    has_digit = any(map(str.isdigit, value))
    if sign == ":":
        return len(value) >= 8 and has_digit and any(map(str.isalpha, value))
    return in_query or has_digit


def _shown(kind: Kind) -> str:
    return "password" if kind == "password" else "token"
