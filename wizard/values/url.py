"""URLs and domains: forgiving in what they accept, strict in what they return."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, unquote, urlsplit

from wizard.values.invalid import InvalidAnswer
from wizard.values.ip import is_ip

ORIGIN = r"https?://[A-Za-z0-9.\-\[\]:]+"
"""Pattern of an origin, exactly as a browser names it (RFC 6454): scheme, host and port, no path, no trailing slash."""

DOMAIN_LENGTH = 253
URL_LENGTH = 2000

_SCHEME = re.compile(r"([a-z][a-z0-9+.\-]*):(?!\d{1,5}(?:[/?#]|$))", re.IGNORECASE)
_WEB = re.compile(r"https?:/*", re.IGNORECASE)
# What most names are made of: nothing that IDNA would change or refuse.
_PLAIN_DOMAIN = re.compile(r"(?:(?!xn--)[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z]{0,61})?", re.IGNORECASE)
_LABEL = r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)"
_ASCII_DOMAIN = re.compile(rf"(?=.{{1,{DOMAIN_LENGTH}}}$){_LABEL}(?:\.{_LABEL})*")
_TAIL = " .,;>»\"'"


def parse_domain(text: str) -> str:
    """A domain name in small letters; of a web address, its domain.

    Raises:
        InvalidAnswer: it is no domain name.
    """
    host = _WEB.sub("", text.strip(), count=1).lstrip("/")
    host = re.split(r"[/?#:\\]", host.rpartition("@")[2], maxsplit=1)[0].rstrip(_TAIL)
    if not is_domain(host):
        raise InvalidAnswer("forms.domain.wrong")
    return host.lower()


def parse_url(text: str) -> str:
    """A web address; a bare domain gets ``https://``, a login in it is left out.

    Raises:
        InvalidAnswer: it is no web address, or one of another scheme than http and https.
    """
    text = text.lstrip(" <«\"'").rstrip(_TAIL)
    if len(text) > URL_LENGTH:
        raise InvalidAnswer("forms.too_long", limit=URL_LENGTH, length=len(text))
    parts = _split(_with_scheme(text))
    host = parts.hostname or ""
    is_plain_name = bool(_WEB.match(text)) and re.fullmatch(r"[a-z0-9](?:[a-z0-9\-]*[a-z0-9])?", host)
    # Servers whose names hold an underscore are on the web, whatever the rules for names say.
    if not (is_domain(host.replace("_", "x")) or is_plain_name or is_ip(host)):
        raise InvalidAnswer("forms.url.wrong")
    # Nobody needs the login; and https://bank.example@evil.example reads as another site than it opens.
    host_and_port = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=host_and_port.lower()).geturl().replace(" ", "%20")


def site_host(address: str) -> str:
    """By what a web address or a domain names its site: the host in A-labels, without ``www.``; empty without one."""
    host = host_of(address) if "://" in address else address
    host = host.strip(" .").lower()
    return (ascii_domain(host) or host).removeprefix("www.")


def host_of(address: str) -> str:
    """The host of a web address in small letters, without login and port; empty without one.

    It raises nothing: a secret that was masked in an address may leave half a bracket in it.
    """
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        host = _origin_and_path(address)[0].rpartition("@")[2]
        return re.sub(r":\d*$", "", host).lower()


def page_of(address: str) -> str:
    """A page in few signs: host and last part of the path, ``shop.example/…/cart``, without query.

    A part that UTF-8 was encoded in (``%D0%BA``) is readable. It raises nothing.
    """
    host = host_of(address)
    *before, last = [part for part in _origin_and_path(address)[1].split("/") if part] or [""]
    last = last.partition(";")[0]
    decoded = unquote(last)
    last = " ".join((last if "\ufffd" in decoded else decoded).split())
    return "/".join(filter(None, [host, "…" if before and last else "", last]))


def _origin_and_path(address: str) -> tuple[str, str]:
    """What stands between scheme and path, and the path without its query."""
    scheme, mark, rest = address.partition("://")
    origin, _, path = re.split("[?#]", rest if mark else scheme, maxsplit=1)[0].partition("/")
    return origin, path


def is_domain(host: str) -> bool:
    """Whether it is a full domain name, in letters of any script (IDNA 2008, UTS 46)."""
    if "." not in host or len(host) > DOMAIN_LENGTH:
        return False
    if _PLAIN_DOMAIN.fullmatch(host):
        return True
    encoded = _in_a_labels(host)
    return encoded is not None and not encoded.rpartition(".")[2].isdigit()


def ascii_domain(domain: str) -> str | None:
    """A domain as SMTP and DNS carry it, in A-labels; None when it has no such form. A single label is one too."""
    encoded = domain if domain.isascii() else _in_a_labels(domain)
    return encoded if encoded and _ASCII_DOMAIN.fullmatch(encoded) else None


def _in_a_labels(domain: str) -> str | None:
    # Loaded by the first name that is not plain ASCII.
    import idna

    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        return None


def _with_scheme(text: str) -> str:
    path, mark, rest = re.match(r"([^?#]*)([?#]?)(.*)", text, re.DOTALL).groups()  # type: ignore[union-attr]
    # As browsers do; else "good.example\@evil.example" has two readings.
    text = path.replace("\\", "/") + mark + rest
    if match := _WEB.match(text):
        scheme = "http" if match[0].lower().startswith("http:") else "https"
        return f"{scheme}://{text[match.end() :]}"
    if _SCHEME.match(text):
        raise InvalidAnswer("forms.url.scheme")
    return "https://" + text.lstrip("/")


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises when it is no number of a port
    except ValueError:
        raise InvalidAnswer("forms.url.wrong") from None
    return parts
