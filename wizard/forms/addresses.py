"""E-mail addresses, web addresses and domains: forgiving in what they take, strict in what they keep."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

import idna
from email_validator import EmailNotValidError, validate_email

from wizard.forms.secrets import mask_secrets
from wizard.forms.wording import Unfit

EMAIL_LENGTH = 254
"""Longest e-mail address, in characters (RFC 5321, errata 1690)."""
DOMAIN_LENGTH = 253
URL_LENGTH = 2000
MOST_EMAILS = 10

_SCHEME = re.compile(r"([a-z][a-z0-9+.\-]*):(?!\d{1,5}(?:[/?#]|$))", re.IGNORECASE)
_WEB = re.compile(r"https?:/*", re.IGNORECASE)
# What most names are made of: nothing that IDNA would change or refuse.
_PLAIN_DOMAIN = re.compile(r"(?:(?!xn--)[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z]{0,61})?", re.IGNORECASE)
_TAIL = " .,;>»\"'"


def read_email(text: str) -> str:
    """One e-mail address in its canonical form.

    Threats E05, E06: comments, quoted local parts, routes and groups are refused, since the checking and the
    delivering program may read them as different addresses.

    Raises:
        Unfit: it is no address, or too long for one.
    """
    text = re.sub(r"^mailto:", "", text.strip(), flags=re.IGNORECASE).partition("?")[0]
    text = text.lstrip(" <«\"'").rstrip(_TAIL)
    if len(text) > EMAIL_LENGTH:
        raise Unfit("forms.too_long", limit=EMAIL_LENGTH, length=len(text))
    try:
        checked = validate_email(text, check_deliverability=False, strict=True)
    except (EmailNotValidError, ValueError):
        raise Unfit("forms.email.at" if "@" not in text else "forms.email.wrong") from None
    return str(checked.normalized)


def read_emails(text: str) -> str:
    """Several addresses, parted by commas, semicolons or spaces; given back parted by ``", "``, each once.

    Raises:
        Unfit: one of them is no address, or they are more than ten.
    """
    parts = [part for part in re.split(r"[,;\s]+", text) if part]
    if len(parts) > MOST_EMAILS:
        raise Unfit("forms.email.many", most=MOST_EMAILS)
    if not parts:
        raise Unfit("forms.email.wrong")
    return ", ".join(dict.fromkeys(read_email(part) for part in parts))


def read_domain(text: str) -> str:
    """A domain name in small letters; of a web address, its domain.

    Raises:
        Unfit: it is no domain name.
    """
    host = _WEB.sub("", text.strip(), count=1).lstrip("/")
    host = re.split(r"[/?#:\\]", host.rpartition("@")[2], maxsplit=1)[0].rstrip(_TAIL)
    if not is_domain(host):
        raise Unfit("forms.domain.wrong")
    return host.lower()


def read_url(text: str, *, mask: bool = False) -> str:
    """A web address; a bare domain gets ``https://``, a login in it is left out, secrets are masked on demand.

    Raises:
        Unfit: it is no web address, or one of another scheme than http and https.
    """
    text = text.lstrip(" <«\"'").rstrip(_TAIL)
    if len(text) > URL_LENGTH:
        raise Unfit("forms.too_long", limit=URL_LENGTH, length=len(text))
    parts = _split(_with_scheme(text))
    host = parts.hostname or ""
    named = bool(_WEB.match(text)) and re.fullmatch(r"[a-z0-9](?:[a-z0-9\-]*[a-z0-9])?", host)
    # Servers whose names hold an underscore are on the web, whatever the rules for names say.
    if not (is_domain(host.replace("_", "x")) or named or _is_ip(host)):
        raise Unfit("forms.url.wrong")
    # Nobody needs the login; and https://bank.example@evil.example reads as another site than it opens.
    place = parts.netloc.rpartition("@")[2]
    url = parts._replace(netloc=place.lower()).geturl().replace(" ", "%20")
    return mask_secrets(url) if mask else url


def is_domain(host: str) -> bool:
    """Whether it is a full domain name, in letters of any script (IDNA 2008, UTS 46)."""
    if "." not in host or len(host) > DOMAIN_LENGTH:
        return False
    if _PLAIN_DOMAIN.fullmatch(host):
        return True
    try:
        ascii_host = idna.encode(host, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        return False
    return not ascii_host.rpartition(".")[2].isdigit()


def _with_scheme(text: str) -> str:
    before, mark, after = re.match(r"([^?#]*)([?#]?)(.*)", text, re.DOTALL).groups()  # type: ignore[union-attr]
    text = (
        before.replace("\\", "/") + mark + after
    )  # as browsers do; else "good.example\@evil.example" has two readings
    if web := _WEB.match(text):
        scheme = "http" if web[0].lower().startswith("http:") else "https"
        return f"{scheme}://{text[web.end() :]}"
    if _SCHEME.match(text):
        raise Unfit("forms.url.scheme")
    return "https://" + text.lstrip("/")


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises when it is no number of a port
    except ValueError:
        raise Unfit("forms.url.wrong") from None
    return parts


def _is_ip(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
