"""Addresses as headers and the envelope may carry them: one bare addr-spec, or nothing."""

from __future__ import annotations

import re
from functools import lru_cache

import idna

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_DOT_ATOM = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_DOMAIN = re.compile(r"(?=.{1,253}$)(?!-)[A-Za-z0-9-]{1,63}(?<!-)(?:\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))*")
_UTF8_ATOM = re.compile(r"[^\x00-\x20\x7f-\xa0\"(),.:;<>@\[\\\]]+(?:\.[^\x00-\x20\x7f-\xa0\"(),.:;<>@\[\\\]]+)*")


@lru_cache(maxsize=2048)
def bare_address(address: str | None) -> str | None:
    """The address with its domain in A-labels, or None when it is not one plain addr-spec.

    Comments, quoted local parts, routes, groups and lists are refused: readers disagree about them (threats E05, E06;
    CVE-2023-27043). A non-ASCII local part is kept: only SMTPUTF8 can carry it (RFC 6531).
    """
    local, at, domain = (address or "").strip().rpartition("@")
    # "=?" would begin an encoded word, which some readers decode even inside an address (threats E01).
    if not at or "=?" in local or len(local.encode("utf-8", "replace")) > 64:
        return None
    if not (_DOT_ATOM.fullmatch(local) or (not local.isascii() and _is_international(local))):
        return None
    ascii_domain = _a_labels(domain)
    return f"{local}@{ascii_domain}" if ascii_domain else None


def header_address(address: str | None) -> str | None:
    """The address when a header of plain ASCII can say it, else None (threats E25)."""
    bare = bare_address(address)
    return bare if bare and bare.isascii() else None


def _is_international(local: str) -> bool:
    return bool(_UTF8_ATOM.fullmatch(local)) and local.isprintable()


def _a_labels(domain: str) -> str | None:
    if not domain.isascii():
        try:
            domain = idna.encode(domain, uts46=True).decode()
        except (idna.IDNAError, UnicodeError):
            return None
    return domain if _DOMAIN.fullmatch(domain) else None
