"""E-mail addresses: one validator for settings, sites, forms, the API, letters, envelopes and bounces.

``bare_address`` decides what an envelope can carry, and nothing else is ever called an address: parsing is forgiving
in what it takes and returns only that. Pure functions; ``email_validator``, which costs a tenth of a second, is
loaded by the first address that is typed.
"""

from __future__ import annotations

import re
from functools import lru_cache

from wizard.values.invalid import InvalidAnswer
from wizard.values.url import ascii_domain

EMAIL_LENGTH = 254
"""Longest e-mail address, in octets as an envelope carries it (RFC 5321, errata 1690)."""
LOCAL_PART_LENGTH = 64
"""Longest local part, in octets (RFC 5321, 4.5.3.1.1)."""
MOST_EMAILS = 10

# Begins where no other character of an address stands before it, so that a run of characters is tried once.
EMAIL_IN_TEXT = re.compile(
    r"(?<![\w.+\-@!#$%&*/=?^`{|}~])[\w.+\-!#$%&*/=?^`{|}~]{1,64}@((?:[\w-]{1,63}\.){1,8}[\w-]{2,63})"
)
"""Where an address may stand in a text; ``bare_address`` says whether it is one."""

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_DOT_ATOM = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_UTF8_ATOM = re.compile(r"[^\x00-\x20\x7f-\xa0\"(),.:;<>@\[\\\]]+(?:\.[^\x00-\x20\x7f-\xa0\"(),.:;<>@\[\\\]]+)*")
_TAIL = " .,;>»\"'"

# Domains in which typos are looked for: a warning, never an error (ux.md, point 4).
_PROVIDERS = (
    "gmail.com",
    "yandex.ru",
    "rambler.ru",
    "inbox.ru",
    "outlook.com",
    "hotmail.com",
    "icloud.com",
    "yahoo.com",
    "googlemail.com",
    "protonmail.com",
)
_NEIGHBOURS = frozenset({"email.com", "ymail.com", "yandex.by", "yandex.com"})
# Names so short that one letter away there are others just as good: only these typos are corrected.
_TYPOS = {
    "gmail.ru": "gmail.com",
    **dict.fromkeys(("mial.ru", "maill.ru", "mail.ry", "mail.tu", "mail.r", "mailru", "meil.ru"), "mail.ru"),
}


# The same address comes at the check page, at sending and with the next report, and checking it costs the most.
@lru_cache(maxsize=256)
def parse_email(text: str) -> str:
    """One e-mail address in its canonical form, out of what was typed or pasted.

    Threats E05, E06: comments, quoted local parts, routes and groups are refused, since the checking and the
    delivering program may read them as different addresses. What is returned, ``bare_address`` takes.

    Raises:
        InvalidAnswer: it is no address, or too long for one.
    """
    from email_validator import EmailNotValidError, validate_email

    text = re.sub(r"^mailto:", "", text.strip(), flags=re.IGNORECASE).partition("?")[0]
    text = text.lstrip(" <«\"'").rstrip(_TAIL)
    if len(text) > EMAIL_LENGTH:
        raise InvalidAnswer("forms.too_long", limit=EMAIL_LENGTH, length=len(text))
    try:
        checked = validate_email(text, check_deliverability=False, strict=True)
    except (EmailNotValidError, ValueError):
        raise InvalidAnswer("forms.email.at" if "@" not in text else "forms.email.wrong") from None
    address = str(checked.normalized)
    # The validator counts characters of a local part, an envelope octets; and it knows nothing of encoded words.
    if bare_address(address) is None:
        raise InvalidAnswer("forms.email.wrong")
    return address


def parse_emails(text: str) -> str:
    """Several addresses, separated by commas, semicolons or spaces; returned separated by ``", "``, without duplicates.

    Raises:
        InvalidAnswer: one of them is no address, or they are more than ten.
    """
    parts = [part for part in re.split(r"[,;\s]+", text) if part]
    if len(parts) > MOST_EMAILS:
        raise InvalidAnswer("forms.email.many", most=MOST_EMAILS)
    if not parts:
        raise InvalidAnswer("forms.email.wrong")
    return ", ".join(dict.fromkeys(parse_email(part) for part in parts))


@lru_cache(maxsize=2048)
def bare_address(address: str | None) -> str | None:
    """The address with its domain in A-labels, or None when it is not one plain addr-spec.

    Comments, quoted local parts, routes, groups and lists are refused: readers disagree about them (threats E05, E06;
    CVE-2023-27043). A non-ASCII local part is accepted: only SMTPUTF8 can carry it (RFC 6531).
    """
    local, at, domain = (address or "").strip().rpartition("@")
    # "=?" would begin an encoded word, which some readers decode even inside an address (threats E01).
    if not at or "=?" in local or _octets(local) > LOCAL_PART_LENGTH:
        return None
    if not (_DOT_ATOM.fullmatch(local) or (not local.isascii() and _is_utf8_local_part(local))):
        return None
    bare = f"{local}@{host}" if (host := ascii_domain(domain)) else None
    return bare if bare and _octets(bare) <= EMAIL_LENGTH else None


def header_address(address: str | None) -> str | None:
    """The address when a header of plain ASCII can say it, else None (threats E25)."""
    bare = bare_address(address)
    return bare if bare and bare.isascii() else None


def configured_address(text: str) -> str:
    """An address of the settings or of ``sites.yaml``: the desk's inbox, or the sender of all letters.

    Whatever a letter could not carry is refused; so is a domain without a dot, which nobody outside of its own
    network can answer to (RFC 5321, 2.3.5).

    Raises:
        ValueError: it is not an address; the text is for the operator.
    """
    bare = bare_address(text)
    if bare is None or "." not in bare.rpartition("@")[2]:
        raise ValueError("must be one bare e-mail address such as support@desk.example")
    return text.strip()


def message_id_domain(domain: str) -> str | None:
    """A domain as the right-hand side of a Message-ID, or None when it cannot be one (RFC 5322, 3.6.4)."""
    domain = ascii_domain(domain) or domain
    return domain if _DOT_ATOM.fullmatch(domain) else None


def canonical_mailbox(address: str) -> str:
    """One name for all spellings that reach one mailbox: case, ``+tag`` and, at most providers, dots do not count."""
    local, _, domain = address.casefold().rpartition("@")
    domain = domain.rstrip(".")
    # A domain that has no A-label form stands for itself.
    return f"{local.partition('+')[0].replace('.', '')}@{ascii_domain(domain) or domain}"


def correct_typo(address: str) -> str | None:
    """The address without its likely typo, or None when the domain is as good as any."""
    local, _, domain = address.rpartition("@")
    domain = domain.lower()
    if not local or domain in _PROVIDERS or domain in _NEIGHBOURS:
        return None
    intended = _TYPOS.get(domain) or next((known for known in _PROVIDERS if _is_one_typo(domain, known)), None)
    return f"{local}@{intended}" if intended else None


def _is_utf8_local_part(local: str) -> bool:
    return bool(_UTF8_ATOM.fullmatch(local)) and local.isprintable()


def _octets(text: str) -> int:
    return len(text.encode("utf-8", "replace"))


def _is_one_typo(typed: str, intended: str) -> bool:
    """Whether one letter is missing, added, wrong or swapped with the next."""
    if abs(len(typed) - len(intended)) > 1 or typed == intended:
        return False
    start = next(
        (i for i, (a, b) in enumerate(zip(typed, intended, strict=False)) if a != b), min(len(typed), len(intended))
    )
    left, right = typed[start:], intended[start:]
    swapped = left[:2] == right[1::-1] and len(left) > 1 and left[2:] == right[2:]
    return left[1:] == right[1:] or left[1:] == right or left == right[1:] or swapped
