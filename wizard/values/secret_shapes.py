"""Secrets that are known by their own shape, whatever stands before them: keys of services, tokens, private keys,
logins in addresses, headers, switches of commands.

Each pattern's group ``secret`` is what is to be masked. All are linear: runs are possessive or bounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

from wizard.values.secret_looks import mentions
from wizard.values.secret_names import words_of

_TOKENS = re.compile(
    r"(?<![A-Za-z0-9_])(?P<secret>"
    r"eyJ[\w-]{10,2000}+\.[\w-]{4,4000}+\.[\w-]{4,2000}+"  # JSON Web Token (RFC 7519)
    r"|(?:sk|pk|rk)_(?:live|test)_\w{10,200}+|sk-[\w-]{20,200}+|gh[pousr]_\w{20,200}+|github_pat_\w{20,200}+"
    r"|glpat-[\w-]{15,60}+|xox[abprs]-[\w-]{10,200}+|AKIA[0-9A-Z]{16}(?!\w)|AIza[\w-]{30,40}+|ya29\.[\w-]{10,300}+"
    r"|SG\.[\w-]{16,40}\.[\w-]{16,60}+|whsec_[\w+/=]{16,200}+|npm_\w{30,60}+|hf_\w{30,60}+|y0_[\w-]{30,80}+"
    r"|\$2[abxy]\$\d\d\$[./A-Za-z0-9]{50,60}+|\$[156]\$[./A-Za-z0-9]{4,16}\$[./A-Za-z0-9]{20,90}+)"
)
_BOT = re.compile(r"(?<!\w)\d{8,10}+:(?P<secret>[\w-]{33,40}+)")
"""Of a Telegram bot."""
_PRIVATE_KEY = re.compile(
    # Without its end it is a key that was cut off.
    r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----\s{0,4}(?P<secret>[^-]{1,20000}+)"
)
_URL_LOGIN = re.compile(r"(?<=:)//[^\s/@:?#\"'<>]{0,100}+:(?P<secret>[^\s/@\"'<>]{1,200}+)@")
_AUTHORIZATION = re.compile(
    r"(?<![A-Za-z])(?:authorization[\"']?\s{0,3}[:=]\s{0,3}[\"']?(?:basic|bearer|token|apikey|negotiate|digest)"
    r"|bearer(?=\s{1,3}[\w.~+/-]{16})"
    r"|basic(?=\s{1,3}(?-i:[a-z]{0,40}+[A-Z0-9+/=]))(?=\s{1,3}[\w+/]{12,2000}+={0,2}(?![\w=-])))"
    r"\s{1,3}(?P<secret>[\w.~+/=-]{8,2000}+)",
    re.IGNORECASE,
)
_COOKIES = re.compile(r"(?<![A-Za-z-])(set-)?cookie[\"']?\s?:\s{0,3}([^\n]{3,4000}+)", re.IGNORECASE)
_COOKIE_VALUE = re.compile(r"(?P<name>[\w.\-]{1,64}+)=(?P<secret>[^\s;,\"']{6,4000}+)")
_SWITCH = re.compile(
    r"(?<![\w-])(?:--?(?:pass(?:word|wd|phrase)?|pwd?|token|api-?key|secret)(?:=|\s{1,2})|/p(?:ass(?:word)?)?:)"
    r"(?:(?P<quote>[\"'])(?P<quoted>[^\"'\n]{3,200}+)|(?P<plain>[^\s\"'-][^\s\"']{2,200}+))"
)
_SHORT_SWITCH = re.compile(r"(?<![\w-])-[pP](?P<gap>\s?)(?P<quote>[\"']?)(?P<secret>[^\s\"'][^\n\"']{3,100}+)")
_TAKES_PASSWORD = re.compile(
    r"(?<!\w)(?:mysql\w{0,6}|mariadb|7za?|rar|unrar|zip|unzip|sshpass|mongo\w{0,6})(?!\w)[^\n]*$"
)
_USER_SWITCH = re.compile(
    r"(?<![\w-])(?:-u(?=\s?[\"']?[^\s:]{1,64}+:[^\s/]{0,60}?[\dA-Z])|--user"
    r"|--proxy-user)\s?[\"']?[^\s:\"']{1,64}+:(?P<secret>[^\s\"'/]{3,200}+)"
)
_IDENTIFIED_BY = re.compile(
    r"(?<![A-Za-z])identified\s{1,3}by\s{1,3}(?:password\s{1,3})?([\"'])(?P<secret>[^\"'\n]{3,200}+)\1", re.IGNORECASE
)
_LOGIN_AT_HOST = re.compile(
    r"(?<!\w)(?:s?ftp|lftp|ssh|scp|rsync|smb|curl)\s{1,2}[\w.+-]{1,64}+:(?P<secret>[^\s/@:]{3,100}+)@",
    re.IGNORECASE,
)
_ARGUMENT = re.compile(
    r"(?<!\w)(?:(?:mysqli?_p?connect|mysqli_real_connect|new\s{1,2}mysqli|(?:new\s{1,2}\\?)?PDO|ftp_login|imap_open"
    r"|ssh2_auth_password|ldap_bind|getConnection)\s?\(\s{0,3}[^,()\n]{1,200}+,\s{0,3}[^,()\n]{1,100}+,"
    r"|(?:(?<=\.)login|HTTPBasicAuth|(?:auth|credentials)\s?=\s?)\s?\(\s{0,3}[\"'][^\"'\n]{1,64}+[\"'],)\s{0,3}"
    r"([\"'])(?P<secret>[^\"'\n]{3,200}+)\1",
    re.IGNORECASE,
)
"""Of a function that opens a connection, known by its place behind host and login."""
_REDIS = re.compile(r"(?<!\w)redis-cli(?!\w)[^\n]{0,100}?\s-a\s?([\"']?)(?P<secret>[^\s\"']{3,200}+)\1")
_NET_USE = re.compile(
    r"(?<!\w)net\s{1,3}use(?:\s{1,3}[\w*]:)?\s{1,3}\\\\\S{3,200}+\s{1,3}(?P<secret>[^\s/*]\S{2,100}+)", re.IGNORECASE
)
_PRODUCT_KEY = re.compile(
    r"(?<![\w-])(?P<secret>(?=[A-Z0-9-]{0,28}\d)(?=[A-Z0-9-]{0,28}[A-Z])[A-Z0-9]{5}(?:-[A-Z0-9]{5}){4})(?![\w-])"
)
_TICKET_LINK = re.compile(
    r"(?:/|%(?:25)?2f)tickets(?:/|%(?:25)?2f)(?P<secret>[a-z0-9_-]{22})(?![\w-])", re.IGNORECASE | re.ASCII
)
"""The address of a ticket's own page: what a client copies into a report goes to the desk, and may be passed on."""
_TICKET_TOKEN = re.compile(r"(?:(?<![\w-])|(?<=%[0-9A-Fa-f][0-9A-Fa-f]))[A-Za-z0-9_-]{21}[AQgw](?![\w-])")
"""By itself, or as the value of a parameter: 16 random octets in base64, whose last sign has two bits."""
_LEAST_CHANGES = 8
"""Changes between small letters, capitals, digits and signs. Of random tokens 1 in 200 has fewer; names have a few."""
_MASKED_CARD_CODE = re.compile(
    r"(?:[*xXхХ•]{4}[ -]?){1,3}\d{4}[ ,;]{1,3}"
    r"(?:(?:срок|до|exp\w{0,4})?[: ]{0,2}\d\d ?/ ?\d\d(?:\d\d)?[ ,;]{1,3}(?:(?:код|code)[: ]{1,2})?"
    r"|(?:код|code)[: ]{1,2})"
    r"(?P<secret>\d{3,4})(?!\d)"
)

_KEEPS = frozenset(
    ["path", "expires", "domain", "max-age", "samesite", "version", "lang", "language", "theme", "locale"]
)
"""Names within a cookie's line whose values are no secrets."""


def shaped_secrets(text: str, lowered: str) -> Iterator[tuple[int, int, str]]:
    """Where such secrets stand, as ``(start, end, kind)``, in no order. ``lowered`` is the text in lower case."""
    for marks, pattern, kind in _PATTERNS:
        if mentions(lowered, marks):
            yield from ((*match.span("secret"), kind) for match in pattern.finditer(text))
    yield from ((*match.span(), "token") for match in _TICKET_TOKEN.finditer(text) if _is_random(match[0]))
    if "cookie" in lowered:
        yield from _cookies(text)
    if "-p" in lowered or "/p" in lowered or "--" in lowered:
        yield from _switches(text)


_MARKS_OF_TOKENS = words_of(
    "eyj k_live_ k_test_ sk- gh glpat xox akia aiza ya29. sg. whsec_ npm_ hf_ y0_ $2 $1$ $5$ $6$"
)
_PATTERNS: tuple[tuple[Iterable[str], re.Pattern[str], str], ...] = (
    (_MARKS_OF_TOKENS, _TOKENS, "token"),
    (("private key",), _PRIVATE_KEY, "token"),
    (("://",), _URL_LOGIN, "password"),
    (("authorization", "bearer", "basic"), _AUTHORIZATION, "token"),
    ((":",), _BOT, "token"),
    (("-u", "--proxy-user"), _USER_SWITCH, "password"),
    (("identified",), _IDENTIFIED_BY, "password"),
    (("ftp ", "ssh ", "scp ", "rsync ", "smb ", "curl "), _LOGIN_AT_HOST, "password"),
    (("net use",), _NET_USE, "password"),
    (("connect", "mysqli", "pdo", "login", "auth", "imap_open", "ldap_bind", "credentials"), _ARGUMENT, "password"),
    (("redis-cli",), _REDIS, "password"),
    (("tickets",), _TICKET_LINK, "token"),
    (("-",), _PRODUCT_KEY, "license_key"),
    (("**", "xxxx", "хххх", "••"), _MASKED_CARD_CODE, "password"),
)
"""Each with marks without which it is not looked for, in lower case."""


def _is_random(token: str) -> bool:
    if token == token.lower() or token == token.upper():
        return False
    kinds = [(sign.isdigit(), sign.isupper(), sign.islower()) for sign in token]
    return sum(kind != following for kind, following in pairwise(kinds)) >= _LEAST_CHANGES


def _cookies(text: str) -> Iterator[tuple[int, int, str]]:
    for line in _COOKIES.finditer(text):
        for value in _COOKIE_VALUE.finditer(text, *line.span(2)):
            if value["name"].lower() not in _KEEPS:
                yield (*value.span("secret"), "token")


def _switches(text: str) -> Iterator[tuple[int, int, str]]:
    for match in _SWITCH.finditer(text):
        yield (*match.span("quoted" if match["quote"] else "plain"), "password")
    for match in _SHORT_SWITCH.finditer(text):
        start, end = match.span("secret")
        if not match["quote"]:
            end = start + len(match["secret"].split(maxsplit=1)[0])
        if _is_password(text[start:end], is_known=_is_known(text, match), quoted=bool(match["quote"])):
            yield start, end, "password"


def _is_known(text: str, match: re.Match[str]) -> bool:
    """Whether the switch is one of a command that takes a password by it."""
    return _TAKES_PASSWORD.search(text, max(0, match.start() - 80), match.start()) is not None


def _is_password(value: str, *, is_known: bool, quoted: bool) -> bool:
    """Whether it is no port, path, name or other switch: ``-p 8080:80``, ``-p /srv``, ``-p script2``, ``-port8080``."""
    has_digit, has_letter = any(map(str.isdigit, value)), any(map(str.isalpha, value))
    if quoted:
        return has_letter
    if "/" in value or ":" in value or not (has_digit and has_letter) or len(value) < 6:
        return False
    return is_known or value.lower() != value
